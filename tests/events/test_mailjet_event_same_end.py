# pylint: disable=translation-required
import json
import random
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ...tools.mailjet.event import read_post
from ..standins import events_of
from .test_mailjet_event_loop import MailjetLoopCommon

# What becomes of each at the stand-in
LOCAL_PARTS = ("fine", "open", "click", "bounce", "soft", "full", "blocked")


@tagged("post_install", "-at_install")
class TestMailjetEventSameEnd(MailjetLoopCommon):
    """Whatever comes first, the state is the summary of all events."""

    def setUp(self):
        super().setUp()
        self.server.mailjet_tracking = "mailjet"
        self.since = fields.Datetime.now() - timedelta(hours=1)

    def post(self, *events):
        post = read_post(json.dumps(events).encode())
        self.env["mailjet.event"]._receive(self.server, post)
        self.apply()

    def catch_up(self):
        self.server._mailjet_schedule_catch_up(self.since)
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_catch_up").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.server.mailjet_catch_up_from)
        self.apply()

    def posts(self):
        return [
            event
            for message in self.mailjet.store.messages
            for event in events_of(message, {})
        ]

    def clicks(self):
        return self.env["mailjet.event"].search([("event", "=", "click")])

    def test_a_click_that_was_posted_and_read(self):
        self.create_mailing("click@example.org").action_send_mail()
        for steps in (
            (lambda: self.post(*self.posts()), self.catch_up),
            (self.catch_up, lambda: self.post(*self.posts())),
            (self.catch_up, self.catch_up, lambda: self.post(*self.posts())),
            (lambda: self.post(*self.posts()), self.catch_up, self.catch_up),
        ):
            self.env["mailjet.event"].search([]).unlink()
            for step in steps:
                step()
            click = self.clicks()
            self.assertEqual(click.url, "https://www.example.com/offer")
            self.assertEqual(click.state, "applied")

    def test_two_links_in_one_second_stay_two_clicks(self):
        self.create_mailing("click@example.org").action_send_mail()
        [click] = [event for event in self.posts() if event["event"] == "click"]
        self.catch_up()
        self.assertEqual(len(self.clicks()), 1)
        self.post(click, {**click, "url": "https://www.example.com/other"})
        self.catch_up()
        self.assertEqual(len(self.clicks()), 2)
        self.assertTrue(all(self.clicks().mapped("url")))

    def test_a_click_without_a_post_is_kept(self):
        mailing = self.create_mailing("click@example.org")
        mailing.action_send_mail()
        self.catch_up()
        self.catch_up()
        self.assertEqual(len(self.clicks()), 1)
        self.assertEqual(mailing.mailing_trace_ids.trace_status, "open")

    def test_any_order_of_hand_over_events_confirmation_and_catch_up(self):
        randomly = random.Random(11)
        ends = []
        for number in range(6):
            self.mailjet.store.clear_messages()
            emails = [f"{name}+{number}@example.org" for name in LOCAL_PARTS]
            mailing = self.create_mailing(*emails)
            mailing.action_send_mail()
            traces = mailing.mailing_trace_ids
            self.assertEqual(len(traces), len(LOCAL_PARTS))
            if number:
                # As if the connection had broken after the last byte
                traces.write({"trace_status": "outgoing", "sent_datetime": False})
            steps = [lambda event=event: self.post(event) for event in self.posts()]
            steps += [self.catch_up, lambda traces=traces: self.confirm(traces)]
            if number:
                steps += randomly.choices(steps, k=5)
                randomly.shuffle(steps)
            for step in steps:
                step()
            ends.append(self.end_of(traces))
        for end in ends[1:]:
            self.assertEqual(end, ends[0])
        statuses = {name: end[0] for name, end in ends[0].items()}
        self.assertEqual(statuses["bounce"], "bounce")
        self.assertEqual(statuses["click"], "open")
        self.assertEqual(statuses["fine"], "sent")

    def confirm(self, traces):
        """Write that Mailjet has these after all, as recovery does."""
        traces.with_context(mailjet_handed_over="pending").set_sent()

    def end_of(self, traces):
        return {
            trace.email.partition("+")[0]: (
                trace.trace_status,
                trace.failure_type,
                bool(trace.sent_datetime),
                bool(trace.mailjet_delivered_on),
                bool(trace.open_datetime),
                bool(trace.links_click_datetime),
                sorted(trace.mailjet_event_ids.mapped("event")),
                self.env["mailing.contact"].browse(trace.res_id).message_bounce,
            )
            for trace in traces
        }

    def test_one_missing_history_does_not_hold_up_the_others(self):
        emails = [f"{name}@example.org" for name in ("a", "b", "c")]
        mailing = self.create_mailing(*emails)
        mailing.action_send_mail()
        [first, *_others] = self.posts()
        path = f"messagehistory/{first['MessageID']}"
        for kind, options in (("error", {"status": 404}), ("garbage", {})):
            with self.subTest(kind=kind):
                self.env["mailjet.event"].search([]).unlink()
                self.rest.faults.add(kind, path=path, times=None, **options)
                logger = (
                    "odoo.addons.mail_mailjet.models.events.ir_mail_server_catch_up"
                )
                with self.assertLogs(logger, "WARNING") as log:
                    self.catch_up()
                self.assertIn(str(first["MessageID"]), log.output[0])
                self.assertEqual(self.env["mailjet.event"].search_count([]), 2)
                self.rest.faults.clear()

    def test_the_end_of_an_outage_is_not_in_the_future(self):
        now = fields.Datetime.now()
        self.create_mailing("a@example.org").action_send_mail()
        [event] = self.posts()
        self.post(event)
        future = int((now + timedelta(days=400)).timestamp())
        self.post({**event, "event": "open", "time": future})
        self.assertEqual(
            max(self.env["mailjet.event"].search([]).mapped("date")).year,
            (now + timedelta(days=400)).year,
        )
        self.server.invalidate_recordset()
        self.assertLessEqual(self.server.mailjet_last_event_on, fields.Datetime.now())

    def test_a_foreign_event_has_its_day_summed_up_again(self):
        self.post(
            {
                "event": "open",
                "time": 1772700000,
                "MessageID": 77,
                "email": "a@b.example",
                "CustomID": "newsletter",
            }
        )
        self.assertEqual(self.env["mailjet.event"].search([]).state, "foreign")
        self.env.cr.execute("SELECT DISTINCT date FROM mailjet_statistic_stale")
        days = [str(day) for [day] in self.env.cr.fetchall()]
        self.assertEqual(days, ["2026-03-05"])
