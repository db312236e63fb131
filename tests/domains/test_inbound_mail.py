"""What becomes of mail that strangers and Mailjet send to an address of this Odoo."""

# pylint: disable=translation-required
import base64
import itertools
from email.message import EmailMessage

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import MailjetCommon

MAILJET = "Mailjet <no-reply@mailjet.com>"
STRANGER = "eve@evil.example"
ANNA, BERT = "anna@example.org", "bert@example.org"
WAITING = "orders@company.example"
TOKEN = "0123456789abcdef" * 2
LINK = f"https://app.mailjet.com/activate/{TOKEN}"
CONFIRM = f"Please confirm {WAITING}:\n\n{LINK}\n"

RECEIVED = ("Received", "from a by mx.company.example; Thu, 5 Mar 2026 08:40:00 +0000")
OWN_PASS = "mx.company.example; dkim=pass header.d=mailjet.com; spf=none"
OWN_FAIL = "mx.company.example; dkim=none; spf=fail smtp.mailfrom=a@mailjet.com"
OF_ANOTHER = "mx.company.example; dkim=pass header.d=evil.example"
RESULTS = "Authentication-Results"


def mailjet_id(number, blank=""):
    """Return the Message-Id that Mailjet writes, with a blank where it was folded."""
    data = base64.urlsafe_b64encode(number.to_bytes(8, "big") + bytes(31)).decode()
    return f"<0123abcd.{data[:30]}{blank}{data[30:]}@mailjet.com>"


NUMBERS = itertools.count()
ANNAS = mailjet_id(7001)

# What a mail is, its author, body and headers, and what becomes of it:
# "candidate"  kept for the sender that waits, and routed nowhere
# "record"     a record of the alias, as for anybody's mail
# "thread"     posted on the record whose email it answers
CORPUS = [
    ("Mailjet's, no report", MAILJET, CONFIRM, [], "candidate"),
    (
        "Mailjet's, DKIM passed",
        MAILJET,
        CONFIRM,
        [(RESULTS, OWN_PASS), RECEIVED],
        "candidate",
    ),
    (
        "Mailjet's, SPF passed",
        MAILJET,
        CONFIRM,
        [(RESULTS, "mx; spf=pass smtp.mailfrom=x@bnc3.mailjet.com"), RECEIVED],
        "candidate",
    ),
    ("forged, SPF failed", MAILJET, CONFIRM, [(RESULTS, OWN_FAIL), RECEIVED], "record"),
    (
        "forged, DKIM of another domain",
        MAILJET,
        CONFIRM,
        [(RESULTS, OF_ANOTHER), RECEIVED],
        "record",
    ),
    (
        "forged, with a report of its own below the server's",
        MAILJET,
        CONFIRM,
        [(RESULTS, OWN_FAIL), RECEIVED, (RESULTS, OWN_PASS)],
        "record",
    ),
    ("a stranger's copy", STRANGER, CONFIRM, [], "record"),
    (
        "a stranger's, authenticated as such",
        STRANGER,
        CONFIRM,
        [(RESULTS, OF_ANOTHER), RECEIVED],
        "record",
    ),
    (
        "a stranger with Mailjet's name",
        f'"no-reply@mailjet.com" <{STRANGER}>',
        CONFIRM,
        [],
        "record",
    ),
    ("two authors", f"{MAILJET}, {STRANGER}", CONFIRM, [], "record"),
    ("a lookalike domain", "no-reply@notmailjet.com", CONFIRM, [], "record"),
    (
        "an order that quotes the price page",
        ANNA,
        f"100 pieces for {WAITING}, see https://www.mailjet.com/pricing/",
        [],
        "record",
    ),
    (
        "a newsletter of Mailjet's",
        MAILJET,
        f"{WAITING}: read https://www.mailjet.com/blog/email-marketing-2026/",
        [],
        "record",
    ),
    (
        "Mailjet's, of another address",
        MAILJET,
        CONFIRM.replace(WAITING, "sales@company.example"),
        [],
        "record",
    ),
    (
        "a link to another host",
        MAILJET,
        CONFIRM.replace("mailjet.com/", "mailjet.com.evil.example/"),
        [],
        "record",
    ),
    ("a reply", ANNA, "Yes", [("In-Reply-To", ANNAS)], "thread"),
    (
        "a reply with a folded id",
        ANNA.upper(),
        "Yes",
        [("References", f"<a@b.example> {mailjet_id(7001, ' ')}")],
        "thread",
    ),
    (
        "5,000 guessed ids",
        STRANGER,
        "Give me that",
        [("References", " ".join(mailjet_id(7000 + i) for i in range(5000)))],
        "record",
    ),
    ("a stranger who knows the id", STRANGER, "Me", [("In-Reply-To", ANNAS)], "record"),
    ("a recipient of another mail", BERT, "Me", [("References", ANNAS)], "record"),
]


