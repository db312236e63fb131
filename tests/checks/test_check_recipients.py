from odoo import Command, fields
from odoo.tests import tagged

from ...models.checks.mailjet_check_run import spread
from ...models.checks.recipients import RecipientTable
from ..common import MailjetRestCommon
from .common import BODY, CheckCommon


@tagged("post_install", "-at_install")
class TestCheckRecipients(CheckCommon):
    """What the recipients hold, counted in the database."""

    def counts(self, mailing=None):
        mailing = mailing or self.mailing
        self.env.flush_all()
        table = RecipientTable(
            mailing, self.server, mailing._get_remaining_recipients()
        )
        counts = table.counts(self.env["mailjet.recipient.domain"])
        self.reachable = table.reachable_count()
        self.candidates = table.candidates()
        self.env.cr.execute("DROP TABLE mailjet_check_recipient")
        return counts

    def test_a_good_list(self):
        counts = self.counts()
        self.assertEqual((counts.total, self.reachable), (8, 8))
        self.assertEqual(len(self.candidates), 8)
        for name in (
            "unusable",
            "blocked",
            "opted_out",
            "suppressed",
            "repeated",
            "roles",
        ):
            self.assertFalse(getattr(counts, name), name)
        self.assertFalse(
            counts.typing_errors or counts.without_mail or counts.dangerous
        )

    def test_who_is_left_out(self):
        self.create_contacts("", "no address", "ZOE1@roses.org", "zoe1@roses.org")
        self.env["mail.blacklist"]._add("zoe2@roses.org")
        self.env["mailjet.suppression"].create(
            [
                {
                    "server_id": self.server.id,
                    "email": email,
                    "date": fields.Datetime.now(),
                    "active": active,
                }
                for email, active in (
                    ("zoe3@roses.org", True),
                    ("zoe4@roses.org", False),
                )
            ]
        )
        self.env["mailjet.exclusion"].create(
            {
                "server_id": self.server.id,
                "email": "zoe5@roses.org",
                "is_excluded": True,
            }
        )
        out = self.env["mailing.contact"].search([("email", "=", "zoe6@roses.org")])
        out.subscription_ids.opt_out = True
        counts = self.counts()
        self.assertEqual((counts.total, counts.unusable, counts.repeated), (12, 2, 2))
        self.assertEqual(
            (counts.blocked, counts.suppressed, counts.opted_out), (1, 2, 1)
        )
        self.assertEqual(self.reachable, 4)
        self.assertEqual(len(self.candidates), 4)
        found = self.found()
        self.assertEqual(
            {code: found[code] for code in ("unusable", "blocked", "suppressed")},
            {"unusable": "note", "blocked": "note", "suppressed": "warning"},
        )
        self.mailing.use_exclusion_list = False
        self.assertEqual(self.counts().blocked, 0)

    def test_who_is_still_on_another_list(self):
        other = self.env["mailing.list"].create({"name": "Other"})
        contact = self.env["mailing.contact"].search([("email", "=", "zoe6@roses.org")])
        contact.subscription_ids.opt_out = True
        contact.list_ids = [Command.link(other.id)]
        self.mailing.contact_list_ids += other
        self.assertEqual(self.counts().opted_out, 0)

    def test_spellings_of_one_mailbox(self):
        """Bücher.example and xn--bcher-kva.example are the same domain."""
        self.create_contacts("anna@bücher.org", "anna@xn--bcher-kva.org")
        self.env["mailjet.suppression"].create(
            {
                "server_id": self.server.id,
                "email": "anna@xn--bcher-kva.org",
                "date": fields.Datetime.now(),
            }
        )
        counts = self.counts()
        self.assertEqual((counts.repeated, counts.suppressed), (1, 2))

    def test_doubtful_addresses(self):
        self.create_contacts(
            *("info@a.org", "sales@b.org", "abuse@c.org", "a@gmial.com", "b@gmial.com")
        )
        counts = self.counts()
        self.assertEqual(counts.roles, 2)
        self.assertEqual(counts.dangerous, {"abuse@c.org": 1})
        self.assertEqual(counts.typing_errors, {"gmial.com": ("gmail.com", 2)})
        found = self.found()
        self.assertEqual(found["dangerous_roles"], "error")
        self.assertEqual(found["roles"], "warning")
        self.assertEqual(found["typing_errors"], "warning")

    def test_nobody(self):
        self.mailing.contact_list_ids = self.env["mailing.list"].create(
            {"name": "None"}
        )
        self.assertEqual(self.found()["no_recipients"], "error")

    def test_other_models(self):
        partners = self.env["res.partner"].create(
            [{"name": "P", "email": f"p{n}@roses.org"} for n in range(3)]
        )
        self.env["mail.blacklist"]._add("p1@roses.org")
        mailing = self.create_mailing(
            mailing_model_id=self.env["ir.model"]._get_id("res.partner"),
            mailing_domain=f"[('id', 'in', {partners.ids})]",
            contact_list_ids=False,
            body_html=BODY,
        )
        counts = self.counts(mailing)
        self.assertEqual((counts.total, counts.blocked, self.reachable), (3, 1, 2))

    def test_who_has_got_it_already(self):
        contact = self.env["mailing.contact"].search([("email", "=", "zoe6@roses.org")])
        self.env["mailing.trace"].create(
            {
                "mass_mailing_id": self.mailing.id,
                "model": "mailing.contact",
                "res_id": contact.id,
                "email": contact.email,
            }
        )
        self.assertEqual(self.counts().total, 7)

    def test_the_number_of_queries_does_not_grow(self):
        def count(act):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            act()
            return self.env.cr.sql_log_count - before

        self.check()
        few, few_in_all = count(self.counts), count(self.check)
        self.env.cr.execute(
            """
            INSERT INTO mailing_contact (name, email, email_normalized)
            SELECT 'N', 'n' || n || '@d' || n % 700 || '.org',
                   'n' || n || '@d' || n % 700 || '.org'
              FROM generate_series(1, 20000) n
            """
        )
        self.env.cr.execute(
            """
            INSERT INTO mailing_subscription (contact_id, list_id, opt_out)
            SELECT id, %s, false FROM mailing_contact WHERE name = 'N'
            """,
            [self.readers.id],
        )
        many, many_in_all = count(self.counts), count(self.check)
        self.assertEqual(self.counts().total, 20008)
        self.assertLessEqual(many, few)
        self.assertLess(many, 25)
        # The domains are new, so they are enqueued
        self.assertLessEqual(many_in_all, few_in_all + 10)

    def test_samples_are_spread(self):
        self.assertEqual(spread([1, 2, 3], 5), [1, 2, 3])
        self.assertEqual(spread(list(range(25)), 5), [0, 6, 12, 18, 24])


