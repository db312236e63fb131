from odoo import api, fields, models

from .mailjet_callback import ELSEWHERE


class IrMail_Server(models.Model):
    """Registering this Odoo at Mailjet for each type of event."""

    _inherit = "ir.mail_server"

    mailjet_callback_ids = fields.One2many(
        "mailjet.callback",
        "server_id",
        "Event destinations",
        groups="base.group_system",
    )
    mailjet_gets_events = fields.Boolean(
        "Receives events", compute="_compute_mailjet_gets_events"
    )
    mailjet_shares_events = fields.Boolean(
        "Some events go elsewhere", compute="_compute_mailjet_gets_events"
    )
    mailjet_misses_events = fields.Boolean(
        "Misses events", compute="_compute_mailjet_gets_events"
    )
    mailjet_events_suspended = fields.Boolean(
        "Suspended by Mailjet", compute="_compute_mailjet_gets_events"
    )
    mailjet_callbacks_read_on = fields.Datetime(
        "Registrations read on", readonly=True, copy=False
    )
    mailjet_reports_sent = fields.Boolean(
        "Reports deliveries",
        readonly=True,
        copy=False,
        help="An email is Sent once Mailjet has it, Delivered once Mailjet says so.",
    )

    @api.depends("mailjet_callback_ids.state")
    def _compute_mailjet_gets_events(self):
        for server in self:
            states = set(server.sudo().mailjet_callback_ids.mapped("state"))
            server.mailjet_events_suspended = "suspended" in states
            server.mailjet_gets_events = bool(states & {"ours", "suspended"})
            server.mailjet_misses_events = not states or "none" in states
            server.mailjet_shares_events = bool(states.intersection(ELSEWHERE))

    def action_mailjet_read_callbacks(self):
        """Read from Mailjet where it posts the events of these accounts."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()

    def _mailjet_read_callbacks(self):
        self.ensure_one()
        with self._mailjet_api() as client:
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)

    def _mailjet_keep_callbacks(self, rows):
        self.env["mailjet.callback"]._sync(self, rows)
        sent = self.mailjet_callback_ids.filtered(lambda one: one.event == "sent")
        self.write(
            {
                "mailjet_callbacks_read_on": fields.Datetime.now(),
                "mailjet_reports_sent": sent.state == "ours",
                "mailjet_event_token_suspended": any(
                    self._is_mailjet_current_url(row.url)
                    for row in rows
                    if not row.is_alive and not row.is_backup
                ),
            }
        )

    def action_mailjet_register(self):
        """Have Mailjet post all events here that it posts to no other address."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()
            free = server.mailjet_callback_ids - server._mailjet_callbacks_elsewhere()
            server._mailjet_register_callbacks(free)
        elsewhere = self._mailjet_callbacks_elsewhere()
        return self._mailjet_notification(
            self._mailjet_registration_words(), "warning" if elsewhere else "success"
        )

    def action_mailjet_replace_all(self):
        """Have Mailjet post all events here, instead of anywhere else."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()
            server._mailjet_register_callbacks(server.mailjet_callback_ids)
        return self._mailjet_notification(self._mailjet_registration_words(), "success")

    def _mailjet_callbacks_elsewhere(self):
        return self.mailjet_callback_ids.filtered(lambda one: one.state in ELSEWHERE)

    def _mailjet_registration_words(self):
        """Say which events are posted here now, and which stay elsewhere."""
        elsewhere = self._mailjet_callbacks_elsewhere()
        if not elsewhere:
            return self.env._("Mailjet now posts all its events to this Odoo.")
        kinds = dict(elsewhere._fields["event"]._description_selection(self.env))
        return self.env._(
            "These events still go to another address, which was left alone: "
            "%(events)s.",
            events=", ".join(kinds[callback.event] for callback in elsewhere),
        )

    def _mailjet_register_callbacks(self, callbacks):
        """Register this Odoo's address for these; a new address if one is suspended."""
        self.ensure_one()
        if "suspended" in callbacks.mapped("state"):
            self._mailjet_register_new_address(callbacks)
        else:
            self._mailjet_register(callbacks.mapped("event"))

    def _mailjet_register(self, events):
        """Register this Odoo's address for some event types, replacing any other.

        :raise UserError: if Mailjet could not reach it
        """
        self._mailjet_check_address()
        self._mailjet_write_address(events)

    def _mailjet_register_new_address(self, callbacks):
        """Register a new address for these types and for all that are ours already.

        Mailjet never resumes posting to a suspended address, see
        https://dev.mailjet.com/email/guides/webhooks/

        A new address that could not be registered the last time is still good. Another
        one would make this Odoo forget the one that Mailjet posts to.

        :raise UserError: if Mailjet could not reach it; the old address stays then
        """
        self._mailjet_check_address()
        if self.mailjet_event_token_suspended:
            self._mailjet_renew_token()
            # The worker that answers a post sees only committed data
            self.env["ir.cron"]._commit_progress()
        ours = self.mailjet_callback_ids.filtered(
            lambda callback: callback.state in ("ours", "suspended")
        )
        self._mailjet_write_address((callbacks | ours).mapped("event"))

    def _mailjet_write_address(self, events):
        self.ensure_one()
        url = self._mailjet_private_event_url()
        with self._mailjet_api() as client:
            present = {
                row.event: row for row in client.callbacks() if not row.is_backup
            }
            for event in events:
                row = present.get(event)
                if row:
                    client.update_callback(row.id, url)
                else:
                    client.create_callback(event, url)
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)

    def action_mailjet_unregister(self):
        """Stop Mailjet from posting here; other addresses stay."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()
            ours = server.mailjet_callback_ids.filtered(
                lambda callback: callback.state in ("ours", "suspended")
            )
            server._mailjet_unregister(ours)

    def _mailjet_unregister(self, callbacks):
        self.ensure_one()
        with self._mailjet_api() as client:
            for callback in callbacks.filtered("mailjet_id"):
                client.delete_callback(callback.mailjet_id)
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)
