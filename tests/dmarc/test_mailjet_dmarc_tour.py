from odoo.tests import HttpCase, tagged

from .senders_common import CRM, LIST, STRANGER, SendersCommon


@tagged("post_install", "-at_install")
class TestMailjetDmarcTour(SendersCommon, HttpCase):
    """The screen "Who sends in my name" in the browser."""

    def run_cron(self, name):
        self.env.ref(f"mail_mailjet.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def test_from_the_first_address_to_a_decision(self):
        self.start_tour("/odoo/mailjet-senders", "mailjet_senders_empty", login="admin")
        self.assertEqual(self.domain.dmarc_address, "dmarc@company.example")
        self.domain.dmarc_policy = "none"
        self.make_ready()
        self.add_rows(CRM, 120)
        self.add_rows(STRANGER, 30, range(1, 10))
        self.add_rows(LIST, 12)
        self.refresh()
        self.start_tour("/odoo", "mailjet_senders", login="admin")
        self.assertEqual(self.source("spf:crm.test").decision, "ours")
        self.assertFalse(self.source("net:198.51.100.0/24").decision, "undone")

    def test_as_a_marketing_user(self):
        self.make_ready()
        self.add_rows(CRM, 120)
        self.refresh()
        self.start_tour(
            "/odoo/mailjet-senders", "mailjet_senders_read", login=self.user.login
        )
