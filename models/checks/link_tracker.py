from odoo import api, models


class LinkTracker(models.Model):
    """Make the links of a mailing that is only checked without looking at the pages."""

    _inherit = "link.tracker"

    @api.model
    def _get_title_from_url(self, url):
        if self.env.context.get("mailjet_check"):
            return url
        return super()._get_title_from_url(url)
