import gzip
import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...controllers.mail_mailjet import LARGEST_POST
from .common import SENT_AT, MailjetPostCommon

CONTROLLER = "odoo.addons.mail_mailjet.controllers.mail_mailjet"
CONTENT_TYPES = (
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
)


@tagged("post_install", "-at_install")
class TestMailjetEventPosts(MailjetPostCommon):
    def test_every_proven_post_is_answered_with_200(self):
        trace = self.traces[0]
        empty = {"event": "open", "time": SENT_AT, "MessageID": 0, "email": ""}
        for body, count in (
            ([self.event("sent", trace)], 1),
            ([self.event("sent", trace)], 1),
            (self.event("open", trace), 2),
            ([], 2),
            (empty, 2),
            ([self.event("typofix", trace)], 3),
            ([None, 1, "x", self.event("click", trace)], 4),
            ([self.event("bounce", trace, comment="a\0b", hard_bounce="true")], 5),
            ([self.event("spam", "foreign")], 6),
        ):
            with self.subTest(body=body):
                for content_type in CONTENT_TYPES:
                    headers = {"Content-Type": content_type}
                    response = self.post(body, headers=headers)
                    self.assertEqual(response.status_code, 200)
                self.assertEqual(len(self.stored()), count)
        self.assertEqual(set(self.stored().mapped("state")), {"new"})
        bounce = self.stored().filtered(lambda event: event.event == "bounce")
        self.assertEqual((bounce.bounce_type, bounce.comment), ("hard", "ab"))

    def test_a_post_of_which_nothing_can_be_kept_is_refused_with_the_reason(self):
        form = "payload=%5B%7B%22event%22%3A%22sent%22%7D%5D&token=x&self=y"
        for body, reason in (
            ("not JSON", "no event in 'not JSON'"),
            (b"\xff\xfe\x00", "no event in"),
            ("12", "no event in '12'"),
            (form, "no event in 'payload="),
            (f"--b\r\n\r\n{form}\r\n--b--", "no event in '--b"),
            (gzip.compress(b"[]")[:-9], "not complete"),
        ):
            for content_type in CONTENT_TYPES:
                with self.subTest(body=body, content_type=content_type):
                    with self.assertLogs(CONTROLLER, "WARNING") as log:
                        response = self.post(
                            body, headers={"Content-Type": content_type}
                        )
                    self.assertEqual(response.status_code, 400)
                    self.assertIn(reason, log.output[0])
        self.assertFalse(self.stored())

    def test_one_damaged_string_costs_no_event(self):
        """What was sent is kept for whoever looks."""
        events = [self.event("sent", trace, comment="MARK") for trace in self.traces]
        body = json.dumps(events).encode().replace(b"MARK", b"Bo\xeete\0", 1)
        self.assertEqual(self.post(body).status_code, 200)
        stored = self.stored()
        self.assertEqual(len(stored), len(events))
        damaged = stored.filtered("damaged")
        self.assertEqual(damaged.comment, "Bo\ufffdte\ufffd")
        self.assertIn(r"Bo\xeete\x00", damaged.damaged)

    def test_what_came_another_way_is_taken_in(self):
        number = json.dumps(self.event("open", self.traces[1], n="N")).encode()
        for body, headers in (
            (
                gzip.compress(json.dumps(self.event("sent", self.traces[0])).encode()),
                {},
            ),
            (number.replace(b'"N"', b"7" * 6000), {}),
            (
                b"\xef\xbb\xbf"
                + json.dumps(self.event("open", self.traces[2])).encode(),
                {},
            ),
            (
                gzip.compress(json.dumps(self.event("open", self.traces[3])).encode()),
                {"Content-Encoding": "gzip", "Content-Type": "application/json"},
            ),
        ):
            before = len(self.stored())
            self.assertEqual(self.post(body, headers=headers).status_code, 200)
            self.assertEqual(len(self.stored()), before + 1)

    def test_ten_thousand_events_in_one_post(self):
        events = [
            {
                "event": "open",
                "time": SENT_AT + n,
                "MessageID": 2**60 + n,
                "email": "a@b.c",
            }
            for n in range(10000)
        ]
        self.assertEqual(self.post(events).status_code, 200)
        self.assertEqual(self.env["mailjet.event"].search_count([]), 10000)

    def test_a_post_of_several_mebibytes(self):
        events = [
            self.event("open", self.traces[0], n, agent="x" * 500, url="y" * 500)
            for n in range(8000)
        ]
        body = json.dumps(events)
        self.assertGreater(len(body), 8 * 1024 * 1024)
        self.assertEqual(self.post(body).status_code, 200)
        self.assertEqual(self.env["mailjet.event"].search_count([]), 8000)

    def test_a_post_that_is_too_large(self):
        for body in (b" " * (LARGEST_POST + 1), gzip.compress(b" " * LARGEST_POST * 2)):
            with self.assertLogs(CONTROLLER, "WARNING") as log:
                self.assertEqual(self.post(body).status_code, 413)
            self.assertIn("larger than 32 MiB", log.output[0])

    def test_unproven_posts(self):
        event = [self.event("sent", self.traces[0])]
        password = self.server.mailjet_event_password
        for token, login in (
            ("wrong", None),
            (None, ("mailjet", "wrong")),
            (None, ("mailjet", "")),
            (self.server.mailjet_event_token[:-1], None),
            ("x", ("mailjet", password)),
            ("%C3%A9t%C3%A9", ("mailjet", password)),
            (None, ("mailjet", "été")),
            ("%FF%00", ("mailjet", "\udcff")),
        ):
            with self.subTest(token=token, login=login):
                response = self.post(event, token=token, login=login)
                self.assertEqual(response.status_code, 404)
                self.assertFalse(response.content)
        response = self.url_open(
            f"/mailjet/events/{self.server.mailjet_event_token}", data="[]"
        )
        self.assertEqual(response.status_code, 404)
        self.assertFalse(self.stored())

    def test_no_log_shows_the_token(self):
        token = self.server.mailjet_event_token
        with self.assertLogs(level="DEBUG") as log:
            self.post([])
            self.post([], login=("mailjet", "wrong"))
        self.assertNotIn(token, "\n".join(log.output))

    def test_nothing_of_an_unproven_post_is_read_or_logged(self):
        """Not even its size: 413 would prove that the address exists."""
        body = b"secret-of-somebody=" + b"x" * LARGEST_POST
        for content_type in CONTENT_TYPES:
            with self.subTest(content_type=content_type):
                with self.assertLogs(level="DEBUG") as log:
                    response = self.post(
                        body,
                        login=("mailjet", "wrong"),
                        headers={"Content-Type": content_type},
                    )
                self.assertEqual(response.status_code, 404)
                self.assertNotIn("secret-of-somebody", "\n".join(log.output))

    def test_no_session_is_kept(self):
        self.opener.cookies.clear()
        response = self.post([])
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))

    def test_a_server_in_set_up_takes_the_events_of_its_test(self):
        self.server.write({"active": False, "mailjet_setup_unfinished": True})
        self.post([self.event("sent", self.traces[0])])
        self.assertEqual(len(self.stored()), 1)

    def test_an_archived_server_stores_nothing(self):
        self.server.active = False
        self.assertEqual(
            self.post([self.event("sent", self.traces[0])]).status_code, 200
        )
        self.assertFalse(self.stored())

    def test_a_copy_for_testing_stores_nothing(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.assertEqual(
            self.post([self.event("sent", self.traces[0])]).status_code, 200
        )
        self.assertFalse(self.stored())

    def test_a_renewed_token(self):
        old = self.server.mailjet_event_token
        self.server._mailjet_renew_token()
        self.assertNotEqual(self.server.mailjet_event_token, old)
        self.assertEqual(self.post([]).status_code, 200)
        self.assertEqual(self.post([], token=old).status_code, 200)
        self.server.mailjet_event_changed_on = fields.Datetime.now() - timedelta(days=3)
        self.assertEqual(self.post([], token=old).status_code, 404)

    def test_one_insert_and_the_server(self):
        """There is no update or lock, and only the server and the trigger are read."""
        events = [self.event("sent", trace) for trace in self.traces]
        self.post(events[:1])
        queries = []
        Cursor = type(self.env.cr)
        execute = Cursor.execute

        def record(cursor, query, *args, **kwargs):
            queries.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", record):
            self.assertEqual(self.post(events).status_code, 200)
        written = [
            q for q in queries if "INSERT" in q or "UPDATE" in q or "DELETE" in q
        ]
        self.assertEqual(len([q for q in written if "mailjet_event" in q]), 1)
        self.assertFalse([q for q in queries if "UPDATE " in q or "DELETE" in q])
        reads = [q for q in queries if "mailing_trace" in q or "mail_message" in q]
        self.assertFalse(reads)
