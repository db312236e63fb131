"""Tell a domain that nobody has registered from a name without records."""

from ..words import Words, _lt
from .lookup import Question
from .verdict import Verdict

# Second-level domains below which countries register names, as in co.uk and com.br:
# the commonest ones at https://publicsuffix.org/list/
_SECOND_LEVEL = frozenset(
    "ac asso co com edu gob gouv gov govt gv id ltd me mil ne net nom or org plc sch"
    " web".split()
)

GONE = _lt("The domain %(domain)s does not exist.")

# Itself a registered domain, with hosts such as mout.web.de, though .web.id is not
_REGISTERED = ("web.de",)


def registered_domain(name):
    """Return the domain that somebody has to register for a name, as far as known."""
    labels = name.split(".")
    registered = ".".join(labels[-2:])
    if registered in _REGISTERED or len(labels[-1]) != 2:
        return registered
    is_second_level = len(labels) > 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:]) if is_second_level else registered


def existence_question(domain):
    """Return the `Question` whether the domain is registered."""
    return Question(registered_domain(domain), "SOA")


def gone_verdict(lookup):
    """Return the `Verdict` on a domain that does not exist, None if it does.

    Then no name below it exists, either (RFC 8020).

    :param Lookup lookup: the answer to `existence_question`
    """
    if lookup.status != "nxdomain" or lookup.chain:
        return None
    values = {"domain": lookup.name.removesuffix(".")}
    return Verdict(
        "missing",
        Words(GONE, values),
        Words(
            _lt(
                "Check the spelling of %(domain)s. If it is right, register the "
                "domain, or ask its registrar why it is not in DNS: it may have "
                "expired."
            ),
            values,
        ),
    )
