from datetime import timedelta

from odoo.tests import tagged

from ..server.test_mailjet_company import MailjetCompanyCommon
from .senders_common import CRM, LIST, MAILJET, STRANGER, SendersCommon

# However many rows and sources there are
MAX_QUERIES = 40


@tagged("post_install", "-at_install")
class TestMailjetDmarcOverview(SendersCommon):
    """What the screen "Who sends in my name" gets."""

    def setUp(self):
        super().setUp()
        self.domain.dmarc_policy = "none"

    def open(self, data):
        criteria = data["readiness"]["criteria"]
        return [one["code"] for one in criteria if one["is_met"] is False]

    def card(self, found):
        self.env["mailjet.dns.record"].create(
            {"domain_id": self.domain.id, "kind": "dmarc", "found_values": found}
        )

    def test_without_domains(self):
        self.domain.unlink()
        data = self.env["mailjet.dmarc.overview"].with_user(self.user).read_overview()
        self.assertFalse(data["domain_id"])

    def test_without_reports(self):
        data = self.overview()
        self.assertFalse(data["has_sums"])
        self.assertFalse(data["sources"] or data["days"])
        self.assertEqual(data["readiness"]["verdict"], "not_enough_data")
        self.assertEqual(data["steps"]["alias_domain"], "company.example")
        self.assertFalse(data["steps"]["address"])

    def test_figures_and_losses(self):
        self.add_rows(MAILJET, 90)
        self.add_rows(CRM, 4)
        self.add_rows(STRANGER, 5)
        self.add_rows(LIST, 1)
        self.refresh()
        self.source("spf:crm.test").action_decide("ours")
        data = self.overview()
        self.assertEqual(data["figures"]["messages"], 100)
        self.assertEqual(data["figures"]["passing"], 90)
        self.assertEqual(data["figures"]["sources"], 4)
        lost = {"ours": 4, "forwarder": 1, "unknown": 5, "not_ours": 0, "failing": 10}
        self.assertEqual({**data["lost"], **lost}, data["lost"])
        self.source("net:198.51.100.0/24").action_decide("not_ours")
        self.assertEqual(self.overview()["lost"]["not_ours"], 5)
        day = self.overview()["days"][0]
        self.assertEqual((day["passing"], day["ours"], day["not_ours"]), (90, 4, 5))

    def test_ready_and_the_record_to_publish(self):
        self.card("v=DMARC1; p=none; rua=mailto:x@shop.example; pct=10")
        self.make_ready()
        self.refresh()
        data = self.overview()
        self.assertEqual(data["readiness"]["verdict"], "ready", self.open(data))
        figures = [one["figures"] for one in data["readiness"]["criteria"]]
        self.assertEqual(figures[:3], ["28 days", "3 receivers", "4,200 emails"])
        record = data["readiness"]["record"]
        self.assertEqual(
            record["value"], "v=DMARC1; p=quarantine; rua=mailto:x@shop.example"
        )
        self.assertEqual(record["host"], "_dmarc.shop.example")
        self.domain.write(
            {
                "dmarc_policy": "quarantine",
                "dmarc_policy_since": self.today - timedelta(days=27),
            }
        )
        self.assertEqual(self.open(self.overview()), ["policy_age"])
        self.domain.dmarc_policy_since = self.today - timedelta(days=28)
        readiness = self.overview()["readiness"]
        self.assertEqual(readiness["next_policy"], "reject")
        self.assertIn("p=reject", readiness["record"]["value"])

    def test_without_a_record_there_is_nothing_to_go_on_from(self):
        self.domain.dmarc_policy = False
        self.make_ready()
        self.refresh()
        readiness = self.overview()["readiness"]
        self.assertEqual(readiness["verdict"], "no_policy")
        self.assertEqual(readiness["record"]["value"], "v=DMARC1; p=none")

    def test_an_undecided_source_holds_back(self):
        self.card("v=DMARC1; p=none; rua=mailto:x@shop.example")
        self.make_ready()
        self.add_rows(STRANGER, 10)
        self.refresh()
        data = self.overview()
        self.assertEqual(self.open(data), ["decided"])
        self.assertIn("p=none", data["readiness"]["record"]["value"])
        self.source("net:198.51.100.0/24").action_decide("not_ours")
        self.assertEqual(self.overview()["readiness"]["verdict"], "ready")

    def test_a_new_sender_of_ours_holds_back(self):
        self.make_ready()
        self.add_rows(CRM, 10, 3, passes=True, dkim_aligned=True)
        self.refresh()
        self.source("spf:crm.test").action_decide("ours")
        self.assertEqual(self.open(self.overview()), ["stable"])

    def test_reports_must_cover_what_odoo_sent(self):
        self.make_ready()
        self.refresh()
        statistic = self.env["mailjet.statistic"].create(
            {
                "server_id": self.server.id,
                "date": self.today,
                "sender_domain": "news.shop.example",
                "delivered": 21000,
            }
        )
        self.assertEqual(self.open(self.overview()), [])
        statistic.delivered = 21001
        self.assertEqual(self.open(self.overview()), ["reported"])
        statistic.sender_domain = "noshop.example"
        self.assertEqual(self.open(self.overview()), [])

    def test_many_sources_are_cut_short(self):
        for number in range(60):
            self.add_rows(STRANGER, 60 - number, source_ip=f"10.0.{number}.1")
        self.refresh()
        data = self.overview()
        self.assertEqual(len(data["sources"]), 50)
        self.assertEqual((data["more_sources"], data["more_messages"]), (10, 55))
        self.env.invalidate_all()
        with self.assertQueryCount(MAX_QUERIES):
            self.overview()

    def test_the_domain_with_most_mail_is_first(self):
        other = self.create_domain("busy.example")
        self.add_rows(CRM, 5, domain=other)
        self.add_rows(CRM, 4)
        self.refresh()
        data = self.env["mailjet.dmarc.overview"].read_overview()
        self.assertEqual(data["domain_id"], other.id)
        names = [domain["name"] for domain in data["domains"]]
        self.assertEqual(names, ["busy.example", "shop.example"])


@tagged("post_install", "-at_install")
class TestMailjetDmarcOverviewCompany(MailjetCompanyCommon):
    def test_each_company_sees_its_domains(self):
        for server, name in (
            (self.of_north, "n.example"),
            (self.of_south, "s.example"),
        ):
            self.env["mailjet.domain"].create({"server_id": server.id, "name": name})
        for user, name in (
            (self.user_north, "n.example"),
            (self.user_south, "s.example"),
        ):
            overview = self.as_user(user)["mailjet.dmarc.overview"]
            other = self.env["mailjet.domain"].search([("name", "!=", name)], limit=1)
            data = overview.read_overview(other.id)
            self.assertEqual([one["name"] for one in data["domains"]], [name])
