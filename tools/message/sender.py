"""From and Reply-To, as far as a message alone tells."""

from email.utils import parseaddr

from ..address import address_key
from ..free_mail import is_free_mail
from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .lists import NO_REPLY
from .sample import Sample
from .thresholds import MAILJET_FREE_MAIL, OURS, spamassassin


def check_free_mail(sample: Sample):
    """Yield a finding for a From, or a Reply-To alone, at a mailbox provider's."""
    sender, reply_to = _domain(sample, "From"), _domain(sample, "Reply-To")
    if is_free_mail(sender):
        yield Finding(
            "free_mail",
            Level.ERROR,
            Words(_lt("The sender is an address at %(domain)s."), {"domain": sender}),
            Words(
                _lt(
                    "Only %(domain)s may send from its own addresses: Mailjet "
                    "cannot sign for it, and receivers refuse such mail."
                ),
                {"domain": sender},
            ),
            Words(_lt("Send from an address of your own domain.")),
            source=MAILJET_FREE_MAIL,
        )
    elif is_free_mail(reply_to):
        yield Finding(
            "free_mail_reply",
            Level.WARNING,
            Words(_lt("Replies go to an address at %(domain)s."), {"domain": reply_to}),
            Words(_lt("Fraudsters do the same, and filters treat it as fraud.")),
            Words(_lt("Have replies go to your own domain, and forward them there.")),
            Certainty.LIKELY,
            spamassassin("FREEMAIL_FORGED_REPLYTO", "1.2–2.5"),
        )


def check_no_reply(sample: Sample):
    """Yield a note where nobody reads the replies."""
    address = _address(sample, "Reply-To") or _address(sample, "From")
    if address.rpartition("@")[0] in NO_REPLY:
        yield Finding(
            "no_reply",
            Level.NOTE,
            Words(
                _lt("Nobody seems to read replies: %(address)s"), {"address": address}
            ),
            Words(
                _lt(
                    "Some receivers require a sender that accepts mail, and "
                    "replies show them that you are welcome."
                )
            ),
            Words(_lt("Choose an address that somebody reads.")),
            Certainty.POSSIBLE,
            OURS,
        )


def reply_finding(domain: str, takes_mail: bool | None) -> Finding | None:
    """Return the finding for replies that would bounce.

    :param domain: to which people reply
    :param takes_mail: None if that is not known
    """
    if takes_mail is not False:
        return None
    return Finding(
        "reply_domain",
        Level.WARNING,
        Words(_lt("Replies bounce: %(domain)s accepts no mail."), {"domain": domain}),
        Words(
            _lt(
                "Some receivers refuse mail that nobody can reply to, and people who "
                "try are annoyed."
            )
        ),
        Words(
            _lt(
                "Publish an MX record, or have replies go to an address at "
                "another domain."
            )
        ),
        source=Words("RFC 5321, 5.1; RFC 7505"),
    )


def check_replaced_sender(sample: Sample, email_from: str):
    """Yield a finding if Odoo puts another sender than the chosen one.

    :param email_from: as chosen
    """
    chosen = address_key(parseaddr(email_from)[1])
    sent = _address(sample, "From")
    if chosen and sent and chosen != sent:
        yield Finding(
            "replaced_sender",
            Level.ERROR,
            Words(
                _lt("The mailing will come from %(sent)s, not from %(chosen)s."),
                {"sent": sent, "chosen": chosen},
            ),
            Words(
                _lt(
                    "The mail server's FROM filtering does not allow the chosen "
                    "sender, so Odoo replaces it."
                )
            ),
            Words(
                _lt(
                    "Choose a sender that the server allows, or have an administrator "
                    "extend its FROM filtering."
                )
            ),
            source=OURS,
        )


def _address(sample: Sample, header: str) -> str:
    return address_key(parseaddr(sample.header(header))[1])


def _domain(sample: Sample, header: str) -> str:
    return _address(sample, header).rpartition("@")[2]
