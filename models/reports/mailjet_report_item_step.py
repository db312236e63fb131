import logging
from datetime import timedelta

from odoo import fields, models

from ...const import API_PAGE_SIZE
from ...tools.mailjet.answer import SAME_PAGE, page_key
from ...tools.mailjet.errors import (
    AuthenticationError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    ReadOnlyError,
    UnexpectedAnswerError,
)
from ...tools.report.stream import STREAMS, check_rows, window_params
from ...tools.smtp.retry_schedule import next_try
from .mailjet_report_item import LEASE

_logger = logging.getLogger(__name__)

# Errors that a retry cannot fix
PERMANENT_ERRORS = (
    AuthenticationError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    ReadOnlyError,
)
# A window with more pages is halved, which keeps offsets small
MAX_PAGES = 10
# The part of a page that is asked for again with the next one: a twentieth of its rows.
# They show whether rows before them have gone, so that those behind them moved up
OVERLAP = 20
# A list that changes while it is read is read again, this often at most
MAX_READINGS = 3
# After how long an answer is asked for again that would empty a list
ASK_AGAIN_AFTER = timedelta(minutes=1)


class MailjetReportItem(models.Model):
    """One step of an item: a request, made without a lock, and what to do with it.

    `_request` returns a function that stores the answer. The worker calls it only if it
    still holds the lease.
    """

    _inherit = "mailjet.report.item"

    def _request(self, client):
        """Make the next request; return a function that stores its answer."""
        stream = STREAMS[self.stream]
        params = window_params(stream, self.params or {}, self.date_from, self.date_to)
        if self.kind == "compare" or (self.remote_count < 0 and self._can_be_split()):
            count = client.count(stream.resource, **params)
            if self.kind == "compare":
                return lambda: self._handle_comparison(count)
            return lambda: self._handle_count(count)
        overlap = self._overlap()
        start = self.offset - overlap
        rows = client.page(stream.resource, start, **params)
        key = page_key(rows)
        if rows and self.offset and key == self.page_key:
            raise UnexpectedAnswerError(SAME_PAGE)
        values = [stream.read(row, params) for row in rows]
        check_rows(values, params, self.date_from, self.date_to)
        values = self._after_overlap(values, overlap)
        if values is None:
            return self._handle_gap
        remote = self.remote_count
        is_last = len(rows) < API_PAGE_SIZE
        if is_last and not self._can_be_split() and self.stream != "counter":
            remote = client.count(stream.resource, **params)
        position = start + len(rows)
        return lambda: self._handle_page(values, key, position, is_last, remote)

    def _overlap(self):
        """Return how many rows of the last page to ask for again."""
        if not self.last_key:
            return 0
        return min(self.offset, max(1, API_PAGE_SIZE // OVERLAP))

    def _after_overlap(self, values, overlap):
        """Return the rows behind those of the last page, or None if there is a gap."""
        if not overlap:
            return values
        keys = [row["key"] for row in values]
        if keys[overlap - 1 : overlap] == [self.last_key]:
            return values[overlap:]
        if self.last_key not in keys:
            return None
        # Rows came or went before this page
        return values[len(keys) - keys[::-1].index(self.last_key) :]

    def _can_be_split(self):
        """Return whether this is a window whose rows can be counted and halved."""
        return bool(self.date_from) and self.stream != "counter"

    def _handle_count(self, count):
        """Read the window if it is small enough; otherwise split it in two."""
        width = self.date_to - self.date_from
        if count > MAX_PAGES * API_PAGE_SIZE and width > timedelta(seconds=1):
            middle = (self.date_from + width / 2).replace(microsecond=0)
            if middle == self.date_from:
                middle = self.date_to - timedelta(seconds=1)
            self.copy({"date_from": middle})
            self._restart(date_to=middle)
        elif count:
            self.remote_count = count
        else:
            self._handle_nothing()

    def _handle_nothing(self):
        """Finish with no row; if there were some, ask once more before believing it."""
        if self.was_empty or not self._had_rows():
            self._finish(remote_count=0)
        else:
            self._restart(
                was_empty=True, next_try=fields.Datetime.now() + ASK_AGAIN_AFTER
            )

    def _had_rows(self):
        """Return whether the last run found rows here."""
        if self.last_count < 0:  # this item is new
            return self.report_id._has_earlier_rows(self)
        return self.last_count > 0

    def _handle_gap(self):
        """Read again from the start: rows have gone, and others were passed over."""
        if self.reading + 1 < MAX_READINGS:
            self._restart(reading=self.reading + 1)
        else:
            problem = self.env._("The list kept changing while Odoo read it.")
            self._finish(state="failed", problem=problem)

    def _handle_page(self, values, key, position, is_last, remote):
        """Store the rows of a page, and the progress.

        :param list values: the new rows
        :param int position: of the end of the page in Mailjet's list
        :param int remote: rows at Mailjet, -1 if unknown
        """
        if not position:
            self._handle_nothing()
            return
        model = self.env[STREAMS[self.stream].model]
        changed = model._store_page(self.report_id, values)
        self.write(
            {
                "offset": position,
                "row_count": self.row_count + len({row["key"] for row in values}),
                "changed_count": self.changed_count + changed,
                "page_key": key,
                "last_key": values[-1]["key"] if values else self.last_key,
                "lease_until": fields.Datetime.now() + LEASE,
                "attempts": 0,
                "next_try": False,
            }
        )
        if is_last:
            self._handle_last_page(remote)

    def _handle_last_page(self, remote):
        """Finish the window, or read it again if rows came or went meanwhile."""
        moved = remote >= 0 and remote != self.offset
        if moved and self.reading + 1 < MAX_READINGS:
            self._restart(reading=self.reading + 1)
        else:
            self._finish(remote_count=remote if remote >= 0 else self.offset)

    def _handle_comparison(self, count):
        """Narrow down which windows have changed at Mailjet, and read them again."""
        parts = self._compared_windows()
        if count != sum(parts.mapped("remote_count")):
            if len(parts) < 2:
                parts._restart(reading=0)
            else:
                middle = parts[len(parts) // 2].date_from
                self.copy({"date_from": middle})
                self.copy({"date_to": middle})
        self.unlink()

    def _compared_windows(self):
        """Return the finished windows within this comparison, oldest first."""
        return self.search(
            [
                ("report_id", "=", self.report_id.id),
                ("kind", "=", "read"),
                ("state", "=", "done"),
                ("stream", "=", self.stream),
                ("date_from", ">=", self.date_from),
                ("date_to", "<=", self.date_to),
            ],
            order="date_from",
        ).filtered(lambda item: item.params == self.params)

    def _restart(self, **vals):
        """Let this item be read again from its first page."""
        self.write(
            {
                "state": "todo",
                "offset": 0,
                "row_count": 0,
                "remote_count": -1,
                "page_key": False,
                "last_key": False,
                "was_empty": False,
                "attempts": 0,
                "next_try": False,
                "problem": False,
                "lease": False,
                "lease_until": False,
                **vals,
            }
        )

    def _finish(self, **vals):
        self.write(
            {
                "state": "done",
                "last_count": vals.get("remote_count", self.last_count),
                "read_on": fields.Datetime.now(),
                "lease": False,
                "lease_until": False,
                **vals,
            }
        )

    # ------------------------------------------------------------------
    # Errors
    # ------------------------------------------------------------------

    def _handle_error(self, error):
        """Return a function that stores an error and schedules a retry, if any."""
        words = self.report_id.server_id._mailjet_explain_api_error(error)

        def store():
            attempts = self.attempts + 1
            is_temporary = not isinstance(error, PERMANENT_ERRORS)
            vals = {"attempts": attempts, "problem": words, "lease": False}
            if is_temporary and attempts <= self.report_id.retries:
                wait = getattr(error, "retry_after", None)
                now = fields.Datetime.now()
                vals["next_try"] = (
                    now + timedelta(seconds=wait) if wait else next_try(attempts, now)
                )
            else:
                vals["state"] = "failed"
            self.write({**vals, "lease_until": False})
            if isinstance(error, AuthenticationError):
                self.report_id._fail(words)

        _logger.info(
            "Mailjet: reading %s for report %s failed: %s",
            self.stream,
            self.report_id.id,
            error,
        )
        return store
