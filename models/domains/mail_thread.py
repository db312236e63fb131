from email.message import EmailMessage

from odoo import api, models
from odoo.tools import email_normalize, email_split

from ...tools.mailjet.message_id import mailjet_message_ids


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """Match replies that refer to the Message-Id that Mailjet gave to our mail.

        Some mail programs refer to nothing else. The events of that mail lead to the
        Message-Id that Odoo gave it, if the author is a recipient of it: ids can be
        guessed.
        """
        message_dict = super().message_parse(message, save_original=save_original)
        references = f"{message_dict['references']} {message_dict['in_reply_to']}"
        ids = mailjet_message_ids(references)
        author = email_normalize(message_dict["email_from"])
        if ids and author:
            events = self.env["mailjet.event"].sudo()
            own = events._find_message_ids(ids, author)
            message_dict["references"] = " ".join(
                filter(None, [message_dict["references"], *own])
            )
        return message_dict

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Take out Mailjet's activation emails before they are routed.

        They go to addresses that Odoo itself receives, such as bounce and catchall,
        where nobody would read them. Every other mail goes its way.
        """
        # Clients may call this, but only the mail gateway has a message
        if not isinstance(message, EmailMessage):
            return super().message_route(
                message, message_dict, model, thread_id, custom_values
            )
        recipients = email_split(message_dict.get("recipients") or "")
        senders = self.env["mailjet.sender"]._find_awaiting(recipients)
        if senders and senders._receive_activation(message, message_dict):
            return []
        return super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
