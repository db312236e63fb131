from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from .common import MailjetEventsCommon

FRENCH = {
    "There is no such mailbox.": "Cette boîte n'existe pas.",
    "Check the address; it may no longer exist.": "Vérifiez l'adresse.",
    "The mailing has been cancelled.": "L'envoi a été annulé.",
}


@tagged("post_install", "-at_install")
class TestMailjetFailureLanguage(MailjetEventsCommon):
    """Whoever reads why an email failed reads it in their own language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")

    def setUp(self):
        super().setUp()
        # Independent of which terms are translated today
        key = ("mail_mailjet", "fr_FR")
        self.enterContext(
            patch.dict(code_translations.python_translations, {key: FRENCH})
        )

    def texts(self, record, name="mailjet_failure_text"):
        """Return what readers in English and in French see."""
        return [record.with_context(lang=lang)[name] for lang in ("en_US", "fr_FR")]

    def test_a_bounce(self):
        trace = self.traces[0]
        self.receive(self.hard_bounce(trace))
        english = (
            "There is no such mailbox. Check the address; it may no longer exist.\n"
            "550 5.1.1 no such user"
        )
        french = "Cette boîte n'existe pas. Vérifiez l'adresse.\n550 5.1.1 no such user"
        self.assertEqual(self.texts(trace), [english, french])
        self.assertEqual(
            self.texts(trace, "mailjet_reason"),
            ["There is no such mailbox.", "Cette boîte n'existe pas."],
        )

    def test_a_greylisting_does_not_hide_the_failure(self):
        trace = self.traces[0]
        self.receive(
            self.hard_bounce(trace),
            self.event("bounce", trace, 60, hard_bounce=False, error="greylisted"),
        )
        self.assertIn("no such mailbox", self.texts(trace)[0])

    def test_it_is_the_failure_that_counted(self):
        """A permanent bounce weighs more than a later block, whatever says so."""
        trace = self.traces[0]
        self.receive(
            self.event("bounce", trace, error="user unknown"),
            self.event("blocked", trace, 60, error="preblocked"),
        )
        self.assertEqual(trace.mailjet_failure, "hard")
        self.assertEqual(self.texts(trace)[0], trace.failure_reason)
        self.assertIn(trace.mailjet_reason, trace.failure_reason)

    def test_what_a_cron_has_stored(self):
        mail = self.env["mail.mail"].create({"mailing_id": self.mailing.id})
        trace = self.traces[0]
        trace.write({"mail_mail_id": mail.id, "trace_status": "outgoing"})
        mail._mailjet_cancel(False, self.env._("The mailing has been cancelled."))
        sentences = ["The mailing has been cancelled.", "L'envoi a été annulé."]
        for record in (trace, mail):
            self.assertEqual(self.texts(record), sentences)
        self.assertEqual(self.texts(trace, "mailjet_reason"), sentences)
        self.assertEqual(self.texts(trace, "mailjet_last_answer"), sentences)

    def test_what_a_server_answered_stays(self):
        answer = "550 5.7.1 refusé par le serveur"
        self.traces[0].write({"trace_status": "error", "failure_reason": answer})
        self.assertEqual(self.texts(self.traces[0]), [answer, answer])
