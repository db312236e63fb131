from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import SENT_AT, MailjetPostCommon


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
            ("not JSON", 3),
            (b"\xff\xfe\x00", 3),
            ("12", 3),
            ([None, 1, "x", self.event("click", trace)], 4),
            ([self.event("bounce", trace, comment="a\0b", hard_bounce="true")], 5),
            ([self.event("spam", "foreign")], 6),
        ):
            with self.subTest(body=body):
                for content_type in ("application/json", "text/plain"):
                    headers = {"Content-Type": content_type}
                    response = self.post(body, headers=headers)
                    self.assertEqual(response.status_code, 200)
                self.assertEqual(len(self.stored()), count)
        self.assertEqual(set(self.stored().mapped("state")), {"new"})
        bounce = self.stored().filtered(lambda event: event.event == "bounce")
        self.assertEqual((bounce.bounce_type, bounce.comment), ("hard", "ab"))

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

    def test_a_post_that_is_too_large(self):
        response = self.post(b" " * (2 * 1024 * 1024 + 1))
        self.assertEqual(response.status_code, 413)

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

    def test_no_session_is_kept(self):
        self.opener.cookies.clear()
        response = self.post([])
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))

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
