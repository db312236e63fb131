import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import API_PAGE_SIZE, EVENT_TYPES
from ...tools.mailjet.custom_id import read_custom_id
from ...tools.mailjet.errors import (
    InvalidError,
    NotFoundError,
    UnexpectedAnswerError,
)
from ...tools.mailjet.event import Event

_logger = logging.getLogger(__name__)

# Messages of one page; the history of each takes a request
PAGE_SIZE = 100
# How far to go back if no event ever came
DEFAULT_PERIOD = timedelta(days=1)


class IrMail_Server(models.Model):
    """Catching up on events that Mailjet could not post.

    The messages of the time without events are listed a page at a time, and the history
    of each of ours is read. Known events are not duplicated.
    """

    _inherit = "ir.mail_server"

    mailjet_catch_up_from = fields.Datetime(readonly=True, copy=False)
    mailjet_catch_up_to = fields.Datetime(readonly=True, copy=False)
    mailjet_catch_up_offset = fields.Integer(readonly=True, copy=False)

    def _mailjet_schedule_catch_up(self, since):
        """Have all events since then read from Mailjet, page by page."""
        now = fields.Datetime.now()
        begin = since or now - DEFAULT_PERIOD
        if self.mailjet_catch_up_from:
            begin = min(begin, self.mailjet_catch_up_from)
        self.write(
            {
                "mailjet_catch_up_from": begin,
                "mailjet_catch_up_to": now,
                "mailjet_catch_up_offset": 0,
            }
        )
        self.env.ref("mail_mailjet.ir_cron_catch_up")._trigger()

    @api.model
    def _cron_catch_up(self):
        """Catch up on missed events of all accounts; after an outage, in the next run.

        When the time is up, the remaining work is reported, and Odoo continues soon.
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
                _logger.info("Mailjet: catch-up of %s failed: %s", server.name, error)
            commit_progress(remaining=left - 1)

    def _mailjet_catch_up_page(self):
        """Read the next page of messages, and store the progress."""
        tag, key = self._mailjet_custom_id_keys()
        with self._mailjet_api() as client:
            messages = client.message_page(
                self.mailjet_catch_up_from,
                self.mailjet_catch_up_to,
                offset=self.mailjet_catch_up_offset,
                limit=PAGE_SIZE,
            )
            ours = [one for one in messages if read_custom_id(one.custom_id, tag, key)]
            events = [
                self._mailjet_event_of(message, entry)
                for message, history in self._mailjet_histories(client, ours)
                for entry in history
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

    def _mailjet_histories(self, client, messages):
        """Return pairs of a message and its history, without those that have none.

        Asking again would not help, and must not hold up the others.

        :raise MailjetApiError: on an outage
        """
        found, problem = [], None
        for message in messages:
            try:
                found.append((message, client.message_history(message.id)))
            except (NotFoundError, InvalidError, UnexpectedAnswerError) as error:
                _logger.warning(
                    "Mailjet: the history of message %s of %s cannot be read: %s",
                    message.id,
                    self.name,
                    error,
                )
                problem = error
        is_outage = isinstance(problem, UnexpectedAnswerError) and len(messages) > 1
        if is_outage and not found:
            raise problem
        return found

    @api.model
    def _mailjet_event_of(self, message, entry):
        """Return the `Event` that Mailjet would have posted.

        The API does not say that Mailjet blocks an address after a hard bounce:
        https://documentation.mailjet.com/hc/en-us/articles/360048398994
        """
        is_hard = message.is_permanent if entry.event == "bounce" else None
        return Event(
            event=entry.event,
            date=entry.date,
            message_id=message.id,
            guid=message.guid,
            email=message.email,
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
        """Have the events of the last week read from Mailjet."""
        self.check_access("write")
        for server in self:
            server._mailjet_schedule_catch_up(
                fields.Datetime.subtract(fields.Datetime.now(), days=7)
            )
        return self._mailjet_notification(
            self.env._("The events of the last week are being read from Mailjet.")
        )
