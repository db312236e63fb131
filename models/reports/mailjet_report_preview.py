from datetime import datetime

from odoo import api, models
from odoo.tools.misc import format_datetime

from ...tools.report import counter_rule
from ...tools.report.stream import STREAMS, check_rows, window_params

ROWS = 20
# Technical columns
HIDDEN = ("key", "mailjet_id")


class MailjetReport(models.Model):
    """A preview of the first rows, before the report is saved."""

    _inherit = "mailjet.report"

    @api.model
    def preview(self, values):
        """Return the first rows of a report, saved or not.

        :param dict values: the values of the form, as the web client sends them
        :return: {"columns": list of labels, "rows": lists of texts, "count": number of
            rows at Mailjet, -1 if unknown}
        :raise UserError: if Mailjet refuses the request or cannot be reached
        """
        self.check_access("create")
        report = self.new(values)
        query = report._queries()[0]
        stream = STREAMS[query.stream]
        start, end = report._preview_window(query)
        params = window_params(stream, query.params, start, end)
        with report.server_id._mailjet_api() as client:
            rows = client.page(stream.resource, 0, ROWS, **params)
            count = -1
            if query.stream != "counter":
                count = client.count(stream.resource, **params)
            found = [stream.read(row, params) for row in rows]
            check_rows(found, params, start, end)
        return {**self._preview_table(stream.model, found), "count": count}

    def _preview_window(self, query):
        stream = STREAMS[query.stream]
        if not stream.is_windowed or (
            query.params.get("CounterResolution") == "Lifetime"
        ):
            return None, None
        start, end = self._dates(query)
        if query.stream == "counter":
            resolution = query.params["CounterResolution"]
            return next(counter_rule.windows(start, end, resolution), (start, end))
        return start, end

    @api.model
    def _preview_table(self, model, found):
        """Return the columns that are not empty, and their rows as texts."""
        described = self.env[model].fields_get(attributes=["string", "selection"])
        names = [
            name
            for name in (found[0] if found else ())
            if name not in HIDDEN and any(row[name] for row in found)
        ]
        return {
            "columns": [described[name]["string"] for name in names],
            "rows": [
                [
                    self._preview_text(row[name], described[name].get("selection"))
                    for name in names
                ]
                for row in found
            ],
        }

    @api.model
    def _preview_text(self, value, selection):
        if selection:
            return dict(selection).get(value, value) or ""
        if isinstance(value, bool):
            return self.env._("Yes") if value else ""
        if isinstance(value, datetime):
            return format_datetime(self.env, value)
        return "" if value is None else str(value)
