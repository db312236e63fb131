import random

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...tools.mailjet.resources import MailjetApi
from .test_mailjet_report_run import PAGE, MailjetReportCommon


@tagged("post_install", "-at_install")
class TestMailjetReportReplace(MailjetReportCommon):
    """Replace removes what Mailjet no longer has, and nothing else."""

    def create_replacing(self, report="open", **vals):
        return self.create_report(report, update_mode="replace", **vals)

    def count(self, model):
        return self.env[model].search_count([])

    def run_twice(self, report):
        """Run a report that meets an empty answer, which it has to believe."""
        report.action_run()
        self.work()
        self.assertEqual(report.state, "running", "It asks again")
        self.later(minutes=2)
        self.work()
        self.assertEqual(report.state, "done", report.problem)

    def run_patiently(self, report):
        """Run a report that may ask again for windows that seem to be empty."""
        report.action_run()
        self.work()
        self.later(minutes=2)
        self.work()
        self.assertEqual(report.state, "done", report.problem)

    def answer_nothing(self, times=None):
        """Make Mailjet count no rows, this often or from now on."""
        count, left = MailjetApi.count, [times]

        def wrong(client, resource, **filters):
            if left[0] is None or left[0] > 0:
                left[0] = left[0] and left[0] - 1
                return 0
            return count(client, resource, **filters)

        self.patch(MailjetApi, "count", wrong)

    def answer_everything(self):
        self.patch(MailjetApi, "count", self.count_of_mailjet)

    def setUp(self):
        super().setUp()
        self.count_of_mailjet = MailjetApi.count

    # ------------------------------------------------------------------
    # Only within what was read
    # ------------------------------------------------------------------

    def test_narrower_dates_keep_what_is_outside(self):
        self.fill(events=300)
        for name in ("open", "message", "campaign"):
            with self.subTest(name=name):
                report = self.create_replacing(name)
                self.run_report(report)
                model = report.action_rows()["res_model"]
                before = self.count(model)
                report.write({"date_filter": "since", "date_from": self.ago(days=30)})
                self.run_patiently(report)
                self.assertEqual(self.count(model), before)
                self.assertFalse(report.unseen_count)

    def test_narrower_dates_remove_what_has_gone_within_them(self):
        self.fill(events=300)
        report = self.create_replacing()
        self.run_report(report)
        events = list(self.statistics.events("open"))
        first, last = events[0], events[-1]
        for event in (first, last):
            self.statistics.delete_event("open", event.number)
        report.write({"date_filter": "since", "date_from": self.ago(days=30)})
        self.run_patiently(report)
        stored = {row[0] for row in self.stored("open")}
        self.assertIn(str(first.message_id), stored, "It was not looked for")
        gone = set(self.stored("open")) - set(self.held("open"))
        self.assertEqual(len(gone), 1)

    def test_another_kind_of_report_keeps_the_rows_of_the_first(self):
        self.fill(events=300)
        report = self.create_replacing("open")
        self.run_report(report)
        for name in ("click", "bounce", "contact", "counter"):
            report.report = name
            self.run_report(report)
        self.assertSame("open")
        self.assertEqual(len(self.stored("click")), len(self.held("click")))

    def test_other_filters_keep_the_rows_of_the_first_ones(self):
        self.fill(events=300)
        self.run_report(self.create_report("campaign"))
        self.run_report(self.create_report("contact_list"))
        campaign = self.env["mailjet.campaign"].search([("kind", "=", "sent")], limit=1)
        a_list = self.env["mailjet.contact.list"].search(
            [("is_deleted", "=", False)], limit=1
        )
        report = self.create_replacing("open")
        self.run_report(report)
        for vals in (
            {"filter_type": "campaign", "campaign_ids": campaign.ids},
            {"filter_type": "list", "contact_list_ids": a_list.ids},
            {"filter_type": "all", "deleted_campaigns": False},
            {"newsletter_tool": False, "starred": False},
        ):
            report.write(vals)
            for _ in range(2):
                self.run_report(report)
            with self.subTest(vals=vals):
                self.assertSame("open")

    def test_two_replacing_reports_keep_each_others_rows(self):
        """Whatever the numbers of their runs, and whichever of them reads less."""
        self.fill(events=300)
        self.run_report(self.create_report("campaign"))
        first, second = self.env["mailjet.campaign"].search(
            [("kind", "=", "sent")], limit=2
        )
        reports = [
            self.create_replacing("open"),
            self.create_replacing(
                "open", filter_type="campaign", campaign_ids=first.ids
            ),
            self.create_replacing(
                "open", filter_type="campaign", campaign_ids=second.ids
            ),
            self.create_replacing(
                "open", date_filter="since", date_from=self.ago(days=20)
            ),
        ]
        chance = random.Random(3)
        for _ in range(8):
            self.run_report(chance.choice(reports))
        for report in reports:
            self.run_report(report)
        self.assertSame("open")
        self.assertGreater(len(reports), len({report.run for report in reports}))
        for event in list(self.statistics.events("open"))[:10]:
            self.statistics.delete_event("open", event.number)
        for report in reports:
            self.run_report(report)
        self.assertSame("open")

    def test_lists_that_two_reports_read_in_part(self):
        self.fill(events=100)
        self.run_report(self.create_report("contact_list"))
        lists = self.env["mailjet.contact.list"].search(
            [("is_deleted", "=", False)], limit=2
        )
        reports = [
            self.create_replacing("contact", contact_list_ids=one.ids) for one in lists
        ]
        for _ in range(2):
            for report in reports:
                self.run_report(report)
        wanted = set()
        for one in lists:
            rows = self.statistics.rows("listrecipient", ContactsList=one.mailjet_id)
            wanted |= {str(row["ContactID"]) for row in rows}
        found = set(self.env["mailjet.contact"].search([]).mapped("mailjet_id"))
        self.assertEqual(found, wanted)

    # ------------------------------------------------------------------
    # A sudden nothing
    # ------------------------------------------------------------------

    def test_one_wrong_zero_removes_nothing(self):
        self.fill(events=200)
        report = self.create_replacing("message")
        self.run_report(report)
        before = self.count("mailjet.message")
        self.answer_nothing(times=len(report.item_ids))
        self.run_twice(report)
        self.assertEqual(self.count("mailjet.message"), before)
        self.assertTrue(report.is_complete)
        self.assertFalse(report.unseen_count)

    def test_a_lasting_zero_needs_a_person(self):
        self.fill(events=200)
        report = self.create_replacing("message")
        self.run_report(report)
        before = self.count("mailjet.message")
        self.answer_nothing()
        self.run_twice(report)
        self.assertEqual(self.count("mailjet.message"), before)
        self.assertEqual(report.unseen_count, before)
        report.action_remove_unseen()
        self.assertFalse(self.count("mailjet.message"))
        self.assertFalse(report.unseen_count)

    def test_what_comes_back_needs_nobody(self):
        self.fill(events=200)
        report = self.create_replacing("message")
        self.run_report(report)
        before = self.count("mailjet.message")
        self.answer_nothing()
        self.run_twice(report)
        self.answer_everything()
        self.run_report(report)
        self.assertFalse(report.unseen_count)
        self.assertEqual(self.count("mailjet.message"), before)
        report.action_remove_unseen()
        self.assertEqual(self.count("mailjet.message"), before)

    def test_a_list_that_is_suddenly_empty(self):
        self.fill(events=100)
        report = self.create_replacing("contact", memberships=False)
        self.run_report(report)
        before = self.count("mailjet.contact")
        page = MailjetApi.page

        def nothing(client, *args, **filters):
            return []

        self.patch(MailjetApi, "page", nothing)
        self.run_twice(report)
        self.assertEqual(self.count("mailjet.contact"), before)
        self.assertEqual(report.unseen_count, before)
        self.patch(MailjetApi, "page", page)
        self.run_report(report)
        self.assertFalse(report.unseen_count)

    def test_a_large_part_needs_a_person_and_a_small_one_does_not(self):
        self.fill(events=400)
        report = self.create_replacing()
        self.run_report(report)
        events = list(self.statistics.events("open"))
        for event in events[: len(events) // 5]:
            self.statistics.delete_event("open", event.number)
        self.run_report(report)
        self.assertSame("open")
        before = len(self.stored("open"))
        # Some windows are empty then, others are not
        for event in list(self.statistics.events("open"))[: before // 2]:
            self.statistics.delete_event("open", event.number)
        self.run_twice(report)
        self.assertEqual(len(self.stored("open")), before)
        self.assertTrue(report.unseen_count)
        report.action_remove_unseen()
        self.assertSame("open")

    def test_only_an_administrator_removes(self):
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        user = new_test_user(self.env, "reader", groups)
        report = self.create_replacing()
        with self.assertRaises(AccessError):
            report.with_user(user).action_remove_unseen()

    def test_an_empty_window_of_a_new_report_is_believed_at_once(self):
        self.run_report(self.create_replacing())
        self.run_report(self.create_replacing("contact"))

    # ------------------------------------------------------------------
    # Rows that go while a list is read
    # ------------------------------------------------------------------

    def test_contacts_removed_between_pages_do_not_hide_others(self):
        """Those behind them move up, and the next page begins too late for them."""
        self.fill(events=100)
        rows = self.statistics.rows("contact", IncludeAnonymized=1)
        victims = [row["ID"] for row in rows[5:7]]

        def remove(request):
            is_page = request.path.endswith("/contact") and "Limit" in request.params
            if is_page and int(request.params["Offset"]) == 2 * (PAGE - 1) and victims:
                self.statistics.delete_contact(victims.pop())

        self.rest.on_request = remove
        report = self.create_report("contact", memberships=False)
        self.run_report(report)
        self.assertFalse(victims)
        found = set(self.env["mailjet.contact"].search([]).mapped("mailjet_id"))
        rows = self.statistics.rows("contact", IncludeAnonymized=1)
        self.assertLessEqual({str(row["ID"]) for row in rows}, found)
        self.assertTrue(report.is_complete)

    def test_a_list_that_never_rests_is_not_called_complete(self):
        self.fill(events=100)
        rows = self.statistics.rows("contact", IncludeAnonymized=1)
        victims = [row["ID"] for row in rows]

        def remove(request):
            if int(request.params.get("Offset", 0)) and len(victims) > 200:
                self.statistics.delete_contact(victims.pop(0))

        self.rest.on_request = remove
        report = self.create_report("contact", memberships=False)
        self.run_report(report, "failed")
        self.assertFalse(report.is_complete)
        self.assertIn("kept changing", report.problem)

    def test_all_reports_have_what_mailjet_has_after_random_removals(self):
        self.fill(events=300)
        chance = random.Random(11)
        model_of = {
            "open": "mailjet.event",
            "contact": "mailjet.contact",
            "message": "mailjet.message",
            "campaign": "mailjet.campaign",
        }
        reports = {name: self.create_replacing(name) for name in model_of}

        def remove(request):
            if int(request.params.get("Offset", 0)) and chance.random() < 0.1:
                resource = request.path.rpartition("/")[2]
                if resource == "openinformation":
                    events = list(self.statistics.events("open"))
                    number = chance.choice(events).number
                    self.statistics.delete_event("open", number)
                elif resource in ("contact", "message"):
                    query = {"FromTS": 0, "ToTS": int(self.seconds())}
                    rows = self.statistics.rows(resource, **query)
                    delete = getattr(self.statistics, f"delete_{resource}")
                    delete(chance.choice(rows)["ID"])

        self.rest.on_request = remove
        for report in reports.values():
            report.action_run()
            self.work()
        self.rest.on_request = lambda request: None
        self.later(minutes=2)
        self.work()
        for name, report in reports.items():
            self.run_patiently(report)
            self.assertTrue(report.is_complete, name)
        self.assertSame("open")
        query = {"FromTS": 0, "ToTS": int(self.seconds()), "IncludeAnonymized": 1}
        for name in ("contact", "message", "campaign"):
            found = set(self.env[model_of[name]].search([]).mapped("mailjet_id"))
            rows = self.statistics.rows(name, **query)
            self.assertEqual(found, {str(row["ID"]) for row in rows}, name)
