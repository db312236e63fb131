"""Each field that ever holds a secret, tried with each way of reading a record."""

# pylint: disable=translation-required
import json
import re

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ...models.secret import Secret
from ..common import MailjetCommon

# As long as a key, and found nowhere else in the database
VALUE = "5ec3e700000000000000000000000a11"
LOWER, HIGHER = "0" * 32, "f" * 32

SECRETS = [
    ("ir.mail_server", "smtp_pass"),
    ("ir.mail_server", "mailjet_event_token"),
    ("ir.mail_server", "mailjet_event_password"),
    ("ir.mail_server", "mailjet_event_old_token"),
    ("mailjet.setup", "secret_key"),
    # Somebody may type the secret key here
    ("mailjet.setup", "api_key"),
    ("mailjet.smtp.test", "smtp_pass"),
]
# Named like a secret, but what it holds is public or a help text
NO_SECRETS = [
    ("ir.mail_server", "mailjet_secret_placeholder"),
    ("mailjet.domain", "ownership_token"),
]


def spec_of(field):
    return {field: {}, "display_name": {}}


# Each returns what a browser would get
READING = {
    "read": lambda record, field: record.read([field]),
    "read everything": lambda record, field: record.read(),
    "search_read": lambda record, field: record.search_read(
        [("id", "in", record.ids)], [field]
    ),
    "web_read": lambda record, field: record.web_read(spec_of(field)),
    "web_search_read": lambda record, field: record.web_search_read(
        [("id", "in", record.ids)], spec_of(field)
    ),
    "web_save": lambda record, field: record.web_save({}, spec_of(field)),
    "onchange, opened": lambda record, field: record.onchange({}, [], spec_of(field)),
    "onchange, other method": lambda record, field: (
        record.onchange(
            {"smtp_authentication": "login", "smtp_host": "evil.example"},
            ["smtp_authentication"],
            {**spec_of(field), "smtp_authentication": {}, "smtp_host": {}},
        )
        if "smtp_authentication" in record
        else None
    ),
    "default_get": lambda record, field: record.default_get([field]),
    "copy": lambda record, field: record.copy().read([field]),
    "copy_data": lambda record, field: record.copy_data(),
    "copy elsewhere": lambda record, field: (
        record.copy({"smtp_authentication": "login", "smtp_host": "evil.example"}).read(
            [field]
        )
        if "smtp_authentication" in record
        else None
    ),
    "name_search": lambda record, field: record.name_search(""),
    "export": lambda record, field: record.export_data([field]),
    "export, for import": lambda record, field: record.with_context(
        import_compat=True
    ).export_data(["id", field]),
    "group": lambda record, field: record.formatted_read_group(
        [], [field], ["__count"]
    ),
    "group, expanded": lambda record, field: record.web_read_group([], [field]),
    "maximum": lambda record, field: record.formatted_read_group(
        [], [], [f"{field}:max"]
    ),
    "all values": lambda record, field: record.formatted_read_group(
        [], [], [f"{field}:array_agg"]
    ),
    "download": lambda record, field: (
        record.env["ir.binary"]._get_stream_from(record, field).read()
    ),
}

# Each returns the same for a right and a wrong guess, or is refused
GUESSING = {
    "equal": lambda guess, field: [(field, "=", guess)],
    "in": lambda guess, field: [(field, "in", [guess])],
    "not in": lambda guess, field: [(field, "not in", [guess])],
    "beginning": lambda guess, field: [(field, "=like", f"{guess[:3]}%")],
    "part": lambda guess, field: [(field, "ilike", guess[:5])],
    "greater": lambda guess, field: [(field, ">=", guess)],
    "negated": lambda guess, field: ["!", (field, "=", guess)],
}


