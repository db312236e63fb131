from odoo.tests import tagged

from .common import MailjetEventsCommon

# What is about our content, our sender or a suppression
NOT_THE_ADDRESS = (
    ("spam", "content blocked"),
    ("policy issue", ""),
    ("spam", "policy issue"),
    ("spam", "sender blocked"),
    ("mailjet", "preblocked"),
    ("recipient", "blacklisted"),
    ("recipient", "spam reporter"),
    ("mailjet", "duplicate in campaign"),
    ("content", "bad or empty template"),
)
SOFT = (("recipient", "quota exceeded"), ("domain", "no mail host"), ("system", ""))


@tagged("post_install", "-at_install")
class TestMailjetEventSoft(MailjetEventsCommon):
    """What counts against an address, and what does not."""

    def contact(self, email):
        return self.env["mailing.contact"].create({"email": email})

    def bounce(self, trace, words, seconds=0, **vals):
        related_to, error = words
        return self.event(
            "bounce", trace, seconds, error_related_to=related_to, error=error, **vals
        )

    def test_a_soft_bounce_is_an_exception_that_a_delivery_lifts(self):
        for number, words in enumerate((*NOT_THE_ADDRESS, *SOFT)):
            for flag in (False, 0, "0", "false"):
                with self.subTest(words=words, flag=flag):
                    contact = self.contact(f"c{number}{flag}@example.net")
                    [trace] = self.create_traces(contact)
                    self.receive(self.bounce(trace, words, hard_bounce=flag))
                    self.assertEqual(trace.trace_status, "error")
                    self.assertEqual(contact.message_bounce, 0)
                    self.receive(self.event("sent", trace, 60))
                    self.assertEqual(trace.trace_status, "sent")
                    self.assertFalse(trace.failure_type)

    def test_the_flag_outranks_the_label(self):
        for number, flag in enumerate((True, 1, "1", "true")):
            [trace] = self.create_traces(self.contact(f"hard{number}@example.net"))
            self.receive(
                self.bounce(trace, ("spam", "content blocked"), hard_bounce=flag)
            )
            self.assertEqual(trace.trace_status, "bounce")

    def test_what_is_our_fault_never_blocks_a_customer(self):
        """Not even five hard bounces beside a real one."""
        for number, words in enumerate(NOT_THE_ADDRESS):
            with self.subTest(words=words):
                contact = self.contact(f"ours{number}@example.net")
                traces = self.create_traces(contact) + self.create_traces([contact] * 6)
                for week, trace in enumerate(traces):
                    is_last = trace == traces[-1]
                    self.receive(
                        self.hard_bounce(trace, week)
                        if is_last
                        else self.bounce(trace, words, week, hard_bounce=True)
                    )
                    self.assertEqual(contact.message_bounce, int(is_last))
                    # The rule checks when traces were last written
                    self.env.cr.execute(
                        "UPDATE mailing_trace SET write_date = now() - %s * "
                        "interval '2d' WHERE id = %s",
                        (20 - week, trace.id),
                    )
                self.assertEqual(set(traces.mapped("trace_status")), {"bounce"})
                self.assertFalse(contact.is_blacklisted)

    def test_greylisting_that_mailjet_gave_up_on(self):
        [trace] = self.create_traces(self.contact("grey@example.net"))
        grey = ("domain", "greylisted")
        self.receive(self.bounce(trace, grey, hard_bounce=False))
        self.assertEqual(trace.trace_status, "pending")
        self.receive(self.bounce(trace, grey, 60, hard_bounce=True))
        self.assertEqual(trace.trace_status, "bounce")

    def test_an_address_that_mailjet_does_not_even_try(self):
        for number, error in enumerate(("user unknown", "invalid domain", "typofix")):
            contact = self.contact(f"blocked{number}@example.net")
            [trace] = self.create_traces(contact)
            self.receive(self.event("blocked", trace, error=error))
            self.assertTrue(contact.mailjet_suppression, error)
            self.assertEqual(contact.message_bounce, 0)
