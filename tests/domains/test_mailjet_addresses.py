from odoo.tests import tagged

from ..common import MailjetRestCommon


@tagged("post_install", "-at_install")
class TestMailjetAddresses(MailjetRestCommon):
    def lines(self):
        action = self.server.action_mailjet_addresses()
        lines = self.env["mailjet.address"].search(action["domain"])
        return {line.email: line for line in lines}

    def test_every_address_that_odoo_sends_from(self):
        self.alias_domain.bounce_alias = "retours"
        self.env.company.email = "Office <Office@Company.example>"
        self.env.user.email = "admin@company.example"
        self.env["mailing.mailing"].create(
            {"subject": "News", "email_from": '"News" <news@company.example>'}
        )
        template = {"model_id": self.env["ir.model"]._get_id("res.partner")}
        self.env["mail.template"].create(
            [
                {"name": "A", "email_from": "shop@company.example", **template},
                {"name": "B", "email_from": "{{ user.email }}", **template},
            ]
        )
        lines = self.lines()
        for email, use in (
            ("notifications@company.example", "notifications"),
            ("retours@company.example", "bounces"),
            ("catchall@company.example", "replies"),
            ("office@company.example", self.env.company.name),
            ("news@company.example", "mailings"),
            ("shop@company.example", "email templates"),
        ):
            self.assertIn(use, lines[email].used_for)
            self.assertEqual(lines[email].state, "missing")

    def test_coverage_has_no_subdomain_magic(self):
        self.add_senders("*@company.example")
        self.server.action_mailjet_refresh()
        self.env.company.email = "office@sub.company.example"
        lines = self.lines()
        self.assertEqual(lines["notifications@company.example"].state, "covered")
        self.assertEqual(
            lines["notifications@company.example"].covering_sender_id.email,
            "*@company.example",
        )
        self.assertEqual(lines["office@sub.company.example"].state, "missing")

    def test_add_and_check(self):
        line = self.lines()["notifications@company.example"]
        line.action_add()
        self.assertEqual(line.state, "waiting")
        with self.store.lock:
            self.account.senders[0]["Status"] = "Active"
        line.action_check()
        self.assertEqual(line.state, "covered")
