"""Log a refused mail as what it is: one line in plain words, no defect of Odoo's."""

import logging

from .session import RefusedError


class RefusalFilter(logging.Filter):
    """Turns the traceback that core logs for a refused mail into a warning."""

    def filter(self, record):
        """Let every record through; change those about a `RefusedError`."""
        error = record.exc_info and record.exc_info[1]
        refusal = error and (error.__cause__ or error.__context__)
        if isinstance(refusal, RefusedError):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = None
            record.msg, record.args = "Mailjet: an email was refused: %s", (refusal,)
        return True
