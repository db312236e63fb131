import hashlib
import json

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import get_lang

# What a check looks at; a change makes the check stale
CONTENT = (
    *("subject", "preview", "body_html", "email_from", "reply_to", "reply_to_mode"),
    *("mail_server_id", "mailing_model_id", "mailing_domain", "use_exclusion_list"),
    *("contact_list_ids", "attachment_ids", "ab_testing_enabled", "ab_testing_pc"),
)


class MailingMailing(models.Model):
    """Check a mailing before it is sent; no finding prevents that."""

    _inherit = "mailing.mailing"

    mailjet_check_ids = fields.One2many("mailjet.check", "mailing_id", copy=False)
    mailjet_can_check = fields.Boolean(compute="_compute_mailjet_can_check")
    mailjet_check_state = fields.Selection(
        [
            ("none", "Not checked"),
            ("stale", "Changed since the check"),
            ("error", "Errors"),
            ("warning", "Warnings"),
            ("fine", "Nothing to fix"),
        ],
        "Last check",
        compute="_compute_mailjet_check",
    )
    mailjet_check_words = fields.Char(
        "Result of the check", compute="_compute_mailjet_check"
    )

    @api.depends(
        "mailing_type", "state", "mail_server_id.mailjet_company_id", "email_from"
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_mailjet_can_check(self):
        for mailing in self:
            mailing.mailjet_can_check = (
                mailing.mailing_type == "mail"
                and mailing.state in ("draft", "in_queue")
                and mailing._mailjet_may_check()
            )

    @api.depends(*CONTENT, "mailjet_check_ids.checked_on", "mailjet_can_check")
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_mailjet_check(self):
        for mailing in self:
            check = mailing._mailjet_latest_check()
            state, words = "none", False
            if check and mailing.mailjet_can_check:
                state = check._state()
                words = mailing._mailjet_words_of(check)
                if check.content_key != mailing._mailjet_content_key():
                    state = "stale"
            mailing.mailjet_check_state = state
            mailing.mailjet_check_words = words

    def _mailjet_may_check(self):
        """Return whether there is a Mailjet server, and it is not another company's."""
        server = self._mailjet_check_server()
        company = server.mailjet_company_id
        return bool(server) and (not company or company in self.env.companies)

    def _mailjet_latest_check(self):
        """Return the check for the server that the mailing uses now, or none."""
        checks = self.sudo()._origin.mailjet_check_ids
        return checks.filtered(lambda c: c.server_id == self._mailjet_check_server())[
            :1
        ]

    def _mailjet_words_of(self, check):
        """Return in a line what a check has found, and when."""
        age = format_timedelta(
            check.checked_on - fields.Datetime.now(),
            add_direction=True,
            locale=get_lang(self.env).code,
        )
        return self.env._(
            "%(result)s, checked %(age)s", result=check._summary(), age=age
        )

    def _mailjet_check_server(self):
        """Return the Mailjet server that this mailing goes through, or none."""
        self.ensure_one()
        servers = self.env["ir.mail_server"].sudo()
        if self.mail_server_id:
            return self.mail_server_id.sudo()._filter_mailjet()
        if not self.email_from or not servers._mailjet_in_use():
            return servers
        return servers._find_mail_server(self.email_from)[0]._filter_mailjet()

    def _mailjet_content_key(self):
        """Return a hash of what a check looks at."""
        self.ensure_one()
        values = []
        for name in CONTENT:
            value = self[name]
            if isinstance(value, models.BaseModel):
                value = sorted(value._origin.ids)
            values.append(str(value or ""))
        files = self.sudo()._origin.attachment_ids.mapped("checksum")
        text = json.dumps([*values, *(name or "" for name in files)])
        return hashlib.sha256(text.encode()).hexdigest()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_mailjet_check(self):
        """Check this mailing now, and open what was found."""
        self.ensure_one()
        self.check_access("write")
        server = self._mailjet_check_server()
        if not server or self.mailing_type != "mail":
            raise UserError(
                self.env._("Only mailings through a Mailjet server can be checked.")
            )
        checks = self.env["mailjet.check"].sudo()
        check = self._mailjet_latest_check() or checks.create(
            {"mailing_id": self.id, "server_id": server.id}
        )
        # The server may be another company's
        check.sudo(False).check_access("read")
        check.sudo(False)._run()
        return self._mailjet_open(check)

    def action_mailjet_open_check(self):
        """Open the last check."""
        self.ensure_one()
        self.check_access("read")
        check = self._mailjet_latest_check()
        return self._mailjet_open(check) if check else False

    def _mailjet_open(self, check):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check before sending"),
            "res_model": "mailjet.check",
            "res_id": check.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
