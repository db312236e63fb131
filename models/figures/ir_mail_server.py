from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.report.daily_counter import daily_counters
from ...tools.words import Words, _lt

# Longer than the day between two checks, the next of which ends or renews the pause
PAUSE = timedelta(hours=26)
_REASON = Words(_lt("The account exceeds a limit of Mailjet's sending policy."))
_CURE = Words(
    _lt(
        "To send anyway, resume sending on the mail server. The same limit does not "
        "pause it again within 24 hours."
    )
)


class IrMail_Server(models.Model):
    """How close an account is to the limits of Mailjet's sending policy.

    The figures are Mailjet's own, for the last 30 days. During an outage the last known
    figures remain valid.
    """

    _inherit = "ir.mail_server"

    mailjet_policy_limit_ids = fields.One2many(
        "mailjet.policy.limit", "server_id", "Limits of Mailjet's sending policy"
    )
    mailjet_pause_at_policy_limit = fields.Boolean(
        "Pause sending at a limit",
        help="While a rate exceeds Mailjet's limit, emails wait in the queue until the "
        "rate falls or somebody resumes sending.",
    )
    mailjet_policy_pause = fields.Boolean(
        "Paused at a limit", readonly=True, copy=False
    )
    mailjet_policy_read_on = fields.Datetime(
        "Figures read on", readonly=True, copy=False
    )
    mailjet_policy_outage_since = fields.Datetime(
        "No answer since", readonly=True, copy=False
    )

    def _mailjet_end_unwanted_policy_pause(self):
        """Resume sending where pausing at a limit was switched off."""
        for server in self.filtered("mailjet_policy_pause"):
            if not server.mailjet_pause_at_policy_limit:
                server._mailjet_end_policy_pause()

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def action_mailjet_read_policy_limits(self):
        """Read Mailjet's figures for the last 30 days."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_policy_limits()
            server._mailjet_pause_at_policy_limits()

    @api.model
    def _cron_read_policy_limits(self):
        """Read the figures of all accounts, and pause those over a limit."""
        self._mailjet_in_use()._mailjet_for_each(
            lambda server: server._mailjet_review_policy_limits(),
            "read the policy limits",
        )

    def _mailjet_review_policy_limits(self):
        """Read the figures and act on them; on the last known ones in an outage."""
        try:
            self._mailjet_read_policy_limits()
        except UserError:
            if not self.mailjet_policy_outage_since:
                self.mailjet_policy_outage_since = fields.Datetime.now()
            raise
        finally:
            self._mailjet_pause_at_policy_limits()

    def _mailjet_read_policy_limits(self):
        self.ensure_one()
        now = fields.Datetime.now()
        start = fields.Datetime.start_of(now - timedelta(days=30), "day")
        with self._mailjet_api() as client:
            days = daily_counters(client, start, now)
            contacts = client.count("contact") if self.mailjet_contact_limit else None
        self.env["mailjet.counter"]._store_daily_counters(self, days)
        self.env["mailjet.policy.limit"]._judge(self, days)
        self.env["mailjet.policy.limit"]._judge_contacts(self, contacts)
        self.write(
            {"mailjet_policy_read_on": now, "mailjet_policy_outage_since": False}
        )

    # ------------------------------------------------------------------
    # Pausing
    # ------------------------------------------------------------------

    def _mailjet_exceeded_policy_limits(self):
        """Return the limits of the policy that are exceeded, not those of the plan."""
        return self.mailjet_policy_limit_ids.filtered(
            lambda limit: limit.state == "over" and limit.kind != "contacts"
        )

    def _mailjet_pause_at_policy_limits(self):
        """Pause the queue while over a limit, if the server is set to; else resume."""
        self.ensure_one()
        exceeded = self._mailjet_exceeded_policy_limits()
        if self.mailjet_pause_at_policy_limit and not all(
            limit._is_accepted() for limit in exceeded
        ):
            self._mailjet_pause_for(PAUSE, reason=_REASON, cure=_CURE)
            self.mailjet_policy_pause = True
        elif self.mailjet_policy_pause:
            self._mailjet_end_policy_pause()

    def _mailjet_end_policy_pause(self):
        self.mailjet_policy_pause = False
        self._mailjet_end_pause()
        self._mailjet_release("pause")

    def action_mailjet_resume(self):
        """Resume sending, accepting the limits that are exceeded now."""
        self.check_access("write")
        for server in self.filtered("mailjet_policy_pause"):
            exceeded = server._mailjet_exceeded_policy_limits()
            exceeded.accepted_on = fields.Datetime.now()
            server.mailjet_policy_pause = False
        return super().action_mailjet_resume()

    def _is_mailjet_paused_by_policy(self):
        return self.mailjet_policy_pause and self._is_mailjet_paused()

    def _mailjet_end_pause(self):
        """End the pause, unless a limit caused it.

        An email that was in transit when the pause began does not end it.
        """
        if self._is_mailjet_paused_by_policy():
            return None
        return super()._mailjet_end_pause()

    def _mailjet_note_refusal(self, refusal, is_connection=False):
        """Leave the longer pause at a limit in place."""
        if self._is_mailjet_paused_by_policy():
            return None
        return super()._mailjet_note_refusal(refusal, is_connection)

    @api.depends("mailjet_policy_pause", "mailjet_policy_limit_ids.words")
    def _compute_mailjet_pause_reason(self):
        """Add which limits are exceeded."""
        result = super()._compute_mailjet_pause_reason()
        for server in self.filtered("mailjet_policy_pause"):
            lines = server._mailjet_exceeded_policy_limits().mapped("words")
            server.mailjet_pause_reason = "\n".join(
                filter(None, [*lines, server.mailjet_pause_reason])
            )
        return result
