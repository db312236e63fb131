from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...models.dmarc import mailjet_dmarc_host
from ...tools.dmarc.reverse_dns import Host
from ..common import MailjetRestCommon
from .senders_common import DOMAIN, STRANGER, SendersCommon


@tagged("post_install", "-at_install")
class TestMailjetDmarcHost(SendersCommon, MailjetRestCommon):
    """Networks and names of addresses are asked of DNS, in a cron alone."""

    def setUp(self):
        super().setUp()
        self.hosts = self.env["mailjet.dmarc.host"]
        self.dns.load({"spf.mailjet.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]}})

    def look_up(self):
        self.run_cron("dmarc_look_up")
        self.refresh()

    def name_stranger(self, name="mx.provider.test"):
        self.dns.set("7.100.51.198.in-addr.arpa", "PTR", [f"{name}."])
        self.dns.set(name, "A", ["198.51.100.7"])

    def test_an_address_gets_its_name_and_keeps_the_decision(self):
        self.add_rows(STRANGER, 10)
        self.refresh()
        old = self.source("net:198.51.100.0/24")
        old.action_decide("ours")
        self.assertEqual(self.hosts.search([]).status, "pending")
        self.name_stranger()
        self.look_up()
        self.assertEqual(self.hosts.search([]).name, "mx.provider.test")
        source = self.source("ptr:provider.test")
        self.assertEqual((source.messages, source.decision), (10, "ours"))
        self.assertEqual(old.messages, 0)
        self.assertEqual(self.overview()["figures"]["sources"], 1)

    def test_a_name_that_does_not_lead_back_names_nobody(self):
        self.add_rows(STRANGER, 10)
        self.refresh()
        self.dns.set("7.100.51.198.in-addr.arpa", "PTR", ["mail.google.com."])
        self.dns.set("mail.google.com", "A", ["192.0.2.1"])
        self.look_up()
        self.assertEqual(self.hosts.search([]).status, "unconfirmed")
        self.assertTrue(self.source("net:198.51.100.0/24"))

    def test_no_name_is_an_answer_and_an_outage_is_none(self):
        self.add_rows(STRANGER, 10)
        self.refresh()
        host = self.hosts.search([])
        with patch.object(
            mailjet_dmarc_host,
            "find_hosts",
            lambda addresses, _ask: [Host(one, "outage") for one in addresses],
        ):
            self.look_up()
        self.assertEqual((host.status, host.tries), ("pending", 1))
        self.assertFalse(self.hosts._due(), "not again on the same day")
        host.asked_on = fields.Datetime.now() - timedelta(days=2)
        self.assertEqual(self.hosts._due(), host)
        host.tries = 5
        self.assertFalse(self.hosts._due())

    def test_no_name(self):
        self.add_rows(STRANGER, 10)
        self.refresh()
        self.look_up()
        self.assertEqual(self.hosts.search([]).status, "none")
        self.assertFalse(self.hosts._due())

    def test_mailjets_networks_are_read_weekly(self):
        self.add_rows(STRANGER, 10, source_ip="192.0.2.9")
        self.refresh()
        self.assertFalse(self.source("mailjet"))
        self.look_up()
        self.assertEqual(self.source("mailjet").messages, 10)
        self.dns.load({"spf.mailjet.com": {"TXT": ["v=spf1 ip4:10.0.0.0/24 ~all"]}})
        self.look_up()
        self.assertEqual(self.source("mailjet").messages, 10, "read this week")

    def test_an_outage_leaves_the_networks(self):
        before = self.domain._mailjet_networks()
        self.domain._save_dmarc_terms(None, fields.Datetime.now())
        self.assertFalse(self.domain.dmarc_terms_on)
        self.dns.load({})
        self.look_up()
        self.assertEqual(self.domain._mailjet_networks(), before)

    def test_the_domains_own_servers(self):
        self.dns.set(DOMAIN, "TXT", ["v=spf1 ip4:198.51.100.0/24 -all"])
        self.add_rows(STRANGER, 10, spf_result="pass", spf_aligned=True, passes=True)
        self.refresh()
        self.assertEqual(self.domain.dmarc_source_ids.source_class, "unknown_passing")
        self.look_up()
        source = self.source("term:ip4:198.51.100.0/24")
        self.assertEqual(source.source_class, "ours_passing")

    def test_forgotten_addresses(self):
        rows = self.add_rows(STRANGER, 10)
        self.refresh()
        self.hosts._gc_addresses()
        self.assertTrue(self.hosts.search([]))
        rows.unlink()
        self.hosts._gc_addresses()
        self.assertFalse(self.hosts.search([]))
