"""What people read about each cause: what happened and how to fix it."""

from dataclasses import replace

from ..words import _lt
from .advice_row import (
    DOMAIN,
    HELP_BLOCKED,
    HELP_FREE_PLAN,
    HELP_THROTTLED,
    READ_REPLY,
    SENDERS,
    SERVER,
    Advice,
)
from .cause import Cause
from .receiver_advice import RECEIVER_ADVICE
from .session_advice import SESSION_ADVICE

_WAIT = _lt("The email can be sent again later without any change.")
_OTHER_MODULE = _lt(
    "Odoo or another module wrote it; report the server's words below to its author."
)
# In place of the reason for an hourly limit whose figure is known
HOURLY_REASON = _lt(
    "The server accepts at most %(limit)s emails an hour from this account."
)

_ADVICE = {
    **SESSION_ADVICE,
    **RECEIVER_ADVICE,
    # The account
    Cause.SUSPENDED: Advice(
        _lt("Account suspended"),
        _lt("According to the server, this account is blocked."),
        _lt("Ask the provider's support why; sending resumes once it is released."),
        HELP_THROTTLED,
    ),
    Cause.UNREVIEWED: Advice(
        _lt("Account not released yet"),
        _lt("According to the server, this account may not send yet."),
        _lt("Ask the provider's support to review the account."),
    ),
    Cause.LIMIT_REACHED: Advice(
        _lt("Sending limit reached"),
        _lt(
            "According to the server, this account has reached its sending limit for "
            "now."
        ),
        _lt("Wait for the next day or month, or upgrade your plan."),
        HELP_FREE_PLAN,
    ),
    Cause.HOURLY_LIMIT: Advice(
        _lt("Hourly limit reached"),
        _lt("The server limits how many emails an hour this account may send."),
        _lt(
            "The rest goes out in the next hours. Mailjet limits accounts that are new "
            "or have poor statistics, usually for seven days."
        ),
        HELP_THROTTLED,
    ),
    Cause.THROTTLED: Advice(
        _lt("Sending too fast"),
        _lt("According to the server, this account sends too much at a time."),
        _WAIT,
        HELP_THROTTLED,
    ),
    # The sender
    Cause.SENDER: Advice(
        _lt("Sender address refused"),
        _lt("The server does not accept the sender address."),
        _lt(
            "Send from an address that is validated at Mailjet, alone or with its "
            "whole domain."
        ),
        SENDERS,
    ),
    Cause.SENDER_DOMAIN: Advice(
        _lt("Sender domain not validated"),
        _lt("According to the server, the sender's domain is not validated as yours."),
        _lt(
            "Validate the domain at Mailjet, or send from an address that is validated."
        ),
        DOMAIN,
    ),
    Cause.RELAY_DENIED: Advice(
        _lt("Relaying denied"),
        _lt("The server does not relay email from this sender to other domains."),
        _lt("Check user name, password and sender address."),
        SERVER,
    ),
    # The recipient
    Cause.RECIPIENT: Advice(
        _lt("Recipient refused"),
        _lt("The server does not accept the recipient's address."),
        _lt("Check the spelling of the address; it may no longer exist."),
    ),
    Cause.RECIPIENT_DISABLED: Advice(
        _lt("Recipient's mailbox disabled"),
        _lt("According to the server, the recipient's account is not active."),
        _lt("Ask the recipient for another address."),
    ),
    Cause.RECIPIENT_BLOCKED: Advice(
        _lt("Recipient blocked"),
        _lt("According to the server, this recipient no longer receives your emails."),
        _lt("Ask the recipient before you have the block lifted."),
        HELP_BLOCKED,
    ),
    Cause.RECIPIENT_BUSY: Advice(
        _lt("Recipient receives too much email"),
        _lt("According to the server, the recipient gets too much email right now."),
        _WAIT,
    ),
    Cause.MAILBOX_FULL: Advice(
        _lt("Mailbox full"),
        _lt("The recipient's mailbox has no room left."),
        _lt("Contact the recipient in another way."),
    ),
    Cause.NO_SMTPUTF8: Advice(
        _lt("Special characters in an address"),
        _lt(
            "The server does not accept addresses with accented or other special "
            "letters before the @ sign."
        ),
        _lt("Use an address that is written with plain letters."),
    ),
    Cause.INVALID_ADDRESS: Advice(
        _lt("Invalid address"),
        _lt("No email can be sent to or from an address written like this."),
        _lt("Check the spelling of the address."),
    ),
    # The message
    Cause.TOO_MANY_RECIPIENTS: Advice(
        _lt("Too many recipients at once"),
        _lt("The email has more recipients than the server accepts at a time."),
        _lt("Send it to fewer recipients at a time."),
    ),
    Cause.TOO_LARGE: Advice(
        _lt("Message too large"),
        _lt("The message is larger than the server accepts."),
        _lt(
            "Make the attachments smaller, or send links to them; Mailjet accepts "
            "15 MB."
        ),
        SERVER,
    ),
    Cause.CONTENT: Advice(
        _lt("Content refused"),
        _lt("The server read the message and refused its content."),
        _lt("Look for words, links or attachments that are typical of spam."),
    ),
    Cause.INVALID_HEADER: Advice(
        _lt("Invalid header"),
        _lt("A header of the message breaks the rules of email."),
        _OTHER_MODULE,
    ),
    Cause.LINE_TOO_LONG: Advice(
        _lt("Line too long"),
        _lt("A line of the message has more than the 998 characters allowed."),
        _OTHER_MODULE,
    ),
    Cause.LINE_ENDING: Advice(
        _lt("Invalid line break"),
        _lt("The message has a line break that is not allowed (a lone CR or LF)."),
        _OTHER_MODULE,
    ),
    Cause.MESSAGE_FORMAT: Advice(
        _lt("Invalid message format"),
        _lt("The server cannot process the format of the message."),
        READ_REPLY,
    ),
    # Anything else
    Cause.GREYLISTED: Advice(
        _lt("Greylisted"),
        _lt("The server defers the first email from a sender it does not know yet."),
        _WAIT,
    ),
    Cause.TEMPORARY: Advice(
        _lt("Temporarily refused"),
        _lt("The server cannot accept the email at the moment."),
        _WAIT,
    ),
    Cause.REPLY: Advice(
        _lt("Unknown reply"),
        _lt("The server refused for a reason that Odoo does not recognize."),
        READ_REPLY,
    ),
}

# For servers that are not Mailjet's
_OTHER_ADVICE = {
    Cause.LOGIN: Advice(
        _lt("User name and password refused"),
        _lt("The server does not accept this user name with this password."),
        _lt("Enter both again, and check whether the provider requires a key instead."),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: Advice(
        _lt("The key is deactivated"),
        _lt("According to the server, this key is switched off."),
        _lt("Activate it at the provider, or use another key."),
        SERVER,
    ),
    Cause.SENDER: replace(
        _ADVICE[Cause.SENDER],
        cure=_lt("Send from an address that this server sends for."),
        link=None,
    ),
    Cause.SENDER_DOMAIN: replace(
        _ADVICE[Cause.SENDER_DOMAIN],
        cure=_lt("Validate the domain at the provider, or send from another address."),
        link=None,
    ),
}


def advice_for(cause, is_mailjet=True):
    """Return the `Advice` about a cause.

    :param bool is_mailjet: whether it may mention Mailjet's keys and senders
    """
    return (not is_mailjet and _OTHER_ADVICE.get(cause)) or _ADVICE[cause]
