from datetime import timedelta
from email.utils import parseaddr

from odoo import Command, api, fields, models
from odoo.tools import format_datetime

from ...tools.message.preview import preview_html


class MailjetCheck(models.Model):
    """What was found when a mailing was checked, for one Mailjet server.

    It holds no message: the preview is built when somebody looks at it.
    """

    _name = "mailjet.check"
    _inherit = ["mailjet.words"]
    _description = "Check before sending"
    _order = "checked_on desc, id desc"

    mailing_id = fields.Many2one(
        "mailing.mailing", required=True, readonly=True, index=True, ondelete="cascade"
    )
    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    checked_on = fields.Datetime("Checked on", readonly=True)
    links_checked_on = fields.Datetime("Links checked on", readonly=True)
    content_key = fields.Char(readonly=True)
    is_stale = fields.Boolean(compute="_compute_summary")
    finding_ids = fields.One2many("mailjet.check.finding", "check_id", readonly=True)
    summary = fields.Char(compute="_compute_summary")
    sample_ids = fields.Json(readonly=True)
    links_key = fields.Char(readonly=True, help="Changes with the links.")

    recipient_count = fields.Integer("Recipients", readonly=True)
    reachable_count = fields.Integer(
        "Will get it",
        readonly=True,
        help="Without those who are blocked, have unsubscribed, are suppressed at "
        "Mailjet or have no usable address; each address once.",
    )
    seconds = fields.Integer(
        readonly=True,
        help="How long sending takes at the rate of the last mailing; 0: not known.",
    )
    ends_on = fields.Datetime(
        readonly=True, help="When the plan's limits let the last email go out."
    )
    duration = fields.Char("Expected duration", compute="_compute_duration")

    _mailing_unique = models.UniqueIndex("(mailing_id, server_id)")

    @api.depends("mailing_id.subject")
    def _compute_display_name(self):
        for check in self:
            check.display_name = check.mailing_id.sudo().subject

    @api.depends("finding_ids.level", "content_key")
    @api.depends_context("lang")
    def _compute_summary(self):
        for check in self:
            check.summary = check._summary()
            key = check.mailing_id.sudo()._mailjet_content_key()
            check.is_stale = check.content_key != key

    def _state(self):
        levels = set(self.finding_ids.mapped("level"))
        return next((one for one in ("error", "warning") if one in levels), "fine")

    def _summary(self):
        """Return how many findings there are of each level, in words."""
        levels = self.finding_ids.mapped("level")
        parts = []
        for level, one, many in (
            ("error", self.env._("1 error"), self.env._("%s errors")),
            ("warning", self.env._("1 warning"), self.env._("%s warnings")),
            ("note", self.env._("1 note"), self.env._("%s notes")),
        ):
            count = levels.count(level)
            if count:
                parts.append(one if count == 1 else many % count)
        return ", ".join(parts) or self.env._("Nothing to fix")

    @api.depends("seconds", "ends_on")
    @api.depends_context("lang", "tz")
    def _compute_duration(self):
        for check in self:
            if check.ends_on:
                ends_on = format_datetime(self.env, check.ends_on, dt_format="short")
                check.duration = self.env._(
                    "Until about %s, as the limits of the plan allow", ends_on
                )
            elif not check.seconds:
                check.duration = self.env._(
                    "Unknown: there is no earlier mailing to go by"
                )
            elif check.seconds < timedelta(minutes=2).total_seconds():
                check.duration = self.env._("A minute or two")
            else:
                minutes = round(check.seconds / 60)
                check.duration = (
                    self.env._("About %s minutes", minutes)
                    if minutes < 120
                    else self.env._("About %s hours", round(minutes / 60))
                )

    # ------------------------------------------------------------------
    # Keeping
    # ------------------------------------------------------------------

    def _keep(self, part, findings, **vals):
        """Replace the findings of one part of the check.

        :param part: a name for these findings
        :param findings: of `tools/message/`
        """
        old = self.finding_ids.filtered(lambda finding: finding.part == part)
        make = self.env["mailjet.check.finding"]._vals_of
        self.write(
            {
                "finding_ids": [
                    *(Command.delete(finding.id) for finding in old),
                    *(Command.create(make(finding, part)) for finding in findings),
                ],
                **vals,
            }
        )

    def action_check_again(self):
        """Check the mailing as it is now."""
        self.ensure_one()
        self.check_access("read")
        self.mailing_id.check_access("write")
        self._run()

    def action_open_mailing(self):
        """Open the mailing."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "mailing.mailing",
            "res_id": self.mailing_id.id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def read_preview(self, number=0):
        """Return what one of the sample recipients will see.

        :param int number: of the recipient, from 0
        :return: `recipients`, their names; `sender`, `subject`, `preheader`; `html`, a
            document for a sandboxed frame; or `reason`, why there is nothing to see
        """
        self.ensure_one()
        self.check_access("read")
        self.mailing_id.check_access("read")
        records = self._visible(self.sample_ids or [])
        names = records.mapped("display_name")
        if not records:
            return {
                "recipients": [],
                "reason": self.env._("You may not see the email of any recipient."),
            }
        record = records[min(max(int(number), 0), len(records) - 1)]
        mailing, server = self.mailing_id.sudo(), self.sudo().server_id
        built = mailing._mailjet_build(server, record.ids, reader=self.env.uid)
        if not built or not built[0].sample:
            reason = built[0].reason if built else ""
            return {
                "recipients": names,
                "reason": reason or self.env._("This recipient gets no email."),
            }
        sample = built[0].sample
        return {
            "recipients": names,
            "sender": _shown_sender(sample),
            "subject": sample.subject,
            "preheader": sample.preheader[:200],
            "html": preview_html(sample),
        }

    def _visible(self, res_ids):
        """Return those of the recipients' records that the user may see."""
        model = self.mailing_id.sudo().mailing_model_real
        return self.env[model].browse(res_ids).exists()._filtered_access("read")


def _shown_sender(sample):
    """Return the name in the From as mailboxes show it, or the address."""
    name, address = parseaddr(sample.header("From"))
    return name or address or sample.header("From")
