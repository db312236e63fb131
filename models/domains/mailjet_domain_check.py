from datetime import timedelta
from functools import partial

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.dns.bimi import check_bimi
from ...tools.dns.check import check_domains
from ...tools.dns.dkim import check_dkim
from ...tools.dns.dmarc import check_dmarc
from ...tools.dns.mta_sts import check_mta_sts
from ...tools.dns.mx import check_mx
from ...tools.dns.ownership import check_ownership
from ...tools.dns.return_path import check_return_path
from ...tools.dns.servers import ServersError, parse_servers
from ...tools.dns.spf import check_spf
from ...tools.dns.tls_rpt import check_tls_rpt
from ...tools.dns.verdict import FINE
from ..server.ir_mail_server_alert import ALERT
from .mailjet_dns_record import KINDS, OPTIONAL_KINDS, STATES

# A bit less than a day, so that the hourly cron finds each domain once a day
CHECK_EVERY = timedelta(hours=23, minutes=30)
RUNS_PER_DAY = 24
OUTAGE_ALERT_AFTER = timedelta(days=3)


class MailjetDomain(models.Model):
    """Check the DNS records of a domain and report changes."""

    _inherit = "mailjet.domain"

    record_ids = fields.One2many("mailjet.dns.record", "domain_id", "DNS records")
    main_record_ids = fields.One2many(
        "mailjet.dns.record",
        "domain_id",
        "Main DNS records",
        domain=[("kind", "not in", OPTIONAL_KINDS)],
    )
    optional_record_ids = fields.One2many(
        "mailjet.dns.record",
        "domain_id",
        "Optional DNS records",
        domain=[("kind", "in", OPTIONAL_KINDS)],
    )
    zone = fields.Char(
        readonly=True,
        help="The domain under which the DNS provider manages the records.",
    )
    dns_checked_on = fields.Datetime("DNS checked on", readonly=True)
    outage_since = fields.Datetime(
        "Check failing since", compute="_compute_outage_since"
    )
    is_outage_reported = fields.Boolean("Outage reported", readonly=True)
    ownership_state = fields.Selection(
        STATES, "Ownership", compute="_compute_record_states"
    )
    spf_state = fields.Selection(STATES, "SPF", compute="_compute_record_states")
    dkim_state = fields.Selection(STATES, "DKIM", compute="_compute_record_states")
    dmarc_state = fields.Selection(STATES, "DMARC", compute="_compute_record_states")
    mx_state = fields.Selection(STATES, "MX", compute="_compute_record_states")

    @api.depends("record_ids.state")
    def _compute_record_states(self):
        for domain in self:
            states = {record.kind: record.state for record in domain.record_ids}
            for kind in ("ownership", "spf", "dkim", "dmarc", "mx"):
                domain[f"{kind}_state"] = states.get(kind, "not_checked")

    @api.depends("record_ids.outage_since")
    def _compute_outage_since(self):
        for domain in self:
            needed = domain.record_ids.filtered(lambda r: r.kind not in OPTIONAL_KINDS)
            since = needed.filtered("outage_since").mapped("outage_since")
            domain.outage_since = min(since, default=False)

    @api.model
    def _sync_values(self, server, vals_list):
        domains = super()._sync_values(server, vals_list)
        domains._add_missing_records()
        return domains

    def _add_missing_records(self):
        """Give each domain a record of each kind; a new version may know more kinds."""
        vals_list = []
        for domain in self:
            known = domain.record_ids.mapped("kind")
            vals_list += [
                {"domain_id": domain.id, "kind": kind}
                for kind, _label in KINDS
                if kind not in known
            ]
        self.env["mailjet.dns.record"].create(vals_list)

    def _relative_host(self, host):
        """Return a host name as the DNS provider expects it."""
        self.ensure_one()
        zone = self.zone or self.name
        return "@" if host == zone else host.removesuffix(f".{zone}")

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    def action_check_dns(self):
        """Check with the domains' own name servers now, and have Mailjet check, too."""
        self.check_access("write")
        reports = self._dns_reports(from_zone=True)
        errors = self._ask_mailjet()
        self._save_reports(reports)
        action = self.env["ir.mail_server"]._mailjet_notification(
            "\n".join([*map(str, errors), *self._states_in_words()]),
            "warning" if errors else "info",
        )
        action["params"]["next"] = {"type": "ir.actions.client", "tag": "soft_reload"}
        return action

    def _dns_reports(self, from_zone):
        """Check the records in DNS without writing anything.

        :param bool from_zone: ask the domains' own name servers if possible, instead of
            the resolver
        :return: a dict of domain -> `Report`
        """
        parameter = self.env["ir.config_parameter"].sudo().get_param
        try:
            servers = parse_servers(parameter("mail_mailjet.dns_servers") or "")
        except ServersError:
            raise UserError(
                self.env._(
                    "The system parameter mail_mailjet.dns_servers must be a list of "
                    "addresses such as 192.0.2.1 or 192.0.2.1:5353, but is: %(text)s",
                    text=parameter("mail_mailjet.dns_servers"),
                )
            ) from None
        # If servers are configured, ask no others
        is_direct = from_zone and not servers
        reports = {}
        # Accounts may share a domain, with different keys: check them one by one
        for domains in self.grouped("server_id").values():
            by_name = domains.grouped("name")
            checks = {name: domain._dns_checks() for name, domain in by_name.items()}
            for report in check_domains(checks, servers, is_direct=is_direct):
                reports[by_name[report.domain]] = report
        return reports

    def _dns_checks(self):
        """Return the checks: kind of record -> a function of `ask`.

        They run in another thread, so they must not use any Odoo record.
        """
        self.ensure_one()
        name = self.name
        checks = {
            "spf": partial(check_spf, name),
            "dmarc": partial(check_dmarc, name, rua=self._dmarc_report_address()),
            "mx": partial(check_mx, name),
            "return_path": partial(check_return_path, name),
            "mta_sts": partial(check_mta_sts, name),
            "tls_rpt": partial(check_tls_rpt, name),
            "bimi": partial(check_bimi, name),
        }
        if self.ownership_name and self.ownership_token:
            checks["ownership"] = partial(
                check_ownership, name, self.ownership_name, self.ownership_token
            )
        if self.dkim_name:
            checks["dkim"] = partial(
                check_dkim, name, self.dkim_name, self.dkim_value or ""
            )
        return checks

    def _dmarc_report_address(self):
        """Return the address where somebody reads DMARC reports, to be proposed.

        None leaves it to `propose_dmarc`.
        """
        self.ensure_one()
        return None

    def _ask_mailjet(self):
        """Have Mailjet check these domains; return its errors, so that our own result
        can be saved all the same.
        """
        errors = []
        for server, domains in self.grouped("server_id").items():
            try:
                rows, senders = domains._check_at_mailjet(server)
            except UserError as error:
                errors.append(error)
                continue
            self._sync_values(server, [self._sync_vals(row) for row in rows])
            self.env["mailjet.sender"]._update_from_rows(server, senders, domains)
        return errors

    def _check_at_mailjet(self, server):
        """Return the `DomainDns` rows, and the `Sender` rows of unproven domains."""
        unproven = self.filtered(lambda domain: not domain.is_proven)
        waiting = unproven.sender_ids.filtered("is_domain")
        rows, senders = [], []
        with server._mailjet_api() as api:
            for domain in self:
                api.check_dns(domain.mailjet_id)
                rows.append(api.dns(domain.mailjet_id))
            for sender in waiting:
                api.validate_sender(sender.mailjet_id)
                senders.append(api.sender(sender.mailjet_id))
        return rows, senders

    @api.model
    def _cron_check_dns(self):
        """Check the domains that are due, at most an hourly share of all of them."""
        due = [
            "|",
            ("dns_checked_on", "=", False),
            ("dns_checked_on", "<", fields.Datetime.now() - CHECK_EVERY),
        ]
        present = [("server_id.active", "=", True)]
        share = -(-self.search_count(present) // RUNS_PER_DAY)
        domains = self.search(
            [*present, *due], order="dns_checked_on NULLS FIRST, id", limit=share
        )
        domains._save_reports(domains._dns_reports(from_zone=False))

    # ------------------------------------------------------------------
    # Saving the results and reporting changes
    # ------------------------------------------------------------------

    def _save_reports(self, reports):
        """Save the results of a check and report changes.

        :param dict reports: domain -> `Report`
        """
        self._add_missing_records()
        now = fields.Datetime.now()
        for domain in self:
            report = reports[domain]
            changes = {}
            for record in domain.record_ids:
                if record.kind not in report.verdicts:
                    continue
                found = record.found_values
                change = record._save_verdict(report.verdicts[record.kind], report)
                if change:
                    changes[record] = (*change, found)
            domain.dns_checked_on = now
            if report.zone:
                domain.zone = report.zone
            domain._report_changes(changes)
            domain._report_outage(now)

    def _report_changes(self, changes):
        """Log changes in the chatter, and raise an alert if records broke.

        :param dict changes: record -> state before, state after, values before
        """
        states = self._state_words()
        worse = self.env["mailjet.dns.record"]
        for record, (before, after, found) in changes.items():
            self._message_log(
                body=self.env._(
                    "%(record)s: %(before)s → %(after)s. Old value: %(old)s. New "
                    "value: %(new)s.",
                    record=record.display_name,
                    before=states[before],
                    after=states[after],
                    old=found or self.env._("none"),
                    new=record.found_values or self.env._("none"),
                )
            )
            if before in FINE and after in ("error", "missing"):
                worse |= record
        if worse:
            self._alert(
                lambda domain: domain.env._(
                    "DNS records of %(name)s no longer work: %(kinds)s",
                    name=domain.name,
                    kinds=", ".join(worse.with_env(domain.env)._kinds_in_words()),
                ),
                lambda domain: [
                    f"{record.display_name}: {record.cause} {record.cure or ''}"
                    for record in worse.with_env(domain.env)
                ],
            )
        elif self.activity_ids and not self._is_in_trouble():
            self.activity_feedback(
                [ALERT], feedback=self.env._("The DNS records are fine again.")
            )

    def _report_outage(self, now):
        """Raise an alert, once, if checks have been failing for days."""
        since = self.outage_since
        if not since:
            self.is_outage_reported = False
        elif not self.is_outage_reported and now - since >= OUTAGE_ALERT_AFTER:
            self.is_outage_reported = True
            self._alert(
                lambda domain: domain.env._(
                    "DNS checks of %(name)s have been failing for days",
                    name=domain.name,
                ),
                lambda domain: [
                    f"{record.display_name}: {record.outage}"
                    for record in domain.main_record_ids.filtered("outage_since")
                ],
            )

    def _alert(self, make_summary, make_lines):
        """Schedule an activity for the responsible user, in their language.

        Odoo notifies them of it.

        :param make_summary: a function of the domain in that language -> str
        :param make_lines: a function of the same -> list of str
        """
        self.ensure_one()

        def compose(domain):
            lines = [Markup("<li>%s</li>") % line for line in make_lines(domain)]
            return make_summary(domain), Markup("<ul>%s</ul>") % Markup().join(lines)

        self.server_id._mailjet_alert(self, compose)

    def _is_in_trouble(self):
        wrong = self.record_ids.filtered(lambda r: r.state in ("error", "missing"))
        return bool(wrong or self.outage_since)

    @api.model
    def _state_words(self):
        field = self.env["mailjet.dns.record"]._fields["state"]
        return dict(field._description_selection(self.env))

    def _states_in_words(self):
        """Return a line for each domain with the results of its last check."""
        words = self._state_words()
        return [
            self.env._(
                "%(domain)s: %(states)s",
                domain=domain.name,
                states=", ".join(
                    f"{record._kinds_in_words()[0]} {words[record.state]}"
                    for record in domain.record_ids.sorted("id")
                    if record.state != "optional"
                ),
            )
            for domain in self
        ]
