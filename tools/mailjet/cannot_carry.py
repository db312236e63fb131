"""Why the Send API cannot carry a mail that SMTP can.

The mail itself is fine: it goes by SMTP of the same server, with this reason.
"""

from ..words import Words, _lt

_REASONS = {
    "message_id": _lt("The email needs its own Message-Id."),
    "sender": _lt("The email has a Sender header."),
    "list_id": _lt("The email has a List-Id header."),
    "several_from": _lt("The email has several authors."),
    "several_reply_to": _lt("The email has several Reply-To addresses."),
    "to_differs": _lt("The To header names somebody other than the recipients."),
    "too_many_recipients": _lt("The email has more than %(most)s recipients."),
    "address": _lt("The Send API may not accept the address %(address)s."),
    "alternative_part": _lt("The email has a version besides text and HTML."),
    "signed_or_encrypted": _lt("The email is signed or encrypted."),
    "attached_message": _lt("Another email is attached."),
    "attachment": _lt(
        "An attachment has no name, or its type %(kind)s has parameters."
    ),
    "structure": _lt("The email has parts of an unusual structure (%(kind)s)."),
    "empty_body": _lt("The email has no text."),
    "charset": _lt("The text of the email is not in the character set it claims."),
    "characters": _lt("Characters that JSON cannot carry: %(part)s."),
    "too_large": _lt("The email is larger than %(most)s MB."),
    "subject_too_long": _lt("The subject has more than %(most)s characters."),
    "forbidden_header": _lt("The Send API does not accept the header %(header)s."),
    "repeated_header": _lt("The header %(header)s occurs more than once."),
    "header_value": _lt("The Send API does not accept this value of %(header)s."),
}


class CannotCarry(Exception):
    """The Send API cannot carry this mail.

    :ivar str reason_key: one of `_REASONS`
    :ivar Words words: the reason, for people
    """

    def __init__(self, reason_key, **values):
        self.reason_key = reason_key
        self.words = Words(_REASONS[reason_key], values)
        super().__init__(str(self.words))


class Refused(CannotCarry):
    """The Send API is not asked, for this reason.

    :param Words words: the reason, for people
    """

    def __init__(self, words):
        Exception.__init__(self, str(words))
        self.words = words
