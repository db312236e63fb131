# pylint: disable=translation-required
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import MailjetEventsCommon

SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel)"


@tagged("post_install", "-at_install")
class TestMailjetTimeline(MailjetEventsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.internal = new_test_user(cls.env, "internal", groups="base.group_user")
        cls.other = new_test_user(cls.env, "other", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "portal", groups="base.group_portal")
        cls.marketing = new_test_user(
            cls.env,
            "marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        cls.recipients = cls.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in ("zoe", "max")]
        )
        document = cls.env["res.partner"].create({"name": "Customer"})
        cls.message = document.message_post(
            body="Invoice",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=cls.recipients.ids + cls.portal.partner_id.ids,
        )
        cls.message.date = "2026-03-05 08:39:30"

    def post(self, event, seconds, partner=None, **vals):
        partner = partner or self.recipients[0]
        custom_id = self.custom_id(None, self.message, partner)
        ids = {"email": partner.email, "MessageID": 2**60 + partner.id}
        return self.event(event, custom_id, seconds, **{**ids, **vals})

    def open_timeline(self, user, message=None):
        """Open the history of the message as a user; return its moments."""
        action = (message or self.message).with_user(user).action_mailjet_timeline()
        timeline = self.env[action["res_model"]].browse(action["res_id"])
        return timeline.with_user(user).moments

    def hide_partners_from(self, group):
        """Add a rule that hides the document from a group."""
        self.env["ir.rule"].create(
            {
                "name": "Nobody's",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.message.res_id})]",
                "groups": [Command.link(self.env.ref(group).id)],
            }
        )

    # ------------------------------------------------------------------
    # Messages in the chatter
    # ------------------------------------------------------------------

    def test_in_the_order_of_time_whatever_came_first(self):
        zoe, maximilian = self.recipients
        url = "https://example.com/offer"
        self.receive(self.post("click", 300, url=url))
        self.receive(
            self.post("bounce", 90, maximilian, hard_bounce=True, error="user unknown"),
            self.post("open", 120),
        )
        self.receive(self.post("sent", 0), self.post("unsub", 400))
        lines = self.open_timeline(self.internal)
        self.assertEqual(
            [(line["label"], line.get("email")) for line in lines],
            [
                ("Written", None),
                ("Delivered", zoe.email),
                ("Bounced", maximilian.email),
                ("Opened", zoe.email),
                ("Clicked", zoe.email),
                ("Unsubscribed", zoe.email),
            ],
        )
        dates = [line["date"] for line in lines]
        self.assertEqual(dates, sorted(dates))
        details = {line["label"]: line.get("detail") for line in lines}
        self.assertEqual(details["Bounced"], "There is no such mailbox.")
        self.assertEqual(details["Clicked"], url)
        self.assertFalse(details["Opened"])

    def test_machines_are_marked(self):
        url = "https://example.com/offer"
        self.receive(
            self.post("sent", 0),
            self.post("open", 1),
            self.post("click", 60, url=url, agent=SCANNER),
            self.post("open", 120),
        )
        details = [line["detail"] for line in self.open_timeline(self.internal)[1:]]
        machine = "By a machine, not counted"
        self.assertEqual(details, ["", machine, f"{machine} · {url}", ""])

    def test_without_any_event(self):
        lines = self.open_timeline(self.internal)
        self.assertEqual(
            [line["label"] for line in lines],
            ["Written", "No event from Mailjet yet"],
        )

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        message = self.message.with_context(lang="fr_FR")
        line = self.open_timeline(self.other, message)[0]
        self.assertEqual(line["label"], "Écrit")

    def test_not_without_access_to_the_document(self):
        self.receive(self.post("sent", 0))
        self.assertTrue(self.open_timeline(self.other))
        self.hide_partners_from("base.group_user")
        with self.assertRaises(AccessError):
            self.open_timeline(self.other)

    def test_not_without_access_to_the_model(self):
        server = self.env["ir.cron"].search([], limit=1)
        message = self.env["mail.message"].create(
            {"model": server._name, "res_id": server.id, "message_type": "comment"}
        )
        with self.assertRaises(AccessError):
            self.open_timeline(self.internal, message)

    def test_it_is_for_colleagues_only(self):
        """Recipients can read a message, but not the history of all its copies."""
        self.assertTrue(self.message.with_user(self.portal).has_access("read"))
        for user in (self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.open_timeline(user)

    def test_a_timeline_belongs_to_one_user(self):
        self.receive(self.post("sent", 0))
        self.open_timeline(self.internal)
        timeline = self.env["mailjet.timeline"].search([])
        self.assertTrue(timeline.with_user(self.internal).read())
        for user in (self.other, self.marketing, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                timeline.with_user(user).read()

    # ------------------------------------------------------------------
    # Emails of a mailing
    # ------------------------------------------------------------------

    def shown_moments(self, user):
        """Read the timeline of a trace as its form does."""
        form = self.env["mailing.trace"].with_user(user).get_view(view_type="form")
        self.assertIn('name="mailjet_timeline"', form["arch"])
        trace = self.traces[0].with_user(user)
        [values] = trace.web_read({"mailjet_timeline": {}})
        return values["mailjet_timeline"]

    def test_the_timeline_of_a_trace(self):
        trace = self.traces[0]
        self.receive(self.event("click", trace, 60, url="u", agent=SCANNER))
        self.receive(self.event("open", trace, 300), self.event("sent", trace))
        moments = self.shown_moments(self.marketing)
        self.assertEqual(
            [
                (one["kind"], one["is_automatic"])
                for one in moments
                if "is_automatic" in one
            ],
            [("sent", False), ("click", True), ("open", False)],
        )

    def test_the_timeline_of_a_trace_is_for_marketing(self):
        self.receive(self.event("sent", self.traces[0]))
        self.assertTrue(self.shown_moments(self.marketing))
        for user in (self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.traces[0].with_user(user).web_read({"mailjet_timeline": {}})
