from odoo.tests import HttpCase, tagged

from ..common import MailjetRestCommon
from .test_mailjet_dashboard import MailjetDashboardCommon
from .test_mailjet_policy_limit import MailjetPolicyLimitCommon


@tagged("post_install", "-at_install")
class TestMailjetDashboardTour(MailjetDashboardCommon, HttpCase):
    """The dashboard in the browser, as a marketing user."""

    def test_from_figures_to_records(self):
        self.fill()
        self.create_server("Other")
        self.start_tour("/odoo", "mailjet_dashboard", login=self.user.login)


@tagged("post_install", "-at_install")
class TestMailjetDashboardSetup(MailjetPolicyLimitCommon, MailjetRestCommon, HttpCase):
    """What the dashboard offers administrators while it has no figures."""

    def test_figures_are_read_from_mailjet(self):
        self.answer_sums(MessageHardBouncedCount=900)
        self.server.mailjet_pause_at_policy_limit = True
        self.start_tour(
            "/odoo/mailjet-dashboard", "mailjet_dashboard_of_new_server", login="admin"
        )
        self.assertEqual(self.limit("bounced").state, "over")
        self.assertFalse(self.server.mailjet_is_paused)

    def test_without_a_server(self):
        self.MailServer.search([]).unlink()
        self.start_tour(
            "/odoo/mailjet-dashboard", "mailjet_dashboard_without_server", login="admin"
        )
