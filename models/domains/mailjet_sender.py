import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ...tools.address import address_key

_logger = logging.getLogger(__name__)

EMAIL_TYPES = [
    ("transactional", "Transactional"),
    ("bulk", "Bulk"),
    ("unknown", "Not specified"),
]


class MailjetSender(models.Model):
    """An address, or a whole domain, that Mailjet may send from."""

    _name = "mailjet.sender"
    _inherit = ["mailjet.synced.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Mailjet sender"
    _rec_name = "email"
    _order = "is_domain desc, email, id"
    _sync_key = "email"

    email = fields.Char(
        "Address",
        required=True,
        readonly=True,
        help="*@example.com covers every address of the domain, but not its "
        "subdomains.",
    )
    name = fields.Char("Name at Mailjet", readonly=True)
    email_type = fields.Selection(
        EMAIL_TYPES,
        "Kind of email",
        readonly=True,
        help="For your information only: Mailjet restricts nothing by it.",
    )
    status = fields.Selection(
        [
            ("active", "Active"),
            ("inactive", "Waiting for activation"),
            ("deleted", "Deleted"),
            ("unknown", "Unknown"),
        ],
        readonly=True,
        required=True,
    )
    is_default = fields.Boolean("Default sender", readonly=True)
    is_domain = fields.Boolean("Whole domain", compute="_compute_is_domain", store=True)
    filename = fields.Char(
        "Ownership file",
        readonly=True,
        help="Another way to prove that the domain is yours: put an empty file with "
        "this name at the root of its website.",
    )
    domain_id = fields.Many2one(
        "mailjet.domain", readonly=True, index=True, ondelete="set null"
    )

    activation_ids = fields.One2many(
        "mailjet.activation",
        "sender_id",
        "Activation emails",
        readonly=True,
        groups="base.group_system",
    )

    _email_unique = models.UniqueIndex("(server_id, email)")

    @api.depends("email")
    def _compute_is_domain(self):
        for sender in self:
            sender.is_domain = (sender.email or "").startswith("*@")

    @api.model
    def _sync_rows(self, server, rows, domains):
        """Synchronize all `Sender` rows of an account; return the records.

        :param domains: the `mailjet.domain` records of the account, up to date
        """
        domain_ids = {domain.name: domain.id for domain in domains}
        return self._sync(server, [self._sync_vals(row, domain_ids) for row in rows])

    @api.model
    def _sync_vals(self, row, domain_ids):
        return {
            "mailjet_id": row.id,
            "email": row.email,
            "name": row.name or None,
            "email_type": row.email_type,
            "status": row.status,
            "is_default": row.is_default,
            "is_domain": row.is_domain,
            "filename": row.filename or None,
            "domain_id": domain_ids.get(row.domain),
        }

    def _reread(self, api):
        """Read these senders from Mailjet again.

        :param MailjetApi api: an open client of their server
        """
        for sender in self:
            row = api.sender(sender.mailjet_id)
            self._update_from_rows(sender.server_id, [row], sender.domain_id)

    @api.model
    def _update_from_rows(self, server, rows, domains):
        """Update senders of these domains from their `Sender` rows."""
        domain_ids = {domain.name: domain.id for domain in domains}
        vals_list = [self._sync_vals(row, domain_ids) for row in rows]
        senders = self._sync_values(server, vals_list)
        active = senders.filtered(lambda sender: sender.status == "active")
        active.activity_ids.unlink()
        opened = [("sender_id", "in", active.ids)]
        self.env["mailjet.activation"].sudo().search(opened).unlink()

    def action_check(self):
        """Read the status from Mailjet again."""
        self.check_access("write")
        for server, senders in self.grouped("server_id").items():
            with server._mailjet_api() as api:
                senders._reread(api)
        return self.env["ir.mail_server"]._mailjet_notification(self._state_in_words())

    def action_validate(self):
        """Have Mailjet look for the proof, or resend the activation email."""
        self.ensure_one()
        self.check_access("write")
        with self.server_id._mailjet_api() as api:
            result = api.validate_sender(self.mailjet_id)
            self._reread(api)
        kind = "success" if result.ok else "warning"
        return self.env["ir.mail_server"]._mailjet_notification(
            self._validation_in_words(result), kind
        )

    def action_set_default(self):
        """Make this the account's default sender."""
        self.ensure_one()
        self.check_access("write")
        others = self.search(
            [("server_id", "=", self.server_id.id), ("is_default", "=", True)]
        )
        with self.server_id._mailjet_api() as api:
            api.update_sender(self.mailjet_id, is_default=True)
            (others | self)._reread(api)
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._("%(email)s is now the default sender.", email=self.email)
        )

    def action_activate(self):
        """Show the activation emails, whose links can be opened there."""
        self.ensure_one()
        self.check_access("write")
        if not self.activation_ids:
            raise UserError(
                self.env._(
                    "No activation email for %(email)s has reached Odoo. Have Mailjet "
                    "send it again, or look in the mailbox of that address.",
                    email=self.email,
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_activation_action"
        )
        return {**action, "domain": [("sender_id", "=", self.id)]}

    @api.model
    def _find_awaiting(self, emails):
        """Return the senders with these addresses that wait for activation."""
        keys = {address_key(email_normalize(email) or "") for email in emails}
        return self.sudo().search(
            [("status", "=", "inactive"), ("email", "in", list(keys - {""}))]
        )

    def _receive_activation(self, message, message_dict):
        """Keep a mail that activates these, and ask an administrator to look at it.

        :return: whether it is Mailjet's activation email for one of them
        """
        candidates = self.env["mailjet.activation"].sudo()
        named = candidates._receive(self, message, message_dict)
        for sender in named:
            sender.server_id._mailjet_alert(
                sender, _activation_text, "mail.mail_activity_data_todo"
            )
        return bool(named)

    @api.model
    def _cron_check_pending(self):
        """Read the status of senders that wait for activation, if there are any."""
        pending = self.search(
            [("status", "=", "inactive"), ("server_id.active", "=", True)]
        )
        for server, senders in pending.grouped("server_id").items():
            try:
                with server._mailjet_api() as client:
                    senders._reread(client)
            except UserError as error:
                # Try again in an hour, but go on with the other accounts now
                _logger.warning(
                    "Cannot read the Mailjet senders of server %s: %s", server.id, error
                )

    def _rename(self, name, email_type):
        """Change the name and the kind of email at Mailjet, then read them back."""
        self.ensure_one()
        self.check_access("write")
        with self.server_id._mailjet_api() as api:
            api.update_sender(self.mailjet_id, name=name or "", email_type=email_type)
            self._reread(api)

    def _delete(self):
        """Delete the sender at Mailjet and archive it in Odoo."""
        self.ensure_one()
        self.check_access("write")
        with self.server_id._mailjet_api() as api:
            api.delete_sender(self.mailjet_id)
        self.write({"status": "deleted", "active": False})

    def _state_in_words(self):
        words = dict(self._fields["status"]._description_selection(self.env))
        return "\n".join(f"{sender.email}: {words[sender.status]}" for sender in self)

    def _activation_in_words(self):
        return self.env._(
            "Mailjet has sent an email to %(email)s. Open the link in it, then check "
            "again.",
            email=self.email,
        )

    def _validation_in_words(self, result):
        """Return the result of a validation, and what to do next."""
        if self.status == "active":
            return self.env._("%(email)s is active.", email=self.email)
        if result.method == "activation_email":
            return self._activation_in_words()
        said = result.dns_error or result.message or result.file_error
        return self.env._(
            "Mailjet has not found the proof yet: %(said)s\nIt may take a few hours "
            "before Mailjet sees a new DNS record.",
            said=said,
        )


def _activation_text(sender):
    env = sender.env
    summary = env._("Activate %(email)s at Mailjet", email=sender.email)
    note = env._(
        "Mailjet's activation email has arrived. Click “Activate” on the sender, check "
        "who wrote the email, and open its link."
    )
    return summary, note
