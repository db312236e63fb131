import json
from collections import Counter
from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from ...tools.mailjet.custom_id import CustomId
from ...tools.mailjet.event import read_post
from .test_mailjet_report_run import MailjetReportCommon

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@tagged("post_install", "-at_install")
class TestMailjetReportData(MailjetReportCommon):
    """What reports import: each dataset with a filter, and its links to Odoo."""

    def rows(self, resource, **query):
        query = {"FromTS": 0, "ToTS": int(self.seconds()), **query}
        return self.statistics.rows(resource, **query)

    def ids(self, model, domain=()):
        return set(self.env[model].search(list(domain)).mapped("mailjet_id"))

    # ------------------------------------------------------------------
    # Each report, with a filter
    # ------------------------------------------------------------------

    def test_events_of_one_campaign(self):
        self.fill()
        self.run_report(self.create_report("campaign"))
        campaign = self.env["mailjet.campaign"].search([("kind", "=", "sent")])[0]
        for name in ("open", "click", "bounce"):
            report = self.create_report(
                name, filter_type="campaign", campaign_ids=campaign.ids
            )
            self.run_report(report)
            of_campaign = {
                str(event.message_id)
                for event in self.statistics.events(name)
                if str(event.campaign_id) == campaign.mailjet_id
            }
            self.assertTrue(of_campaign)
            self.assertEqual({row[0] for row in self.stored(name)}, of_campaign)
        events = self.env["mailjet.event"].search([])
        self.assertEqual(
            set(events.mapped("mailjet_campaign_id")), {campaign.mailjet_id}
        )

    def test_events_of_one_list(self):
        self.fill()
        self.run_report(self.create_report("contact_list"))
        a_list = self.env["mailjet.contact.list"].search([("is_deleted", "=", False)])[
            0
        ]
        campaigns = {
            row["ID"]
            for row in self.rows("campaign")
            if str(row.get("ListID")) == a_list.mailjet_id
        }
        report = self.create_report(
            "open", filter_type="list", contact_list_ids=a_list.ids
        )
        self.run_report(report)
        of_list = {
            str(event.message_id)
            for event in self.statistics.events("open")
            if event.campaign_id in campaigns
        }
        self.assertTrue(of_list)
        self.assertEqual({row[0] for row in self.stored("open")}, of_list)

    def test_events_between_two_dates(self):
        self.fill()
        first, last = self.ago(days=90), self.ago(days=30)
        report = self.create_report(date_filter="range", date_from=first, date_to=last)
        self.run_report(report)
        start, end = report._chosen_dates()
        self.assertTrue(self.stored("open"))
        self.assertEqual(
            self.stored("open"),
            [row for row in self.held("open") if start <= row[1] <= end],
        )

    def test_contacts_of_one_list(self):
        self.fill()
        self.run_report(self.create_report("contact_list"))
        a_list = self.env["mailjet.contact.list"].search([("is_deleted", "=", False)])[
            0
        ]
        self.run_report(self.create_report("contact", contact_list_ids=a_list.ids))
        members = self.rows("listrecipient", ContactsList=a_list.mailjet_id)
        self.assertEqual(
            self.ids("mailjet.contact"), {str(row["ContactID"]) for row in members}
        )
        subscriptions = self.env["mailjet.subscription"].search([])
        self.assertEqual(len(subscriptions), len(members))
        self.assertEqual(subscriptions.contact_list_id, a_list)

    def test_all_contacts(self):
        self.fill()
        self.run_report(self.create_report("contact", memberships=False))
        rows = self.rows("contact", IncludeAnonymized=1)
        self.assertEqual(self.ids("mailjet.contact"), {str(r["ID"]) for r in rows})
        excluded = self.ids("mailjet.contact", [("is_excluded", "=", True)])
        self.assertEqual(
            excluded, {str(r["ID"]) for r in rows if r["IsExcludedFromCampaigns"]}
        )

    def test_lists_with_and_without_deleted_ones(self):
        kept = self.statistics.add_list("Customers")
        gone = self.statistics.add_list("Old", is_deleted=True)
        report = self.create_report("contact_list", deleted_lists=False)
        self.run_report(report)
        self.assertEqual(self.ids("mailjet.contact.list"), {str(kept)})
        report.deleted_lists = True
        self.run_report(report)
        self.assertEqual(self.ids("mailjet.contact.list"), {str(kept), str(gone)})

    def test_segments_by_status(self):
        used = self.statistics.add_segment("Lovers", status="used")
        self.statistics.add_segment("Sleepers", status="unused")
        self.run_report(self.create_report("segment", segment_status="used"))
        self.assertEqual(self.ids("mailjet.segment"), {str(used)})

    def test_starred_and_deleted_campaigns_drafts_and_tests(self):
        at = {"send_start_at": self.ago(days=40)}
        plain = self.statistics.add_campaign("Plain", **at)
        starred = self.statistics.add_campaign("Starred", is_starred=True, **at)
        deleted = self.statistics.add_campaign("Deleted", is_deleted=True, **at)
        report = self.create_report("campaign", deleted_campaigns=False, starred=False)
        self.run_report(report)
        self.assertEqual(self.ids("mailjet.campaign"), {str(plain)})
        report.write({"starred": True, "deleted_campaigns": True})
        self.run_report(report)
        wanted = {str(plain), str(starred), str(deleted)}
        self.assertEqual(self.ids("mailjet.campaign"), wanted)
        draft = self.statistics.add_draft("Draft")
        report.overview = True
        self.run_report(report)
        drafts = self.ids("mailjet.campaign", [("kind", "=", "draft")])
        self.assertIn(str(draft), drafts)

    def test_figures_of_a_deleted_campaign_are_unknown_not_zero(self):
        at = {"send_start_at": self.ago(days=40)}
        kept = self.statistics.add_campaign("Kept", **at)
        deleted = self.statistics.add_campaign("Deleted", is_deleted=True, **at)
        self.statistics.add_message(
            "a@x.example", campaign_id=kept, arrived_at=self.ago(days=40)
        )
        report = self.create_report("campaign")
        self.run_report(report)
        self.assertFalse(self.env["mailjet.campaign"].search([("has_counts", "=", 1)]))
        report.overview = True
        self.run_report(report)
        known = self.env["mailjet.campaign"].search([("has_counts", "=", True)])
        self.assertEqual(known.mapped("mailjet_id"), [str(kept)])
        self.assertEqual(known.processed_count, 1)
        unknown = self.env["mailjet.campaign"].search([("has_counts", "=", False)])
        self.assertEqual(unknown.mapped("mailjet_id"), [str(deleted)])
        self.statistics.change_campaign(kept, IsDeleted=True)
        self.later(hours=21)
        report.action_run()
        self.work()
        self.later(minutes=2)  # the empty overview is asked for twice
        self.work()
        self.assertEqual(report.state, "done", report.problem)
        self.assertTrue(known.is_deleted)
        self.assertEqual(known.processed_count, 1, "The last known figure stays")

    def test_messages_of_one_campaign(self):
        self.fill(events=100)
        self.run_report(self.create_report("campaign"))
        campaign = self.env["mailjet.campaign"].search([("kind", "=", "sent")])[0]
        self.run_report(self.create_report("message", campaign_ids=campaign.ids))
        rows = self.rows("message", CampaignID=campaign.mailjet_id)
        self.assertEqual(self.ids("mailjet.message"), {str(row["ID"]) for row in rows})

    def test_a_message_that_changes_is_read_again(self):
        message = self.add_message()
        report = self.create_report("message")
        self.run_report(report)
        [stored] = self.env["mailjet.message"].search([])
        self.assertEqual(stored.status, "sent")
        self.statistics.change_message(message, status="hardbounced", state_id=1)
        self.later(hours=21)
        self.run_report(report)
        self.assertEqual((stored.status, stored.error), ("hardbounced", "user unknown"))

    def test_counters_of_the_account_by_day_in_many_windows(self):
        self.fill(days=300)
        report = self.create_report("counter")
        self.run_report(report)
        counters = self.env["mailjet.counter"].search([])
        self.assertEqual(
            sum(counters.mapped("processed")),
            self.statistics.messages.history.message_count,
        )
        self.assertEqual(set(counters.mapped("resolution")), {"Day"})
        self.run_report(report)
        self.assertEqual(self.env["mailjet.counter"].search([]), counters)

    def test_counters_of_five_minutes_are_the_truth(self):
        self.fill(events=400, days=2, campaigns=3)

        def slices(moments):
            return Counter(int(at) // 300 * 300 for at in moments)

        epoch = datetime(1970, 1, 1)
        messages = [
            datetime.fromisoformat(row["ArrivedAt"]).timestamp()
            for row in self.rows("message")
        ]
        truth = {
            "Message": ("processed", slices(messages)),
            "Event": ("opens", slices(e.at for e in self.statistics.events("open"))),
        }
        for timing, (name, expected) in truth.items():
            report = self.create_report(
                "counter", counter_timing=timing, counter_resolution="Highest"
            )
            self.run_report(report)
            found = {
                int((counter.date - epoch).total_seconds()): counter[name]
                for counter in self.env["mailjet.counter"].search(
                    [("timing", "=", timing), (name, ">", 0)]
                )
            }
            self.assertGreater(len(expected), 20)
            self.assertEqual(found, expected)

    def test_counters_of_a_campaign_for_all_time(self):
        self.fill(events=100)
        self.run_report(self.create_report("campaign"))
        campaign = self.env["mailjet.campaign"].search([("kind", "=", "sent")])[0]
        self.run_report(
            self.create_report(
                "counter",
                counter_source="Campaign",
                counter_resolution="Lifetime",
                campaign_ids=campaign.ids,
            )
        )
        [counter] = self.env["mailjet.counter"].search([])
        messages = self.rows("message", CampaignID=campaign.mailjet_id)
        self.assertEqual(counter.processed, len(messages))
        self.assertEqual(counter.mailjet_source_id, campaign.mailjet_id)

    # ------------------------------------------------------------------
    # Links to Odoo
    # ------------------------------------------------------------------

    def create_trace(self):
        mailing_list = self.env["mailing.list"].create({"name": "Friends"})
        self.contact = self.env["mailing.contact"].create(
            {"email": "Zoe@Example.org", "list_ids": [Command.link(mailing_list.id)]}
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Hello",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "mail_server_id": self.server.id,
                "state": "done",
            }
        )
        return self.env["mailing.trace"].create(
            {
                "mass_mailing_id": mailing.id,
                "model": "mailing.contact",
                "res_id": self.contact.id,
                "email": "zoe@example.org",
                "trace_status": "sent",
            }
        )

    def write_custom_id(self, trace):
        return self.env["ir.mail_server"]._mailjet_write_custom_id(
            CustomId(trace_id=trace.id)
        )

    def apply(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_apply_events").method_direct_trigger()
        self.env.invalidate_all()

    def test_events_imported_before_their_message_are_linked_later(self):
        trace = self.create_trace()
        message = self.add_message(
            "zoe@example.org", custom_id=self.write_custom_id(trace)
        )
        self.statistics.add_click(
            message, "https://x.example/", at=self.ago(minutes=30), agent=PERSON
        )
        self.run_report(self.create_report("click"))
        event = self.env["mailjet.event"].search([])
        self.assertEqual((event.state, event.email), ("foreign", False))
        self.run_report(self.create_report("message"))
        self.apply()
        self.assertEqual(event.trace_id, trace)
        self.assertEqual((event.state, event.email), ("applied", "zoe@example.org"))
        self.assertEqual(trace.trace_status, "open")
        self.assertEqual(trace.links_click_datetime, self.ago(minutes=30))
        stored = self.env["mailjet.message"].search([])
        self.assertEqual(
            (stored.trace_id, stored.mailing_id.id), (trace, trace.mass_mailing_id.id)
        )

    def test_an_event_both_posted_and_imported_is_stored_once(self):
        """Whichever comes first."""
        trace = self.create_trace()
        custom_id = self.write_custom_id(trace)
        message = self.add_message("zoe@example.org", custom_id=custom_id)
        url = "https://x.example/"
        at = self.ago(minutes=30)
        self.statistics.add_open(message, at=at, agent=PERSON)
        self.statistics.add_click(message, url, at=at, agent=PERSON)

        def post(event, **vals):
            events = [
                {
                    "event": event,
                    "time": int((at - datetime(1970, 1, 1)).total_seconds()),
                    "MessageID": message,
                    "email": "zoe@example.org",
                    "CustomID": custom_id,
                    "agent": PERSON,
                    **vals,
                }
            ]
            body = json.dumps(events).encode()
            self.env["mailjet.event"]._receive(self.server, read_post(body))

        post("open")
        self.run_report(self.create_report("message"))
        for name in ("open", "click"):
            self.run_report(self.create_report(name))
        post("click", url=url)
        self.apply()
        events = self.env["mailjet.event"].search([])
        self.assertEqual(sorted(events.mapped("event")), ["click", "open"])
        self.assertEqual(events.mapped("trace_id"), trace)
        self.assertEqual(set(events.mapped("state")), {"applied"})

    def test_a_campaign_is_linked_to_its_mailing(self):
        trace = self.create_trace()
        mailing = trace.mass_mailing_id
        name = mailing._mailjet_campaign_name()
        self.statistics.add_campaign(
            "Hello", custom_value=name, send_start_at=self.ago(hours=3)
        )
        self.run_report(self.create_report("campaign"))
        campaign = self.env["mailjet.campaign"].search([])
        self.assertEqual(campaign.mailing_id, mailing)

    def test_lists_are_linked_by_name_unless_a_user_chose_another(self):
        ours = self.env["mailing.list"].create([{"name": "Friends"}, {"name": "Foes"}])
        self.statistics.add_list("Friends")
        report = self.create_report("contact_list")
        self.run_report(report)
        theirs = self.env["mailjet.contact.list"].search([])
        self.assertEqual(theirs.mailing_list_id, ours[0])
        theirs.mailing_list_id = ours[1]
        self.run_report(report)
        self.assertEqual(theirs.mailing_list_id, ours[1])

    def test_contacts_are_linked_to_those_of_odoo(self):
        self.create_trace()
        partner = self.env["res.partner"].create(
            {"name": "Zoe", "email": "zoe@example.org"}
        )
        self.statistics.add_contact("zoe@example.org", name="Zoe")
        self.run_report(self.create_report("contact"))
        contact = self.env["mailjet.contact"].search([])
        self.assertEqual(contact.mailing_contact_id, self.contact)
        self.assertEqual(contact.partner_id, partner)

    def test_contacts_anonymized_by_mailjet_are_erased(self):
        message = self.add_message("zoe@example.org")
        self.statistics.add_open(message, at=self.ago(hours=1), agent=PERSON)
        contact_id = self.statistics.contact_ids(["zoe@example.org"])["zoe@example.org"]
        self.statistics.change_contact(contact_id, Name="Zoe Secret")
        contacts = self.create_report("contact")
        for report in (contacts, self.create_report("message"), self.create_report()):
            self.run_report(report)
        event = self.env["mailjet.event"].search([])
        self.assertEqual(event.email, "zoe@example.org")
        self.statistics.erase_contact(contact_id)
        self.run_report(contacts)
        self.env.flush_all()
        for table in ("mailjet_contact", "mailjet_event", "mailjet_message"):
            self.env.cr.execute(f"SELECT * FROM {table}")
            rows = str(self.env.cr.fetchall()).lower()
            self.assertNotIn("zoe", rows, table)
        self.assertTrue(event.exists(), "The event still counts")

    # ------------------------------------------------------------------
    # Daily sums
    # ------------------------------------------------------------------

    def refresh(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("mail_mailjet.ir_cron_refresh_statistics")
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_sums_match_the_details(self):
        self.fill(late=0.05)
        for name in ("open", "click", "bounce"):
            self.run_report(self.create_report(name))
        self.refresh()
        [sums] = self.env["mailjet.deliverability"]._read_group(
            [], [], ["opens:sum", "clicks:sum", "bounced:sum", "blocked:sum"]
        )
        events = self.env["mailjet.event"]
        counts = [
            events.search_count([("event", "=", name)]) for name in ("open", "click")
        ]
        # A message bounces once, and not by being greylisted
        bounced, blocked = (
            len(
                set(
                    events.search([("event", "=", name)])
                    .filtered(lambda event: not event.is_deferred)
                    .mapped("mailjet_message_id")
                )
            )
            for name in ("bounce", "blocked")
        )
        self.assertEqual(list(sums), [*counts, bounced, blocked])

    def test_each_message_counts_once_on_its_first_day(self):
        message = self.add_message(arrived_at=self.ago(days=4))
        for days in (3, 2, 1):
            self.statistics.add_open(message, at=self.ago(days=days), agent=PERSON)
        self.run_report(self.create_report())
        self.refresh()
        sums = self.env["mailjet.deliverability"].search([], order="date")
        self.assertEqual(sums.mapped("opened"), [1, 0, 0])
        self.assertEqual(sums.mapped("opens"), [1, 1, 1])

    def test_sums_follow_late_and_removed_events(self):
        message = self.add_message(arrived_at=self.ago(days=4))
        late = self.statistics.add_open(message, at=self.ago(days=2), agent=PERSON)
        report = self.create_report(update_mode="replace")
        self.run_report(report)
        self.refresh()
        self.statistics.add_open(message, at=self.ago(days=3), agent=PERSON)
        self.statistics.delete_event("open", late)
        self.run_report(report)
        self.refresh()
        sums = self.env["mailjet.deliverability"].search([])
        self.assertEqual(sums.mapped("date"), [self.ago(days=3).date()])
        self.assertEqual(sums.mapped("opened"), [1])

    def test_message_statuses_count_without_events(self):
        for status in ("sent", "opened", "hardbounced", "blocked"):
            self.add_message(f"{status}@gmail.com", status=status)
        self.run_report(self.create_report("message"))
        self.refresh()
        [sums] = self.env["mailjet.deliverability"]._read_group(
            [],
            [],
            [
                "processed:sum",
                "delivered:sum",
                "opened:sum",
                "bounced:sum",
                "blocked:sum",
            ],
        )
        self.assertEqual(sums, (4, 2, 1, 1, 1))
        providers = self.env["mailjet.deliverability"].search([]).mapped("provider")
        self.assertEqual(set(providers), {"google"})