@tagged("post_install", "-at_install")
class TestInboundMail(MailjetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server()
        cls.env["mail.alias"].create(
            {
                "alias_name": "orders",
                "alias_domain_id": cls.alias_domain.id,
                "alias_model_id": cls.env["ir.model"]._get_id("res.partner"),
            }
        )
        cls.sender = cls.env["mailjet.sender"].create(
            {"server_id": cls.server.id, "email": WAITING, "status": "inactive"}
        )
        cls.threads = cls.env["res.partner"].create(
            [{"name": "Anna", "email": ANNA}, {"name": "Bert", "email": BERT}]
        )
        for number, partner in zip((7001, 7002), cls.threads, strict=True):
            message = partner.message_post(body="Right?", message_type="comment")
            cls.env["mailjet.event"].create(
                {
                    "server_id": cls.server.id,
                    "key": str(number),
                    "event": "sent",
                    "state": "applied",
                    "date": "2026-03-05 08:40:00",
                    "email": partner.email,
                    "mailjet_message_id": str(number),
                    "mail_message_id": message.id,
                }
            )

    def mail(self, name, author, body, headers):
        mail = EmailMessage()
        for header, value in headers:
            mail[header] = value
        mail["From"] = author
        mail["To"] = WAITING
        mail["Subject"] = name
        mail["Date"] = "Thu, 05 Mar 2026 08:40:00 +0000"
        mail["Message-Id"] = f"<{next(NUMBERS)}@sender.example>"
        mail.set_content(body)
        return mail.as_bytes()

    def outcome(self, name, author, body, headers):
        """Receive a mail and return what becomes of it."""
        replies = len(self.threads.message_ids)
        mail = self.mail(name, author, body, headers)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            thread = self.env["mail.thread"].message_process(None, mail)
        self.env.invalidate_all()
        if not thread:
            return "candidate"
        if len(self.threads.message_ids) > replies:
            return "thread"
        created = self.env["res.partner"].browse(thread)
        self.assertEqual(created.name, name)
        return "record"

    def test_corpus(self):
        self.assertEqual(len(CORPUS), 20)
        for name, author, body, headers, expected in CORPUS:
            with self.subTest(mail=name):
                found = self.outcome(name, author, body, headers)
                self.assertEqual(found, expected)
        self.assertRecordValues(
            self.sender.activation_ids,
            [
                {"subject": name, "email_from": f'"Mailjet" <{MAILJET.split("<")[1]}'}
                for name in (
                    "Mailjet's, SPF passed",
                    "Mailjet's, DKIM passed",
                    "Mailjet's, no report",
                )
            ],
        )
        proven = self.sender.activation_ids.mapped("is_proven")
        self.assertEqual(proven, [True, True, False])
        self.assertEqual(set(self.sender.activation_ids.mapped("url")), {LINK})

    def test_nothing_waits_and_nothing_is_kept(self):
        self.sender.status = "active"
        for name, author, body, headers, expected in CORPUS[:3]:
            with self.subTest(mail=name):
                self.assertEqual(expected, "candidate")
                self.assertEqual(self.outcome(name, author, body, headers), "record")

    def test_a_flood_is_routed_once_there_are_enough(self):
        for number in range(20):
            self.assertEqual(
                self.outcome(f"mail {number}", MAILJET, CONFIRM, []), "candidate"
            )
        self.assertEqual(self.outcome("one more", MAILJET, CONFIRM, []), "record")
