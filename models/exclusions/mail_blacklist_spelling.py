from markupsafe import Markup

from odoo import api, fields, models

from ...tools.address import address_key, has_spellings


class MailBlacklist(models.Model):
    """Blocking a mailbox, whichever way Odoo spells its address.

    Core compares addresses as they are spelled, and its spelling keeps the case of
    letters beyond ASCII and the form of international domains.
    """

    _inherit = "mail.blacklist"

    mailjet_key = fields.Char(
        "Compared address", compute="_compute_mailjet_key", store=True, index=True
    )

    @api.depends("email")
    def _compute_mailjet_key(self):
        for entry in self:
            entry.mailjet_key = address_key(entry.email or "")

    def write(self, vals):
        """Block and unblock all spellings of a mailbox together."""
        result = super().write(vals)
        keys = [key for key in self.mapped("mailjet_key") if has_spellings(key)]
        if "active" in vals and keys:
            others = self.with_context(active_test=False).search(
                [
                    ("mailjet_key", "in", keys),
                    ("active", "!=", bool(vals["active"])),
                    ("id", "not in", self.ids),
                ]
            )
            if others:
                others.write({"active": bool(vals["active"])})
        return result

    @api.model
    def _mailjet_by_key(self, keys):
        """Return the entries of mailboxes, also the archived: key -> recordset."""
        entries = self.with_context(active_test=False)
        return entries.search([("mailjet_key", "in", list(keys))]).grouped(
            "mailjet_key"
        )

    @api.model
    def _mailjet_blocked(self, emails):
        """Return which of these addresses are blocked, in this or another spelling."""
        keys = {email: address_key(email) for email in emails}
        domain = [("mailjet_key", "in", list(set(keys.values())))]
        found = self.search_fetch(domain, ["mailjet_key"])
        blocked = set(found.mapped("mailjet_key"))
        return {email for email, key in keys.items() if key in blocked}

    @api.model
    def _mailjet_block(self, key, reason):
        """Block a mailbox in each spelling that Odoo looks for.

        :param str key: its `address_key`
        :param str reason: for the chatter
        """
        message = Markup("<p>%s</p>") % reason
        for email in sorted(self._mailjet_spellings([key])[key]):
            self._add(email, message=message)

    @api.model
    def _mailjet_spellings(self, keys):
        """Return how records with a block list spell mailboxes.

        :param keys: an `address_key` for each mailbox
        :return dict: key -> set of addresses; only the key if no record has it
        """
        found = {key: set() for key in keys}
        if any(map(has_spellings, found)):
            for model in self._mailjet_models():
                for email in model._mailjet_odd_emails():
                    found.get(address_key(email), set()).add(email)
        return {key: emails or {key} for key, emails in found.items()}

    @api.model
    def _mailjet_models(self):
        """Return the models whose records look for their address in the block list."""
        models = self.env["ir.model"].sudo().search([("is_mail_blacklist", "=", True)])
        return [
            self.env[model.model].sudo()
            for model in models
            if model.model in self.env and not self.env[model.model]._abstract
        ]
