from odoo import api, models
from odoo.tools import email_split

from .. import const
from ..tools.activation_mail import find_activation_link


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Take Mailjet's activation mails out before they are routed.

        They go to addresses that Odoo receives itself, bounce and catchall among them,
        where nobody would ever read them.
        """
        recipients = email_split(message_dict.get("recipients") or "")
        senders = self.env["mailjet.sender"]._find_awaiting(recipients)
        if senders:
            body = str(message_dict.get("body") or "")
            link = find_activation_link(body, const.ACTIVATION_HOSTS)
            if link:
                senders._receive_activation(link)
                return []
        return super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
