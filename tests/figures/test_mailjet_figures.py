import json
from datetime import datetime, timedelta
from random import Random

from odoo import fields
from odoo.tests import tagged
from odoo.tools import file_open

from ...tools.mailjet.event_summary import EventFacts, summarize
from ...tools.report import figures
from ..events.common import PERSON, MailjetEventsCommon

MACHINE = "Mozilla/5.0"  # Apple's proxy
GREYLISTED = {"hard_bounce": False, "error": "greylisted"}
SOFT = {"hard_bounce": False, "error_related_to": "mailbox", "error": "quota exceeded"}
BANNED = {"error_related_to": "mailjet", "error": "preblocked"}
LINK = {"url": "https://x.example/"}
# What became of one recipient each: the events, in their order
FATES = {
    "no news": [],
    "greylisted": [("bounce", GREYLISTED)],
    "delivered": [("sent", {})],
    "greylisted first": [("bounce", GREYLISTED), ("sent", {})],
    "soft bounce first": [("bounce", SOFT), ("sent", {})],
    "opened": [("sent", {}), ("open", {}), ("open", {})],
    "opened by a machine": [("sent", {}), ("open", {"agent": MACHINE})],
    "clicked": [("sent", {}), ("click", LINK)],
    "opened and clicked": [
        ("sent", {}),
        ("open", {}),
        ("click", LINK),
    ],
    "replied": [("sent", {}), ("open", {})],
    "complained": [("sent", {}), ("spam", {})],
    "unsubscribed": [("sent", {}), ("open", {}), ("unsub", {})],
    "hard bounce": [("hard", {})],
    "hard bounce later": [("sent", {}), ("hard", {})],
    "soft bounce": [("bounce", SOFT)],
    "soft bounces": [("bounce", SOFT), ("bounce", SOFT)],
    "blocked": [("blocked", BANNED)],
}
# Besides, recipients whose email did not reach Mailjet: status and number
HERE = {"outgoing": 2, "process": 1, "error": 2, "cancel": 1}
EXPECTED = {
    "processed": 15,
    "delivered": 10,
    "opened": 5,
    "clicked": 2,
    "bounced": 4,
    "blocked": 1,
    "complained": 1,
    "unsubscribed": 1,
}
RATES = {
    "delivered": 66.67,
    "opened": 50,
    "clicked": 20,
    "bounced": 26.67,
    "blocked": 6.67,
    "complained": 10,
    "unsubscribed": 10,
}


