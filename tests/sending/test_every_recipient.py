# pylint: disable=translation-required
"""Whatever the server does, each recipient has a fate."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.mail import email_normalize_all

from ..standins import HANG_UP, LOSE_ANSWER
from .fates_common import WAYS, FatesCommon, both_ways

# What a server may do with a recipient, and with the line
_REPLIES = {
    "450 4.2.1 Not now": "waiting",
    "550 5.1.1 User unknown": "failed",
    "550 5.4.5 Daily user sending quota exceeded": "waiting",
    "421 4.3.2 Shutting down": "waiting",
    HANG_UP: "waiting",
}
_ADDRESSES = [f"{name}@example.org" for name in "abcdefgh"]


@tagged("post_install", "-at_install")
class TestEveryRecipientHasAFate(FatesCommon):
    """Whatever meets the recipients of a mail, nobody is forgotten or served twice."""

    def create_mail(self):
        """Create a mail to two addresses, two in Cc, and three partners."""
        partners = self.create_partners("e@example.org", "f@example.org, g@example.org")
        partners += self.create_partners("h@example.org")
        return self.create_mails(
            1,
            email_to="a@example.org, b@example.org",
            email_cc="c@example.org, d@example.org",
            recipient_ids=[Command.set(partners.ids)],
            auto_delete=False,
        )

    def fates_of(self, mail):
        """Return what the parts of a mail say of each recipient."""
        fates, parts = {}, self.parts(mail)
        loose = email_normalize_all(",".join(filter(None, parts.mapped("email_to"))))
        for part in parts:
            own = email_normalize_all(part.email_to or "")
            # A partner stays whole where some of the addresses got it
            for email in part._mailjet_all_emails() - (set(loose) - set(own)):
                fates.setdefault(email, []).append(
                    (part.state, part.failure_reason or "")
                )
        return fates

    def assert_fates(self, mail, replies, is_uncertain=False):
        fates = self.fates_of(mail)
        self.assertEqual(set(fates), set(_ADDRESSES), "Nobody is forgotten")
        arrived = self.arrived()
        self.assertEqual(len(arrived), len(set(arrived)), "Nobody gets it twice")
        for email, [*found] in fates.items():
            [(state, reason)] = set(found)
            reply = replies.get(email)
            if email in arrived:
                allowed = ("sent", "mailjet_in_flight") if is_uncertain else ("sent",)
                self.assertIn(state, allowed)
            elif state == "exception":
                self.assertEqual(_REPLIES.get(reply), "failed")
                self.assertIn(reply, reason)
            else:
                self.assertIn(state, ("outgoing", "mailjet_in_flight"))

    def run_until_done(self):
        """Run the queue until what is wrong no longer is."""
        self.mailjet.faults.clear()
        for hours in (2, 4, 6):
            self.run_queue(timedelta(hours=hours))

    @given(
        way=st.sampled_from(WAYS),
        replies=st.dictionaries(
            st.sampled_from(_ADDRESSES), st.sampled_from(sorted(_REPLIES)), max_size=4
        ),
        content=st.sampled_from(["", *sorted(_REPLIES), LOSE_ANSWER]),
        after=st.integers(0, 3),
    )
    @settings(max_examples=40, deadline=None)
    def test_whatever_the_server_does(self, way, replies, content, after):
        with self.cr.savepoint(flush=True) as savepoint:
            self.start_over()
            for address, reply in replies.items():
                self.mailjet.faults.add("RCPT", reply, address=address, times=None)
            if content:
                self.mailjet.faults.add("CONTENT", content, after=after)
            mail = self.create_mail()
            with mute_logger("odoo.addons.mail.models.mail_mail"):
                self.send(mail, way)
            refused = dict(replies)
            refused.update(dict.fromkeys(set(_ADDRESSES) - set(replies), content))
            self.assert_fates(mail, refused, content == LOSE_ANSWER)
            self.run_until_done()
            self.assert_fates(mail, refused, content == LOSE_ANSWER)
            waiting = self.parts(mail).filtered(lambda one: one.state == "outgoing")
            self.assertFalse(waiting, "What can be delivered is")
            savepoint.rollback()
            self.env.invalidate_all()

    @both_ways
    def test_the_good_ones_are_tried_whatever_the_bad_ones_get(self, way):
        for reply in ("450 4.2.1 Not now", "550 5.1.1 User unknown", HANG_UP):
            for bad in _ADDRESSES:
                self.start_over()
                self.mailjet.faults.add("RCPT", reply, address=bad, times=None)
                mail = self.create_mail()
                with mute_logger("odoo.addons.mail.models.mail_mail"):
                    self.send(mail, way)
                    # A broken line concerns all that were under way
                    for hours in range(1, 8) if reply == HANG_UP else ():
                        self.run_queue(timedelta(hours=2 * hours))
                self.assertEqual(self.arrived(), sorted({*_ADDRESSES} - {bad}))
                self.parts(mail).cancel()
