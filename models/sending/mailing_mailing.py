from collections import defaultdict

from odoo import api, fields, models

from ...tools.mailjet.campaign_name import campaign_name


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    mailjet_server_available = fields.Boolean(
        compute="_compute_mailjet_server_available"
    )
    mailjet_purpose = fields.Selection(related="mail_server_id.mailjet_purpose")
    mailjet_state = fields.Selection(related="mail_server_id.mailjet_state")

    mailjet_campaign = fields.Char(
        "Campaign at Mailjet",
        readonly=True,
        copy=False,
        help="The name under which Mailjet groups the emails of this mailing.",
    )
    mailjet_waiting_count = fields.Integer(
        "Emails that wait", compute="_compute_mailjet_waiting"
    )
    mailjet_waiting_until = fields.Datetime(
        "Waiting until", compute="_compute_mailjet_waiting"
    )
    mailjet_waiting_reason = fields.Text(
        "Why they wait", compute="_compute_mailjet_waiting"
    )

    def _mailjet_campaign_name(self):
        """Return X-Mailjet-Campaign, which stays when the subject changes."""
        self.ensure_one()
        if not self.mailjet_campaign:
            tag, _key = self.env["ir.mail_server"]._mailjet_custom_id_keys()
            self.mailjet_campaign = campaign_name(
                self.subject or "", f"{tag}-{self.id}"
            )
        return self.mailjet_campaign

    def _compute_mailjet_server_available(self):
        servers = self.env["ir.mail_server"]._mailjet_in_use()
        self.mailjet_server_available = bool(servers)

    def _compute_mailjet_waiting(self):
        groups = (
            self.env["mail.mail"]
            .sudo()
            ._read_group(
                [
                    ("mailjet_server_id", "!=", False),
                    ("state", "=", "outgoing"),
                    ("mailing_id", "in", self.ids),
                ],
                ["mailing_id", "mailjet_waits_for", "mailjet_server_id"],
                ["__count", "scheduled_date:max"],
            )
        )
        waiting = defaultdict(list)
        for mailing, *group in groups:
            waiting[mailing.id].append(group)
        for mailing in self:
            found = waiting[mailing.id]
            mailing.mailjet_waiting_count = sum(count for *_, count, _until in found)
            mailing.mailjet_waiting_until = max(
                (until for *_, until in found), default=False
            )
            reasons = [
                self._mailjet_waiting_reason(waits_for, server)
                for waits_for, server, *_ in found
            ]
            mailing.mailjet_waiting_reason = "\n".join(filter(None, reasons))

    @api.model
    def _mailjet_waiting_reason(self, waits_for, server):
        if waits_for == "limit":
            return server._mailjet_over_quota_reason()
        if waits_for == "pause":
            return server.mailjet_pause_reason or False
        return self.env._("Refused for the moment; each email has its reason.")

    @api.depends("email_from", "mail_server_id", "state")
    def _compute_warning_message(self):
        """Warn of a From that Mailjet would drop, before anything is sent."""
        result = super()._compute_warning_message()
        for mailing in self:
            server = mailing.mail_server_id._filter_mailjet()
            if mailing.mailing_type != "mail" or mailing.state == "done":
                continue
            if server and mailing.email_from:
                warning = server._mailjet_from_warning(mailing.email_from)
                mailing.warning_message = mailing.warning_message or warning
        return result
