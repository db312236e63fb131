"""What can go wrong between Mailjet and its client, one class for each way out."""


class MailjetApiError(Exception):
    """A request to Mailjet that did not work out.

    :ivar int status: HTTP status of the answer, 0 if there was none
    :ivar str message: Mailjet's own words (ErrorMessage), or ours if there are none
    :ivar str info: what Mailjet adds to them (ErrorInfo), as one line
    :ivar str request_id: what Mailjet's support can find the request by, or ""
    """

    def __init__(self, message, *, status=0, info="", request_id=""):
        self.status = status
        self.message = message
        self.info = info
        self.request_id = request_id
        super().__init__(message)

    def __str__(self):
        parts = [str(self.status)] if self.status else []
        parts.append(self.message)
        if self.info:
            parts.append(f"({self.info})")
        return " ".join(parts)


class AuthenticationError(MailjetApiError):
    """Mailjet does not know the pair of keys, or the key is blocked."""


class NotAllowedError(MailjetApiError):
    """The pair is right, but this key may not do that."""


class NotFoundError(MailjetApiError):
    """Mailjet says, in its own words, that there is no such object."""


class InvalidError(MailjetApiError):
    """Mailjet, or this client, finds the request itself wrong."""

    @property
    def is_duplicate(self):
        """Whether Mailjet refused to create what is there already.

        https://github.com/mailjet/mailjet-apiv3-php/issues/136 and, for the older
        text, https://github.com/mailjet/mailjet-apiv3-php-simple/issues/30
        """
        text = self.message.lower()
        return "there is an already existing" in text or "already exists" in text


class RateLimitedError(MailjetApiError):
    """Too many requests with this key.

    :ivar float retry_after: seconds that Mailjet asks to wait for, or None
    """

    retry_after = None


class UnavailableError(MailjetApiError):
    """No answer, or one that says that Mailjet is out of order.

    :ivar str reason: "timeout", "tls", "connection" or "status" (a 5xx)
    :ivar float retry_after: seconds that Mailjet asks to wait for, or None
    """

    reason = "status"
    retry_after = None


class UnexpectedAnswerError(MailjetApiError):
    """An answer that is not Mailjet's, or that this client cannot read."""


class ReadOnlyError(MailjetApiError):
    """A write that a read-only client has refused to send."""
