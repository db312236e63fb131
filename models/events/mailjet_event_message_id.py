from odoo import api, models

from ...tools.address import address_key
from ...tools.mailjet.custom_id import CustomId


class MailjetEvent(models.Model):
    """Find the email of an event by Mailjet's MessageID, which the Send API returned.

    CustomIDs are signed and MessageIDs can be guessed, so account and recipient have to
    match, and a CustomID counts where there is one.
    """

    _inherit = "mailjet.event"

    @api.model
    def _custom_ids_by_message_id(self, rows):
        """Return what events belong to that name no CustomID: event id -> `CustomId`.

        :param rows: dicts with `id`, `custom_id`, `email`, `mailjet_message_id` and
            `server_id`
        """
        unnamed = {
            row["id"]: (row["server_id"], row["mailjet_message_id"], row["email"])
            for row in rows
            if row["server_id"] and row["mailjet_message_id"] and not row["custom_id"]
        }
        known = self._known_message_ids({key[1] for key in unnamed.values()})
        return {
            event_id: known[key] for event_id, key in unnamed.items() if key in known
        }

    @api.model
    def _known_message_ids(self, message_ids):
        """Return what emails with these MessageIDs belong to.

        :return: (server id, MessageID, `address_key` of the recipient) -> `CustomId`
        """
        if not message_ids:
            return {}
        domain = [("mailjet_message_id", "in", list(message_ids))]
        known = {}
        for trace in self.env["mailing.trace"].sudo().search(domain):
            known[_key(trace, trace.email)] = CustomId(trace_id=trace.id)
        for one in self.env["mail.notification"].sudo().search(domain):
            partner = one.res_partner_id
            email = partner.email_normalized if partner else one.mail_email_address
            known[_key(one, email)] = CustomId(
                message_id=one.mail_message_id.id, partner_id=partner.id or 0
            )
        return known

    @api.model
    def _find_message_ids(self, mailjet_message_ids, email):
        """Find also emails that have had no event yet."""
        found = super()._find_message_ids(mailjet_message_ids, email)
        known = self._known_message_ids(set(mailjet_message_ids))
        own = [one for (*_id, to), one in known.items() if to == address_key(email)]
        traces = self.env["mailing.trace"].sudo()
        messages = self.env["mail.message"].sudo()
        ids = {
            *traces.browse([o.trace_id for o in own if o.trace_id]).mapped(
                "message_id"
            ),
            *messages.browse([o.message_id for o in own if o.message_id]).mapped(
                "message_id"
            ),
        }
        return sorted({*found, *ids} - {False})


def _key(record, email):
    """Return what an event has to name, to belong to a trace or notification."""
    server_id = record.mailjet_message_server_id.id
    return server_id, record.mailjet_message_id, address_key(email or "")
