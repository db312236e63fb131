from datetime import timedelta

from odoo import fields, models

from ...tools.report import counter_rule
from ...tools.report.stream import BEGINNING, STREAMS

# The latest rows may not be in Mailjet's answers yet
NOT_YET = timedelta(minutes=5)
# Matching counts may hide one row added and another removed, so windows are read again
# at these ages
READ_AGAIN_AT = (timedelta(days=7), timedelta(days=30))
COMPARE_EVERY = timedelta(hours=20)


class MailjetReport(models.Model):
    """The plan of a run: which windows to read, read again or compare."""

    _inherit = "mailjet.report"

    def _plan(self, query):
        """Return the items for one query, existing and new."""
        stream = STREAMS[query.stream]
        params = dict(query.params)
        # An empty JSON object is read as False
        known = self.item_ids.filtered(
            lambda item: item.stream == query.stream and (item.params or {}) == params
        )
        lifetime = params.get("CounterResolution") == "Lifetime"
        if not stream.is_windowed or lifetime:
            last_count = max(known.mapped("last_count"), default=-1)
            known.unlink()
            item = self._new_item(query, None, None)
            item.last_count = last_count
            return item
        start, end = self._dates(query)
        outside = known.filtered(
            lambda item: item.date_from < start or item.date_to > end
        )
        outside.unlink()
        known -= outside
        if query.stream == "counter":
            return self._plan_counters(query, known, start, end)
        return self._plan_windows(query, known, start, end)

    def _dates(self, query):
        """Return the first and last moment to read, in UTC."""
        now = fields.Datetime.now() - NOT_YET
        start, end = self._chosen_dates()
        beginning = BEGINNING
        if query.stream == "counter":
            beginning = counter_rule.beginning(query.params["CounterResolution"], now)
        return max(start or beginning, BEGINNING), min(end or now, now)

    def _new_item(self, query, start, end, kind="read"):
        return self.env["mailjet.report.item"].create(
            {
                "report_id": self.id,
                "stream": query.stream,
                "params": dict(query.params),
                "date_from": start,
                "date_to": end,
                "kind": kind,
            }
        )

    def _plan_windows(self, query, known, start, end):
        """Read what is new or may have changed, and compare the rest."""
        items = known
        first = min(known.mapped("date_from"), default=None)
        last = max(known.mapped("date_to"), default=None)
        if not known:
            items += self._new_item(query, start, end)
        else:
            if start < first:
                items += self._new_item(query, start, first)
            if last < end:
                items += self._new_item(query, last, end)
        due = known.filtered(self._is_due)
        due._restart(reading=0)
        if known - due and self._is_comparison_due():
            items += self._new_item(query, first, last, kind="compare")
        return items

    def _is_due(self, item):
        """Return whether to read a window again without comparing it first."""
        if self._replaces() or item.state != "done":
            return True
        now = fields.Datetime.now()
        age, read_at_age = now - item.date_to, item.read_on - item.date_to
        if age < STREAMS[item.stream].changes_for:
            return now - item.read_on > COMPARE_EVERY
        return any(read_at_age < limit <= age for limit in READ_AGAIN_AT)

    def _is_comparison_due(self):
        return (
            not self.compared_on
            or fields.Datetime.now() - self.compared_on > COMPARE_EVERY
        )

    def _plan_counters(self, query, known, start, end):
        """Read the counters that are new or still change."""
        changes_for = counter_rule.CHANGES_FOR[query.params["CounterTiming"]]
        kept = known.filtered(
            lambda item: (
                item.state == "done"
                and not self._replaces()
                and item.date_to + changes_for < item.read_on
            )
        )
        (known - kept).unlink()
        items = kept
        spans = [(start, end)]
        if kept:
            first, last = min(kept.mapped("date_from")), max(kept.mapped("date_to"))
            spans = [(last, end), (start, first)]
        for span in spans:
            windows = counter_rule.windows(*span, query.params["CounterResolution"])
            for begin, until in windows:
                items += self._new_item(query, begin, until)
        return items
