from odoo import api, fields, models

from ...tools.address import address_key


class MailjetSuppressionMixin(models.AbstractModel):
    """Shows on a record with an email address whether Mailjet suppresses it."""

    _name = "mailjet.suppression.mixin"
    _description = "Address that Mailjet may suppress"

    mailjet_suppression = fields.Text(
        "Suppressed by Mailjet", compute="_compute_mailjet_suppression"
    )

    @api.depends("email_normalized")
    @api.depends_context("lang")
    def _compute_mailjet_suppression(self):
        keys = {one: address_key(one.email_normalized or "") for one in self}
        asked = set(keys.values()) - {""}
        suppressions = self.env["mailjet.suppression"]._by_key(asked)
        for record in self:
            found = suppressions.get(keys[record])
            record.mailjet_suppression = found and "\n".join(
                f"{one.reason} {one.cure or ''}".strip() for one in found
            )