class MailjetFatesCommon(MailjetEventsCommon):
    """A mailing with a recipient of every fate."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.traces.unlink()
        number = len(FATES) + sum(HERE.values())
        cls.contacts = cls.env["mailing.contact"].create(
            [{"email": f"r{one}@gmail.com"} for one in range(number)]
        )
        cls.traces = cls.create_traces(cls.contacts)
        names = [*FATES, *(status for status, n in HERE.items() for _one in range(n))]
        cls.of = dict(zip(names, cls.traces, strict=True))
        for trace, name in zip(cls.traces, names, strict=True):
            if name in HERE:
                trace.write({"trace_status": name, "sent_datetime": False})

    def fill(self):
        # At noon, as the events of one email must not be on two days
        day = fields.Datetime.to_datetime(fields.Date.today() - timedelta(days=2))
        start = int(day.timestamp()) + 12 * 3600
        posts = []
        for name, events in FATES.items():
            for number, (kind, vals) in enumerate(events):
                moment = {"time": start + 600 * number}
                make = self.hard_bounce if kind == "hard" else self.event
                args = () if kind == "hard" else (kind,)
                posts.append(make(*args, self.of[name], **{**vals, **moment}))
        self.receive(*posts)
        self.of["replied"].set_replied()
        self.refresh()

    def refresh(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("mail_mailjet.ir_cron_refresh_statistics")
            cron.method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestMailjetFigures(MailjetFatesCommon):
    """All places show the same figures of a mailing with a recipient of every fate."""

    def setUp(self):
        super().setUp()
        self.fill()

    def groups(self, rows, names):
        """Return what the web client gets of a group of the deliverability view."""
        domain = [("mailing_id", "=", self.mailing.id)]
        return self.env["mailjet.deliverability"].formatted_read_group(
            domain, rows, names
        )

    def assert_counts(self, counts):
        self.assertEqual({name: counts[name] for name in EXPECTED}, EXPECTED)

    def assert_rates(self, rates):
        for name, rate in rates.items():
            self.assertAlmostEqual(rate, RATES[name], 2, name)

    def test_the_buttons_of_the_mailing(self):
        mailing = self.mailing
        self.assertEqual(
            mailing.read(
                ["delivered", "opened", "clicked", "bounced", "replied", "failed"],
                load=None,
            ),
            [
                {
                    "id": mailing.id,
                    **{name: EXPECTED[name] for name in ("delivered", "opened")},
                    **{name: EXPECTED[name] for name in ("clicked", "bounced")},
                    "replied": 1,
                    "failed": 2,
                }
            ],
        )
        self.assert_rates(
            {
                "delivered": mailing.received_ratio,
                "opened": mailing.opened_ratio,
                "clicked": mailing.clicks_ratio,
                "bounced": mailing.bounced_ratio,
            }
        )
        self.assertEqual(mailing.replied_ratio, 10)
        self.assertEqual(mailing.mailjet_delivered, EXPECTED["delivered"])
        bounces = mailing.mailjet_hard_bounced + mailing.mailjet_soft_bounced
        self.assertEqual(bounces, EXPECTED["bounced"])
        for name in ("blocked", "complained", "unsubscribed"):
            self.assertEqual(mailing[f"mailjet_{name}"], EXPECTED[name])
        self.assertEqual(mailing.mailjet_automatic, 1)
        self.assertFalse(mailing.mailjet_no_rates)

    def test_the_delivery_bar(self):
        self.assertEqual(
            self.mailing.mailjet_bar,
            {
                "opened": EXPECTED["opened"],
                "delivered": EXPECTED["delivered"] - EXPECTED["opened"],
                "under_way": 2,
                "waiting": 3,
                "blocked": EXPECTED["blocked"],
                "bounced": EXPECTED["bounced"],
                "failed": 2,
            },
        )
        self.assertEqual(sum(self.mailing.mailjet_bar.values()), len(self.traces) - 1)

    def test_the_list_of_mailings(self):
        names = ["received_ratio", "opened_ratio", "bounced_ratio", "clicks_ratio"]
        found = self.env["mailing.mailing"].web_search_read(
            [("id", "=", self.mailing.id)], dict.fromkeys(names, {})
        )
        [row] = found["records"]
        shown = ("delivered", "opened", "bounced", "clicked")
        self.assert_rates(dict(zip(shown, (row[name] for name in names), strict=True)))

    def test_the_campaign(self):
        campaign = self.env["utm.campaign"].create({"name": "Summer"})
        self.mailing.campaign_id = campaign
        self.env.flush_all()
        self.assert_rates(
            {
                "delivered": campaign.received_ratio,
                "opened": campaign.opened_ratio,
                "bounced": campaign.bounced_ratio,
            }
        )

    def test_the_statistics_and_the_comparison(self):
        names = [f"{name}:sum" for name in EXPECTED]
        names += [f"{name}_rate:avg" for name in RATES]
        for rows in ([], ["comparison"], ["mailing_id"], ["provider"], ["date:day"]):
            with self.subTest(rows=rows):
                [group] = self.groups(rows, names)
                self.assert_counts({name: group[f"{name}:sum"] for name in EXPECTED})
                self.assert_rates({name: group[f"{name}_rate:avg"] for name in RATES})
        self.assertEqual(self.groups(["comparison"], [])[0]["comparison"], "Hello")

    def test_the_dashboard(self):
        data = self.env["mailjet.dashboard"].read_dashboard(self.server.id)
        self.assertEqual(data["source"], "events")
        found = {one["name"]: one for one in data["figures"]}
        self.assert_counts({name: one["count"] for name, one in found.items()})
        self.assert_rates({name: found[name]["rate"] for name in RATES})
        self.assertTrue(data["rates_known"])
        # Two bounces of one email are one reason each: nothing is missing
        self.assertGreaterEqual(data["reasons_known"], data["reasons_wanted"])
        self.assertNotIn("greylisted", [one["reason"] for one in data["reasons"]])

    def test_the_spreadsheet(self):
        with file_open("mail_mailjet/data/files/mailjet_dashboard.json") as file:
            pivots = json.load(file)["pivots"].values()
        for pivot in pivots:
            rows = [row["fieldName"] for row in pivot["rows"]]
            names = {
                one["fieldName"]: f"{one['fieldName']}:{one.get('aggregator', 'sum')}"
                for one in pivot["measures"]
            }
            [group] = self.groups(rows, [*names.values()])
            for name, key in names.items():
                figure = name.removesuffix("_rate")
                expected = RATES if name != figure else EXPECTED
                self.assertAlmostEqual(group[key], expected[figure], 2, name)

    def test_what_is_behind_the_buttons(self):
        """A button opens as many records as it counts."""
        for method, figure in (
            ("action_view_delivered", "delivered"),
            ("action_view_opened", "opened"),
            ("action_view_clicked", "clicked"),
            ("action_view_bounced", "bounced"),
        ):
            action = getattr(self.mailing, method)()
            # The ids are those of contacts, although the mailing is for lists
            [(_name, _operator, ids)] = action["domain"]
            self.assertEqual(len(ids), EXPECTED[figure], figure)
        for kind, count in (("sent", 10), ("hard", 2), ("soft", 2), ("blocked", 1)):
            mailing = self.mailing.with_context(mailjet_event=kind)
            domain = mailing.action_mailjet_events()["domain"]
            events = self.env["mailjet.event"].search(domain)
            self.assertEqual(len(events.trace_id), count, kind)
        action = self.mailing.action_view_traces_failed()
        traces = self.env["mailing.trace"].search(
            [
                *action["domain"],
                ("trace_status", "=", "error"),
                ("mass_mailing_id", "=", self.mailing.id),
            ]
        )
        self.assertEqual(len(traces), self.mailing.failed)

    def test_nothing_is_lost_when_old_events_are_deleted(self):
        self.env["mailjet.event"].search([]).unlink()
        self.env.invalidate_all()
        self.test_the_delivery_bar()
        self.assertEqual(self.mailing.mailjet_blocked, 1)
        self.assertTrue(self.mailing.mailjet_has_events)

    def test_retry_counts_what_it_can_send(self):
        self.assertEqual(self.mailing.mailjet_retry_count, 0)
        self.env["mail.mail"].create(
            {"mailing_id": self.mailing.id, "state": "exception"}
        )
        self.mailing.invalidate_recordset()
        self.assertEqual(self.mailing.mailjet_retry_count, 1)

    def test_the_mail_after_a_day_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.mailing.user_id.lang = "fr_FR"
        values = self.mailing._prepare_statistics_email_values()
        shown = [values["kpi_data"][0][f"kpi_col{n}"]["value"] for n in (1, 2, 3)]
        self.assertEqual(
            [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown],
            ["66,67 %", "50,00 %", "10,00 %"],
        )


@tagged("post_install", "-at_install")
class TestMailjetFailuresOnly(MailjetFatesCommon):
    """Where failures alone are known, there are no rates."""

    def test_a_mailing(self):
        self.receive(self.hard_bounce(self.of["hard bounce"]))
        self.mailing.invalidate_recordset()
        self.assertTrue(self.mailing.mailjet_no_rates)
        self.receive(self.event("sent", self.of["delivered"]))
        self.mailing.invalidate_recordset()
        self.assertFalse(self.mailing.mailjet_no_rates)

    def import_bounces(self, number):
        self.env["mailjet.event"].create(
            [
                {
                    "server_id": self.server.id,
                    "key": f"import/{one}",
                    "event": "bounce",
                    "bounce_type": "hard",
                    "failure_reason": "user_unknown",
                    "date": fields.Datetime.now() - timedelta(days=3),
                    "mailjet_message_id": f"77{one}",
                    "origin": "api",
                    "report_key": 1,
                    "state": "foreign",
                }
                for one in range(number)
            ]
        )
        self.env["mailjet.event"].search([("report_key", "=", 1)])._note_days()
        self.refresh()

    def test_an_import_of_bounces(self):
        self.import_bounces(40)
        [group] = self.env["mailjet.deliverability"].formatted_read_group(
            [("server_id", "=", self.server.id)],
            [],
            ["bounced:sum", "delivered_rate:avg", "bounced_rate:avg"],
        )
        self.assertEqual(group["bounced:sum"], 40)
        self.assertFalse(group["delivered_rate:avg"])
        self.assertFalse(group["bounced_rate:avg"])
        data = self.env["mailjet.dashboard"].read_dashboard(self.server.id)
        self.assertFalse(data["rates_known"])
        self.assertEqual({one["rate"] for one in data["figures"]}, {None})
        counts = {one["name"]: one["count"] for one in data["figures"]}
        self.assertEqual(counts["bounced"], 40)


@tagged("post_install", "-at_install")
class TestMailjetFatesAgree(MailjetFatesCommon):
    """The sums give each email the fate that its trace gets, whatever the events."""

    KINDS = (
        *[("sent", {}), ("open", {}), ("open", {"agent": MACHINE}), ("click", {})],
        *[("spam", {}), ("unsub", {}), ("bounce", GREYLISTED), ("bounce", SOFT)],
        ("bounce", {"hard_bounce": True, "error": "greylisted"}),
        ("bounce", {"hard_bounce": True, "error": "user unknown"}),
        ("bounce", {"error": "user unknown"}),
        ("bounce", {"error": "no such word"}),
        ("blocked", BANNED),
        ("blocked", {"error": "duplicate in campaign"}),
    )

    def fate(self, events):
        """Return the figure in which an email with these events counts, or None."""
        facts = [
            EventFacts(
                id=number,
                event=event,
                date=datetime(2026, 3, 5) + timedelta(minutes=10 * number),
                agent=vals.get("agent", PERSON),
                is_hard=vals.get("hard_bounce"),
                error=vals.get("error", ""),
            )
            for number, (event, vals) in enumerate(events)
        ]
        summary = summarize(facts)
        fate = figures.fate_of(summary.status or "pending", summary.failure_kind)
        for name in ("delivered", "hard_bounced", "soft_bounced", "blocked"):
            if fate in figures.COUNTED[name]:
                return name
        return None

    def test_any_events(self):
        random = Random(18)
        emails = [
            random.choices(self.KINDS, k=random.randint(1, 4)) for _one in range(300)
        ]
        contacts = self.env["mailing.contact"].create(
            [{"email": f"n{number}@x.example"} for number in range(300)]
        )
        traces = self.create_traces(contacts)
        expected = dict.fromkeys(
            ("delivered", "hard_bounced", "soft_bounced", "blocked"), 0
        )
        posts = []
        for trace, events in zip(traces, emails, strict=True):
            name = self.fate(events)
            if name:
                expected[name] += 1
            posts += [
                self.event(kind, trace, 600 * position, **LINK, **vals)
                if kind == "click"
                else self.event(kind, trace, 600 * position, **vals)
                for position, (kind, vals) in enumerate(events)
            ]
        self.receive(*posts)
        self.refresh()
        [sums] = self.env["mailjet.deliverability"]._read_group(
            [], [], [f"{name}:sum" for name in expected]
        )
        self.assertEqual(dict(zip(expected, sums, strict=True)), expected)
        self.assertTrue(all(expected.values()), "Each is met")
        mailing = self.mailing
        self.assertEqual(mailing.mailjet_delivered, expected["delivered"])
        self.assertEqual(mailing.mailjet_hard_bounced, expected["hard_bounced"])
        self.assertEqual(mailing.mailjet_soft_bounced, expected["soft_bounced"])
        self.assertEqual(mailing.mailjet_blocked, expected["blocked"])
