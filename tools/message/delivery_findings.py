"""What the account and the sender's domain mean for a mailing."""

from dataclasses import dataclass

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .thresholds import BULK, GMAIL, MAILJET_POLICY, OURS

_FINE = ("ok", "warning")
# To receivers, a sender of more than so many times its largest day is a new one
_LEAP = 2


@dataclass(frozen=True)
class SenderDomain:
    """What is known of the domain in the From; states as of `mailjet.domain`.

    :ivar is_known: whether Mailjet has the domain
    :ivar is_read: whether Mailjet was ever asked for its domains
    """

    name: str
    is_known: bool = True
    is_read: bool = True
    spf: str = "ok"
    dkim: str = "ok"
    dmarc: str = "ok"


def sender_findings(domain: SenderDomain, count: int) -> list[Finding]:
    """Return what the domain's stored verdicts mean for so many recipients."""
    if not domain.is_known:
        return [_unknown(domain) if domain.is_read else _unread()]
    findings = []
    if domain.dkim not in ("ok", "not_checked"):
        findings.append(_dkim(domain))
    if domain.dmarc not in (*_FINE, "not_checked"):
        findings.append(_dmarc(domain, count))
    if domain.spf not in (*_FINE, "not_checked"):
        findings.append(_spf(domain))
    if "not_checked" in (domain.dkim, domain.dmarc):
        findings.append(_unchecked(domain))
    return findings


def _unknown(domain):
    return Finding(
        "domain_unknown",
        Level.WARNING,
        Words(
            _lt("%(domain)s is not a domain of the Mailjet account."),
            {"domain": domain.name},
        ),
        Words(
            _lt(
                "Mailjet cannot sign for it, and receivers ask bulk senders "
                "for a signature of the sender's own domain."
            )
        ),
        Words(_lt("Add the domain at Mailjet, and publish its DNS records.")),
        Certainty.LIKELY,
        GMAIL,
    )


def _dkim(domain):
    is_half = domain.dkim == "warning"
    name = {"domain": domain.name}
    return Finding(
        "dkim",
        Level.WARNING if is_half else Level.ERROR,
        Words(_lt("DKIM of %(domain)s works, with a warning."), name)
        if is_half
        else Words(_lt("DKIM of %(domain)s does not work."), name),
        Words(
            _lt(
                "DKIM ties the mail to your domain. Without it Gmail, Yahoo, "
                "Microsoft and Orange refuse bulk mail."
            )
        ),
        Words(_lt("Publish the DKIM record: see the domain's page.")),
        source=GMAIL,
    )


def _dmarc(domain, count):
    return Finding(
        "dmarc",
        Level.ERROR if count > BULK.value else Level.WARNING,
        Words(_lt("DMARC of %(domain)s is missing or wrong."), {"domain": domain.name}),
        Words(_lt("Gmail, Yahoo, Microsoft and Orange ask bulk senders for it.")),
        Words(_lt("Publish the DMARC record: see the domain's page.")),
        source=GMAIL,
    )


def _spf(domain):
    return Finding(
        "spf",
        Level.NOTE,
        Words(
            _lt("SPF of %(domain)s does not include Mailjet."), {"domain": domain.name}
        ),
        Words(
            _lt(
                "Mailjet recommends it. Receivers check the SPF record of "
                "Mailjet's own return path, which passes."
            )
        ),
        Words(_lt("Publish the SPF record: see the domain's page.")),
        Certainty.POSSIBLE,
        OURS,
    )


def _unchecked(domain):
    return Finding(
        "dns_unchecked",
        Level.NOTE,
        Words(
            _lt("The DNS records of %(domain)s have not been checked."),
            {"domain": domain.name},
        ),
        Words(_lt("It is not known whether receivers accept the sender.")),
        Words(_lt("Have an administrator check them on the domain's page.")),
        source=OURS,
    )


def _unread():
    return Finding(
        "domains_unread",
        Level.NOTE,
        Words(_lt("The domains of the Mailjet account have not been read yet.")),
        Words(_lt("It is not known whether Mailjet signs for the sender.")),
        Words(_lt("Have an administrator refresh them on the mail server.")),
        source=OURS,
    )


