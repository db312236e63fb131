from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import MailjetCommon


@tagged("post_install", "-at_install")
class TestMailjetStatus(MailjetCommon):
    """One card says how things are with an account, wherever it stands."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server()

    def card(self, server=None):
        server = server or self.server
        server.invalidate_recordset()
        return server.mailjet_status

    def lines(self, server=None):
        return {line["key"]: line for line in self.card(server)["lines"]}

    def add_domain(self, name="company.example", **states):
        domain = self.env["mailjet.domain"].create(
            {"server_id": self.server.id, "name": name, "mailjet_id": name}
        )
        for kind, state in states.items():
            domain.record_ids.create(
                {"domain_id": domain.id, "kind": kind, "state": state}
            )
        return domain

    def add_sender(self, email):
        self.env["mailjet.sender"].create(
            {
                "server_id": self.server.id,
                "email": email,
                "status": "active",
                "mailjet_id": email,
            }
        )

    def put_in_order(self):
        now = fields.Datetime.now()
        self.server.write(
            {
                "mailjet_state": "working",
                "mailjet_tested_on": now,
                "mailjet_refreshed_on": now,
                "mailjet_daily_limit": 1000,
            }
        )
        self.add_domain(ownership="ok", spf="ok", dkim="ok", dmarc="ok", mx="ok")
        self.add_sender("*@company.example")
        self.env["mailjet.callback"].create(
            [
                {"server_id": self.server.id, "event": event, "state": "ours"}
                for event in ("sent", "open", "bounce")
            ]
        )

    def test_a_new_server_shows_what_comes_next(self):
        lights = {key: line["light"] for key, line in self.lines().items()}
        self.assertEqual(
            lights,
            {
                "account": "ok",
                "keys": "unknown",
                "domains": "warning",
                "senders": "unknown",
                "events": "warning",
                "dmarc": "unknown",
                "queue": "ok",
                "plan": "unknown",
            },
        )
        self.assertEqual(self.card()["light"], "warning")

    def test_all_is_in_order(self):
        self.put_in_order()
        for key, line in self.lines().items():
            with self.subTest(line=key):
                self.assertEqual(line["light"], "ok", line["words"])
                self.assertFalse("None" in line["words"] or "False" in line["words"])
        self.assertEqual(self.card()["light"], "ok")

    def test_each_part_reports_its_trouble(self):
        self.put_in_order()
        records = self.server.mailjet_domain_ids.record_ids.grouped("kind")
        sender = self.server.mailjet_sender_ids
        callbacks = self.server.mailjet_callback_ids
        failing = {"mailjet_state": "failing", "mailjet_failure": "No answer\nx"}
        for key, record, vals, light in (
            ("keys", self.server, failing, "error"),
            ("domains", records["dkim"], {"state": "missing"}, "error"),
            ("dmarc", records["dmarc"], {"state": "missing"}, "warning"),
            ("senders", sender, {"status": "inactive"}, "error"),
            ("events", callbacks[:1], {"state": "suspended"}, "error"),
            ("plan", self.server, {"mailjet_daily_limit": 0}, "unknown"),
            ("account", self.server, {"active": False}, "unknown"),
        ):
            with self.subTest(part=key), self.env.cr.savepoint() as savepoint:
                record.write(vals)
                self.assertEqual(self.lines()[key]["light"], light)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_server_for_mailings_that_they_do_not_use(self):
        other = self.create_server("Other", mailjet_purpose="mass_mailing")
        self.server.mailjet_purpose = "mass_mailing"
        other._make_dedicated()
        line = self.lines()["account"]
        self.assertEqual(
            (line["light"], line["next"]), ("warning", "Use it for mailings")
        )
        self.server.action_mailjet_next_step("account")
        self.assertEqual(self.lines()["account"]["light"], "ok")

    def test_the_queue_says_what_is_stuck(self):
        self.put_in_order()
        mails = self.env["mail.mail"].create(
            [
                {"mail_server_id": self.server.id, "email_to": f"{n}@x.example"}
                for n in "ab"
            ]
        )
        line = self.lines()["queue"]
        self.assertEqual((line["light"], line["words"]), ("ok", "Waiting: 2"))
        mails[0].state = "exception"
        line = self.lines()["queue"]
        self.assertEqual((line["light"], line["words"]), ("warning", "Failed: 1"))

    def test_every_next_step_leads_somewhere(self):
        for line in self.card()["lines"]:
            if line["next"] and line["key"] not in ("keys", "senders"):
                with self.subTest(line=line["key"]):
                    action = self.server.action_mailjet_next_step(line["key"])
                    self.assertIn("type", action)
        for view in ("events", "queue", "usage"):
            arch = self.MailServer.get_view(
                self.env.ref(f"mail_mailjet.ir_mail_server_view_form_on_{view}").id
            )["arch"]
            self.assertEqual(arch.count("autofocus"), 2, view)

    def test_a_server_of_others_has_no_card(self):
        other = self.MailServer.create({"name": "Other", "smtp_host": "localhost"})
        self.assertFalse(other.mailjet_status)

    def test_settings_show_every_account(self):
        second = self.create_server("Second")
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(
            {card["id"] for card in settings.mailjet_status},
            {self.server.id, second.id},
        )

    def test_settings_always_have_the_block(self):
        self.MailServer.search([]).unlink()
        arch = self.env["res.config.settings"].get_view()["arch"]
        for block in ("email-mailjet-setting", "marketing-mailjet-setting"):
            self.assertRegex(arch, f'<setting[^>]*id="{block}"(?![^>]*invisible)')

    def test_a_marketing_user_reads_but_cannot_act(self):
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        user = new_test_user(self.env, "mj_status", groups)
        data = self.env["mailjet.dashboard"].with_user(user).read_dashboard()
        self.assertEqual({line["next"] for line in data["status"]["lines"]}, {False})
        with self.assertRaises(AccessError):
            self.server.with_user(user).action_mailjet_next_step("queue")

    def queries_of_card(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertTrue(self.server.mailjet_status)
        return self.env.cr.sql_log_count - before

    def test_the_number_of_queries_does_not_grow(self):
        self.put_in_order()
        counts = []
        for number in range(4):
            self.add_domain(f"d{number}.example", dkim="ok", dmarc="missing")
            self.add_sender(f"*@d{number}.example")
            counts.append(self.queries_of_card())
        self.assertEqual(counts[1], counts[-1], counts)

    def test_the_last_event_is_found_without_reading_all(self):
        self.put_in_order()
        self.env.cr.execute(
            """
            INSERT INTO mailjet_event (server_id, key, event, date, received_on, origin,
                                       state, mailjet_message_id)
            SELECT %s, number, 'sent', moment, moment, 'webhook', 'foreign', number
              FROM generate_series(1, 10000) AS number,
                   LATERAL (SELECT now() AT TIME ZONE 'UTC'
                                   - number * interval '1 minute') AS at (moment)
            """,
            [self.server.id],
        )
        self.env.cr.execute("ANALYZE mailjet_event")
        before = self.rows_read("mailjet_event")
        self.assertIn("Last received", self.lines()["events"]["words"])
        self.assertLess(self.rows_read("mailjet_event") - before, 10)
