from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.report import figures

# Rate -> (numerator, denominator)
RATES = {
    f"{figure}_rate": (figure, whole)
    for figure, whole in figures.WHOLES.items()
    if figure != "replied"  # Mailjet does not know
}
MEASURES = sorted({name for pair in RATES.values() for name in pair})


class MailjetRatesMixin(models.AbstractModel):
    """Delivery rates in percent, for models that have the counts in `MEASURES`.

    The rate of a group is the rate of its sums, not the average of its rows' rates:
    1 bounce of 10 emails and 0 of 90 are 1 %, not 5 %.
    """

    _name = "mailjet.rates.mixin"
    _description = "Delivery rates"

    delivered_rate = fields.Float(
        "Delivered (%)", compute="_compute_rates", aggregator="avg"
    )
    opened_rate = fields.Float("Opened (%)", compute="_compute_rates", aggregator="avg")
    clicked_rate = fields.Float(
        "Clicked (%)", compute="_compute_rates", aggregator="avg"
    )
    bounced_rate = fields.Float(
        "Bounced (%)", compute="_compute_rates", aggregator="avg"
    )
    blocked_rate = fields.Float(
        "Blocked (%)", compute="_compute_rates", aggregator="avg"
    )
    unsubscribed_rate = fields.Float(
        "Unsubscribed (%)", compute="_compute_rates", aggregator="avg"
    )
    complained_rate = fields.Float(
        "Complaints (%)",
        compute="_compute_rates",
        aggregator="avg",
        digits=(16, 3),
    )

    @api.depends(lambda self: MEASURES if self._name != "mailjet.rates.mixin" else [])
    def _compute_rates(self):
        for row in self:
            for name, (figure, _whole) in RATES.items():
                row[name] = figures.rate(figure, row) or 0

    def _read_group_select(self, aggregate_spec, query):
        """Have the database compute rates; NULL where `figures` has none."""
        name = aggregate_spec.partition(":")[0]
        if name not in RATES:
            return super()._read_group_select(aggregate_spec, query)
        part, whole = (
            self._field_to_sql(self._table, one, query) for one in RATES[name]
        )
        rate = SQL("(100.0 * SUM(%s) / NULLIF(SUM(%s), 0))::float", part, whole)
        if "unfollowed" not in self._fields:
            return rate  # Mailjet's own counts miss nothing
        return SQL(
            "CASE WHEN SUM(%s) * %s <= SUM(%s) THEN %s END",
            self._field_to_sql(self._table, "unfollowed", query),
            figures.ONE_IN,
            self._field_to_sql(self._table, "processed", query),
            rate,
        )
