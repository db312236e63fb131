# pylint: disable=translation-required
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..common import API_KEY, MailjetRestCommon
from ..standins import RestStandin
from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestQuota(MailRefusedCommon):
    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.point_at(self.server, mailjet_api_url=self.rest.url)

    _request_handler = MailjetRestCommon._request_handler

    def test_the_rest_waits_for_the_next_day(self):
        self.server.mailjet_daily_limit = 4
        now = datetime(2026, 3, 5, 12)
        with freeze_time(now):
            mails = self.create_mails(10)
            mails.send()
            self.assertEqual(len(self.arrived()), 4)
            self.assertEqual(self.server.mailjet_used_today, 4)
            waiting = mails.filtered(lambda mail: mail.state == "outgoing")
            self.assertEqual(len(waiting), 6)
            self.assertEqual(set(waiting.mapped("mailjet_waits_for")), {"limit"})
            midnight = datetime(2026, 3, 6)
            self.assertEqual(set(waiting.mapped("scheduled_date")), {midnight})
            self.assertEqual(self.server.mailjet_waiting_count, 6)
        for day, count in ((6, 8), (7, 10)):
            with freeze_time(datetime(2026, 3, day, 1)):
                self.env.invalidate_all()
                self.env["mail.mail"].process_email_queue()
            self.assertEqual(len(self.arrived()), count)

    def test_the_month_counts_too(self):
        self.server.write({"mailjet_daily_limit": 5, "mailjet_monthly_limit": 3})
        with freeze_time(datetime(2026, 1, 31, 12)):
            mails = self.create_mails(4)
            mails.send()
            self.assertEqual(len(self.arrived()), 3)
            waiting = mails.filtered(lambda mail: mail.state == "outgoing")
            self.assertEqual(waiting.scheduled_date, datetime(2026, 2, 1))

    def test_every_recipient_counts(self):
        self.server.mailjet_daily_limit = 3
        partners = self.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in ("a", "b")]
        )
        mails = self.create_mails(
            2, email_to=False, recipient_ids=[Command.set(partners.ids)]
        )
        mails.send()
        self.assertEqual(self.arrived(), ["a@example.org", "b@example.org"])
        self.assertEqual(self.server.mailjet_used_today, 2)

    def test_a_mailing_says_how_many_wait(self):
        mailing_list = self.env["mailing.list"].create({"name": "Friends"})
        self.env["mailing.contact"].create(
            [
                {"email": f"c{number}@example.org", "list_ids": mailing_list.ids}
                for number in range(5)
            ]
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Hello",
                "body_html": "<p>Hello</p>",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "mail_server_id": self.server.id,
                "email_from": "info@company.example",
            }
        )
        self.server.mailjet_daily_limit = 2
        with freeze_time(datetime(2026, 3, 5, 12)):
            mailing.action_send_mail()
            self.assertEqual(mailing.mailjet_waiting_count, 3)
            self.assertEqual(mailing.mailjet_waiting_until, datetime(2026, 3, 6))
            self.assertIn("limit of the Mailjet plan", mailing.mailjet_waiting_reason)
        status = mailing.mailing_trace_ids.mapped("trace_status")
        self.assertEqual(sorted(status), ["outgoing"] * 3 + ["sent"] * 2)
        with freeze_time(datetime(2026, 3, 7)):
            self.server.mailjet_daily_limit = 0
            self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()
        self.assertEqual(mailing.mailjet_waiting_count, 0)
        self.assertEqual(
            set(mailing.mailing_trace_ids.mapped("trace_status")), {"sent"}
        )

    def test_a_higher_limit_lets_them_go(self):
        self.server.mailjet_daily_limit = 1
        mails = self.create_mails(3)
        mails.send()
        self.server.mailjet_daily_limit = 0
        self.run_queue(timedelta(minutes=1))
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_mailjets_own_count(self):
        """It knows of mail that others sent with the same account."""
        self.mailjet.store.add_message(
            api_key=API_KEY,
            mail_from="a@example.com",
            rcpt_tos=["b@example.com", "c@example.com"],
            content=b"Subject: Hi\r\n\r\n",
            port=587,
            security="starttls",
            auth_mechanism="PLAIN",
        )
        self.server.action_mailjet_read_quota()
        self.assertEqual(self.server.mailjet_counted_today, 2)
        self.assertEqual(self.server.mailjet_counted_month, 2)
        self.assertEqual(self.server.mailjet_used_today, 2)
        self.server.mailjet_daily_limit = 3
        mails = self.create_mails(2)
        mails.send()
        self.assertEqual(sorted(mails.mapped("state")), ["outgoing", "sent"])
        # Yesterday's count says nothing about today
        self.server.mailjet_counted_on = fields.Datetime.subtract(
            fields.Datetime.now(), days=2
        )
        self.env.invalidate_all()
        self.assertEqual(self.server.mailjet_used_today, 1)

    def test_the_cron_survives_an_outage(self):
        other = self.create_server("Second", mailjet_api_url=self.rest.url)
        self.rest.faults.add("unauthorized")
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_read_quota").method_direct_trigger()
        read = (self.server + other).filtered("mailjet_counted_on")
        self.assertEqual(len(read), 1)

    def test_free_plan(self):
        self.server.action_mailjet_free_plan()
        self.assertEqual(self.server.mailjet_daily_limit, 200)
        self.assertEqual(self.server.mailjet_monthly_limit, 6000)
        with self.assertRaises(UserError):
            self.server.mailjet_daily_limit = -1

    def test_without_a_limit_no_query_more(self):
        """Batches of any size cost the same; a stock server costs nothing."""
        other = self.create_other_standin_server()

        def queries(server, count):
            mails = self.create_mails(count, mail_server_id=server.id)
            mails.flush_recordset()
            before = self.cr.sql_log_count
            split = list(mails._split_by_mail_configuration())
            self.assertEqual(len(split[0][-1]), count)
            return self.cr.sql_log_count - before

        for server in (self.server, other):
            queries(server, 1)
            self.assertEqual(queries(server, 2), queries(server, 30))

    def test_the_hour(self):
        self.server.mailjet_hourly_limit = 4
        with freeze_time(datetime(2026, 3, 5, 12, 20)):
            mails = self.create_mails(10)
            mails.send()
            self.assertEqual(len(self.arrived()), 4)
            self.assertEqual(self.server.mailjet_used_hour, 4)
            waiting = mails.filtered(lambda mail: mail.state == "outgoing")
            self.assertEqual(
                set(waiting.mapped("scheduled_date")), {datetime(2026, 3, 5, 13)}
            )
        for hour, count in ((12, 4), (13, 8), (14, 10)):
            with freeze_time(datetime(2026, 3, 5, hour, 59)):
                self.env.invalidate_all()
                self.env["mail.mail"].process_email_queue()
            self.assertEqual(len(self.arrived()), count)

    def test_a_mailing_says_that_it_waits_for_the_next_hour(self):
        self.server.mailjet_hourly_limit = 1
        mailing = self.create_mailing("a@example.org", "b@example.org")
        with freeze_time(datetime(2026, 3, 5, 9)):
            mailing.action_send_mail()
            self.assertIn("hourly limit", mailing.mailjet_waiting_reason)
            self.assertEqual(mailing.mailjet_waiting_until, datetime(2026, 3, 5, 10))

    def test_an_hourly_limit_ends_by_itself(self):
        self.server.mailjet_hourly_limit = 1
        self.server.mailjet_hourly_limit_until = datetime(2026, 3, 5, 12)
        for hour, count in ((11, 1), (12, 4)):
            with freeze_time(datetime(2026, 3, 5, hour, 30)):
                self.create_mails(3).send()
            self.assertEqual(len(self.arrived()), count)

    def test_each_recipient_counts_once(self):
        partners = self.env["res.partner"].create(
            [{"name": "Two", "email": "p1@example.org, p2@example.org"}]
        )
        mail = self.create_mails(
            1,
            email_to="Anna <a@example.org>, A@EXAMPLE.org, b@bücher.example",
            email_cc="b@xn--bcher-kva.example, a@example.org, c@example.org",
            recipient_ids=[Command.set(partners.ids)],
        )
        self.assertEqual(mail._mailjet_recipient_count(), 5)
        mail.send()
        self.assertEqual(self.server.mailjet_used_today, 5)

    def test_smaller_mails_pass_a_large_one_and_it_goes_first_the_next_day(self):
        self.server.mailjet_daily_limit = 4
        many = ", ".join(f"m{number}@example.org" for number in range(4))
        with freeze_time(datetime(2026, 3, 5, 12)):
            self.create_mails(1).send()
            large = self.create_mails(1, email_to=many)
            large.send()
            self.create_mails(2).send()
            self.assertEqual(len(self.arrived()), 3)
            self.assertEqual(large.state, "outgoing")
        with freeze_time(datetime(2026, 3, 6, 0, 0, 5)):
            # Before the queue runs
            hasty = self.create_mails(1)
            hasty.send()
            self.assertEqual(hasty.state, "outgoing", "The place is taken")
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(large.state, "sent")
        self.assertEqual(len(self.arrived()), 7)
        with freeze_time(datetime(2026, 3, 7, 1)):
            self.env.invalidate_all()
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(hasty.state, "sent")

    def test_what_is_refused_is_given_back(self):
        self.server.mailjet_daily_limit = 10
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown", after=1)
        self.create_mails(1, email_to="a@x.example, b@x.example, c@x.example").send()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.server.mailjet_used_today, 2)

    def test_what_a_pause_stops_is_given_back(self):
        self.server.mailjet_daily_limit = 10
        reply = "550 5.7.1 Your account has been suspended"
        self.mailjet.faults.add("MAIL", reply, times=None, after=2)
        self.create_mails(7).send()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.server.mailjet_used_today, 2)

    def test_what_no_connection_takes_is_given_back(self):
        self.server.mailjet_daily_limit = 10
        self.mailjet.faults.add("AUTH", "535 5.7.8 No", times=None)
        self.create_mails(3).send()
        self.assertEqual(self.server.mailjet_used_today, 0)
        self.server.action_mailjet_resume()
        with self.assertRaises(MailDeliveryException):
            self.create_mails(3).send(raise_exception=True)
        self.assertEqual(self.server.mailjet_used_today, 0)

    def test_given_back_to_the_hour_of_the_reservation(self):
        self.server.mailjet_hourly_limit = 3
        with freeze_time(datetime(2026, 3, 5, 11, 59)):
            self.server._mailjet_reserve({1: 3})
        with freeze_time(datetime(2026, 3, 5, 12, 1)):
            self.server._mailjet_give_back(3, datetime(2026, 3, 5, 11, 59))
            self.env.flush_all()
            self.assertEqual(self.server.mailjet_used_hour, 0)
            self.assertEqual(self.server._mailjet_reserve({2: 4, 3: 3}).chosen, [3])

    def test_a_change_releases_only_what_waits(self):
        self.server.mailjet_daily_limit = 1
        mails = self.create_mails(4)
        mails.send()
        waiting = mails.filtered(lambda mail: mail.state == "outgoing")
        waiting[0].cancel()
        waiting[1].state = "mailjet_in_flight"
        dates = waiting[:2].mapped("scheduled_date")
        self.server.mailjet_hourly_limit = 100
        self.assertEqual(waiting[:2].mapped("scheduled_date"), dates)
        self.assertLessEqual(waiting[2].scheduled_date, fields.Datetime.now())
        self.assertEqual(
            waiting.mapped("state"), ["cancel", "mailjet_in_flight", "outgoing"]
        )
