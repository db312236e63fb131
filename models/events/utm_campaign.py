from collections import Counter, defaultdict

from odoo import models

from ...tools.report import figures
from .mailing_mailing import RATIOS, percent


class UtmCampaign(models.Model):
    """The figures of a campaign, if all of its mailings went through Mailjet."""

    _inherit = "utm.campaign"

    def _compute_statistics(self):
        """Sum up the figures of the mailings; mixed campaigns stay as core has them."""
        result = super()._compute_statistics()
        mailings = self.env["mailing.mailing"].search_fetch(
            [("campaign_id", "in", self.ids), ("state", "in", ("sending", "done"))],
            ["campaign_id", "mailjet_campaign"],
        )
        counted = mailings._mailjet_counted()
        mixed = (mailings - counted).campaign_id
        counts = counted._mailjet_counts()
        sums = defaultdict(Counter)
        for mailing in counted.filtered(lambda one: one.campaign_id not in mixed):
            found = counts.get(mailing.id, {})
            sums[mailing.campaign_id].update(
                {name: found[name] for name in figures.COUNTED if name in found}
            )
        for campaign, found in sums.items():
            campaign.update(
                {field: percent(figure, found) for field, figure in RATIOS.items()}
            )
        return result
