from odoo import api, fields, models
from odoo.tools import email_normalize

from ..tools.address import address_key


class MailjetAddress(models.TransientModel):
    """An address that Odoo sends from, and whether Mailjet accepts its mail."""

    _name = "mailjet.address"
    _description = "Address that Odoo sends from"
    _rec_name = "email"
    _order = "is_covered, email, id"

    server_id = fields.Many2one(
        "ir.mail_server", required=True, readonly=True, ondelete="cascade"
    )
    setup_id = fields.Many2one("mailjet.setup", index=True, ondelete="cascade")
    email = fields.Char("Address", required=True, readonly=True)
    used_for = fields.Char("Used for", readonly=True)
    covering_sender_id = fields.Many2one(
        "mailjet.sender", "Covered by", readonly=True, ondelete="set null"
    )
    sender_id = fields.Many2one(
        "mailjet.sender",
        "Sender of this address",
        readonly=True,
        ondelete="set null",
        help="The sender at Mailjet that has exactly this address, active or not.",
    )
    is_covered = fields.Boolean(compute="_compute_is_covered", store=True)
    state = fields.Selection(
        [
            ("covered", "Accepted"),
            ("waiting", "Waiting for activation"),
            ("missing", "Unknown to Mailjet"),
        ],
        compute="_compute_state",
    )

    @api.depends("covering_sender_id")
    def _compute_is_covered(self):
        for address in self:
            address.is_covered = bool(address.covering_sender_id)

    @api.depends("covering_sender_id", "sender_id.status")
    def _compute_state(self):
        for address in self:
            if address.covering_sender_id:
                address.state = "covered"
            elif address.sender_id.status == "inactive":
                address.state = "waiting"
            else:
                address.state = "missing"

    @api.model
    def _create_for(self, server):
        """Create and return a line for each address that Odoo sends from."""
        uses = self._addresses_and_uses()
        senders = server.mailjet_sender_ids
        exact = {address_key(sender.email): sender for sender in senders}
        active = {address_key(s.email): s for s in senders if s.status == "active"}
        nothing = senders.browse()
        vals_list = []
        for email, used_for in uses.items():
            key = address_key(email)
            whole_domain = f"*@{key.rpartition('@')[2]}"
            covering = active.get(key) or active.get(whole_domain) or nothing
            vals_list.append(
                {
                    "server_id": server.id,
                    "email": email,
                    "used_for": ", ".join(used_for),
                    "covering_sender_id": covering.id,
                    "sender_id": exact.get(key, nothing).id,
                }
            )
        return self.create(vals_list)

    @api.model
    def _addresses_and_uses(self):
        """Return a dict: each normalized address -> what Odoo sends from it."""
        uses = {}
        for email, use in (
            *self._addresses_of_alias_domains(),
            *self._addresses_of_companies_and_users(),
            *self._addresses_of_mailings_and_templates(),
        ):
            normalized = email_normalize(email)
            if normalized and use not in uses.setdefault(normalized, []):
                uses[normalized].append(use)
        return uses

    @api.model
    def _addresses_of_alias_domains(self):
        for domain in self.env["mail.alias.domain"].sudo().search_fetch([]):
            yield domain.default_from_email, self.env._("notifications")
            yield domain.bounce_email, self.env._("bounces")
            yield domain.catchall_email, self.env._("replies")

    @api.model
    def _addresses_of_companies_and_users(self):
        for company in self.env["res.company"].sudo().search_fetch([]):
            yield company.email, company.name
        users = self.env["res.users"].sudo().search_fetch([("share", "=", False)])
        for user in users:
            yield user.email, user.name

    @api.model
    def _addresses_of_mailings_and_templates(self):
        mailings = self.env["mailing.mailing"].sudo()
        to_send = [("mailing_type", "=", "mail"), ("state", "!=", "done")]
        for [email] in mailings._read_group(to_send, ["email_from"]):
            yield email, self.env._("mailings")
        templates = self.env["mail.template"].sudo()
        for [email] in templates._read_group([], ["email_from"]):
            # The others are computed for each mail, mostly from users and companies
            if email and "{{" not in email:
                yield email, self.env._("email templates")

    def action_add(self):
        """Add the address as a sender, or validate the one that is waiting."""
        self.ensure_one()
        sender, message = self.server_id._mailjet_add_sender(self.email)
        self._keep_sender(sender)
        return self._show(message)

    def action_check(self):
        """Check again whether the waiting sender is active."""
        self.ensure_one()
        action = self.sender_id.action_check()
        self._keep_sender(self.sender_id)
        return self._show(action["params"]["message"])

    def _keep_sender(self, sender):
        self.sender_id = sender
        if sender.status == "active":
            self.covering_sender_id = sender

    def _show(self, message):
        """Show a message, in the set-up if the line belongs to one."""
        if self.setup_id:
            self.setup_id.notice = message
            return self.setup_id._reopen()
        return self.env["ir.mail_server"]._mailjet_notification(message)
