from odoo.tests import tagged

from ...models.bulk_write import update_by_id, upsert
from ..common import MailjetRestCommon

# Stored fields that depend on models written by SQL. Before you add one, make sure that
# every statement that writes what it depends on is followed by `refresh`.
DEPENDENT = {
    "mailing.trace.campaign_id",
    # The server of a domain never changes
    "mailjet.dmarc.report.server_id",
    # Sums are written by `update_by_id`, and their domain by the ORM
    "mailjet.dmarc.source.pass_rate",
    "mailjet.dmarc.source.server_id",
    "mailjet.dmarc.source.source_class",
    "mailjet.dns.record.active",
    "mailjet.dns.record.server_id",
    "mailjet.sender.is_domain",
}
# The ORM alone writes these
WRITTEN_BY_ORM = {
    "mailjet.dns.record",
    "mailjet.report",
    "mailjet.report.item",
}


@tagged("post_install", "-at_install")
class TestMailjetSync(MailjetRestCommon):
    """A write by SQL also updates the stored fields that depend on it."""

    def setUp(self):
        super().setUp()
        self.add_senders("*@company.example")
        self.server.action_mailjet_refresh()
        self.domain = self.server.mailjet_domain_ids
        self.records = self.domain.record_ids

    def assert_back(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.domain.active)
        self.assertEqual(self.domain.record_ids, self.records)
        self.assertEqual(self.records.mapped("active"), [True] * len(self.records))

    def test_an_archived_domain_comes_back_with_its_records(self):
        self.domain.active = False
        self.env.flush_all()
        self.assertFalse(any(self.records.mapped("active")))
        self.server.action_mailjet_refresh()
        self.assert_back()

    def test_domains_come_back_when_the_keys_are_changed_back(self):
        keys = {"smtp_user": self.server.smtp_user, "smtp_pass": self.server.smtp_pass}
        self.store.add_key("b" * 32, "c" * 32)
        self.server.write({"smtp_user": "b" * 32, "smtp_pass": "c" * 32})
        self.server.action_mailjet_refresh()
        self.assertFalse(self.domain.active)
        self.server.write(keys)
        self.server.action_mailjet_refresh()
        self.assert_back()

    def test_all_stored_fields_that_depend_on_rows_written_by_sql_are_known(self):
        models = [
            model
            for name, model in self.env.items()
            if (name.startswith("mailjet.") or name == "mailing.trace")
            and model._auto
            and not model._transient
            and name not in WRITTEN_BY_ORM
        ]
        self.assertGreater(len(models), 10)
        dependent = {
            str(one)
            for model in models
            for field in model._fields.values()
            for one in self.registry.get_dependent_fields(field)
            if one.store
        }
        self.assertEqual(dependent, DEPENDENT)

    def test_stored_fields_follow_inserted_and_updated_rows(self):
        Sender = self.env["mailjet.sender"]
        row = {"server_id": self.server.id, "email": "*@a.example", "status": "active"}
        sender = upsert(Sender, [row], ("server_id", "email"))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(sender.is_domain)
        self.assertEqual(sender.create_uid, self.env.user)
        update_by_id(Sender, [{"id": sender.id, "email": "info@a.example"}])
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(sender.is_domain)

    def test_rows_without_a_change_are_left_alone(self):
        Sender = self.env["mailjet.sender"]
        row = {"server_id": self.server.id, "email": "a@a.example", "status": "active"}
        key = ("server_id", "email")
        sender = upsert(Sender, [row], key)
        self.assertEqual(len(sender), 1)
        self.assertFalse(upsert(Sender, [row], key))
        changed = {**row, "status": "inactive"}
        self.assertFalse(upsert(Sender, [changed], key, update=()))
        self.assertEqual(sender.status, "active")
        self.assertEqual(upsert(Sender, [changed], key), sender)
        self.assertEqual(sender.status, "inactive")
        self.assertFalse(upsert(Sender, [], key))
