"""Log a refused email as one line in plain words; it is not a defect of Odoo."""

import logging

from .session import RefusedError, UnknownSenderError


class RefusalFilter(logging.Filter):
    """Turns the traceback that core logs for a refused email into a warning."""

    def filter(self, record):
        """Keep every record, and rewrite those about a refusal."""
        error = record.exc_info and record.exc_info[1]
        refusal = error and (error.__cause__ or error.__context__)
        if isinstance(error, UnknownSenderError):
            refusal = error.args[-1]
        if isinstance(refusal, RefusedError) or isinstance(error, UnknownSenderError):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
            record.msg, record.args = "Mailjet: an email was refused: %s", (refusal,)
        return True
