from odoo import fields
from odoo.tests import tagged

from .common import BODY, CheckCommon


@tagged("post_install", "-at_install")
class TestCheckContext(CheckCommon):
    """What a check knows besides the message: recipients, replies, the last mailing."""

    def test_an_ab_test(self):
        self.check()
        self.mailing.write({"ab_testing_enabled": True, "ab_testing_pc": 50})
        self.assertEqual(self.mailing.mailjet_check_state, "stale")
        check = self.check()
        self.assertEqual((check.recipient_count, check.reachable_count), (4, 4))

    def test_replies_that_bounce(self):
        domains = self.env["mailjet.recipient.domain"]
        domain = domains.search([("name", "=", "acme-shop.com")])
        domain.state = "unknown"
        domain.looked_up_on = False
        self.assertNotIn("reply_domain", self.found())
        self.assertEqual(domain.state, "waiting")
        domains._note({"acme-shop.com": False})
        self.assertEqual(self.found()["reply_domain"], "warning")
        domains._note({"acme-shop.com": True})
        self.assertNotIn("reply_domain", self.found())
        domains._note({"acme-shop.com": False})
        self.assertNotIn("reply_domain", self.found(reply_to_mode="update"))

    def test_imprint(self):
        self.create_contacts("anna@rosen.de")
        self.assertEqual(self.found()["imprint"], "note")
        body = BODY + '<a href="https://acme-shop.com/impressum">Impressum</a>'
        self.assertNotIn("imprint", self.found(body_html=body))

    def test_the_last_mailing_to_the_same_list(self):
        now = fields.Datetime.now()
        last = self.create_mailing(
            state="done", sent_date=now, mailjet_campaign="Last", subject="Tulips"
        )
        self.env["mailing.trace"].create(
            [
                {
                    "mass_mailing_id": last.id,
                    "model": "mailing.contact",
                    "res_id": number + 1,
                    "trace_status": "bounce" if number < 6 else "sent",
                    "sent_datetime": now,
                }
                for number in range(60)
            ]
        )
        check = self.check()
        [finding] = check.finding_ids.filtered(lambda one: one.code == "last_bounced")
        self.assertIn("10% bounced; the limit is 8%", finding.what)
        self.assertEqual((finding.level, finding.examples), ("warning", "Tulips"))
        last.contact_list_ids = self.env["mailing.list"].create({"name": "Other"})
        self.assertNotIn("last_bounced", self.found())
