from odoo.tests import HttpCase, tagged

from .common import BODY, CheckCommon


@tagged("post_install", "-at_install")
class TestCheckTour(CheckCommon, HttpCase):
    """A marketing user checks a mailing, fixes it, and checks again."""

    def test_check_fix_and_check_again(self):
        self.env["mailjet.recipient.domain"]._note({"roses.org": True})
        body = BODY.replace("https://roses.acme-shop.com/?to=1", "https://bit.ly/roses")
        self.mailing.write(
            {"subject": "Mailing to check", "body_html": body, "body_arch": body}
        )
        self.mailing.user_id = self.marketing
        self.start_tour("/odoo", "mailjet_check", login=self.marketing.login)
        self.assertEqual(self.mailing.mailjet_check_state, "fine")
