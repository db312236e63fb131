"""How the last mailing to the same recipients went."""

from collections.abc import Mapping

from ... import const
from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .thresholds import MAILJET_POLICY

_WHAT = {
    "bounced": _lt(
        "Of the last mailing to these recipients %(rate)s%% bounced; the limit is "
        "%(limit)s%%."
    ),
    "blocked": _lt(
        "Of the last mailing to these recipients Mailjet blocked %(rate)s%%; the limit "
        "is %(limit)s%%."
    ),
    "unsubscribed": _lt(
        "After the last mailing %(rate)s%% of these recipients unsubscribed; the limit "
        "is %(limit)s%%."
    ),
    "complained": _lt(
        "After the last mailing %(rate)s%% of these recipients complained; the limit "
        "is %(limit)s%%."
    ),
}


def last_mailing_findings(subject: str, rates: Mapping[str, float]) -> list[Finding]:
    """Return a finding for each rate of the last mailing that was over its limit.

    :param subject: of that mailing
    :param rates: figure -> rate in percent
    """
    return [
        Finding(
            f"last_{name}",
            Level.WARNING,
            Words(_WHAT[name], {"rate": f"{rates[name]:.3g}", "limit": f"{limit:g}"}),
            Words(
                _lt(
                    "The same people are likely to react the same way, and Mailjet "
                    "suspends accounts that stay over its limits."
                )
            ),
            Words(
                _lt(
                    "Remove the addresses that bounced, and write to people who opened "
                    "or clicked lately."
                )
            ),
            Certainty.LIKELY,
            MAILJET_POLICY,
            (subject,),
        )
        for name, limit in const.LIMITS.items()
        if rates.get(name, 0) > limit
    ]
