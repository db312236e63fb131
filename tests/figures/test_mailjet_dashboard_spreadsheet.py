import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open

MODEL = "mailjet.deliverability"
RECORD = "mail_mailjet.spreadsheet_dashboard_mailjet"


class SpreadsheetCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env["mailjet.dashboard"]
        with file_open("mail_mailjet/data/files/mailjet_dashboard.json") as file:
            cls.text = file.read()
        cls.book = json.loads(cls.text)


@tagged("post_install", "-at_install")
class TestSpreadsheetAbsent(SpreadsheetCommon):
    """Without spreadsheet_dashboard: no record, but its data can be tested."""

    def test_no_record_is_created(self):
        self.assertNotIn("spreadsheet.dashboard", self.env)
        self.assertFalse(self.dashboard._load_spreadsheet())
        self.assertFalse(self.env.ref(RECORD, raise_if_not_found=False))

    def test_pivots_can_be_read(self):
        for pivot in self.book["pivots"].values():
            self.assertEqual(pivot["model"], MODEL)
            rows = [row["fieldName"] for row in pivot["rows"]]
            measures = [
                f"{one['fieldName']}:{one.get('aggregator', 'sum')}"
                for one in pivot["measures"]
            ]
            self.env[MODEL].formatted_read_group([], rows, measures)

    def test_charts_can_be_read(self):
        [chart] = [
            figure["data"]
            for sheet in self.book["sheets"]
            for figure in sheet["figures"]
            if figure["data"]["type"].startswith("odoo_")
        ]
        wanted = chart["metaData"]
        self.assertEqual(wanted["resModel"], MODEL)
        self.env[MODEL].formatted_read_group(
            [], wanted["groupBy"], [f"{wanted['measure']}:sum"]
        )

    def test_filters_fit_the_fields(self):
        fields = self.env[MODEL]._fields
        matching = [pivot["fieldMatching"] for pivot in self.book["pivots"].values()]
        matching += [
            figure["data"]["fieldMatching"]
            for sheet in self.book["sheets"]
            for figure in sheet["figures"]
            if "fieldMatching" in figure["data"]
        ]
        for found in matching:
            self.assertEqual(
                set(found), {one["id"] for one in self.book["globalFilters"]}
            )
            for match in found.values():
                self.assertEqual(fields[match["chain"]].type, match["type"])

    def test_links_lead_to_menus(self):
        for xml_id in self.book["chartOdooMenusReferences"].values():
            self.assertTrue(self.env.ref(xml_id).action)
        [sheet, _data] = self.book["sheets"]
        links = [cell for cell in sheet["cells"].values() if cell.startswith("[")]
        self.assertEqual(len(links), 3)
        for link in links:
            xml_id = link.rstrip(")").rpartition("/")[2]
            self.assertTrue(self.env.ref(xml_id).action)


@tagged("post_install", "-at_install", "-standard", "mail_mailjet_spreadsheet")
class TestSpreadsheet(SpreadsheetCommon):
    """With spreadsheet_dashboard installed, for which `dev/test` has a database."""

    def setUp(self):
        super().setUp()
        self.record = self.env.ref(RECORD)

    def load_registry(self, *updated_modules):
        """Do what Odoo does at the end of installing or updating modules."""
        registry = self.env.registry
        with (
            patch.object(registry, "ready", False),
            patch.object(registry, "updated_modules", [*updated_modules]),
        ):
            self.dashboard._register_hook()

    def test_the_record(self):
        group = "spreadsheet_dashboard.spreadsheet_dashboard_group_marketing"
        self.assertEqual(self.record.dashboard_group_id, self.env.ref(group))
        self.assertTrue(self.record.is_published)
        self.assertEqual(self.record.spreadsheet_data, self.text)

    def test_access(self):
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        marketing = new_test_user(self.env, "marketing", groups)
        record = self.record.with_user(marketing)
        self.assertIn(MODEL, record._get_serialized_readonly_dashboard())
        internal = new_test_user(self.env, "internal", "base.group_user")
        with self.assertRaises(AccessError):
            self.record.with_user(internal).read(["name"])

    def test_either_module_creates_the_record(self):
        for module in ("mail_mailjet", "spreadsheet_dashboard"):
            self.env.ref(RECORD).unlink()
            self.load_registry("sale")
            self.assertFalse(self.env.ref(RECORD, raise_if_not_found=False))
            self.load_registry("sale", module)
            self.assertTrue(self.env.ref(RECORD))

    def test_an_update_refreshes_the_record(self):
        """It stays the same record, so that it stays among users' favorites."""
        self.record.spreadsheet_data = "{}"
        self.load_registry("mail_mailjet")
        self.assertEqual(self.env.ref(RECORD), self.record)
        self.assertEqual(self.record.spreadsheet_data, self.text)
        # An update deletes records that it did not load, unless they are noupdate
        [data] = self.env["ir.model.data"].search(
            [("model", "=", self.record._name), ("res_id", "=", self.record.id)]
        )
        self.assertTrue(data.noupdate)

    def test_nothing_is_created_while_the_registry_is_in_use(self):
        self.record.unlink()
        with patch.object(self.env.registry, "updated_modules", ["mail_mailjet"]):
            self.dashboard._register_hook()
        self.assertFalse(self.env.ref(RECORD, raise_if_not_found=False))
