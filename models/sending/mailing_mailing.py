from collections import defaultdict

from odoo import api, fields, models

from ...tools.mailjet.campaign_name import campaign_name


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    # Core's default is its own method, not what extends it
    mail_server_id = fields.Many2one(
        default=lambda self: self._get_default_mail_server_id()
    )
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
        servers = self.env["ir.mail_server"]._mailjet_of_companies()
        self.mailjet_server_available = bool(servers)

    @api.model
    def _get_default_mail_server_id(self):
        """Choose a server of the user's company if the dedicated one is another's."""
        server_id = super()._get_default_mail_server_id()
        dedicated = super(MailingMailing, self.sudo())._get_default_mail_server_id()
        if server_id or not dedicated:
            return server_id
        servers = self.env["ir.mail_server"]._mailjet_of_companies()
        own = servers._filter_mass_mailing_only()._mailjet_serving(self.env.company)
        return own[:1].id

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
            # The other reasons are those of single emails, or somebody's decision
            found = [group for group in found if group[0] in ("limit", "pause")]
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
        return server.mailjet_pause_reason

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