@tagged("post_install", "-at_install")
class TestRecipientDomains(CheckCommon, MailjetRestCommon):
    """Domains of recipients are looked up in the background, and remembered."""

    def setUp(self):
        super().setUp()
        self.domains = self.env["mailjet.recipient.domain"]
        self.replies = self.domains.search([])
        self.cron = self.env.ref("mail_mailjet.ir_cron_look_up_domains")

    def recipients_domains(self):
        return self.domains.search([]) - self.replies

    def test_a_check_asks_nobody_and_enqueues(self):
        self.create_contacts("a@silent.org", "b@silent.org")
        before = len(self.dns.queries)
        found = self.found()
        self.assertEqual(found["unknown_domains"], "note")
        self.assertEqual(
            set(self.recipients_domains().mapped("name")), {"roses.org", "silent.org"}
        )
        self.assertEqual(set(self.recipients_domains().mapped("state")), {"waiting"})
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])
        self.assertTrue(triggers)
        self.assertEqual(len(self.dns.queries), before)

    def test_what_is_known_is_told(self):
        self.create_contacts("a@silent.org", "b@silent.org")
        self.domains._note({"roses.org": True, "silent.org": False})
        check = self.check()
        [finding] = check.finding_ids.filtered(lambda one: one.code == "without_mail")
        self.assertEqual(finding.examples, "silent.org (2)")
        self.assertNotIn("unknown_domains", self.levels(check))

    def test_an_outage_is_no_verdict(self):
        self.domains._note({"roses.org": None})
        found = self.found()
        self.assertNotIn("without_mail", found)
        self.assertEqual(found["unknown_domains"], "note")
        # and is not asked again at once
        self.assertEqual(self.recipients_domains().state, "unknown")

    def test_old_answers_are_asked_again(self):
        self.domains._note({"roses.org": False})
        self.recipients_domains().looked_up_on = "2020-01-01 00:00:00"
        self.assertEqual(self.found()["unknown_domains"], "note")
        self.assertEqual(self.recipients_domains().state, "waiting")
        self.domains._note({"roses.org": False})
        self.recipients_domains().looked_up_on = "2020-01-01 00:00:00"
        self.domains._gc_domains()
        self.assertFalse(self.recipients_domains())

    def test_the_cron_looks_them_up(self):
        self.dns.set("roses.org", "MX", ["10 mail.roses.org."])
        self.dns.set("dumb.org", "MX", ["0 ."])
        self.domains._enqueue(["roses.org", "dumb.org", "nothing.invalid"])
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        states = {one.name: one.state for one in self.recipients_domains()}
        self.assertEqual(
            states, {"roses.org": "yes", "dumb.org": "no", "nothing.invalid": "no"}
        )
