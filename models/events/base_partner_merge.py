from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging contacts to whom emails are still on their way."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Keep to whom notifications were sent: that is whom Mailjet's events name."""
        notifications = self.env["mail.notification"]
        notifications.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_notification
                   SET mailjet_former_partner_id = res_partner_id
                 WHERE res_partner_id IN %s AND notification_type = 'email'
                   AND mailjet_former_partner_id IS NULL
                """,
                tuple(src_partners.ids),
            )
        )
        notifications.invalidate_model(["mailjet_former_partner_id"], flush=False)
        return super()._update_foreign_keys(src_partners, dst_partner)
