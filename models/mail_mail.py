from odoo import models

from ..tools.custom_id import CustomId


class MailMail(models.Model):
    """What Mailjet reads in a mail's headers."""

    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give each mail through Mailjet what ties its events to it."""
        email_list = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        server = (mail_server or self.mail_server_id).sudo()
        if server and server._filter_mailjet():
            for values in email_list:
                # The recipients share one dict
                values["headers"] = {
                    "X-MJ-CustomID": self._mailjet_custom_id(values["partner_id"]),
                    **values["headers"],
                }
        return email_list

    def _mailjet_custom_id(self, partner):
        """Return X-MJ-CustomID of the mail to a partner, or to its bare addresses."""
        trace = self.mailing_trace_ids[:1]
        if trace:
            custom_id = CustomId(trace_id=trace.id)
        else:
            custom_id = CustomId(
                message_id=self.mail_message_id.id,
                partner_id=partner.id if partner else 0,
            )
        return self.env["ir.mail_server"]._mailjet_write_custom_id(custom_id)