@tagged("post_install", "-at_install")
class TestSecrets(MailjetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_admin = new_test_user(
            cls.env, "mj_other_admin", groups="base.group_system"
        )
        cls.server = cls.create_server()
        cls.sender = cls.env["mailjet.sender"].create(
            {"server_id": cls.server.id, "email": "a@b.example", "status": "active"}
        )

    def record_with(self, model, field):
        """Return a record that holds the value, as another administrator sees it."""
        record = self.server
        if model != "ir.mail_server":
            record = self.env[model].create({"server_id": self.server.id})
        record.write({field: VALUE})
        self.env.flush_all()
        self.env.invalidate_all()
        return record.with_user(self.other_admin)

    def attempt(self, way, *args):
        """Return what one way gives, as text; "refused" if it is."""
        try:
            with self.cr.savepoint():
                return str(way(*args))
        except UserError as error:
            self.assertNotIn(VALUE, str(error))
            return "refused"
        finally:
            self.env.invalidate_all()

    def test_no_way_of_reading_gives_it(self):
        for model, field in SECRETS:
            for name, way in READING.items():
                with self.subTest(field=f"{model}.{field}", way=name):
                    record = self.record_with(model, field)
                    self.assertNotIn(VALUE, self.attempt(way, record, field))

    def test_no_search_helps_guessing(self):
        for model, field in SECRETS:
            record = self.record_with(model, field)
            for name, domain in GUESSING.items():
                with self.subTest(field=f"{model}.{field}", way=name):
                    found = {
                        self.attempt(record.search, domain(guess, field))
                        for guess in (VALUE, LOWER, HIGHER)
                    }
                    self.assertEqual(found, {"refused"})

    def test_no_search_of_another_model_helps_guessing(self):
        senders = self.env["mailjet.sender"].with_user(self.other_admin)
        for model, field in SECRETS[:4]:
            self.record_with(model, field)
            domain = [(f"server_id.{field}", "=like", f"{VALUE[:3]}%")]
            for way in (
                lambda domain=domain: senders.search(domain),
                lambda domain=domain: senders.name_search("", domain),
                lambda domain=domain: senders.formatted_read_group(domain),
                lambda field=field: senders.formatted_read_group(
                    [], [f"server_id.{field}"]
                ),
                lambda field=field: self.sender.with_user(self.other_admin).export_data(
                    [f"server_id/{field}"]
                ),
            ):
                with self.subTest(field=field):
                    self.assertEqual(self.attempt(way), "refused")

    def test_no_order_helps_guessing(self):
        for model, field in SECRETS:
            with self.subTest(field=f"{model}.{field}"):
                record = self.record_with(model, field)
                for order in (field, f"{field} desc", f"id, {field}"):
                    found = self.attempt(record.search, [], 0, None, order)
                    self.assertEqual(found, "refused")

    def test_code_reads_it(self):
        for model, field in SECRETS:
            with self.subTest(field=f"{model}.{field}"):
                self.assertEqual(self.record_with(model, field)[field], VALUE)

    def test_a_plain_servers_password_is_read_as_ever(self):
        self.server.unlink()
        other = self.create_other_server(smtp_user="me", smtp_pass=VALUE)
        self.assertEqual(other.read(["smtp_pass"])[0]["smtp_pass"], VALUE)
        self.assertEqual(other.export_data(["smtp_pass"])["datas"], [[VALUE]])
        found = self.MailServer.search([("smtp_pass", "=", VALUE)], order="smtp_pass")
        self.assertEqual(found, other)
        self.assertIn(
            VALUE,
            json.dumps(self.MailServer.formatted_read_group([], ["smtp_pass"])),
        )

    def test_the_table_names_every_secret(self):
        guarded = {
            (model._name, name)
            for model in self.env.values()
            for name, field in model._fields.items()
            if isinstance(field, Secret)
        }
        self.assertEqual(guarded, set(SECRETS))
        named = {
            (model._name, name)
            for model in self.env.values()
            for name, field in model._fields.items()
            if field.type in ("char", "text")
            and "mail_mailjet" in (field._modules or ())
            and re.search("pass(word)?$|secret|token", name)
        }
        self.assertFalse(named - set(SECRETS) - set(NO_SECRETS))


@tagged("post_install", "-at_install")
class TestStoredSecretStays(MailjetCommon):
    """A stored secret goes to the hosts it was stored for; for others it is typed."""

    def setUp(self):
        super().setUp()
        self.server = self.create_server(active=False)

    def test_another_destination_needs_it_again(self):
        for vals in (
            {"smtp_host": "evil.example"},
            {"smtp_host": "EVIL.example "},
            {"smtp_authentication": "login", "smtp_host": "evil.example"},
            {"smtp_authentication": "login", "smtp_encryption": "none"},
            {"mailjet_api_url": "https://evil.example"},
            {"mailjet_api_url": "http://127.0.0.1:9"},
        ):
            with self.subTest(vals=vals):
                server = self.create_server(active=False)
                server.write(vals)
                self.assertFalse(server.smtp_pass)
                typed = self.create_server(active=False)
                typed.write({**vals, "smtp_pass": "typed"})
                self.assertEqual(typed.smtp_pass, "typed")

    def test_a_relay_verified_until_now(self):
        relay = {"smtp_host": "relay.example", "smtp_port": 1587}
        server = self.create_server(active=False, **relay)
        server.smtp_encryption = "starttls"
        self.assertFalse(server.smtp_pass)

    def test_mailjets_own_hosts_may_have_it(self):
        relay = {
            "smtp_host": "relay.example",
            "mailjet_api_url": "https://relay.example",
        }
        server = self.create_server(**relay)
        server.write(
            {
                "smtp_host": "in-v3.mailjet.com",
                "mailjet_api_url": "https://api.us.mailjet.com",
            }
        )
        self.assertTrue(server.smtp_pass)
        server.write({"smtp_host": " IN-v3.mailjet.com", "mailjet_api_url": False})
        self.assertTrue(server.smtp_pass)

    def test_several_servers_at_once(self):
        other = self.create_other_server(smtp_user="me", smtp_pass="mine")
        (self.server | other).write({"smtp_host": "new.example"})
        self.assertFalse(self.server.smtp_pass)
        self.assertEqual(other.smtp_pass, "mine")

    def test_an_active_server_asks_for_it(self):
        self.server.active = True
        with self.assertRaisesRegex(UserError, "Enter the secret key"):
            self.server.smtp_host = "evil.example"

    def test_only_a_mailjet_server_has_a_client(self):
        other = self.create_other_server(smtp_user="me", smtp_pass="mine")
        with self.assertRaisesRegex(UserError, "not a Mailjet server"):
            other._mailjet_client()
        report = self.env["mailjet.report"].new({"server_id": other.id})
        with self.assertRaisesRegex(UserError, "not a Mailjet server"):
            with report.server_id._mailjet_api():
                self.fail("A client was made")
