import json

from odoo.tests import tagged

from ...tools.report.row import read_click
from .common import MailjetPostCommon

LINK = "https://shop.example/my/orders/5?access_token={}#hash={}"
KEPT = LINK.format("…", "…")


@tagged("post_install", "-at_install")
class TestMailjetEventLinks(MailjetPostCommon):
    """Clicked links open orders and reset passwords."""

    def click(self, token):
        trace = self.traces[0]
        return self.event("click", trace, url=LINK.format(token, token))

    def test_values_are_stored_nowhere(self):
        self.post([self.click("s3cret")])
        self.apply()
        event = self.stored()
        self.assertEqual(event.url, KEPT)
        self.assertIn(KEPT, event.detail)
        self.assertEqual(event.payload["url"], KEPT)
        self.assertNotIn("s3cret", event.payload_text)
        self.env.cr.execute("SELECT row_to_json(e)::text FROM mailjet_event AS e")
        self.assertNotIn("s3cret", json.dumps(self.env.cr.fetchall()))

    def test_values_are_not_in_what_was_repaired(self):
        body = json.dumps([self.click("s3cret")]).encode()
        body = body.replace(b'"agent": "', b'"agent": "\xe9')
        self.post(body)
        self.assertTrue(self.stored().damaged)
        self.assertNotIn("s3cret", self.stored().damaged)

    def test_two_links_stay_two_and_a_repeat_is_one(self):
        self.post([self.click("one"), self.click("two")])
        self.post([self.click("one")])
        self.assertEqual(self.stored().mapped("url"), [KEPT, KEPT])

    def test_an_imported_click_is_the_posted_one(self):
        self.post([self.click("s3cret")])
        event = self.stored()
        row = {
            "MessageID": int(event.mailjet_message_id),
            "Url": LINK.format("s3cret", "s3cret"),
            "ClickedAt": f"{event.date:%Y-%m-%dT%H:%M:%SZ}",
        }
        imported = read_click(row, {})
        self.assertEqual((imported["key"], imported["url"]), (event.key, event.url))
