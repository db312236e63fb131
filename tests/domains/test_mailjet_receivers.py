from unittest.mock import patch

from odoo.tests import tagged

from ...tools.dns.check import Report
from ...tools.dns.name_servers import NameServersVerdict
from ...tools.dns.verdict import Verdict
from ...tools.words import Words
from ..common import MailjetRestCommon

DMARC = Verdict("ok", found=("v=DMARC1; p=none; rua=mailto:dmarc@company.example",))
GOOD = {
    "spf": Verdict("ok"),
    "dkim": Verdict("ok"),
    "dmarc": DMARC,
    "mx": Verdict("ok", found=("10 mx.company.example.",)),
}


@tagged("post_install", "-at_install")
class TestMailjetReceivers(MailjetRestCommon):
    """Receivers, optional records and the DNS host of a domain."""

    def setUp(self):
        super().setUp()
        self.dns.load({})
        self.add_senders("*@company.example", active=False)
        self.server.action_mailjet_refresh()
        self.domain = self.server.mailjet_domain_ids

    def record(self, kind):
        return self.domain.record_ids.filtered(lambda record: record.kind == kind)

    def save(self, **verdicts):
        report = Report("company.example", verdicts, ("192.0.2.53",))
        self.domain._save_reports({self.domain: report})

    def states(self):
        return {line["code"]: line["state"] for line in self.domain.receivers}

    # -- Receivers ---------------------------------------------------------------------

    def test_dkim_is_required_and_spf_is_not(self):
        self.assertEqual(self.domain.bulk_state, "unknown")
        self.assertEqual(self.states()["gmail"], "unknown")
        self.save(**{**GOOD, "spf": Verdict("missing")})
        self.assertEqual(self.domain.bulk_state, "ready")
        self.assertEqual(self.states()["gmail"], "met")
        self.assertEqual(self.states()["mailjet"], "advice")
        self.assertIn("Mailjet", self.domain.bulk_reason)
        self.save(dkim=Verdict("missing"))
        self.assertEqual(self.domain.bulk_state, "not_ready")
        self.assertIn("DKIM", self.domain.bulk_reason)
        gmail = next(one for one in self.domain.receivers if one["code"] == "gmail")
        self.assertEqual(gmail["state"], "not_met")
        self.assertIn("DKIM", gmail["missing"][0])
        self.assertIn("0.1 %,", gmail["beyond"])
        self.assertTrue(gmail["url"].startswith("https://support.google.com/"))

    def test_dmarc_without_reports(self):
        record = Verdict("warning", found=("v=DMARC1; p=none",))
        self.save(**{**GOOD, "dmarc": record})
        self.assertEqual(self.domain.bulk_state, "ready")
        self.assertEqual(self.states()["laposte"], "advice")

    # -- Optional records --------------------------------------------------------------

    def test_optional_records_change_nothing_else(self):
        self.save(**GOOD, ownership=Verdict("ok"), bimi=Verdict("missing"))
        self.assertEqual(self.record("bimi").state, "optional")
        self.assertNotIn(self.record("bimi"), self.domain.main_record_ids)
        self.assertIn(self.record("bimi"), self.domain.optional_record_ids)
        self.save(bimi=Verdict("error"), mta_sts=Verdict("temperror"))
        self.assertEqual(self.domain.bulk_state, "ready")
        self.assertFalse(self.domain.outage_since)
        self.assertTrue(self.record("mta_sts").outage_since)
        self.assertNotIn("bimi", self.domain.handover_text)

    def test_optional_records_are_checked(self):
        self.dns.load(
            {
                "company.example": {"MX": ["10 mx.company.example."]},
                "_smtp._tls.company.example": {
                    "TXT": ["v=TLSRPTv1; rua=mailto:tls@company.example"]
                },
                "_mta-sts.company.example": {"TXT": ["v=STSv1; id=1"]},
                "mta-sts.company.example": {"A": ["127.0.0.1"]},
                "default._bimi.company.example": {"TXT": ["v=BIMI1; l=;"]},
            }
        )
        self.domain.action_check_dns()
        self.assertEqual(self.record("tls_rpt").state, "ok")
        self.assertEqual(self.record("bimi").state, "ok")
        self.assertEqual(self.record("mta_sts").state, "warning")
        self.assertIn("private address", self.record("mta_sts").cause)
        self.assertEqual(self.record("mta_sts").host_relative, "_mta-sts")

    def test_a_domain_of_an_older_version_gets_the_new_kinds(self):
        self.domain.optional_record_ids.unlink()
        self.domain.invalidate_recordset()
        self.save(**GOOD, tls_rpt=Verdict("missing"))
        self.assertEqual(self.record("tls_rpt").state, "optional")
        self.assertEqual(len(self.domain.record_ids), 9)

    # -- The DNS host ------------------------------------------------------------------

    def save_servers(self, *names, zone="company.example", **verdicts):
        servers = NameServersVerdict("ok", found=names, zone=zone)
        self.save(name_servers=servers, **verdicts)

    def test_the_host_is_recognised_by_the_check_and_stored(self):
        self.dns.load(
            {"company.example": {"NS": ["dns15.ovh.net.", "ns15.ovh.net."]}},
        )
        self.domain.action_check_dns()
        self.assertEqual(self.domain.name_servers, "dns15.ovh.net, ns15.ovh.net")
        asked = len(self.dns.queries)
        self.env.invalidate_all()
        self.assertEqual(self.domain.dns_host, "OVHcloud")
        self.assertEqual(self.domain.dns_host_url, "https://www.ovh.com/manager/")
        dkim = self.record("dkim")
        self.assertIn("mailjet._domainkey: the panel adds", dkim.entry_hint)
        self.assertIn("Choose the record type TXT", dkim.entry_hint)
        self.assertIn("Leave the name empty", self.record("spf").entry_hint)
        self.assertEqual(len(self.dns.queries), asked, "Nothing is asked on opening")

    def test_an_outage_keeps_the_host_and_a_move_changes_it(self):
        self.save_servers("ana.ns.cloudflare.com")
        self.save(name_servers=Verdict("temperror", Words("No answer.")))
        self.assertEqual(self.domain.dns_host, "Cloudflare")
        self.assertIn("DNS only", self.record("return_path").entry_hint)
        self.save_servers("ns1.company.example")
        self.assertFalse(self.domain.dns_host)
        self.assertFalse(self.record("dkim").entry_hint)

    def test_a_value_in_pieces(self):
        self.domain.dkim_value = "k=rsa; p=" + "A" * 392
        self.save_servers("ns-1.awsdns-05.co.uk", dkim=Verdict("missing"))
        pieces = self.record("dkim").split_value
        self.assertTrue(pieces.startswith('"k=rsa; p=AAA'))
        self.assertEqual(pieces.replace('" "', "").strip('"'), self.domain.dkim_value)
        self.save_servers("ana.ns.cloudflare.com")
        self.assertFalse(self.record("dkim").split_value)

    def test_the_zone_of_a_parent(self):
        self.save_servers("a.ns.cloudflare.com", zone="example")
        self.assertEqual(self.domain.zone, "example")
        self.assertIn("company: the panel adds example", self.record("mx").entry_hint)

    def test_several_hosts(self):
        self.save_servers("ns1.ovh.net", "ns2.ovh.net", "helium.ns.hetzner.de")
        self.assertEqual(self.domain.dns_host, "OVHcloud, Hetzner")
        self.assertFalse(self.domain.dns_host_url)
        self.assertIn("several hosts", self.record("dkim").entry_hint)

    def test_the_lines_are_in_the_language_of_the_reader(self):
        self.save(**GOOD)
        asked = []

        def translate(_self, stored):
            asked.append(stored[0])
            return "X"

        with patch.object(
            type(self.env["mailjet.words"]), "_translate_json", translate
        ):
            lines = self.domain.with_context(lang="fr_FR").receivers
        self.assertTrue(all(line["asks"] == "X" for line in lines))
        self.assertTrue(asked)
