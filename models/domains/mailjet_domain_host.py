from functools import partial

from odoo import api, fields, models

from ...tools.dns.dns_host import host_of_code, recognise
from ...tools.dns.name_servers import check_name_servers


class MailjetDomain(models.Model):
    """Who hosts the DNS of a domain, recognised from its name servers."""

    _inherit = "mailjet.domain"

    name_servers = fields.Char(readonly=True)
    dns_host_codes = fields.Char(
        readonly=True,
        help="The recognized hosts, separated by commas, the main one first.",
    )
    dns_host = fields.Char("DNS host", compute="_compute_dns_host")
    dns_host_page = fields.Char("DNS page", compute="_compute_dns_host")
    dns_host_url = fields.Char("DNS panel", compute="_compute_dns_host")

    @api.depends("dns_host_codes", "zone", "name")
    def _compute_dns_host(self):
        for domain in self:
            hosts = domain._dns_hosts()
            main = hosts[0] if len(hosts) == 1 else None
            domain.dns_host = ", ".join(host.name for host in hosts)
            domain.dns_host_page = main and main.page
            domain.dns_host_url = main and main.panel_url(domain.zone or domain.name)

    def _dns_hosts(self):
        """Return the `DnsHost`s that the last check recognised."""
        self.ensure_one()
        hosts = map(host_of_code, (self.dns_host_codes or "").split(","))
        return list(filter(None, hosts))

    def _dns_checks(self):
        return {
            **super()._dns_checks(),
            "name_servers": partial(check_name_servers, self.name),
        }

    def _save_reports(self, reports):
        for domain in self:
            verdict = reports[domain].verdicts.get("name_servers")
            if not verdict or verdict.status not in ("ok", "missing"):
                continue
            hosts = recognise(verdict.found)
            domain.write(
                {
                    "name_servers": ", ".join(verdict.found),
                    "dns_host_codes": ",".join(host.code for host in hosts),
                    "zone": verdict.zone or domain.zone,
                }
            )
        return super()._save_reports(reports)
