import inspect
from collections import Counter
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..common import MailjetSmtpCommon

MODELS = (
    "ir.mail_server",
    "link.tracker",
    "mail.compose.message",
    "mail.mail",
    "mail.notification",
    "mailing.mailing",
    "mailing.trace",
)


@tagged("post_install", "-at_install")
class TestOtherServers(MailjetSmtpCommon):
    """A server that is not Mailjet's: not a query more than stock Odoo."""

    def setUp(self):
        super().setUp()
        self.create_standin_server()
        self.server = self.create_other_standin_server()

    @contextmanager
    def stock_odoo(self):
        """Take the add-on's methods out of the way of core's."""
        with ExitStack() as stack:
            for name in MODELS:
                for cls in type(self.env[name]).mro():
                    if getattr(cls, "_module", None) == "mail_mailjet":
                        for attribute in extended_by(cls, type(self.env[name])):
                            stack.enter_context(skipped(cls, attribute))
            yield

    def statements(self, prepare, act):
        """Count the queries of an act, by their shape."""
        values = prepare()
        self.env.flush_all()
        self.env.invalidate_all()
        statements, execute = Counter(), type(self.cr).execute

        def record(cursor, query, *args, **kwargs):
            statements[shape_of(query)] += 1
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.cr), "execute", record):
            act(values)
            self.env.flush_all()
        # How often the user is read depends on when environments are garbage
        return Counter(
            {
                shape: count
                for shape, count in statements.items()
                if 'FROM "res_users"' not in shape
            }
        )

    def assert_no_query_more(self, prepare, act):
        """Compare with stock Odoo, once the caches of the registry are warm."""
        self.statements(prepare, act)
        with self.stock_odoo():
            stock = self.statements(prepare, act)
        ours = self.statements(prepare, act)
        self.assertTrue(stock)
        self.assertFalse(ours - stock)

    def create_mailing(self):
        members = self.env["mailing.list"].create({"name": "Friends"})
        self.env["mailing.contact"].create(
            [
                {"email": f"c{number}@example.org", "list_ids": members.ids}
                for number in range(120)
            ]
        )
        return self.env["mailing.mailing"].create(
            {
                "subject": "News",
                "body_html": "<p><a href='https://company.example/'>more</a></p>",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(members.ids)],
                "mail_server_id": self.server.id,
                "email_from": "info@company.example",
            }
        )

    def test_mails_made(self):
        self.assert_no_query_more(
            self.create_mailing, lambda mailing: mailing.action_send_mail()
        )

    def test_mails_sent(self):
        def create_mails():
            return self.env["mail.mail"].create(
                [
                    {
                        "subject": "Hello",
                        "body_html": "<p>Hello</p>",
                        "email_from": "info@company.example",
                        "email_to": f"to{number}@example.org",
                        "mail_server_id": self.server.id,
                        "auto_delete": True,
                    }
                    for number in range(5)
                ]
            )

        self.assert_no_query_more(create_mails, lambda mails: mails.send())
        self.assertEqual(len(self.other.store.messages), 15)

    def test_mailing_sent(self):
        def made():
            mailing = self.create_mailing()
            mailing.action_send_mail()
            mails = self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])
            return mails[:5]

        self.assert_no_query_more(made, lambda mails: mails.send())
        self.assertEqual(len(self.other.store.messages), 15)


def extended_by(cls, registry_class):
    """Return the names of what a class of the add-on changes in core's model."""
    below = registry_class.mro()[registry_class.mro().index(cls) + 1 :]
    return [
        name
        for name, value in vars(cls).items()
        if (inspect.isfunction(value) or isinstance(value, property))
        and any(name in vars(base) for base in below)
        and not name.startswith("__")
    ]


def skipped(cls, name):
    """Have a class of the add-on pass on to core what it extends."""

    def pass_on(self, *args, **kwargs):
        return getattr(super(cls, self), name)(*args, **kwargs)

    if isinstance(vars(cls)[name], property):
        return patch.object(
            cls, name, property(lambda self: getattr(super(cls, self), name))
        )
    return patch.object(cls, name, pass_on)


def shape_of(query):
    """Return a query without its values."""
    return " ".join(str(getattr(query, "code", query)).split())
