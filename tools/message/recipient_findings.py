"""What the recipients of a mailing mean for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .thresholds import MANY_ROLES, OURS

_WILL_NOT_GET = Words(_lt("They will not get the mailing."))
_NOTHING_TO_DO = Words(_lt("Nothing: Odoo leaves them out by itself."))


@dataclass(frozen=True)
class Recipients:
    """How many recipients there are, of each kind.

    :ivar total: records that the mailing is written to
    :ivar unusable: without an address, or with one that is none
    :ivar blocked: on Odoo's block list
    :ivar suppressed: to whom Mailjet does not deliver
    :ivar repeated: whose address another record has, too
    :ivar roles: at addresses of a job
    :ivar dangerous: at addresses whose readers report spam -> their number
    :ivar typing_errors: domain -> what was probably meant, and number of recipients
    :ivar without_mail: domains that accept no mail -> number of recipients
    :ivar unknown_domains: domains that have not been looked up
    :ivar imprint_countries: at domains of countries where an imprint is usual
    """

    total: int = 0
    unusable: int = 0
    blocked: int = 0
    opted_out: int = 0
    suppressed: int = 0
    repeated: int = 0
    roles: int = 0
    dangerous: Mapping[str, int] = field(default_factory=dict)
    typing_errors: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    without_mail: Mapping[str, int] = field(default_factory=dict)
    unknown_domains: int = 0
    imprint_countries: int = 0


def recipient_findings(recipients: Recipients) -> list[Finding]:
    """Return the findings about the recipients of a mailing."""
    if not recipients.total:
        return [
            Finding(
                "no_recipients",
                Level.ERROR,
                Words(_lt("Nobody will get this mailing.")),
                Words(_lt("There are no recipients, or all of them have received it.")),
                Words(_lt("Choose the recipients.")),
                source=OURS,
            )
        ]
    return [
        *_left_out(recipients),
        *_repeated(recipients),
        *_roles(recipients),
        *_mistyped(recipients),
        *_without_mail(recipients),
    ]


def _left_out(recipients):
    """Yield notes on those who are left out."""
    for code, count, what in (
        (
            "unusable",
            recipients.unusable,
            _lt("Recipients without a usable address: %(count)s."),
        ),
        (
            "blocked",
            recipients.blocked,
            _lt("Recipients on the block list: %(count)s."),
        ),
        (
            "opted_out",
            recipients.opted_out,
            _lt("Recipients who have unsubscribed: %(count)s."),
        ),
    ):
        if count:
            yield Finding(
                code,
                Level.NOTE,
                Words(what, {"count": count}),
                _WILL_NOT_GET,
                _NOTHING_TO_DO,
                source=OURS,
            )
    if recipients.suppressed:
        yield Finding(
            "suppressed",
            Level.WARNING,
            Words(
                _lt("Recipients to whom Mailjet does not deliver: %(count)s."),
                {"count": recipients.suppressed},
            ),
            Words(
                _lt(
                    "They bounced, complained or are on its exclusion list. Odoo "
                    "leaves them out: Mailjet would block the emails and still "
                    "count them."
                )
            ),
            Words(_lt("Correct their addresses, or remove them from the list.")),
            source=Words(_lt("Mailjet's events and exclusion list")),
        )


def _repeated(recipients):
    """Yield a note on addresses that several records have."""
    if recipients.repeated:
        yield Finding(
            "repeated",
            Level.NOTE,
            Words(
                _lt("Recipients who share an address with another: %(count)s."),
                {"count": recipients.repeated},
            ),
            Words(
                _lt(
                    "Odoo emails an address once if the text is the same; with merge "
                    "fields it may email it again."
                )
            ),
            Words(_lt("Merge the duplicates.")),
            source=OURS,
        )


def _roles(recipients):
    """Yield findings for addresses of a job, or of nobody, instead of a person."""
    if recipients.dangerous:
        yield Finding(
            "dangerous_roles",
            Level.ERROR,
            Words(
                _lt("Addresses of abuse desks, or that nobody reads: %(count)s."),
                {"count": sum(recipients.dangerous.values())},
            ),
            Words(
                _lt(
                    "Nobody subscribes with such an address, so the list was bought or "
                    "collected: that is what abuse desks conclude."
                )
            ),
            Words(_lt("Remove them, and ask where they come from.")),
            Certainty.LIKELY,
            OURS,
            tuple(
                f"{email} ({count})" for email, count in recipients.dangerous.items()
            ),
        )
    share = recipients.roles / recipients.total
    if share > MANY_ROLES.value:
        yield Finding(
            "roles",
            Level.WARNING,
            Words(
                _lt("%(share)s%% of the recipients are addresses such as info@."),
                {"share": round(100 * share)},
            ),
            Words(
                _lt(
                    "Several people read such a mailbox, and one who did not "
                    "subscribe is enough to cause a complaint."
                )
            ),
            Words(_lt("Write to personal addresses where you can.")),
            Certainty.LIKELY,
            MANY_ROLES.source,
        )


def _mistyped(recipients):
    """Yield a finding for domains that were probably mistyped."""
    errors = recipients.typing_errors
    if errors:
        yield Finding(
            "typing_errors",
            Level.WARNING,
            Words(
                _lt("Addresses whose domain seems to be mistyped: %(count)s."),
                {"count": sum(count for _meant, count in errors.values())},
            ),
            Words(
                _lt("They bounce, or someone collects mail sent to mistyped addresses.")
            ),
            Words(_lt("Correct the addresses.")),
            Certainty.LIKELY,
            OURS,
            tuple(
                f"{domain} → {meant} ({count})"
                for domain, (meant, count) in _largest(errors, lambda value: value[1])
            ),
        )


def _without_mail(recipients):
    """Yield findings for domains that accept no mail, or may not."""
    silent = recipients.without_mail
    if silent:
        yield Finding(
            "without_mail",
            Level.WARNING,
            Words(
                _lt("Addresses at domains that accept no mail: %(count)s."),
                {"count": sum(silent.values())},
            ),
            Words(_lt("All mail to them bounces, and bounces hurt your reputation.")),
            Words(_lt("Correct or remove the addresses.")),
            source=Words("RFC 5321, 5.1; RFC 7505"),
            examples=tuple(
                f"{domain} ({count})"
                for domain, count in _largest(silent, lambda value: value)
            ),
        )
    if recipients.unknown_domains:
        yield Finding(
            "unknown_domains",
            Level.NOTE,
            Words(
                _lt("Domains of recipients not looked up yet: %(count)s."),
                {"count": recipients.unknown_domains},
            ),
            Words(_lt("It is not known whether they accept mail.")),
            Words(
                _lt(
                    "Choose Check links and domains, or check again later: Odoo looks "
                    "them up in the background."
                )
            ),
            source=OURS,
        )


def _largest(counts, size):
    return sorted(counts.items(), key=lambda item: (-size(item[1]), item[0]))
