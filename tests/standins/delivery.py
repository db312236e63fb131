"""What a recipient gets of a mail that the stand-in accepted, whichever way it came.

Mailjet rewrites some headers and removes its own, as seen in mail that passed
through it; see the notes on headers at
https://dev.mailjet.com/smtp-relay/custom-headers/
"""

import email
import email.policy
import re
from email.message import EmailMessage

from .message import Message

# X-Mailer was never seen to arrive
_REMOVED = re.compile(
    r"x-mj-|x-mailjet-|return-path$|message-id$|bcc$|x-mailer$", re.IGNORECASE
)


def delivered(message: Message, number: int = 0) -> EmailMessage:
    """Return the mail as its recipient at this place gets it."""
    mail = email.message_from_bytes(message.content, policy=email.policy.SMTP)
    for name in set(mail.keys()):
        if _REMOVED.match(name):
            del mail[name]
    guid = message.guids[number].replace("-", "")
    mail["Message-Id"] = f"<{guid[:8]}.{guid}@mailjet.com>"
    mail["Return-Path"] = f"<{guid[:8]}.{guid}@a1.bnc3.mailjet.com>"
    mail["Feedback-Id"] = "42.1.1:MJ"
    mail["X-MJ-Mid"] = guid
    mail["X-MJ-SMTPGUID"] = message.queued_id
    return mail
