"""Find the zone of a domain and its name servers, which tell who hosts its DNS."""

from dataclasses import dataclass

from ..words import Words, _lt
from .domain_name import asked_name
from .lookup import Question
from .names import plain
from .outage import outage_verdict
from .verdict import Verdict


@dataclass(frozen=True)
class NameServersVerdict(Verdict):
    """A `Verdict` whose `found` are the name servers of `zone`."""

    zone: str = ""


def check_name_servers(domain, ask):
    """Return the `NameServersVerdict` on a domain.

    :param str domain: the sending domain, which may be within the zone of a parent
    :param Ask ask: asked once
    """
    labels = asked_name(domain).split(".")
    names = [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
    for name, lookup in zip(
        names, ask([Question(name, "NS") for name in names]), strict=True
    ):
        if lookup.is_outage:
            return NameServersVerdict(**vars(outage_verdict(lookup)))
        if lookup.status == "answer" and not lookup.chain:  # an alias is no zone
            servers = tuple(sorted(map(plain, lookup.records)))
            return NameServersVerdict("ok", found=servers, zone=name)
    return NameServersVerdict(
        "missing",
        Words(_lt("No name servers of %(domain)s are known."), {"domain": domain}),
        Words(_lt("Check the spelling of the domain and whether it is registered.")),
    )
