from odoo import api, fields, models

from ..bulk_write import update_by_id


class MailjetMessageIdMixin(models.AbstractModel):
    """Records of an email to one recipient, which Mailjet knows by its MessageID.

    The email itself may be deleted once it is sent.
    """

    _name = "mailjet.message.id.mixin"
    _description = "MessageID at Mailjet"

    mailjet_message_id = fields.Char(
        "MessageID at Mailjet",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ID that the Send API returned; Mailjet's events carry the same ID.",
    )
    mailjet_message_server_id = fields.Many2one(
        "ir.mail_server",
        "Server of the MessageID",
        readonly=True,
        copy=False,
        help="Only events of this server's account belong to the MessageID.",
    )

    @api.model
    def _mailjet_write_message_ids(self, server, message_ids):
        """Keep the MessageIDs of some records.

        :param server: the mail server by whose account the emails went
        :param dict message_ids: id of a record -> MessageID
        """
        update_by_id(
            self,
            [
                {
                    "id": record_id,
                    "mailjet_message_id": message_id,
                    "mailjet_message_server_id": server.id,
                }
                for record_id, message_id in message_ids.items()
            ],
        )
