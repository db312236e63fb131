import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import API_PAGE_SIZE, EVENT_TYPES
from ...tools.mailjet.custom_id import read_custom_id
from ...tools.mailjet.event import Event

_logger = logging.getLogger(__name__)

# So many histories are asked for in one go, a request each
PAGE_SIZE = 100


class IrMail_Server(models.Model):
    """What Mailjet could not post while its address was not there, read afterwards.

    The messages of the time without events are listed a page at a time, and the history
    of each of ours is read. What is there already does not come twice.
    """

    _inherit = "ir.mail_server"

    @api.model
    def _cron_catch_up(self):
        """Fill the gaps of all accounts; an outage is for the next run.

        When its time is up, it says so, and Odoo has it go on as soon as it can.
        """
        servers = self._mailjet_in_use().filtered("mailjet_catch_up_from")
        commit_progress = self.env["ir.cron"]._commit_progress
        for left, server in zip(range(len(servers), 0, -1), servers, strict=True):
            try:
                while server.mailjet_catch_up_from:
                    server._mailjet_catch_up_page()
                    if not commit_progress(1, remaining=left):
                        return
            except UserError as error:
                _logger.info("Mailjet: gap of %s not filled: %s", server.name, error)
            commit_progress(remaining=left - 1)

    def _mailjet_catch_up_page(self):
        """Read the next messages of the gap, and keep how far that came."""
        tag, key = self._mailjet_custom_id_keys()
        with self._mailjet_api() as client:
            messages = client.message_page(
                self.mailjet_catch_up_from,
                self.mailjet_catch_up_to,
                offset=self.mailjet_catch_up_offset,
                limit=PAGE_SIZE,
            )
            events = [
                self._mailjet_event_of(message, entry)
                for message in messages
                if read_custom_id(message.custom_id, tag, key)
                for entry in client.message_history(message.id)
                if entry.event in EVENT_TYPES
            ]
        if self.env["mailjet.event"]._insert(self.id, events, origin="api"):
            self.env["mailjet.event"]._wake_cron()
        vals = {"mailjet_catch_up_offset": self.mailjet_catch_up_offset + len(messages)}
        if len(messages) < min(PAGE_SIZE, API_PAGE_SIZE):
            vals = {
                "mailjet_catch_up_from": False,
                "mailjet_catch_up_to": False,
                "mailjet_catch_up_offset": 0,
            }
        self.write(vals)

    @api.model
    def _mailjet_event_of(self, message, entry):
        """Return the `Event` that would have been posted.

        Mailjet blocks an address that bounces hard, which the API does not say here:
        https://documentation.mailjet.com/hc/en-us/articles/360048398994
        """
        is_hard = message.is_permanent if entry.event == "bounce" else None
        return Event(
            event=entry.event,
            date=entry.date,
            message_id=message.id,
            guid=message.guid,
            email=message.email.lower(),
            campaign_id=message.campaign_id,
            contact_id=message.contact_id,
            custom_campaign="",
            custom_id=message.custom_id,
            url="",
            agent=entry.agent,
            ip="",
            geo="",
            is_hard=is_hard,
            is_blocked=is_hard,
            error_related_to="",
            error=entry.state,
            comment=entry.comment,
            source="",
            list_id="",
            smtp_reply="",
            raw={},
        )

    def action_mailjet_catch_up(self):
        """Have the events of the last week read from Mailjet once more."""
        self.check_access("write")
        for server in self:
            server._mailjet_schedule_catch_up(
                fields.Datetime.subtract(fields.Datetime.now(), days=7)
            )
        return self._mailjet_notification(
            self.env._("The events of the last week are being read from Mailjet.")
        )
