from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

SILENCE = timedelta(hours=24)


class IrMail_Server(models.Model):
    """A daily check that Mailjet still posts events."""

    _inherit = "ir.mail_server"

    mailjet_last_event_on = fields.Datetime(
        "Last event", compute="_compute_mailjet_last_event_on"
    )

    def _compute_mailjet_last_event_on(self):
        """Find the latest event, but believe no date after its arrival.

        Mailjet's clock may be wrong, and such an event would hide a silence.
        """
        self.env["mailjet.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT server.id, last.moment
                  FROM unnest(%s::int[]) AS server (id),
                       LATERAL (SELECT LEAST(date, received_on) AS moment
                                  FROM mailjet_event
                                 WHERE server_id = server.id AND origin = 'webhook'
                                   AND LEAST(date, received_on) <= %s
                              ORDER BY LEAST(date, received_on) DESC
                                 LIMIT 1) AS last
                """,
                self.ids,
                fields.Datetime.now(),
            )
        )
        dates = dict(self.env.cr.fetchall())
        for server in self:
            server.mailjet_last_event_on = dates.get(server.id, False)

    @api.model
    def _cron_check_callbacks(self):
        """Replace suspended addresses, and report servers that get no events."""
        registered = self._mailjet_in_use().filtered("mailjet_callbacks_read_on")
        registered._mailjet_for_each(
            lambda server: server._mailjet_check_callbacks(),
            "check the event addresses",
        )

    def _mailjet_check_callbacks(self):
        self._mailjet_read_callbacks()
        suspended = self.mailjet_callback_ids.filtered(
            lambda callback: callback.state == "suspended"
        )
        if suspended:
            self._mailjet_replace_suspended(suspended)
        elif self._is_mailjet_silent():
            self._mailjet_alert(self.mailjet_callback_ids[:1], _silence_text)

    def _mailjet_replace_suspended(self, suspended):
        """Register a new address, catch up on missed events, and alert somebody."""
        silent_since = self.mailjet_last_event_on or self.mailjet_event_changed_on
        self._mailjet_register_new_address(suspended)
        self._mailjet_schedule_catch_up(silent_since)
        self._mailjet_alert(self.mailjet_callback_ids[:1], _renewal_text)

    def _is_mailjet_silent(self):
        """Return whether mail was sent recently but no event came for a day."""
        now = fields.Datetime.now()
        if not any(one.state == "ours" for one in self.mailjet_callback_ids):
            return False
        begin, end = now - 2 * SILENCE, now - timedelta(hours=1)
        sent = self.env["mailjet.sending"].search_count(
            [
                ("server_id", "=", self.id),
                ("date", ">=", begin),
                ("date", "<=", end),
            ],
            limit=1,
        )
        last = self.mailjet_last_event_on
        return bool(sent and (not last or last < now - SILENCE))


def _silence_text(callback):
    env = callback.env
    note = env._(
        "Emails were sent through “%(name)s”, but Mailjet has posted no event for a "
        "day. Under “Events” on the server, check that its address can be reached and "
        "where the events go.",
        name=callback.server_id.name,
    )
    return env._("No events from Mailjet for a day"), note


def _renewal_text(callback):
    env = callback.env
    note = env._(
        "Mailjet could not post the events of “%(name)s” for a day and gave up. A new "
        "address is registered, and the missed events are being read from Mailjet.",
        name=callback.server_id.name,
    )
    return env._("Mailjet stopped posting events"), note
