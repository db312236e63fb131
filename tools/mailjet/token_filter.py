"""Keep the token of the event address out of the logs of a whole process."""

import logging
import re

# Loggers of web servers and of the HTTP client, which write the paths of requests
LOGGERS = ("werkzeug", "longpolling", "urllib3.connectionpool")


class TokenFilter(logging.Filter):
    """Write an ellipsis in place of what follows a path.

    A web server's log is read by more people than the database. A token from there
    proves nothing without the login, but it is half of the proof.

    :param str path: such as "/mailjet/events/"
    """

    def __init__(self, path):
        super().__init__()
        self._token = re.compile(rf"({re.escape(path)})[^\s\"'?]+")

    def filter(self, record):
        """Mask the record and let it pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            return True  # the handler reports arguments that do not fit
        masked = self._token.sub(r"\1…", message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True


def mask_tokens(path):
    """Install the filter on `LOGGERS`, once in this process."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, TokenFilter) for one in logger.filters):
            logger.addFilter(TokenFilter(path))
