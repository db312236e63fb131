import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ... import const
from ...tools.dmarc.networks import Networks, Term, read_networks, read_terms
from ...tools.dmarc.source import Known
from ...tools.dns.lookup import Resolver

# How often the networks of SPF records are read
READ_EVERY = timedelta(days=7)
MAILJET_NETWORKS = "mail_mailjet.dmarc_networks"


class MailjetDomain(models.Model):
    """What names the senders in the DMARC reports about a domain."""

    _inherit = "mailjet.domain"

    dmarc_source_ids = fields.One2many(
        "mailjet.dmarc.source", "domain_id", "Senders in this name"
    )
    # The SPF record's terms with their networks, and the numbers of the Mailjet
    # accounts whose signatures pass
    dmarc_terms = fields.Json(readonly=True)
    dmarc_terms_on = fields.Datetime(readonly=True)
    dmarc_accounts = fields.Json(readonly=True)
    dmarc_summed_on = fields.Date(readonly=True)
    dmarc_policy = fields.Char("DMARC policy", readonly=True)
    dmarc_policy_since = fields.Date("DMARC policy since", readonly=True)

    def action_open_senders(self):
        """Show who sends in the name of this domain."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "mail_mailjet.mailjet_dmarc_overview_action"
        )
        return {**action, "params": {"domain_id": self.id}}

    # ------------------------------------------------------------------
    # What names the senders
    # ------------------------------------------------------------------

    def _dmarc_known(self):
        """Return what is known about the domain, as `Known`."""
        self.ensure_one()
        return Known(
            self.name,
            Networks(self._mailjet_networks()),
            tuple(Term(text, tuple(parts)) for text, parts in self.dmarc_terms or ()),
            {},
            frozenset(self.dmarc_accounts or ()),
        )

    @api.model
    def _mailjet_networks(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        stored = get_param(MAILJET_NETWORKS)
        return json.loads(stored)["networks"] if stored else const.SPF_NETWORKS

    @api.model
    def _refresh_dmarc_accounts(self):
        """Learn the Mailjet accounts that sign for each domain, from the new rows."""
        self.env["mailjet.dmarc.row"].flush_model()
        # The names of return paths: tools/dmarc/source.py
        self.env.cr.execute(
            SQL(
                """
                SELECT domain_id, array_agg(
                           DISTINCT substring(lower(spf_domain) FROM '^a([0-9]+)\\.'))
                  FROM mailjet_dmarc_row
                  JOIN (SELECT DISTINCT domain_id, day
                          FROM mailjet_dmarc_statistic_stale) AS stale
                       USING (domain_id, day)
                 WHERE counted AND dkim_aligned AND lower(dkim_selector) = %s
                   AND spf_result = 'pass' AND lower(spf_domain) ~ %s
              GROUP BY domain_id
                """,
                const.DKIM_SELECTOR,
                r"^a[0-9]+\." + const.RETURN_PATH_TARGET.replace(".", r"\.") + "$",
            )
        )
        for domain_id, found in self.env.cr.fetchall():
            domain = self.browse(domain_id)
            accounts = sorted({*found, *(domain.dmarc_accounts or ())})
            if accounts != domain.dmarc_accounts:
                domain.dmarc_accounts = accounts
                self.env["mailjet.dmarc.statistic.stale"]._note_domains(domain)

    @api.model
    def _read_dmarc_networks(self, servers, deadline):
        """Read from DNS the networks that are due; an outage leaves what is known.

        :param servers: as for `Resolver`
        :param deadline: of `time.monotonic()`
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        now = fields.Datetime.now()
        due = self._dmarc_due_networks(now)
        names = due.mapped("name")
        is_due = self._is_mailjet_due(now)
        # No transaction is open while DNS is asked
        commit_progress()
        found = {
            name: read_terms(name, Resolver(servers, deadline)) for name in set(names)
        }
        networks = is_due and read_networks(
            const.SPF_INCLUDE, Resolver(servers, deadline)
        )
        for domain in due:
            domain._save_dmarc_terms(found[domain.name], now)
        if networks:
            self._save_mailjet_networks(networks, now)
        commit_progress()

    @api.model
    def _dmarc_due_networks(self, now):
        """Return domains with reports whose SPF record was not read for a week."""
        with_reports = self.env["mailjet.dmarc.source"]._read_group([], ["domain_id"])
        return self.browse(domain.id for (domain,) in with_reports).filtered(
            lambda domain: (
                not domain.dmarc_terms_on or domain.dmarc_terms_on < now - READ_EVERY
            )
        )[:20]

    @api.model
    def _is_mailjet_due(self, now):
        stored = self.env["ir.config_parameter"].sudo().get_param(MAILJET_NETWORKS)
        read_on = stored and fields.Datetime.to_datetime(json.loads(stored)["read_on"])
        return not read_on or read_on < now - READ_EVERY

    def _save_dmarc_terms(self, terms, now):
        self.ensure_one()
        if terms is None:
            return
        stored = [[term.text, list(term.networks)] for term in terms]
        if stored != (self.dmarc_terms or []):
            self.dmarc_terms = stored
            self.env["mailjet.dmarc.statistic.stale"]._note_domains(self)
        self.dmarc_terms_on = now

    @api.model
    def _save_mailjet_networks(self, networks, now):
        before = self._mailjet_networks()
        value = {"networks": networks, "read_on": fields.Datetime.to_string(now)}
        set_param = self.env["ir.config_parameter"].sudo().set_param
        set_param(MAILJET_NETWORKS, json.dumps(value))
        if sorted(before) != sorted(networks):
            domains = self.search([("dmarc_source_ids", "!=", False)])
            self.env["mailjet.dmarc.statistic.stale"]._note_domains(domains)

    # ------------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------------

    @api.model
    def _dmarc_due_sources(self):
        """Return the domains whose period has moved since their figures were made."""
        return self.search(
            [
                ("dmarc_source_ids", "!=", False),
                "|",
                ("dmarc_summed_on", "=", False),
                ("dmarc_summed_on", "<", fields.Date.today()),
            ]
        )

    def _refresh_dmarc_sources(self):
        """Rebuild the figures of the sources, and report what is new."""
        sources = self.env["mailjet.dmarc.source"]
        for domain in self.exists():
            sources._refresh_totals(domain)
            sources._report_findings(domain)

    # ------------------------------------------------------------------
    # The policy
    # ------------------------------------------------------------------

    def _save_reports(self, reports):
        for domain in self:
            domain._ensure_report_card()
        result = super()._save_reports(reports)
        for domain in self:
            verdict = reports[domain].verdicts.get("dmarc")
            if verdict and verdict.status != "temperror":
                domain._save_dmarc_policy(getattr(verdict, "policy", ""))
        return result

    def _save_dmarc_policy(self, policy):
        self.ensure_one()
        if policy != (self.dmarc_policy or "") or not self.dmarc_policy_since:
            self.write(
                {
                    "dmarc_policy": policy,
                    "dmarc_policy_since": fields.Date.today(),
                }
            )
