from odoo import models

from ...tools.mailjet.custom_id import CustomId

# Mailjet's own tracking off or on, whatever the account's setting; none: as that is.
# https://dev.mailjet.com/smtp-relay/custom-headers/
TRACKING = {"odoo": "0", "mailjet": "1"}


class MailMail(models.Model):
    """What Mailjet reads in a mail's headers."""

    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give each mail through Mailjet what ties its events to it."""
        email_list = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        # Known since the connection was made; to ask here would be a query a mail
        server = self._mailjet_outcome().server
        if not server:
            return email_list
        common = self._mailjet_headers(server)
        for values in email_list:
            headers = {
                "X-MJ-CustomID": self._mailjet_custom_id(values["partner_id"]),
                **common,
            }
            # A copy, as all recipients share one dict; somebody's own header stays
            given = {name.lower() for name in values["headers"]}
            values["headers"] = {
                **values["headers"],
                **{n: text for n, text in headers.items() if n.lower() not in given},
            }
        return email_list

    def _mailjet_headers(self, server):
        """Return the headers that are the same for all recipients."""
        headers = {}
        tracking = TRACKING.get(server.mailjet_tracking or "odoo")
        if tracking:
            headers["X-Mailjet-TrackOpen"] = tracking
            headers["X-Mailjet-TrackClick"] = tracking
        if self.mailing_id:
            headers["X-Mailjet-Campaign"] = self.mailing_id._mailjet_campaign_name()
        return headers

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
