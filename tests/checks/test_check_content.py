# pylint: disable=translation-required
import socket
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...tools.message.thresholds import BULK
from .common import BASE_URL, BODY, CheckCommon

SAMPLES_LOG = "odoo.addons.mail_mailjet.models.checks.mailing_mailing_samples"
QUIET = (SAMPLES_LOG, "odoo.addons.mail.models.mail_render_mixin", "odoo.sql_db")


@tagged("post_install", "-at_install")
class TestCheckContent(CheckCommon):
    """What is checked is the message that would leave, and nothing stays behind."""

    # What a fresh account has: nothing to compare with, domains not looked up
    USUAL = {"unknown_domains": "note"}

    def test_a_good_mailing(self):
        check = self.check()
        self.assertEqual(self.levels(check), self.USUAL)
        self.assertEqual((check.recipient_count, check.reachable_count), (8, 8))
        self.assertEqual(len(check.sample_ids), 5)
        self.assertFalse(check.is_stale)

    def test_nothing_to_fix(self):
        self.env["mailjet.recipient.domain"]._note({"roses.org": True})
        check = self.check()
        self.assertFalse(check.finding_ids)
        self.assertEqual(check.summary, "Nothing to fix")
        self.assertEqual(self.mailing.mailjet_check_state, "fine")
        self.assertIn("Nothing to fix, checked ", self.mailing.mailjet_check_words)

    def test_no_records_stay(self):
        self.env["mailjet.recipient.domain"]._note({"roses.org": True})
        campaign = self.mailing.mailjet_campaign
        before = self.row_counts()
        with patch.object(socket, "create_connection", side_effect=AssertionError):
            check = self.check()
        self.assertEqual(self.row_counts(), before)
        check.with_user(self.marketing).read_preview(1)
        self.assertEqual(self.row_counts(), before)
        self.assertEqual(self.mailing.mailjet_campaign, campaign)
        self.assertEqual(self.mailing.state, "draft")
        self.assertFalse(self.mailing.mailing_trace_ids)

    def test_nothing_is_committed(self):
        with (
            patch.object(type(self.env.cr), "commit", side_effect=AssertionError),
            # As in production, where core commits after each batch
            patch("odoo.modules.module.current_test", False),
        ):
            check = self.check()
        self.assertNotIn("not_built", self.levels(check))

    def test_the_message_is_the_one_that_leaves(self):
        """Merge fields, tracked links and headers are those of a sent mail."""
        contact = self.env["mailing.contact"].search([("email", "=", "zoe3@roses.org")])
        [built] = self.mailing._mailjet_build(self.server, contact.ids)
        message = built.sample.message
        self.assertEqual(message["Subject"], "The garden opens for Zoë zoe3")
        self.assertIn("Dear Zoë zoe3,", built.sample.words)
        self.assertEqual(message["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertIn(f"<{BASE_URL}/mailing/", message["List-Unsubscribe"])
        self.assertTrue(message["X-MJ-CustomID"] and message["X-Mailjet-Campaign"])
        [roses] = [link for link in built.sample.links if link.text == "See the roses"]
        self.assertIn("/r/", roses.href)
        self.assertEqual(roses.target, "https://roses.acme-shop.com/?to=1")
        self.assertEqual(built.sample.hidden_preheader, "See the roses on Sunday")
        [leave] = [link for link in built.sample.links if link.is_unsubscribe]
        self.assertIn("confirm_unsubscribe", leave.href)

    def test_who_gets_no_mail_has_no_sample(self):
        contacts = self.env["mailing.contact"].search(
            [("list_ids", "=", self.readers.id)]
        )
        contacts[0].subscription_ids.opt_out = True
        self.env["mail.blacklist"]._add(contacts[1].email)
        built = self.mailing._mailjet_build(self.server, contacts.ids)
        self.assertEqual([each.res_id for each in built], contacts[2:].ids)

    def test_findings_of_the_content(self):
        for code, level, changes in (
            ("merge_field", "error", {"body_html": BODY + "{{ object.name }}"}),
            ("merge_field", "error", {"subject": "Dear <t t-out='object.name'/>"}),
            ("unsubscribe_link", "error", {"body_html": "<p>Hello</p>"}),
            ("subject_empty", "error", {"subject": "{{ object.company_name or '' }}"}),
            ("clipped", "error", {"body_html": BODY + "<p>roses</p>" * 12000}),
            ("preheader", "note", {"preview": False}),
            (
                "shortener",
                "warning",
                {"body_html": BODY + '<a href="https://bit.ly/a">x</a>'},
            ),
        ):
            with self.subTest(code=code), self.env.cr.savepoint():
                before = self.mailing.read(list(changes))[0]
                self.assertEqual(self.found(**changes).get(code), level)
                before.pop("id")
                self.mailing.write(before)

    @mute_logger(*QUIET)
    def test_a_field_that_fails_for_some(self):
        contacts = self.env["mailing.contact"].search(
            [("list_ids", "=", self.readers.id)]
        )
        contacts[0].company_name = "Roses"
        body = BODY + """<t t-out="1 / (1 if object.company_name else 0)"/>"""
        check = self.check(body_html=body)
        [finding] = check.finding_ids.filtered(lambda one: one.code == "not_built")
        self.assertEqual(finding.level, "error")
        self.assertNotIn(contacts[0].name, finding.examples)
        self.assertEqual(len(finding.examples.splitlines()), 4)
        self.assertIn("division", finding.why)

    @mute_logger(*QUIET)
    def test_a_template_that_fails_for_all(self):
        before = self.row_counts()
        found = self.found(body_html=BODY + '<t t-out="object.no_such_field"/>')
        self.assertEqual(found["not_built"], "error")
        before.pop("ir_cron_trigger")
        after = self.row_counts()
        self.assertEqual({name: after[name] for name in before}, before)

    def test_attachments(self):
        file = self.env["ir.attachment"].create({"name": "a.exe", "raw": b"MZ" * 50})
        found = self.found(attachment_ids=[Command.set(file.ids)])
        self.assertEqual(found["dangerous_attachment"], "error")
        self.assertEqual(found["attachments"], "warning")

    # ------------------------------------------------------------------
    # Sender
    # ------------------------------------------------------------------

    def test_a_sender_that_mailjet_would_drop(self):
        self.server.mailjet_refreshed_on = fields.Datetime.now()
        check = self.check()
        [finding] = check.finding_ids.filtered(lambda one: one.code == "refused")
        self.assertEqual(finding.level, "error")
        self.assertIn("news@acme-shop.com", finding.why)
        self.env["mailjet.sender"].create(
            {
                "server_id": self.server.id,
                "email": "*@acme-shop.com",
                "status": "active",
            }
        )
        self.assertNotIn("refused", self.found())

    def test_the_senders_domain(self):
        def state(kind, value):
            records = self.domain.record_ids.filtered(lambda r: r.kind == kind)
            records.state = value

        for kind, value, level in (
            ("dkim", "missing", "error"),
            ("dkim", "error", "error"),
            ("dkim", "warning", "warning"),
            ("dmarc", "missing", "warning"),
            ("dmarc", "warning", None),
            ("spf", "missing", "note"),
        ):
            with self.subTest(kind=kind, value=value):
                state(kind, value)
                self.assertEqual(self.found().get(kind), level)
                state(kind, "ok")
        # Senders were read, though too long ago to stop a mail
        self.server.mailjet_refreshed_on = "2026-01-05 10:00:00"
        state("dkim", "not_checked")
        self.assertEqual(self.found()["dns_unchecked"], "note")
        self.assertEqual(
            self.found(email_from="a@other.com")["domain_unknown"], "warning"
        )
        self.assertEqual(self.found(email_from="a@gmail.com")["free_mail"], "error")

    def test_dmarc_is_an_error_in_bulk(self):
        self.domain.record_ids.filtered(lambda r: r.kind == "dmarc").state = "missing"
        findings = (
            self.env["mailjet.check"]
            .new({"mailing_id": self.mailing.id, "server_id": self.server.id})
            ._delivery_findings(int(BULK.value) + 1)
        )
        levels = {finding.code: finding.level.value for finding in findings}
        self.assertEqual(levels, {"dmarc": "error", "volume": "warning"})

    # ------------------------------------------------------------------
    # Limits
    # ------------------------------------------------------------------

    def test_limits_of_the_plan(self):
        self.server.write({"mailjet_daily_limit": 3, "mailjet_contact_limit": 5})
        check = self.check()
        found = self.levels(check)
        self.assertEqual((found["limit"], found["contact_limit"]), ("warning",) * 2)
        # Three today, three tomorrow, two on the day after
        today = fields.Datetime.start_of(fields.Datetime.now(), "day")
        self.assertEqual(check.ends_on, today + timedelta(days=2))
        self.server.write({"mailjet_daily_limit": 8, "mailjet_contact_limit": 8})
        check = self.check()
        self.assertFalse({"limit", "contact_limit"} & set(self.levels(check)))
        self.assertFalse(check.ends_on)

    def test_the_rate_of_the_last_mailing(self):
        self.assertIn("Unknown", self.check().duration)
        now = fields.Datetime.now()
        last = self.create_mailing(state="done", sent_date=now)
        self.env["mailing.trace"].create(
            [
                {
                    "mass_mailing_id": last.id,
                    "model": "mailing.contact",
                    "res_id": number + 1,
                    "trace_status": "sent",
                    "sent_datetime": now + timedelta(seconds=10 * number),
                }
                for number in range(60)
            ]
        )
        check = self.check()
        self.assertEqual(check.seconds, round(8 / (60 / 590)))
        self.assertEqual(check.duration, "A minute or two")

    def test_policy_rates(self):
        self.env["mailjet.policy.limit"].create(
            {"server_id": self.server.id, "kind": "bounced", "state": "half"}
        )
        self.assertEqual(self.found()["policy"], "warning")
        self.env["mailjet.policy.limit"].create(
            {"server_id": self.server.id, "kind": "blocked", "state": "over"}
        )
        self.assertEqual(self.found()["policy"], "error")

    # ------------------------------------------------------------------
    # The line on the mailing, rights
    # ------------------------------------------------------------------

    def test_a_change_makes_the_check_old(self):
        check = self.check()
        self.assertEqual(self.mailing.mailjet_check_state, "fine")
        for vals in (
            {"subject": "Other"},
            {"body_html": BODY + "<p>More</p>"},
            {"email_from": "other@acme-shop.com"},
            {"attachment_ids": [Command.create({"name": "a.txt", "raw": b"a"})]},
        ):
            with self.subTest(vals=vals):
                self.check()
                self.assertNotEqual(self.mailing.mailjet_check_state, "stale")
                self.mailing.write(vals)
                self.assertEqual(self.mailing.mailjet_check_state, "stale")
                self.assertTrue(check.is_stale)
                self.assertTrue(self.mailing.mailjet_check_words)
        self.check()
        form = self.mailing.new(origin=self.mailing)
        self.assertNotEqual(form.mailjet_check_state, "stale")
        form.subject = "Being typed"
        self.assertEqual(form.mailjet_check_state, "stale")

    def test_only_mailings_through_mailjet(self):
        other = self.create_other_server()
        self.mailing.mail_server_id = other
        self.assertFalse(self.mailing.mailjet_can_check)
        with self.assertRaises(UserError):
            self.check()
        self.mailing.mail_server_id = self.server
        self.assertTrue(self.mailing.mailjet_can_check)
        self.check()
        self.mailing.state = "done"
        self.assertFalse(
            self.mailing.mailjet_can_check or self.mailing.mailjet_check_words
        )

    def test_a_check_is_kept_once(self):
        self.assertEqual(self.check(), self.check(subject="Other"))

    def test_a_copy_has_no_check(self):
        self.check()
        self.assertFalse(self.mailing.copy().mailjet_check_ids)

    def test_rights(self):
        check = self.check()
        internal = new_test_user(self.env, "mj_internal", groups="base.group_user")
        for act in (
            self.mailing.with_user(internal).action_mailjet_check,
            check.with_user(internal).action_check_again,
            check.with_user(internal).read_preview,
            lambda: check.with_user(internal).read(["summary"]),
            lambda: check.with_user(self.marketing).write({"links_key": "x"}),
            lambda: check.finding_ids.with_user(self.marketing).unlink(),
        ):
            with self.assertRaises(AccessError):
                act()
        check.with_user(self.marketing).action_check_again()
        [cure] = check.finding_ids.with_user(self.marketing).mapped("cure")
        self.assertIn("Check links and domains", cure)

    def test_samples_are_recipients_whom_the_user_may_see(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "One contact",
                "model_id": self.env["ir.model"]._get_id("mailing.contact"),
                "domain_force": "[('email', '=', 'zoe4@roses.org')]",
                "groups": [],
            }
        )
        check = self.check()
        self.assertEqual((check.recipient_count, len(check.sample_ids)), (8, 1))
        preview = check.with_user(self.marketing).read_preview()
        self.assertEqual(len(preview["recipients"]), 1)
        rule.domain_force = "[(0, '=', 1)]"
        self.env.registry.clear_cache()
        check = self.check()
        self.assertEqual(self.levels(check)["no_sample"], "note")
        self.assertFalse(check.sample_ids)
