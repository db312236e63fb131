import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.dmarc.networks import network_of
from ...tools.dmarc.reverse_dns import find_hosts
from ...tools.dmarc.source import source_of_host
from ...tools.dmarc.values import MAX_COUNT
from ...tools.dns.lookup import Resolver
from ...tools.dns.servers import ServersError, parse_servers
from ..bulk_write import upsert

# Addresses looked up in one run, each with up to three names to confirm and a socket
# for each of those, and the time that it may take
PER_RUN = 100
BUDGET_SECONDS = 20.0
# After an outage, an address is looked up again a day later, and only so many times
RETRY_AFTER = timedelta(days=1)
MOST_TRIES = 5


class MailjetDmarcHost(models.Model):
    """The name of an address in DMARC reports, as reverse DNS confirms it.

    A cron looks it up, never a screen. "No name" is an answer; a time-out is none.
    """

    _name = "mailjet.dmarc.host"
    _description = "Host in DMARC reports"
    _rec_name = "address"
    _order = "messages desc, id"

    domain_id = fields.Many2one(
        "mailjet.domain", required=True, readonly=True, ondelete="cascade"
    )
    address = fields.Char(required=True, readonly=True)
    name = fields.Char("Host", readonly=True)
    status = fields.Selection(
        [
            ("pending", "To look up"),
            ("found", "Confirmed"),
            ("unconfirmed", "Not confirmed"),
            ("none", "No name"),
        ],
        required=True,
        default="pending",
        readonly=True,
        help="A name that does not lead back to the address is not confirmed: anybody "
        "may have written it.",
    )
    messages = fields.Integer("Emails when first seen", readonly=True)
    tries = fields.Integer(readonly=True)
    asked_on = fields.Datetime(readonly=True)

    _address_unique = models.UniqueIndex("(domain_id, address)")

    @api.model
    def _names(self, domain, addresses):
        """Return the confirmed names of addresses: address -> name."""
        found = self.search_fetch(
            [
                ("domain_id", "=", domain.id),
                ("address", "in", list(set(addresses))),
                ("status", "=", "found"),
            ],
            ["address", "name"],
        )
        return {host.address: host.name for host in found}

    @api.model
    def _await(self, domain, messages):
        """Have addresses looked up by the cron; known ones stay as they are.

        :param dict messages: address -> how many emails came from it
        """
        upsert(
            self,
            [
                {
                    "address": address,
                    "messages": min(count, MAX_COUNT),
                    "status": "pending",
                }
                for address, count in messages.items()
            ],
            ("domain_id", "address"),
            shared={"domain_id": domain.id},
            update=(),
        )

    @api.model
    def _cron_look_up(self):
        """Read the networks that are due, then look up addresses, the busiest first."""
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress()
        deadline = time.monotonic() + BUDGET_SECONDS
        servers = self._dns_servers()
        if servers is None:
            return
        self.env["mailjet.domain"]._read_dmarc_networks(servers, deadline)
        commit_progress()
        due = self._due()
        # No transaction is open while DNS is asked
        addresses = due.mapped("address")
        commit_progress(remaining=len(due))
        hosts = find_hosts(addresses, Resolver(servers, deadline))
        due._save(hosts)
        commit_progress(len(due), remaining=0)
        if due:
            self.env.ref("mail_mailjet.ir_cron_dmarc_refresh")._trigger()

    @api.model
    def _dns_servers(self):
        """Return the servers to ask; None if the setting cannot be read."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        try:
            return parse_servers(get_param("mail_mailjet.dns_servers") or "")
        except ServersError:  # the check of DNS records says so
            return None

    @api.model
    def _due(self):
        return self.search(
            [
                ("status", "=", "pending"),
                ("tries", "<", MOST_TRIES),
                "|",
                ("asked_on", "=", False),
                ("asked_on", "<", fields.Datetime.now() - RETRY_AFTER),
            ],
            limit=PER_RUN,
        )

    def _save(self, hosts):
        """Save what was found, and have the days of named addresses summed up again.

        :param hosts: a `Host` for each of these records
        """
        now = fields.Datetime.now()
        named = {}
        for record, host in zip(self, hosts, strict=True):
            vals = {"asked_on": now, "tries": record.tries + 1}
            if host.status != "outage":
                vals |= {"status": host.status, "name": host.name}
            record.write(vals)
            if host.status == "found":
                named.setdefault(record.domain_id, []).append(host)
        for domain, found in named.items():
            self._hand_on_decisions(domain, found)
            self.env["mailjet.dmarc.statistic.stale"]._note_rows(
                SQL(
                    "domain_id = %s AND source_ip = ANY(%s)",
                    domain.id,
                    [host.address for host in found],
                )
            )

    @api.model
    def _hand_on_decisions(self, domain, hosts):
        """A source that gets a name keeps what somebody decided about its network."""
        sources = self.env["mailjet.dmarc.source"]
        names = {f"net:{network_of(host.address)}": host.name for host in hosts}
        decided = sources.search(
            [
                ("domain_id", "=", domain.id),
                ("key", "in", list(names)),
                ("decision", "!=", False),
            ]
        )
        for old in decided:
            new = source_of_host(names[old.key])
            known = [("domain_id", "=", domain.id), ("key", "=", new.key)]
            if sources.search_count(known, limit=1):
                continue
            sources.create(
                {
                    "domain_id": domain.id,
                    "key": new.key,
                    "name": new.name,
                    "evidence": new.evidence,
                    "decision": old.decision,
                    "is_reported": old.is_reported,
                }
            )

    @api.autovacuum
    def _gc_addresses(self):
        """Forget addresses that no row holds any more."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailjet_dmarc_host AS host
                 WHERE NOT EXISTS (SELECT FROM mailjet_dmarc_row AS row
                                    WHERE row.source_ip = host.address
                                      AND row.domain_id = host.domain_id)
                """
            )
        )
        self.invalidate_model(flush=False)
