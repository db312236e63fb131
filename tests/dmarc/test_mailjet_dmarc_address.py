from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import MailjetRestCommon
from .senders_common import DOMAIN, SendersCommon

OUTSIDE = f"{DOMAIN}._report._dmarc.company.example"


@tagged("post_install", "-at_install")
class TestMailjetDmarcAddress(SendersCommon, MailjetRestCommon):
    """One click makes the address that receives reports, and DNS is told of it."""

    def setUp(self):
        super().setUp()
        self.dns.load({DOMAIN: {"TXT": ["v=spf1 -all"]}})
        self.add_senders(f"*@{DOMAIN}", active=False)
        self.server.action_mailjet_refresh()
        self.domain = self.server.mailjet_domain_ids

    def record(self, kind):
        return self.domain.record_ids.filtered(lambda record: record.kind == kind)

    def check(self):
        self.domain._save_reports(self.domain._dns_reports(from_zone=False))

    def test_one_click(self):
        self.assertFalse(self.record("dmarc_reports"))
        self.domain.with_user(self.admin).action_create_dmarc_alias()
        alias = self.domain.dmarc_alias_id
        self.assertRecordValues(
            alias,
            [
                {
                    "alias_full_name": "dmarc@company.example",
                    "alias_contact": "everyone",
                    "alias_force_thread_id": 0,
                }
            ],
        )
        self.assertEqual(alias.alias_model_id.model, "mailjet.dmarc.report")
        self.domain.action_create_dmarc_alias()
        self.assertEqual(self.domain.dmarc_alias_id, alias)
        other = self.create_domain("other.example")
        other.action_create_dmarc_alias()
        self.assertEqual(other.dmarc_alias_id, alias, "a report names its domain")
        self.check()
        self.assertIn("rua=mailto:dmarc@company.example", self.record("dmarc").proposal)

    def test_an_address_that_somebody_uses(self):
        partners = self.env["ir.model"]._get("res.partner")
        self.env["mail.alias"].create(
            {
                "alias_name": "dmarc",
                "alias_domain_id": self.alias_domain.id,
                "alias_model_id": partners.id,
            }
        )
        self.domain.action_create_dmarc_alias()
        self.assertEqual(
            self.domain.dmarc_address, "dmarc-shop-example@company.example"
        )
        self.alias_domain.bounce_alias = "dmarc-other-example"
        with self.assertRaisesRegex(UserError, "in use"):
            self.create_domain("other.example").action_create_dmarc_alias()

    def test_without_an_alias_domain(self):
        self.env.company.alias_domain_id = False
        with self.assertRaisesRegex(UserError, "alias domain"):
            self.domain.action_create_dmarc_alias()

    def test_the_companys_alias_domain(self):
        company = self.env["res.company"].create({"name": "North"})
        company.alias_domain_id = self.env["mail.alias.domain"].create(
            {"name": "north.example"}
        )
        self.server.mailjet_company_id = company
        self.domain.action_create_dmarc_alias()
        self.assertEqual(self.domain.dmarc_address, "dmarc@north.example")

    def test_marketing_makes_no_address(self):
        with self.assertRaises(AccessError):
            self.domain.with_user(self.user).action_create_dmarc_alias()

    # -- The record at the other domain ------------------------------------------------

    def test_the_other_domain_has_to_agree(self):
        self.domain.action_create_dmarc_alias()
        card = self.record("dmarc_reports")
        self.assertRecordValues(
            card,
            [
                {
                    "host": OUTSIDE,
                    "host_relative": f"{DOMAIN}._report._dmarc",
                    "record_type": "TXT",
                    "expected_value": "v=DMARC1;",
                }
            ],
        )
        self.assertTrue(card.purpose)
        self.check()
        self.assertEqual(card.state, "missing")
        self.assertIn(OUTSIDE, card.cure)
        # It goes into the DNS of others
        self.assertNotIn(OUTSIDE, self.domain.handover_text)
        steps = self.overview()["steps"]
        self.assertEqual(steps["outside_host"], OUTSIDE)
        self.dns.set(OUTSIDE, "TXT", ["v=DMARC1"])
        self.check()
        self.assertEqual(card.state, "ok")
        self.assertIn("DMARC report address OK", self.domain._states_in_words()[0])

    def test_no_such_record_inside_the_domain(self):
        self.alias_domain.name = f"odoo.{DOMAIN}"
        self.domain.action_create_dmarc_alias()
        self.assertFalse(self.record("dmarc_reports"))
        self.alias_domain.name = "company.example"
        self.check()
        self.assertTrue(self.record("dmarc_reports"))
        self.domain.dmarc_alias_id.unlink()
        self.check()
        self.assertFalse(self.record("dmarc_reports"))

    def test_steps(self):
        self.domain.action_create_dmarc_alias()
        steps = self.overview()["steps"]
        self.assertEqual(steps["address"], "dmarc@company.example")
        self.assertFalse(steps["is_requested"])
        value = "v=DMARC1; p=none; rua=mailto:dmarc@company.example"
        self.assertEqual(self.overview()["readiness"]["record"]["value"], value)
        self.dns.set(f"_dmarc.{DOMAIN}", "TXT", [value])
        self.check()
        self.assertTrue(self.overview()["steps"]["is_requested"])
        self.assertEqual(self.domain.dmarc_policy, "none")
        self.assertEqual(self.domain.dmarc_policy_since, self.today)

    def test_an_outage_is_no_change_of_policy(self):
        self.dns.set(f"_dmarc.{DOMAIN}", "TXT", ["v=DMARC1; p=quarantine"])
        self.check()
        self.assertEqual(self.domain.dmarc_policy, "quarantine")
        self.dns.fail(f"_dmarc.{DOMAIN}", "SERVFAIL")
        self.check()
        self.assertTrue(self.record("dmarc").outage_since)
        self.assertEqual(self.domain.dmarc_policy, "quarantine")
        self.dns.heal()
        self.dns.set(f"_dmarc.{DOMAIN}", "TXT", [])
        self.check()
        self.assertEqual(self.domain.dmarc_policy, "")
