from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import MailjetCommon


@tagged("post_install", "-at_install")
class TestNeutralize(MailjetCommon):
    def test_a_copy_cannot_send(self):
        server = self.create_server(mailjet_usage="mass_mailing")
        server.write({"mailjet_state": "working"})
        other = self.create_other_server(smtp_pass="stays")
        self.env.flush_all()
        for query in get_neutralization_queries(["base", "mail_mailjet"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(server.active)
        self.assertFalse(server.smtp_pass)
        self.assertEqual(server.mailjet_state, "untested")
        self.assertEqual(other.smtp_pass, "stays")
