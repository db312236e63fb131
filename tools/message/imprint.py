"""The imprint that German-speaking recipients and their providers look for."""

import re

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample
from .thresholds import IMPRINT_SHARE

COUNTRIES = (".de", ".at", ".ch")
_IMPRINT = re.compile(
    r"impressum|imprint|anbieterkennzeichnung|offenlegung|legal[ -_]?notice"
    r"|mentions[ -_]l[ée]gales|note[ -_]legali",
    re.IGNORECASE,
)


def imprint_finding(sample: Sample, count: int, total: int) -> Finding | None:
    """Return a note where many recipients expect an imprint, and none is seen.

    :param count: recipients with an address in Germany, Austria or Switzerland
    :param total: all recipients
    """
    if not total or count / total < IMPRINT_SHARE.value:
        return None
    links = (f"{link.text} {link.target}" for link in sample.links)
    if any(map(_IMPRINT.search, (sample.words, *links))):
        return None
    return Finding(
        "imprint",
        Level.NOTE,
        Words(
            _lt(
                "There is no imprint, and %(count)s recipients have addresses in "
                "Germany, Austria or Switzerland."
            ),
            {"count": count},
        ),
        Words(
            _lt("The law there asks for one in commercial email, as do GMX and WEB.DE.")
        ),
        Words(_lt("Add your name and postal address, or a link to your imprint.")),
        Certainty.POSSIBLE,
        IMPRINT_SHARE.source,
    )
