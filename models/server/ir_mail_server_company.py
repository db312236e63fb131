from odoo import api, fields, models


class IrMail_Server(models.Model):
    """The company that a Mailjet account belongs to.

    Record rules limit everything of the account to that company. Odoo's block list
    stays common to all companies.
    """

    _inherit = "ir.mail_server"

    mailjet_company_id = fields.Many2one(
        "res.company",
        "Company",
        compute="_compute_mailjet_company_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        help="Only this company sees the account's events, contacts, senders and "
        "reports, and only its emails choose this server by themselves. Empty: all "
        "companies.",
    )

    @api.depends("smtp_authentication")
    def _compute_mailjet_company_id(self):
        for server in self:
            is_mailjet = server.smtp_authentication == "mailjet"
            company = server.mailjet_company_id or server._origin.mailjet_company_id
            server.mailjet_company_id = is_mailjet and company

    @api.model
    def _mailjet_of_companies(self):
        """Return the active Mailjet servers of the user's current companies."""
        companies = self.env.companies
        return self._mailjet_in_use().filtered(
            lambda server: (
                not server.mailjet_company_id or server.mailjet_company_id in companies
            )
        )

    def _mailjet_serving(self, company):
        """Return these servers without the Mailjet servers of other companies."""
        others = self.filtered(
            lambda server: (
                server.mailjet_company_id and server.mailjet_company_id != company
            )
        )
        return self - others
