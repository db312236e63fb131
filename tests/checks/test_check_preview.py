from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BODY, CheckCommon
from .test_check_content import QUIET


@tagged("post_install", "-at_install")
class TestCheckPreview(CheckCommon):
    """The preview shows what each of the sample recipients will see."""

    def preview(self, number=0, **changes):
        check = self.check(**changes)
        return check.with_user(self.marketing).read_preview(number)

    def test_each_recipient(self):
        preview = self.preview()
        self.assertEqual(len(preview["recipients"]), 5)
        self.assertEqual(preview["sender"], "Acme")
        self.assertEqual(preview["preheader"], "See the roses on Sunday")
        subjects = {self.preview(number)["subject"] for number in range(5)}
        self.assertEqual(len(subjects), 5)
        self.assertIn("zoe0", preview["recipients"][0])
        self.assertIn("Dear Zoë zoe0,", preview["html"])
        # Whatever a browser sends
        self.assertTrue(self.preview(99)["html"] and self.preview(-5)["html"])

    def test_nothing_leads_anywhere(self):
        html = self.preview(body_html=BODY + "<script>alert(1)</script>")["html"]
        self.assertIn("Content-Security-Policy", html)
        self.assertIn('title="https://roses.acme-shop.com/?to=1"', html)
        for text in ("href=", "/mail/track/", "/r/", "<script", "onclick"):
            self.assertNotIn(text, html)

    @mute_logger(*QUIET)
    def test_what_cannot_be_built(self):
        preview = self.preview(body_html=BODY + '<t t-out="1 / 0"/>')
        self.assertIn("division", preview["reason"])
        self.assertNotIn("html", preview)

    def test_without_recipients(self):
        self.mailing.contact_list_ids = self.env["mailing.list"].create(
            {"name": "None"}
        )
        preview = self.preview()
        self.assertEqual(preview["recipients"], [])
        self.assertTrue(preview["reason"])
