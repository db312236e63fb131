"""What people read about each cause, and what follows from it for the mail."""

import dataclasses
from dataclasses import dataclass

from ..words import _lt
from .cause import Cause

SERVER, SENDERS, DOMAIN = "server", "senders", "domain"
API_KEYS = "https://app.mailjet.com/account/apikeys"
_HELP = "https://documentation.mailjet.com/hc/en-us/articles/"
# The secret is shown once and an old one lives on for an hour
HELP_KEYS = f"{_HELP}360043227053"
# An hourly limit for seven days after bad statistics
HELP_THROTTLED = f"{_HELP}360043101633"
# 200 a day and 6,000 a month on the free plan
HELP_FREE_PLAN = f"{_HELP}8625025643803"
# Reasons for a blocked recipient
HELP_BLOCKED = f"{_HELP}360043102273"


@dataclass(frozen=True)
class Advice:
    """A row: `can_retry` None means that the class of the reply's code tells."""

    title: str
    reason: str
    cure: str
    link: str | None = None
    can_retry: bool | None = False
    pauses: bool = False
    failure_type: str = "mail_smtp"


_ASK_NETWORK = _lt(
    "Ask whoever runs your network: something between this machine and the server may "
    "be intercepting the connection."
)
_ASK_SERVER = _lt(
    "Whoever runs the server has to mend this; check first that its name is spelled "
    "correctly."
)
_PORTS = _lt("Use STARTTLS with port 587 or 2525, or SSL/TLS with port 465.")
_TRY_LATER = _lt("Try again in a few minutes.")
_READ_REPLY = _lt("Read the server's own words below; they may name what to change.")
_WAIT = _lt("The mail can be sent again later without any change.")
_COPY_KEYS = _lt(
    "Copy the API key and the secret key again from Account settings > API key "
    "management at Mailjet."
)

