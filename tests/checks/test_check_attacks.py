"""What a hostile or careless author does must not outlast a check, or leak by it."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.checks import mailjet_check_run
from ..common import MailjetRestCommon
from .common import BASE_URL, BODY, CheckCommon
from .test_check_content import QUIET


@tagged("post_install", "-at_install")
class TestCheckAttacks(CheckCommon, MailjetRestCommon):
    """Templates that write, send, commit or fail; what others may not see."""

    def reason_of(self, body):
        check = self.check(body_html=BODY + body)
        [finding] = check.finding_ids.filtered(lambda one: one.code == "not_built")
        return finding.why

    # ------------------------------------------------------------------
    # Templates
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_a_template_that_commits(self):
        for end in ("commit", "rollback"):
            with self.subTest(end=end):
                before = self.row_counts()
                why = self.reason_of(f'<t t-out="object.env.cr.{end}()"/>')
                self.assertIn("must not end the database transaction", why)
                after = self.row_counts()
                self.assertEqual(after["mail_mail"], before["mail_mail"])
        self.assertNotIn("kept_open", str(self.env.cr.commit))

    def test_a_template_that_sends(self):
        """Neither at once nor after the transaction."""
        body = """<t t-set="mail" t-value="object.env['mail.mail'].sudo().create({
            'email_to': 'a@b.org', 'body_html': 'x',
            'email_from': 'a@acme-shop.com'})"/>
            <t t-out="mail.send() or ''"/>
            <t t-out="object.message_post(body='x', message_type='comment',
                partner_ids=object.env.user.partner_id.ids) and ''"/>"""
        before = self.row_counts()
        contacts = self.env["mailing.contact"].search(
            [("list_ids", "=", self.readers.id)]
        )
        self.mailing.body_html = BODY + body
        self.env.flush_all()
        callbacks = len(self.env.cr.postcommit._funcs)
        with (
            patch.object(type(self.env["ir.mail_server"]), "_connect__") as connect,
            patch.object(type(self.env["ir.mail_server"]), "send_email") as send,
        ):
            built = self.mailing._mailjet_build(self.server, contacts.ids)
        self.assertEqual([each.reason for each in built], [""] * 8)
        self.assertFalse(connect.called or send.called)
        self.assertEqual(len(self.env.cr.postcommit._funcs), callbacks)
        after = self.row_counts()
        for table in ("mail_mail", "mail_message", "mail_notification"):
            self.assertEqual(after[table], before[table])

    def test_a_template_that_writes(self):
        contacts = self.env["mailing.contact"].search(
            [("list_ids", "=", self.readers.id)]
        )
        names = contacts.mapped("name")
        check = self.check(
            body_html=BODY + "<t t-out=\"object.write({'name': 'x'}) and ''\"/>"
        )
        check.with_user(self.marketing).read_preview()
        self.assertEqual(contacts.mapped("name"), names)

    @mute_logger(*QUIET)
    def test_the_reason_is_short(self):
        """Core's error has the whole template and the paths of the server's files."""
        why = self.reason_of("<p>roses</p>" * 2000 + '<t t-out="1 / 0"/>')
        self.assertIn("division by zero", why)
        self.assertIn("1 / 0", why)
        self.assertNotIn("/odoo/", why)
        self.assertLess(len(why), 400)

    def test_a_large_body(self):
        links = "".join(
            f'<a href="https://roses{n}.org/">www.tulips{n}.com</a>' for n in range(300)
        )
        check = self.check(body_html=BODY + links + "<div>" * 50 + "<p>Rose</p>" * 9000)
        self.assertEqual(self.levels(check)["clipped"], "error")
        self.assertIn("www.tulips0.com → ", check.finding_ids.mapped("examples")[0])
        with patch.object(mailjet_check_run, "HUGE_BODY", 1000):
            self.assertEqual(len(self.check().sample_ids), 1)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_the_preview_has_the_readers_rights(self):
        """As core's test mail has, whatever rights sending has."""
        key = self.server.smtp_user
        mailing = self.mailing
        mailing.body_html = BODY + (
            "<p>Key <t t-out=\"object.env['ir.mail_server'].search([], "
            "order='id desc', limit=1).smtp_user\"/></p>"
        )
        check = self.check()
        self.assertNotIn("not_built", self.levels(check))
        preview = check.with_user(self.marketing).read_preview()
        self.assertNotIn("html", preview)
        self.assertTrue(preview["reason"])
        self.assertNotIn(key, str(preview))
        self.assertIn("html", check.read_preview())

    def test_the_preview_shows_no_token(self):
        html = self.check().with_user(self.marketing).read_preview()["html"]
        self.assertIn(f"{BASE_URL}/mailing/", html)
        self.assertIn("hash_token=…", html)

    def test_a_server_of_another_company(self):
        self.server.mailjet_company_id = self.env["res.company"].create({"name": "B"})
        self.mailing.mail_server_id = self.server
        mailing = self.mailing.with_user(self.marketing)
        self.assertNotIn(self.server.mailjet_company_id, mailing.env.companies)
        self.assertTrue(self.server.mailjet_company_id)
        self.assertEqual(mailing._mailjet_check_server(), self.server)
        self.assertFalse(mailing._mailjet_may_check())
        self.assertFalse(mailing.mailjet_can_check)
        with self.assertRaises(AccessError):
            mailing.action_mailjet_check()

    def test_addresses_that_the_user_may_not_see(self):
        self.create_contacts("abuse@hidden.org", "abuse@known.org")
        self.env["ir.rule"].create(
            {
                "name": "Not the hidden one",
                "model_id": self.env["ir.model"]._get_id("mailing.contact"),
                "domain_force": "[('email', '!=', 'abuse@hidden.org')]",
                "groups": [],
            }
        )
        check = self.check()
        [finding] = check.finding_ids.filtered(lambda f: f.code == "dangerous_roles")
        self.assertIn("abuse@known.org (1)", finding.examples)
        self.assertIn("abuse@… (1)", finding.examples)
        self.assertNotIn("hidden", finding.examples)

    def test_a_manager_checks_alike(self):
        manager = new_test_user(
            self.env,
            "mj_manager",
            groups="base.group_user,mass_mailing.group_mass_mailing_user,"
            "mass_mailing.group_mass_mailing_campaign",
        )
        self.assertEqual(len(self.check(user=manager).sample_ids), 5)
