from datetime import timedelta

from odoo import api, fields, models

from ...tools.smtp.cause import Cause

# How long Mailjet limits an account that is new or has poor statistics:
# https://documentation.mailjet.com/hc/en-us/articles/360043101633
BRAKE_LASTS = timedelta(days=7)


class IrMail_Server(models.Model):
    """Mailjet's hourly brake, offered as an hourly limit.

    With the limit, mail waits in Odoo for the next hour instead of being refused.
    """

    _inherit = "ir.mail_server"

    mailjet_braked_on = fields.Datetime(
        "Hourly limit met on",
        readonly=True,
        copy=False,
        help="When Mailjet last refused mail because of its hourly limit.",
    )
    mailjet_brake_limit = fields.Integer(
        "Mailjet's hourly limit",
        readonly=True,
        copy=False,
        help="As Mailjet said when it refused mail. 0: it did not say.",
    )
    mailjet_hourly_offer = fields.Integer(
        "Offered hourly limit", compute="_compute_mailjet_hourly_offer"
    )
    mailjet_hourly_offer_label = fields.Char(compute="_compute_mailjet_hourly_offer")

    @api.depends(
        "mailjet_brake_limit",
        "mailjet_braked_on",
        "mailjet_hourly_limit",
        "mailjet_hourly_limit_until",
    )
    @api.depends_context("lang")
    def _compute_mailjet_hourly_offer(self):
        for server in self:
            offer = server._mailjet_offered_limit()
            server.mailjet_hourly_offer = offer
            server.mailjet_hourly_offer_label = offer and self.env._(
                "Limit to %s emails an hour", offer
            )

    def _mailjet_offered_limit(self):
        """Return the hourly limit that would spare refusals, 0: none."""
        met_on = self.mailjet_braked_on
        if not met_on or met_on + BRAKE_LASTS <= fields.Datetime.now():
            return 0
        # What Mailjet took in the hour before, if it did not say
        offer = self.mailjet_brake_limit or self.env["mailjet.sending"]._sum_since(
            self._origin, met_on - timedelta(hours=1), until=met_on
        )
        limit = self._mailjet_applicable_hourly_limit()
        return 0 if limit and limit <= offer else max(offer, 0)

    def _mailjet_note_refusal(self, refusal, is_connection=False):
        """Remember that Mailjet limits the account by the hour."""
        result = super()._mailjet_note_refusal(refusal, is_connection)
        if refusal.cause is Cause.HOURLY_LIMIT:
            self.sudo().write(
                {
                    "mailjet_braked_on": fields.Datetime.now(),
                    "mailjet_brake_limit": refusal.hourly_limit or 0,
                }
            )
        return result

    def action_mailjet_accept_hourly_offer(self):
        """Take over the offered limit for as long as Mailjet's usually lasts."""
        self.check_access("write")
        for server in self.filtered("mailjet_hourly_offer"):
            server.write(
                {
                    "mailjet_hourly_limit": server.mailjet_hourly_offer,
                    "mailjet_hourly_limit_until": server.mailjet_braked_on
                    + BRAKE_LASTS,
                }
            )

    def action_mailjet_decline_hourly_offer(self):
        """Remove the offer, until Mailjet refuses again."""
        self.write({"mailjet_braked_on": False, "mailjet_brake_limit": 0})