_ADVICE = {
    # The way to the server
    Cause.UNKNOWN_HOST: Advice(
        _lt("Unknown server name"),
        _lt("There is no server called %(host)s."),
        _lt("Check the name, and that this machine can look up names on the internet."),
        SERVER,
        can_retry=True,
    ),
    Cause.NAME_TIMEOUT: Advice(
        _lt("The name look-up gives no answer"),
        _lt("Looking up the name %(host)s took too long."),
        _lt("Check the name servers (DNS) that this machine uses."),
        can_retry=True,
    ),
    Cause.NO_ANSWER: Advice(
        _lt("The port does not answer"),
        _lt("%(host)s does not answer on port %(port)s."),
        _lt(
            "A firewall or your hosting provider probably blocks this port; try "
            "another one, such as 587, 465 or 2525."
        ),
        SERVER,
        can_retry=True,
    ),
    Cause.CONNECTION_REFUSED: Advice(
        _lt("Connection refused"),
        _lt("%(host)s takes no connection on port %(port)s."),
        _lt("Check host and port; Mailjet listens on 587, 465 and 2525."),
        SERVER,
        can_retry=True,
    ),
    Cause.NETWORK: Advice(
        _lt("The server cannot be reached"),
        _lt("%(host)s could not be reached on port %(port)s."),
        _lt("Check the network of this machine."),
        can_retry=True,
    ),
    Cause.NO_GREETING: Advice(
        _lt("The server says nothing"),
        _lt("%(host)s takes the connection on port %(port)s but does not greet."),
        _lt(
            "If this port wants encryption from the first byte on, as 465 does, choose "
            "SSL/TLS; else a firewall may be swallowing the conversation."
        ),
        SERVER,
        can_retry=True,
    ),
    Cause.TOO_SLOW: Advice(
        _lt("The server stopped answering"),
        _lt("%(host)s did not answer completely within the time allowed."),
        _TRY_LATER,
        can_retry=True,
    ),
    Cause.DISCONNECTED: Advice(
        _lt("The server hung up"),
        _lt("%(host)s closed the connection in the middle of the conversation."),
        _lt(
            "If port %(port)s and the encryption fit each other, try again in a few "
            "minutes."
        ),
        can_retry=True,
    ),
    Cause.NOT_SMTP: Advice(
        _lt("No mail server answers there"),
        _lt("What %(host)s says on port %(port)s is not the language of mail (SMTP)."),
        _lt("Check host and port; a proxy or another kind of server may be listening."),
        SERVER,
    ),
    Cause.STOPPED: Advice(
        _lt("Stopped"),
        _lt("The test was stopped before its end."),
        _lt("Start it again to see the result."),
        can_retry=True,
        failure_type="unknown",
    ),
    # Encryption
    Cause.CERTIFICATE: Advice(
        _lt("The certificate cannot be verified"),
        _lt("The certificate of %(host)s could not be verified, so nothing was sent."),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_EXPIRED: Advice(
        _lt("The certificate has expired"),
        _lt("The certificate of %(host)s is out of date, so nothing was sent."),
        _lt(
            "Check the clock of this machine; if it is right, whoever runs the server "
            "has to renew the certificate."
        ),
    ),
    Cause.CERTIFICATE_NOT_YET_VALID: Advice(
        _lt("The certificate is not valid yet"),
        _lt("The certificate of %(host)s begins in the future, so nothing was sent."),
        _lt("Check the clock of this machine, which may be slow."),
    ),
    Cause.CERTIFICATE_HOST: Advice(
        _lt("The certificate is for another name"),
        _lt("The certificate shown is not for %(host)s, so nothing was sent."),
        _lt(
            "Use the server name that the certificate was made for; if the name is "
            "right, something in the network may be intercepting the connection."
        ),
        SERVER,
    ),
    Cause.CERTIFICATE_SELF_SIGNED: Advice(
        _lt("The certificate is self-signed"),
        _lt(
            "%(host)s made its certificate itself, so nobody vouches for it and "
            "nothing was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_AUTHORITY: Advice(
        _lt("The certificate comes from an unknown authority"),
        _lt(
            "This machine does not trust whoever signed the certificate of %(host)s, "
            "so nothing was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.WRONG_SECURITY: Advice(
        _lt("Encryption and port do not fit"),
        _lt("%(host)s does not speak the chosen encryption on port %(port)s."),
        _PORTS,
        SERVER,
    ),
    Cause.NO_STARTTLS: Advice(
        _lt("No encryption offered"),
        _lt(
            "%(host)s does not offer encryption (STARTTLS) on port %(port)s, so "
            "nothing was sent."
        ),
        _lt("A firewall may have taken it out; try SSL/TLS with port 465."),
        SERVER,
    ),
    Cause.STARTTLS_REFUSED: Advice(
        _lt("Encryption refused"),
        _lt("%(host)s offers encryption (STARTTLS) but refused to begin with it."),
        _lt("Try again in a few minutes, or use SSL/TLS with port 465."),
        SERVER,
        can_retry=None,
    ),
    Cause.OLD_TLS: Advice(
        _lt("Encryption too old"),
        _lt("%(host)s and this machine have no safe version of TLS in common."),
        _ASK_SERVER,
    ),
    Cause.TLS_FAILED: Advice(
        _lt("Encryption failed"),
        _lt("%(host)s and this machine could not agree on how to encrypt."),
        _ASK_NETWORK,
    ),
    Cause.TLS_REQUIRED: Advice(
        _lt("Encryption required"),
        _lt("The server wants the connection encrypted before it goes on."),
        _PORTS,
        SERVER,
    ),
    # Login
    Cause.LOGIN: Advice(
        _lt("API key and secret key refused"),
        _lt(
            "Mailjet refused the pair: one of the two is wrong, they belong to "
            "different (sub-)accounts, or the key was regenerated or deactivated."
        ),
        _lt(
            "Copy both again from Account settings > API key management; the password "
            "of your Mailjet login does not work here."
        ),
        API_KEYS,
    ),
    Cause.LOGIN_EMAIL: Advice(
        _lt("An email address is no API key"),
        _lt(
            "The user name is an email address, but Mailjet's mail relay knows API "
            "keys only, not the login of its website."
        ),
        _COPY_KEYS,
        API_KEYS,
    ),
    Cause.LOGIN_RESET: Advice(
        _lt("The secret key was regenerated"),
        _lt(
            "The mail relay still accepts the pair, but Mailjet's API refuses it: a "
            "replaced secret key keeps working for sending for an hour or so."
        ),
        _COPY_KEYS,
        HELP_KEYS,
    ),
    Cause.LOGIN_SMTP_ONLY: Advice(
        _lt("The API accepts the pair, the mail relay refuses it"),
        _lt(
            "API key and secret key are right, but the mail relay at %(host)s does not "
            "take them."
        ),
        _lt(
            "Check that the host is in-v3.mailjet.com, and try again in a few minutes."
        ),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: Advice(
        _lt("The API key is deactivated"),
        _lt("Mailjet says that this API key is switched off."),
        _lt("Activate it at Mailjet, or use another key."),
        API_KEYS,
    ),
    Cause.LOGIN_CHARACTERS: Advice(
        _lt("A character that cannot be right"),
        _lt(
            "The user name or the password has a character that cannot be sent, such "
            "as an accented letter, a typographic quote or an invisible space."
        ),
        _lt("Copy both again, without anything before or after them."),
        SERVER,
    ),
    Cause.LOGIN_MISSING: Advice(
        _lt("Login required"),
        _lt("The server wants a user name and a password first."),
        _lt(
            "Enter the user name and the password (for Mailjet API key and secret key)."
        ),
        SERVER,
    ),
    Cause.LOGIN_TEMPORARY: Advice(
        _lt("Login not possible at the moment"),
        _lt("The server cannot check user names and passwords at the moment."),
        _TRY_LATER,
        can_retry=True,
    ),
    Cause.NO_AUTH: Advice(
        _lt("No login offered"),
        _lt("%(host)s does not offer any login on port %(port)s."),
        _lt(
            "Turn encryption on, since many servers offer a login only then, or leave "
            "the user name empty."
        ),
        SERVER,
    ),
    Cause.MECHANISM: Advice(
        _lt("Way of logging in not supported"),
        _lt("The server does not take the chosen way of sending the password."),
        _lt("Let the way of logging in be chosen automatically."),
        SERVER,
    ),
    # The account
    Cause.SUSPENDED: Advice(
        _lt("Account suspended"),
        _lt("By its own words, the server has blocked this account."),
        _lt("Ask the provider's support why; sending goes on once it is released."),
        HELP_THROTTLED,
        can_retry=True,
        pauses=True,
    ),
    Cause.UNREVIEWED: Advice(
        _lt("Account not released yet"),
        _lt("By its own words, the server has not released this account for sending."),
        _lt("Ask the provider's support to review the account."),
        can_retry=True,
        pauses=True,
    ),
    Cause.LIMIT_REACHED: Advice(
        _lt("Sending limit reached"),
        _lt(
            "By its own words, the server takes no more mail from this account for now."
        ),
        _lt("Wait for the next day or month, or take a larger plan."),
        HELP_FREE_PLAN,
        can_retry=True,
        pauses=True,
    ),
    Cause.THROTTLED: Advice(
        _lt("Sending too fast"),
        _lt("By its own words, the server wants fewer mails or connections at a time."),
        _WAIT,
        HELP_THROTTLED,
        can_retry=True,
        pauses=True,
    ),
    # The mail
    Cause.SENDER: Advice(
        _lt("Sender address refused"),
        _lt("The server does not accept the sender address."),
        _lt(
            "Send from an address that is validated at Mailjet, alone or with its "
            "whole domain."
        ),
        SENDERS,
        failure_type="mail_from_invalid",
    ),
    Cause.SENDER_DOMAIN: Advice(
        _lt("Sender domain not validated"),
        _lt("By its own words, the server does not know the sender's domain as yours."),
        _lt(
            "Validate the domain at Mailjet, or send from an address that is validated."
        ),
        DOMAIN,
        failure_type="mail_from_invalid",
    ),
    Cause.RECIPIENT: Advice(
        _lt("Recipient refused"),
        _lt("The server does not accept the recipient's address."),
        _lt("Check the spelling of the address; it may no longer exist."),
        failure_type="mail_email_invalid",
    ),
    Cause.RECIPIENT_BLOCKED: Advice(
        _lt("Recipient blocked"),
        _lt("By its own words, the server sends no mail to this recipient any more."),
        _lt("Ask the recipient before you have the block lifted."),
        HELP_BLOCKED,
        failure_type="mail_bl",
    ),
    Cause.MAILBOX_FULL: Advice(
        _lt("Mailbox full"),
        _lt("The recipient's mailbox has no room left."),
        _lt("Reach the recipient in another way."),
        can_retry=None,
    ),
    Cause.TOO_MANY_RECIPIENTS: Advice(
        _lt("Too many recipients at once"),
        _lt("The mail has more recipients than the server takes at a time."),
        _lt("Send it to fewer recipients at a time."),
        can_retry=None,
    ),
    Cause.RELAY_DENIED: Advice(
        _lt("The server does not pass on mail"),
        _lt("The server does not pass on mail from this sender to other domains."),
        _lt("Check user name, password and sender address."),
        SERVER,
    ),
    Cause.CLIENT_REFUSED: Advice(
        _lt("This machine is not welcome"),
        _lt("The server takes no mail from the network address of this machine."),
        _lt(
            "Read the server's own words below; your hosting provider can tell whether "
            "the address is on a block list."
        ),
    ),
    Cause.TOO_LARGE: Advice(
        _lt("Message too large"),
        _lt("The message is larger than the server accepts."),
        _lt(
            "Make the attachments smaller, or send links to them (Mailjet takes 15 MB)."
        ),
        SERVER,
        failure_type="unknown",
    ),
    Cause.CONTENT: Advice(
        _lt("Content refused"),
        _lt("The server has read the message and refuses its content."),
        _lt("Look for words, links or attachments that are typical of spam."),
        failure_type="mail_spam",
    ),
    Cause.NO_SMTPUTF8: Advice(
        _lt("Accented letters in an address"),
        _lt("The server takes only addresses without accented letters."),
        _lt("Use an address that is written with plain letters."),
        failure_type="mail_email_invalid",
    ),
    # All else
    Cause.GREYLISTED: Advice(
        _lt("Asked to come again later (greylisting)"),
        _lt("The server refuses the first try from a sender it does not know yet."),
        _WAIT,
        can_retry=True,
    ),
    Cause.TEMPORARY: Advice(
        _lt("Refused for the moment"),
        _lt("The server cannot take the mail at the moment."),
        _WAIT,
        can_retry=True,
    ),
    Cause.REPLY: Advice(
        _lt("The server refused"),
        _lt("The server gave a reply that is not known here."),
        _READ_REPLY,
        failure_type="unknown",
    ),
}

# For servers that are not Mailjet's
_OTHER_ADVICE = {
    Cause.LOGIN: Advice(
        _lt("User name and password refused"),
        _lt("The server does not accept this user name with this password."),
        _lt("Enter both again, and see whether the provider wants a key instead."),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: Advice(
        _lt("The key is deactivated"),
        _lt("By its own words, the server has switched this key off."),
        _lt("Activate it at the provider, or use another key."),
        SERVER,
    ),
    Cause.SENDER: dataclasses.replace(
        _ADVICE[Cause.SENDER],
        cure=_lt("Send from an address that this server sends for."),
        link=None,
    ),
    Cause.SENDER_DOMAIN: dataclasses.replace(
        _ADVICE[Cause.SENDER_DOMAIN],
        cure=_lt("Validate the domain at the provider, or send from another address."),
        link=None,
    ),
}


def advice_for(cause, is_mailjet=True):
    """Return the `Advice` about a cause, for a server of Mailjet's or another one."""
    return (not is_mailjet and _OTHER_ADVICE.get(cause)) or _ADVICE[cause]
