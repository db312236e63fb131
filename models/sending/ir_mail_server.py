from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import hmac
from odoo.tools.mail import plaintext2html

from ...tools.address import address_key
from ...tools.mailjet.custom_id import database_tag, read_custom_id, write_custom_id
from ...tools.smtp.cause import Cause
from ...tools.smtp.retry_schedule import delay_after
from ...tools.words import Words, words_to_json

# How long nothing is sent after the server has refused for the whole account. A brake
# on the speed is let go sooner than a limit or a suspension.
PAUSE = timedelta(hours=1)
PAUSES = {Cause.THROTTLED: timedelta(minutes=15)}

ALERT = "mail.mail_activity_data_warning"


class IrMail_Server(models.Model):
    """The queue of a Mailjet server: when it pauses, and why."""

    _inherit = "ir.mail_server"

    mailjet_paused_until = fields.Datetime("Paused until", readonly=True, copy=False)
    mailjet_pause_words = fields.Json(readonly=True, copy=False)
    mailjet_pause_count = fields.Integer(
        "Pauses in a row",
        readonly=True,
        copy=False,
        help="Consecutive pauses with no email sent.",
    )
    mailjet_pause_activity_id = fields.Many2one(
        "mail.activity", readonly=True, copy=False, groups="base.group_system"
    )
    mailjet_is_paused = fields.Boolean("Paused", compute="_compute_mailjet_is_paused")
    mailjet_pause_reason = fields.Text(
        "Why it is paused", compute="_compute_mailjet_pause_reason"
    )
    mailjet_session_limit = fields.Integer(
        "Sessions at a time",
        default=4,
        help="Connections that send side by side. Odoo uses fewer when Mailjet "
        "refuses connections, and more again after a while.",
    )
    mailjet_waiting_count = fields.Integer(
        "Emails that wait", compute="_compute_mailjet_waiting_count"
    )
    mailjet_account_since = fields.Datetime(
        "API key changed on",
        readonly=True,
        copy=False,
        help="Emails handed over before that are in another account.",
    )

    @api.model
    def _mailjet_accompanied(self, vals):
        """Note when the server begins to stand for another account."""
        vals = super()._mailjet_accompanied(vals)
        key = (vals.get("smtp_user") or "").strip()
        if key and any(server.smtp_user not in (False, key) for server in self):
            vals["mailjet_account_since"] = fields.Datetime.now()
        return vals

    @api.depends("mailjet_paused_until")
    def _compute_mailjet_is_paused(self):
        for server in self:
            server.mailjet_is_paused = server._is_mailjet_paused()

    def _is_mailjet_paused(self):
        until = self.mailjet_paused_until
        return bool(until and until > fields.Datetime.now())

    @api.depends("mailjet_pause_words")
    @api.depends_context("lang")
    def _compute_mailjet_pause_reason(self):
        translate = self.env["mailjet.words"]._translate_json
        for server in self:
            words = server.mailjet_pause_words or {}
            sentences = [translate(words.get(name)) for name in ("reason", "cure")]
            lines = [" ".join(filter(None, sentences)), translate(words.get("detail"))]
            server.mailjet_pause_reason = "\n".join(filter(None, lines))

    def _compute_mailjet_waiting_count(self):
        domain = [("mailjet_server_id", "in", self.ids), ("state", "=", "outgoing")]
        mails = self.env["mail.mail"].sudo()
        groups = mails._read_group(domain, ["mailjet_server_id"], ["__count"])
        counts = {server.id: count for server, count in groups}
        for server in self:
            server.mailjet_waiting_count = counts.get(server.id, 0)

    # ------------------------------------------------------------------
    # Pause
    # ------------------------------------------------------------------

    def _mailjet_note_refusal(self, refusal, is_connection=False):
        """Pause the queue where a refusal concerns more than one mail.

        :param Diagnosis refusal: why a mail or a connection was refused
        :param is_connection: no mail was begun; the pauses grow from a minute on
        """
        if refusal.pauses:
            if refusal.needs_admin:
                self._mailjet_ask_admin(refusal)
            self._mailjet_pause(refusal, PAUSES.get(refusal.cause, PAUSE))
        elif is_connection:
            duration = delay_after(self.mailjet_pause_count + 1)
            self._mailjet_pause(refusal, duration)

    def _mailjet_ask_admin(self, refusal):
        """Have an administrator fix what keeps the server from sending, once a pause.

        The server is tried again at the end of each pause all the same.
        """
        if self.sudo().mailjet_pause_activity_id:
            return
        user = self._mailjet_responsible_user()
        server = self.with_context(lang=user.lang)
        # Of no record: a mail server has no activities
        self.sudo().mailjet_pause_activity_id = (
            self.env["mail.activity"]
            .sudo()
            .create(
                {
                    "activity_type_id": self.env.ref(ALERT).id,
                    "summary": server.env._("“%s” sends nothing", self.name),
                    "note": plaintext2html(server._mailjet_explain_refusal(refusal)),
                    "user_id": user.id,
                }
            )
        )

    def _mailjet_pause(self, refusal, duration):
        detail = Words("%(text)s", {"text": refusal.detail})
        self._mailjet_pause_for(
            duration, reason=refusal.reason, cure=refusal.cure, detail=detail
        )

    def _mailjet_pause_for(self, duration, **words):
        """Send nothing for a while.

        :param timedelta duration: from now on
        :param words: `Words` on `reason`, `cure` and, if there is one, `detail`
        """
        self.sudo().write(
            {
                "mailjet_paused_until": fields.Datetime.now() + duration,
                "mailjet_pause_words": words_to_json(**words),
                "mailjet_pause_count": self.mailjet_pause_count + 1,
            }
        )

    def _mailjet_end_pause(self):
        if self.mailjet_pause_count:
            self.sudo().mailjet_pause_activity_id.unlink()
            self.sudo().write(
                {
                    "mailjet_paused_until": False,
                    "mailjet_pause_words": False,
                    "mailjet_pause_count": 0,
                }
            )

    def _mailjet_session_count(self):
        """Return how many sessions a run may open."""
        return max(self.mailjet_session_limit, 1)

    def action_mailjet_resume(self):
        """Send what waits for the end of the pause now."""
        self.check_access("write")
        for server in self:
            server._mailjet_end_pause()
            server._mailjet_release("pause")

    def _mailjet_release(self, waits_for):
        """Let the mails that wait for this go with the next run of the queue."""
        mails = self.env["mail.mail"].search(
            [
                ("mailjet_server_id", "=", self.id),
                ("mailjet_waits_for", "=", waits_for),
                ("state", "=", "outgoing"),
            ]
        )
        mails.scheduled_date = fields.Datetime.now()
        mails._mailjet_trigger_queue(fields.Datetime.now())

    def action_mailjet_waiting(self):
        """Open the list of the mails that wait."""
        self.ensure_one()
        self.check_access("write")
        domain = [("mailjet_server_id", "=", self.id), ("state", "=", "outgoing")]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Emails that wait"),
            "res_model": "mail.mail",
            "view_mode": "list,form",
            "domain": domain,
        }

    def _mailjet_suppressed(self, emails):
        """Return which of these addresses Mailjet does not deliver to any more."""
        if not emails:
            return set()
        keys = {email: address_key(email) for email in emails}
        suppressions = self.env["mailjet.suppression"].sudo()
        domain = [("server_id", "=", self.id), ("email", "in", list(keys.values()))]
        found = set(suppressions.search_fetch(domain, ["email"]).mapped("email"))
        return {email for email, key in keys.items() if key in found}

    # ------------------------------------------------------------------
    # What ties a mail to its events
    # ------------------------------------------------------------------

    @api.model
    def _mailjet_custom_id_keys(self):
        """Return tag and key of this database, for `tools.custom_id`."""
        identity = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        key = hmac(self.env(su=True), "mail_mailjet-custom-id", identity)
        return database_tag(identity), key.encode()

    @api.model
    def _mailjet_write_custom_id(self, custom_id):
        """Return a `CustomId` as the text for X-MJ-CustomID."""
        return write_custom_id(custom_id, *self._mailjet_custom_id_keys())

    @api.model
    def _mailjet_read_custom_id(self, text):
        """Return the `CustomId` in a text; None if this database did not write it."""
        return read_custom_id(text, *self._mailjet_custom_id_keys())
