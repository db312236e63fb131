from odoo import api, fields, models


class MailjetSuppressionMixin(models.AbstractModel):
    """Shows on a record with an email address whether Mailjet suppresses it."""

    _name = "mailjet.suppression.mixin"
    _description = "Address that Mailjet may suppress"

    mailjet_suppression = fields.Text(
        "Suppressed at Mailjet", compute="_compute_mailjet_suppression"
    )

    @api.depends("email_normalized")
    @api.depends_context("lang")
    def _compute_mailjet_suppression(self):
        emails = {record.email_normalized for record in self} - {False}
        suppressions = self.env["mailjet.suppression"]._by_email(emails)
        for record in self:
            found = suppressions.get(record.email_normalized)
            record.mailjet_suppression = found and "\n".join(
                f"{one.reason} {one.cure or ''}".strip() for one in found
            )