def refusal_finding(reason: str) -> Finding:
    """Return the finding for a message that would not be sent.

    :param reason: in words for people, of Odoo or Mailjet
    """
    return Finding(
        "refused",
        Level.ERROR,
        Words(_lt("This mailing cannot be sent.")),
        Words("%(reason)s", {"reason": reason}),
        Words(_lt("Fix this first: nothing would be sent.")),
        source=OURS,
    )


def build_finding(reason: str, names: tuple[str, ...]) -> Finding:
    """Return the finding for recipients for whom no message can be made.

    :param reason: Odoo's own words
    """
    return Finding(
        "not_built",
        Level.ERROR,
        Words(_lt("The email cannot be built for some recipients.")),
        Words("%(reason)s", {"reason": reason}),
        Words(_lt("Look for a mistake in the merge fields, and check again.")),
        source=OURS,
        examples=names,
    )


def unseen_finding() -> Finding:
    """Return the finding where no message could be looked at."""
    return Finding(
        "no_sample",
        Level.NOTE,
        Words(_lt("The content was not checked.")),
        Words(_lt("You may not see any of the recipients who would get the mailing.")),
        Words(_lt("Choose recipients, and check again.")),
        source=OURS,
    )


def limit_findings(count: int, waits: bool, contact_limit: int) -> list[Finding]:
    """Return what the limits of the plan mean for so many recipients.

    :param waits: whether some must wait for another hour, day or month
    :param contact_limit: of the plan, 0: none
    """
    findings = []
    if waits:
        findings.append(
            Finding(
                "limit",
                Level.WARNING,
                Words(_lt("The limits of the Mailjet server hold part of it back.")),
                Words(_lt("Odoo sends the rest in the next hours or days, by itself.")),
                Words(_lt("Send earlier, to fewer people, or have the limits raised.")),
                source=Words(_lt("The limits entered on the Mailjet server")),
            )
        )
    if contact_limit and count > contact_limit:
        findings.append(
            Finding(
                "contact_limit",
                Level.WARNING,
                Words(
                    _lt("The plan allows %(limit)s contacts; there are %(count)s."),
                    {"limit": contact_limit, "count": count},
                ),
                Words(_lt("Mailjet makes a contact of each new recipient.")),
                Words(_lt("Choose a larger plan, or write to fewer people.")),
                source=Words(_lt("The limits entered on the Mailjet server")),
            )
        )
    return findings


def volume_finding(count: int, largest_day: int) -> Finding | None:
    """Return the finding for a mailing that is much larger than any recent day."""
    if count <= BULK.value or count <= _LEAP * largest_day:
        return None
    return Finding(
        "volume",
        Level.WARNING,
        Words(
            _lt(
                "This mailing goes to %(count)s recipients; the busiest of the "
                "last 30 days had %(largest)s."
            ),
            {"count": count, "largest": largest_day},
        ),
        Words(_lt("Receivers distrust a sender who suddenly sends much more.")),
        Words(_lt("Warm up: the Mailjet server can send a little more every day.")),
        Certainty.LIKELY,
        OURS,
    )


def policy_finding(rates: list[tuple[str, bool]]) -> Finding | None:
    """Return the finding for an account near Mailjet's limits.

    :param rates: name of each rate that is near its limit, and whether it is over it
    """
    if not rates:
        return None
    is_any_over = any(is_over for _name, is_over in rates)
    return Finding(
        "policy",
        Level.ERROR if is_any_over else Level.WARNING,
        Words(_lt("The account is over a limit of Mailjet's sending policy."))
        if is_any_over
        else Words(_lt("The account is near a limit of Mailjet's sending policy.")),
        Words(_lt("Mailjet slows down or suspends accounts that exceed them.")),
        Words(
            _lt(
                "Until the rates have fallen, write only to people who opened an "
                "email recently."
            )
        ),
        Certainty.LIKELY,
        MAILJET_POLICY,
        tuple(name for name, _is_over in rates),
    )
