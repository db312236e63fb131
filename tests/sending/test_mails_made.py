import re
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ...models.sending import mail_compose_message
from ..common import MailjetSmtpCommon

BODY = """
<p>Hello <t t-out="object.name"/></p>
<p><a href="https://company.example/shop">Shop</a>
<a href="https://company.example/shop">Again</a>
<a href="https://company.example/{{ object.id }}">Mine</a></p>
"""


@tagged("post_install", "-at_install")
class TestMailsMade(MailjetSmtpCommon):
    """The mails of a Mailjet mailing are made in larger batches, and are the same."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(mail_compose_message, "BATCH", 4))
        self.env["ir.config_parameter"].set_param("mail.mail.force.send.limit", 0)
        self.crons = self.env.ref("mail_mailjet.ir_cron_mailjet_send_1")
        self.crons += self.env.ref("mail_mailjet.ir_cron_mailjet_send_2")
        self.members = self.env["mailing.list"].create({"name": "Friends"})
        self.contacts = self.env["mailing.contact"].create(
            [
                {
                    "name": f"Contact {number}",
                    "email": f"c{number}@example.org",
                    "list_ids": self.members.ids,
                }
                for number in range(10)
            ]
        )

    def triggers(self):
        return self.env["ir.cron.trigger"].search([("cron_id", "in", self.crons.ids)])

    def make(self, server):
        """Make the mails of a mailing; return them, and the batches they came in."""
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "News",
                "body_html": BODY,
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(self.members.ids)],
                "mail_server_id": server.id,
                "email_from": "info@company.example",
            }
        )
        self.triggers().unlink()
        mails, batches = type(self.env["mail.mail"]), []
        create = mails.create

        def record(records, vals_list):
            batches.append(len(vals_list))
            return create(records, vals_list)

        with patch.object(mails, "create", record):
            mailing.action_send_mail()
        return self.env["mail.mail"].search([("mailing_id", "=", mailing.id)]), batches

    def assert_links(self, mails):
        """Each mail has the short links of its own URLs, the same two of the shared."""
        for mail in mails:
            contact = self.contacts.browse(mail.res_id)
            self.assertIn(contact.name, mail.body_html)
            codes = re.findall(r"/r/(\w+)", mail.body_html)
            links = [
                self.env["link.tracker.code"].search([("code", "=", code)]).link_id
                for code in codes
            ]
            shop = "https://company.example/shop"
            self.assertEqual([link.label for link in links], ["Shop", "Again", "Mine"])
            self.assertEqual([link.url for link in links[:2]], [shop, shop])
            self.assertTrue(
                all(link.mass_mailing_id == mail.mailing_id for link in links)
            )

    def test_batches_of_a_mailjet_mailing(self):
        mails, batches = self.make(self.create_standin_server())
        self.assertEqual(batches, [4, 4, 2])
        self.assertEqual(set(mails.mapped("res_id")), set(self.contacts.ids))
        self.assert_links(mails)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(self.triggers().cron_id, self.crons)

    def test_batches_of_another_mailing(self):
        self.create_standin_server()
        mails, batches = self.make(self.create_other_standin_server())
        self.assertEqual(batches, [10])
        self.assert_links(mails)
        self.assertFalse(self.triggers())

    def test_whoever_opts_out_meanwhile_is_left_out_of_the_next_batch(self):
        mailings = type(self.env["mailing.mailing"])
        read = mailings._get_opt_out_list
        reads = []

        def opt_out(mailing):
            if reads:
                last = self.contacts[-1].subscription_ids
                last.opt_out = True
            reads.append(mailing)
            return read(mailing)

        with patch.object(mailings, "_get_opt_out_list", opt_out):
            mails, _batches = self.make(self.create_standin_server())
        self.assertEqual(len(reads), 3)
        self.assertEqual(len(mails), 9)
