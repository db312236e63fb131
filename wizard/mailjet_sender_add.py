from odoo import fields, models
from odoo.exceptions import UserError

from ..models.domains.mailjet_sender import EMAIL_TYPES
from ..tools.dns.domain_name import DomainError, clean_domain


class MailjetSenderAdd(models.TransientModel):
    """Add an address, or a whole domain, as a sender at Mailjet."""

    _name = "mailjet.sender.add"
    _description = "Add a sender at Mailjet"

    server_id = fields.Many2one(
        "ir.mail_server",
        required=True,
        domain=[("mailjet_purpose", "!=", False)],
        ondelete="cascade",
    )
    kind = fields.Selection(
        [("domain", "A whole domain"), ("address", "One address")],
        "Add",
        required=True,
        default="domain",
    )
    email = fields.Char(
        "Address", help="Mailjet sends an activation link to this address."
    )
    domain = fields.Char(
        help="Once its ownership is proven, every address of the domain can send."
    )
    name = fields.Char("Name at Mailjet")
    email_type = fields.Selection(
        EMAIL_TYPES,
        "Kind of mail",
        required=True,
        default="unknown",
    )

    def action_add(self):
        """Add it at Mailjet, or take the one that already exists."""
        self.ensure_one()
        email = f"*@{self._clean_domain()}" if self.kind == "domain" else self.email
        _sender, message = self.server_id._mailjet_add_sender(
            email, self.name, self.email_type
        )
        return self.env["ir.mail_server"]._mailjet_notification(message)

    def _clean_domain(self):
        """Return the domain as DNS spells it."""
        try:
            return clean_domain(self.domain or "")
        except DomainError as error:
            words = self.env["mailjet.words"]
            raise UserError(words._translate_words(error.words)) from None
