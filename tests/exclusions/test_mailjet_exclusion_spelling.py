from odoo.tests import tagged

from .common import MailjetExclusionCommon

# How Odoo stores an address, and Mailjet
SPELLINGS = (
    ("Jörg@example.com", "jörg@example.com"),
    ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
    ("Dörte@bücher.example", "dörte@xn--bcher-kva.example"),
)


@tagged("post_install", "-at_install")
class TestMailjetExclusionSpelling(MailjetExclusionCommon):
    """Both sides compare mailboxes, not their spellings."""

    def contacts(self):
        return self.env["mailing.contact"].create(
            [{"email": here} for here, _there in SPELLINGS]
        )

    def test_excluded_at_mailjet(self):
        contacts = self.contacts()
        self.exclude(*(there for _here, there in SPELLINGS))
        self.sync()
        self.assertEqual(self.in_odoo(), {here for here, _there in SPELLINGS})
        self.assertEqual(set(contacts.mapped("is_blacklisted")), {True})
        self.assert_settled()
        self.include(*(there for _here, there in SPELLINGS))
        self.sync()
        self.assertFalse(self.in_odoo())
        self.assert_settled()

    def test_blocked_in_odoo(self):
        self.contacts()
        self.block(*(here for here, _there in SPELLINGS))
        self.sync()
        self.assertEqual(self.excluded(), {there for _here, there in SPELLINGS})
        self.assert_settled()
        self.unblock(*(here for here, _there in SPELLINGS))
        self.sync()
        self.assertFalse(self.excluded())
        self.assert_settled()

    def test_two_spellings_in_odoo_are_one_address_at_mailjet(self):
        self.env["mailing.contact"].create(
            [{"email": "Jörg@example.com"}, {"email": "jörg@example.com"}]
        )
        self.block("Jörg@example.com", "jörg@example.com")
        self.sync()
        self.assertEqual(self.excluded(), {"jörg@example.com"})
        self.assert_settled()
        self.include("jörg@example.com")
        self.sync()
        self.assertFalse(self.in_odoo())
        self.assert_settled()

    def test_the_same_on_both_sides(self):
        self.contacts()
        self.block(*(here for here, _there in SPELLINGS))
        self.exclude(*(there for _here, there in SPELLINGS))
        self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {here for here, _there in SPELLINGS})
        self.assert_settled()
