from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .senders_common import (
    CRM,
    DOMAIN,
    LIST,
    MAILJET,
    STRANGER,
    UNSIGNED_MAILJET,
    SendersCommon,
)


@tagged("post_install", "-at_install")
class TestMailjetDmarcSource(SendersCommon):
    """Rows become sources with sums, rebuilt whenever the rows change."""

    def test_a_healthy_mailjet_row_is_green(self):
        self.add_rows(MAILJET, 40)
        self.refresh()
        self.assertRecordValues(
            self.domain.dmarc_source_ids,
            [
                {
                    "name": "Mailjet",
                    "source_class": "mailjet",
                    "messages": 40,
                    "passing": 40,
                    "dkim_aligned": 40,
                    "spf_aligned": 0,
                    "pass_rate": 100.0,
                    "share": 100.0,
                    "receivers": 1,
                    "first_day": self.today - timedelta(days=1),
                }
            ],
        )
        self.assertIn("Nothing to do", self.domain.dmarc_source_ids._advice())
        self.add_rows(UNSIGNED_MAILJET, 10)
        self.refresh()
        self.assertEqual(self.source("mailjet").pass_rate, 80.0)
        self.assertIn("authenticate", self.domain.dmarc_source_ids._advice())

    def test_each_service_is_one_source(self):
        self.add_rows(MAILJET, 10, range(1, 4))
        self.add_rows(MAILJET, 5, receiver="Yahoo", source_ip="192.0.2.1")
        self.add_rows(STRANGER, 3, disposition="reject")
        self.add_rows(STRANGER, 4, source_ip="198.51.100.8", disposition="quarantine")
        self.add_rows(CRM, 2)
        self.add_rows(LIST, 1)
        self.refresh()
        found = {
            source.key: (source.source_class, source.messages, source.receivers)
            for source in self.domain.dmarc_source_ids
        }
        self.assertEqual(
            found,
            {
                "mailjet": ("mailjet", 35, 2),
                "net:198.51.100.0/24": ("unknown_failing", 7, 1),
                "spf:crm.test": ("unknown_failing", 2, 1),
                "spf:forum.test": ("forwarder", 1, 1),
            },
        )
        stranger = self.source("net:198.51.100.0/24")
        self.assertEqual((stranger.quarantined, stranger.rejected), (4, 3))

    def test_sums_are_rebuilt_and_never_counted_up(self):
        rows = self.add_rows(MAILJET, 10, range(1, 4))
        self.refresh()
        self.refresh()
        self.assertEqual(self.source("mailjet").messages, 30)
        rows[0].unlink()
        self.refresh()
        self.assertEqual(self.source("mailjet").messages, 20)
        rows[1].counted = False
        rows[1]._note_stale()
        self.refresh()
        self.assertEqual(self.source("mailjet").messages, 10)
        rows[2].count = 11
        rows[2]._note_stale()
        self.refresh()
        self.assertEqual(self.source("mailjet").messages, 11)
        rows[1:].unlink()
        self.refresh()
        self.assertFalse(self.domain.dmarc_source_ids)
        self.assertFalse(self.sums.search([]))

    def test_a_deleted_report_counts_no_more(self):
        self.add_rows(MAILJET, 10)
        self.add_rows(MAILJET, 5, receiver="Yahoo")
        self.refresh()
        self.reports["Yahoo", self.domain].unlink()
        self.refresh()
        self.assertEqual(self.source("mailjet").messages, 10)

    def test_more_than_the_columns_hold(self):
        """A report may claim any numbers; they stop nothing."""
        other = self.create_domain("other.example")
        self.add_rows(CRM, 2**31 - 1, range(1, 4))
        self.add_rows(STRANGER, 2**31 - 1)
        self.add_rows(STRANGER, 2**31 - 1)
        self.add_rows(MAILJET, 7, domain=other)
        self.refresh()
        self.assertEqual(self.source("spf:crm.test").messages, 2**31 - 1)
        self.assertEqual(self.source("mailjet", other).messages, 7)
        self.assertTrue(self.overview()["sources"])

    def test_a_long_selector(self):
        signed = {"dkim_aligned": True, "passes": True, "dkim_domain": DOMAIN}
        selector = "".join(chr(0x4E00 + n * 79 % 20000) for n in range(253))
        self.add_rows({**STRANGER, **signed}, 1, dkim_selector=selector)
        self.refresh()
        self.assertIn(selector, self.domain.dmarc_source_ids.key)

    def test_a_refresh_without_news_reads_no_rows(self):
        self.add_rows(MAILJET, 10, range(1, 4))
        self.refresh()
        with patch.object(type(self.sums), "_rows_of_day") as read:
            self.refresh()
        read.assert_not_called()
        stale = self.env["mailjet.dmarc.statistic.stale"]
        self.assertFalse(stale.search_count([]))

    def test_days_are_summed_up_before_addresses_go(self):
        self.add_rows(CRM, 10, 200)
        rows = self.env["mailjet.dmarc.row"]
        self.assertFalse(rows._gc_rows())
        self.refresh()
        self.assertTrue(rows._gc_rows())
        self.refresh()
        day = self.today - timedelta(days=200)
        self.assertEqual(self.source("spf:crm.test").first_day, day)

    def test_only_changed_days_are_rebuilt(self):
        self.add_rows(MAILJET, 10, range(1, 4))
        self.refresh()
        days = self.env["mailjet.dmarc.statistic.stale"]
        self.assertFalse(days._to_rebuild())
        self.add_rows(MAILJET, 10, 2)
        expected = [(self.domain.id, self.today - timedelta(days=2))]
        self.assertEqual(days._to_rebuild(), expected)

    def test_sums_outlive_the_addresses(self):
        """What remains of old rows, without report and address, names nobody."""
        rows = self.add_rows(CRM, 10, 200)
        self.refresh()
        before = self.sums.search([])
        rows.write({"report_id": False, "source_ip": False, "spf_domain": False})
        rows._note_stale()
        self.add_rows(MAILJET, 1)
        self.refresh()
        self.assertLess(before, self.sums.search([]))
        self.assertEqual(before.source_id.key, "spf:crm.test")

    def test_old_mail_counts_for_the_dates_alone(self):
        self.add_rows(CRM, 10, 60)
        self.refresh()
        source = self.source("spf:crm.test")
        self.assertEqual(source.messages, 0)
        self.assertEqual(source.first_day, self.today - timedelta(days=60))
        self.assertFalse(self.overview()["sources"])
        self.assertTrue(self.overview()["has_sums"])

    def test_the_period_moves_without_new_reports(self):
        self.add_rows(CRM, 10, 28)
        self.refresh()
        self.assertEqual(self.source("spf:crm.test").messages, 10)
        self.domain.dmarc_summed_on = self.today - timedelta(days=1)
        self.sums.search([]).day = self.today - timedelta(days=29)
        self.refresh()
        self.assertEqual(self.source("spf:crm.test").messages, 0)

    def test_another_customer_of_mailjet(self):
        self.add_rows(UNSIGNED_MAILJET, 5, spf_domain="a99.bnc3.mailjet.com")
        self.refresh()
        self.assertEqual(self.domain.dmarc_source_ids.mapped("key"), ["mailjet"])
        self.add_rows(MAILJET, 50, 2)
        self.refresh()
        self.assertEqual(self.domain.dmarc_accounts, ["7"])
        stranger = self.source("mailjet:a99")
        self.assertEqual(stranger.messages, 5)
        self.assertEqual(stranger.source_class, "unknown_failing")

    # -- Decisions -------------------------------------------------------------------

    def test_decisions_and_undo(self):
        self.add_rows(CRM, 100)
        self.refresh()
        source = self.source("spf:crm.test").with_user(self.admin)
        for decision, source_class, words in (
            ("ours", "ours_failing", "Set up DKIM"),
            ("forwarder", "forwarder", "passes on emails"),
            ("not_ours", "unknown_failing", "refuse these emails"),
            (False, "unknown_failing", "probably forged"),
        ):
            with self.subTest(decision):
                self.assertIn(words, source.action_decide(decision))
                self.assertEqual(source.source_class, source_class)
        source.action_decide("ours")
        self.add_rows(CRM, 10, 3)
        self.refresh()
        self.assertEqual(source.decision, "ours", "A rebuild leaves decisions alone")
        self.env["mailjet.dmarc.row"].search([]).unlink()
        self.refresh()
        self.assertTrue(source.exists())

    def test_no_decision_on_mailjet_and_none_that_does_not_exist(self):
        self.add_rows(MAILJET, 1)
        self.add_rows(CRM, 1)
        self.refresh()
        with self.assertRaises(UserError):
            self.source("mailjet").action_decide("not_ours")
        with self.assertRaises(UserError):
            self.source("spf:crm.test").action_decide("mailjet")

    def test_marketing_reads_and_does_not_decide(self):
        self.add_rows(CRM, 100)
        self.refresh()
        source = self.source("spf:crm.test").with_user(self.user)
        self.assertEqual(source.messages, 100)
        with self.assertRaises(AccessError):
            source.action_decide("ours")
        data = self.overview(self.user)
        self.assertFalse(data["is_admin"])
        self.assertEqual(data["figures"]["messages"], 100)

    # -- Alerts ----------------------------------------------------------------------

    def test_a_new_source_in_numbers_is_reported_once(self):
        self.add_rows(CRM, 99)
        self.refresh()
        source = self.source("spf:crm.test")
        self.assertFalse(source.activity_ids)
        self.add_rows(CRM, 1)
        self.refresh()
        self.assertIn("crm.test", source.activity_ids.summary)
        self.assertIn("shop.example", source.activity_ids.summary)
        source.activity_ids.unlink()
        self.add_rows(CRM, 100)
        self.refresh()
        self.assertFalse(source.activity_ids, "once for each finding")

    def test_known_sources_are_no_news(self):
        self.add_rows(CRM, 100, range(1, 20))
        self.add_rows(LIST, 1000)
        self.add_rows(MAILJET, 1000)
        self.refresh()
        self.assertFalse(self.domain.dmarc_source_ids.activity_ids)

    def test_a_decision_ends_the_activity(self):
        self.add_rows(CRM, 100)
        self.refresh()
        source = self.source("spf:crm.test")
        self.assertTrue(source.activity_ids)
        source.with_user(self.admin).action_decide("ours")
        self.assertFalse(source.activity_ids)

    def test_alignment_that_falls_is_reported_once(self):
        self.add_rows(MAILJET, 50, range(8, 20))
        self.add_rows(MAILJET, 50, range(1, 5))
        self.refresh()
        mailjet = self.source("mailjet")
        self.assertFalse(mailjet.activity_ids)
        self.add_rows(UNSIGNED_MAILJET, 50, 1)
        self.refresh()
        self.assertIn("shop.example", mailjet.activity_ids.summary)
        self.assertIn("80 %", mailjet.activity_ids.note)
        mailjet.activity_ids.unlink()
        self.add_rows(UNSIGNED_MAILJET, 1, 2)
        self.refresh()
        self.assertFalse(mailjet.activity_ids)
        self.assertTrue(mailjet.is_reported)
        self.add_rows(MAILJET, 5000, 1)
        self.refresh()
        self.assertFalse(mailjet.is_reported, "the next fall is a new finding")
