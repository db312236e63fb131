from odoo import api, models


class IrMail_Server(models.Model):
    """Look up the company's own addresses once a run, not for each mail.

    Each mail has an environment of its own, and one in which the company was looked up
    stays alive. Odoo compares all that are alive whenever it needs an environment.
    """

    _inherit = "ir.mail_server"

    @api.model
    def _get_default_bounce_address(self):
        lookup = super()._get_default_bounce_address
        return self._mailjet_once("bounce", lookup)

    @api.model
    def _get_default_from_address(self):
        lookup = super()._get_default_from_address
        return self._mailjet_once("from", lookup)

    def _mailjet_once(self, name, lookup):
        """Return what a lookup for this user and company returned first in this run."""
        outcome = self.env.context.get("mailjet_outcome")
        if not outcome or not outcome.server:
            return lookup()
        companies = tuple(self.env.context.get("allowed_company_ids") or ())
        key = (name, self.env.uid, companies)
        if key not in outcome.defaults:
            outcome.defaults[key] = lookup()
        return outcome.defaults[key]
