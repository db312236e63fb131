from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.dns.report_destination import check_report_destination, is_outside

ALIAS_NAME = "dmarc"
REPORT_MODEL = "mailjet.dmarc.report"
KIND = "dmarc_reports"


class MailjetDomain(models.Model):
    """The address at which Odoo receives the DMARC reports about a domain."""

    _inherit = "mailjet.domain"

    dmarc_alias_id = fields.Many2one(
        "mail.alias",
        "Alias for DMARC reports",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_system",
    )
    dmarc_address = fields.Char(
        "Address for DMARC reports",
        related="dmarc_alias_id.alias_full_name",
        related_sudo=True,
        groups="base.group_user",
    )

    def action_create_dmarc_alias(self):
        """Make the alias that receives the reports; the DMARC card then proposes it."""
        self.check_access("write")
        for domain in self.filtered(lambda domain: not domain._dmarc_report_address()):
            domain.dmarc_alias_id = domain._find_dmarc_alias()
            domain._ensure_report_card()
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._(
                "Reports to %(addresses)s now arrive in Odoo. Publish the address in "
                "rua= of the DMARC record.",
                addresses=", ".join(set(self.mapped("dmarc_address"))),
            )
        )

    def _find_dmarc_alias(self):
        """Return the alias of the company for reports; make it if there is none.

        A report says which domain it is about, so domains share an alias. Where
        somebody uses the name for something else, the domain gets one of its own.
        """
        alias_domain = self._dmarc_alias_domain()
        if not alias_domain:
            raise UserError(
                self.env._(
                    "Odoo has no alias domain, so it cannot have an email address. Set "
                    "one up in the general settings, under Alias Domain."
                )
            )
        aliases = self.env["mail.alias"].sudo()
        model = self.env["ir.model"]._get(REPORT_MODEL)
        own_name = f"{ALIAS_NAME}-{self.name.replace('.', '-')}"
        for name in (ALIAS_NAME, own_name):
            taken = aliases.search(
                [("alias_name", "=", name), ("alias_domain_id", "=", alias_domain.id)]
            )
            if taken.alias_model_id == model:
                return taken
            if not taken and not self._is_reserved(name, alias_domain):
                return aliases.create(
                    {
                        "alias_name": name,
                        "alias_domain_id": alias_domain.id,
                        "alias_model_id": model.id,
                        "alias_contact": "everyone",
                    }
                )
        raise UserError(
            self.env._(
                "The addresses %(first)s and %(second)s are both in use. Free one of "
                "them under Settings, Technical, Aliases.",
                first=f"{ALIAS_NAME}@{alias_domain.name}",
                second=f"{own_name}@{alias_domain.name}",
            )
        )

    def _is_reserved(self, name, alias_domain):
        return name in (alias_domain.bounce_alias, alias_domain.catchall_alias)

    def _dmarc_alias_domain(self):
        """Return the alias domain of the company that the account belongs to."""
        company = self.server_id.mailjet_company_id or self.env.company
        return company.sudo().alias_domain_id

    def _dmarc_report_address(self):
        """Return the address at which Odoo receives the reports, or None."""
        own = self.sudo().dmarc_alias_id.alias_full_name
        return own or super()._dmarc_report_address()

    def _dmarc_destination(self):
        """Return the domain of that address, if it is another than this one."""
        self.ensure_one()
        destination = (self._dmarc_report_address() or "").rpartition("@")[2].lower()
        is_other = destination and is_outside(self.name, destination)
        return destination if is_other else ""

    # ------------------------------------------------------------------
    # DNS
    # ------------------------------------------------------------------

    def _dns_checks(self):
        checks = super()._dns_checks()
        destination = self._dmarc_destination()
        if destination:
            checks[KIND] = partial(check_report_destination, self.name, destination)
        return checks

    def _ensure_report_card(self):
        """Have a card for the record at another domain exactly if there is one."""
        self.ensure_one()
        cards = self.record_ids.filtered(lambda record: record.kind == KIND)
        if not self._dmarc_destination():
            cards.unlink()
        elif not cards:
            cards.create({"domain_id": self.id, "kind": KIND})

    def _records_to_publish(self):
        """That record is in the DNS of others, so it is no change to this one."""
        records = super()._records_to_publish()
        return records.filtered(lambda record: record.kind != KIND)
