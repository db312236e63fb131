from odoo import api, models


class MailjetCounter(models.Model):
    """Percentages of counters, and the daily counters that the policy limits read.

    The daily check of the policy limits reads the same rows as a report "Counters" by
    day, under the same keys.
    """

    _name = "mailjet.counter"
    _inherit = ["mailjet.counter", "mailjet.rates.mixin"]

    @api.model
    def _store_daily_counters(self, server, days):
        """Insert or update the account's counters for some days.

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
