# pylint: disable=translation-required
import random
import unicodedata

from odoo import Command
from odoo.tests import tagged

from ...tools.address import address_key
from .common import MailjetEventsCommon

# How Odoo stores an address, and how Mailjet posts it
MAILBOXES = (
    ("Jörg@example.org", "jörg@example.org"),
    ("Иван@example.org", "иван@example.org"),
    ("ΝΙΚΟΣ@example.org", "νικος@example.org"),
    ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
    ("zoe@xn--bcher-kva.example", "zoe@bücher.example"),
    ("Dörte@Bücher.example", "dörte@xn--bcher-kva.example"),
    ("Max.Müller@example.org", "max.müller@example.org"),
    ("Plain@Example.org", '"PLAIN@example.org"'),
)


@tagged("post_install", "-at_install")
class TestMailjetEventSpelling(MailjetEventsCommon):
    """Any spelling of a mailbox leads to the same records."""

    def contact(self, email):
        return self.env["mailing.contact"].create(
            {"email": email, "list_ids": [Command.link(self.mailing_list.id)]}
        )

    def partner(self, email):
        return self.env["res.partner"].create({"name": email, "email": email})

    def spelled(self, email, randomly):
        """Return an address in another spelling, chosen at random."""
        local, _at, domain = email.rpartition("@")
        local = randomly.choice([local, local.upper(), local.lower()])
        domain = randomly.choice([domain, domain.upper(), address_key(domain)])
        form = randomly.choice(["NFC", "NFD"])
        return unicodedata.normalize(form, f"{local}@{domain}")

    def test_a_complaint_blocks_every_spelling(self):
        for stored, posted in MAILBOXES:
            with self.subTest(stored=stored, posted=posted):
                contact, partner = self.contact(stored), self.partner(posted.strip('"'))
                [trace] = self.create_traces(contact)
                self.receive(self.event("spam", trace, email=posted))
                self.assertTrue(trace.mailjet_complained_on)
                for record in contact, partner:
                    self.assertTrue(record.is_blacklisted, record.email)
                    self.assertIn("as spam", record.mailjet_suppression)
                    found = record.search([("is_blacklisted", "=", True)])
                    self.assertIn(record, found)

    def test_a_bounce_counts_once_on_every_spelling(self):
        for stored, posted in MAILBOXES:
            with self.subTest(stored=stored, posted=posted):
                contact, partner = self.contact(stored), self.partner(posted.strip('"'))
                [trace] = self.create_traces(contact)
                self.receive(self.hard_bounce(trace, email=posted))
                self.assertEqual(trace.trace_status, "bounce")
                counts = [record.message_bounce for record in (contact, partner)]
                self.assertEqual(counts, [1, 1])

    def test_five_bounces_in_any_spelling_block_all(self):
        randomly = random.Random(7)
        for stored, posted in MAILBOXES[:-1]:
            with self.subTest(stored=stored, posted=posted):
                contacts = self.contact(stored) + self.contact(posted)
                traces = self.create_traces(list(contacts) * 3)
                for week, trace in enumerate(traces):
                    email = self.spelled(stored, randomly)
                    self.receive(self.hard_bounce(trace, week, email=email))
                    # The rule checks when traces were last written
                    self.env.cr.execute(
                        "UPDATE mailing_trace SET write_date = now() - %s * "
                        "interval '2d' WHERE id = %s",
                        (20 - week, trace.id),
                    )
                self.assertEqual(contacts.mapped("is_blacklisted"), [True, True])

    def test_an_unsubscription_leaves_the_lists_in_every_spelling(self):
        for stored, posted in MAILBOXES:
            with self.subTest(stored=stored, posted=posted):
                contacts = self.contact(stored) + self.contact(posted.strip('"'))
                trace = self.create_traces(contacts)[0]
                self.receive(self.event("unsub", trace, email=posted))
                self.assertEqual(
                    contacts.subscription_ids.mapped("opt_out"), [True] * 2
                )

    def test_chatter_mail_blocks_what_a_mailing_looks_for(self):
        for stored, posted in MAILBOXES:
            with self.subTest(stored=stored, posted=posted):
                partner, contact = self.partner(stored), self.contact(stored)
                message = partner.message_post(body="Invoice", message_type="comment")
                custom_id = self.custom_id(None, message, partner)
                message_id = 2**61 + message.id
                self.receive(
                    self.event("spam", custom_id, email=posted, MessageID=message_id)
                )
                self.assertTrue(contact.is_blacklisted)

    def test_a_notification_to_a_bare_address(self):
        for stored, posted in MAILBOXES:
            with self.subTest(stored=stored, posted=posted):
                message = self.partner("a@b.example").message_post(body="Hello")
                notification = self.env["mail.notification"].create(
                    {
                        "mail_message_id": message.id,
                        "notification_type": "email",
                        "notification_status": "pending",
                        "mail_email_address": stored,
                    }
                )
                custom_id = self.custom_id(None, message)
                message_id = 2**61 + message.id
                self.receive(
                    self.event("sent", custom_id, email=posted, MessageID=message_id)
                )
                self.assertEqual(notification.notification_status, "sent")

    def test_the_next_mailing_spares_a_spelling_that_came_later(self):
        """Even if only Odoo knows of the block, and nothing is suppressed."""
        for stored, _posted in MAILBOXES[:-1]:
            self.env["mail.blacklist"]._add(stored)
        later = {
            email: self.contact(email)
            for stored, posted in MAILBOXES[:-1]
            for email in (
                posted,
                address_key(stored).capitalize(),
                unicodedata.normalize("NFD", stored),
            )
        }
        free = self.contact("Frei@bücher.example")
        mailing = self.mailing.copy({"contact_list_ids": self.mailing_list.ids})
        mailing.action_send_mail()
        for email, contact in later.items():
            trace = mailing.mailing_trace_ids.filtered(
                lambda one, contact=contact: one.res_id == contact.id
            )
            self.assertEqual(trace.trace_status, "cancel", email)
            self.assertEqual(trace.failure_type, "mail_bl", email)
        trace = mailing.mailing_trace_ids.filtered(lambda one: one.res_id == free.id)
        self.assertNotEqual(trace.trace_status, "cancel")

    def test_unblocking_one_spelling_unblocks_all(self):
        contacts = self.contact("Jörg@example.org") + self.contact("jörg@example.org")
        trace = self.create_traces(contacts)[0]
        self.receive(self.event("spam", trace, email="jörg@example.org"))
        blacklist = self.env["mail.blacklist"]
        self.assertEqual(len(blacklist.search([("email", "like", "rg@")])), 2)
        blacklist._remove("Jörg@example.org")
        contacts.invalidate_recordset()
        self.assertEqual(contacts.mapped("is_blacklisted"), [False, False])

    def test_plain_addresses_cost_no_search(self):
        """Only addresses that can be spelled in several ways are looked for."""
        blacklist = self.env["mail.blacklist"]
        with self.assertQueryCount(0):
            found = blacklist._mailjet_spellings(["a@example.org", "b@example.org"])
        self.assertEqual(found["a@example.org"], {"a@example.org"})
