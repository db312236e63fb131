"""What can go wrong with a request to Mailjet: a class for each way to handle it."""


class MailjetApiError(Exception):
    """A request to Mailjet that failed.

    :ivar int status: HTTP status of the answer, 0 without one
    :ivar str message: Mailjet's (ErrorMessage), or ours if it sent none
    :ivar str info: Mailjet's details (ErrorInfo), as one line
    :ivar str request_id: identifies the request to Mailjet's support, or ""
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
    """The keys are wrong, or the API key is blocked."""


class NotAllowedError(MailjetApiError):
    """The keys are right, but this API key is not allowed to do that."""


class NotFoundError(MailjetApiError):
    """Mailjet itself, not a proxy, says that the object does not exist."""


class InvalidError(MailjetApiError):
    """Mailjet or this client rejects the request as invalid."""

    @property
    def is_duplicate(self):
        """Whether Mailjet refused to create something that already exists.

        https://github.com/mailjet/mailjet-apiv3-php/issues/136 and, for the older
        wording, https://github.com/mailjet/mailjet-apiv3-php-simple/issues/30
        """
        text = self.message.lower()
        return "there is an already existing" in text or "already exists" in text


class RateLimitedError(MailjetApiError):
    """Too many requests with this key.

    :ivar float retry_after: seconds that Mailjet asks to wait, or None
    """

    retry_after = None


class UnavailableError(MailjetApiError):
    """No answer, or one that says Mailjet is unavailable.

    :ivar str reason: "timeout", "tls", "connection" or "status" (a 5xx)
    :ivar float retry_after: seconds that Mailjet asks to wait, or None
    """

    reason = "status"
    retry_after = None


class UnexpectedAnswerError(MailjetApiError):
    """An answer that is not Mailjet's or that this client cannot read."""


class ReadOnlyError(MailjetApiError):
    """A read-only client refused to send a write."""
