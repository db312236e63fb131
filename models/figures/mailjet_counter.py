from odoo import api, models


class MailjetCounter(models.Model):
    """Counters of whole days that are read beside the reports, for the limits."""

    _name = "mailjet.counter"
    _inherit = ["mailjet.counter", "mailjet.rates.mixin"]

    @api.model
    def _keep_days(self, server, days):
        """Insert or update the counters of some days; reports have the same keys.

        :param list days: dicts of values, see `tools.report.daily_counter`
        """
        counters = self.sudo()
        keys = [day["key"] for day in days]
        found = counters.search([("server_id", "=", server.id), ("key", "in", keys)])
        known = {counter.key: counter for counter in found}
        for day in days:
            if day["key"] not in known:
                counters.create({**day, "server_id": server.id})
                continue
            counter = known[day["key"]]
            changed = {
                name: value for name, value in day.items() if counter[name] != value
            }
            if changed:
                counter.write(changed)
