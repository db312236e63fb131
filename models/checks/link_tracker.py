from odoo import api, models


class LinkTracker(models.Model):
    """Track the links of a checked mailing without fetching their pages' titles."""

    _inherit = "link.tracker"

    @api.model
    def _get_title_from_url(self, url):
        if self.env.context.get("mailjet_check"):
            return url
        return super()._get_title_from_url(url)
