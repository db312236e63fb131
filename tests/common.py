import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.http import Request
from odoo.tests import TransactionCase

from odoo.addons.base.models import ir_mail_server

from ..models.server import ir_mail_server_account
from ..tools.mailjet.resources import MailjetApi
from ..tools.smtp.probe import PortAnswer
from ..wizard import mailjet_setup_steps
from .standins import (
    DnsStandin,
    RestStandin,
    SmtpStandin,
    Store,
    TestAuthority,
    write_bundle,
)

API_KEY = "0123456789abcdef0123456789abcdef"
SECRET_KEY = "fedcba9876543210fedcba9876543210"


@contextmanager
def record_answers():
    """Yield a list that collects every JSON response as text."""
    answers = []
    make_json_response = Request.make_json_response

    def record(request, data, *args, **kwargs):
        response = make_json_response(request, data, *args, **kwargs)
        answers.append(response.get_data(as_text=True))
        return response

    with patch.object(Request, "make_json_response", record):
        yield answers


class MailjetCommon(TransactionCase):
    """A database whose only mail servers are those that a test creates."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.MailServer = cls.env["ir.mail_server"]
        cls.MailServer.search([]).unlink()
        params = cls.env["ir.config_parameter"]
        params.set_param("mass_mailing.outgoing_mail_server", False)
        params.set_param("mass_mailing.mail_server_id", False)
        cls.alias_domain = cls.env["mail.alias.domain"].create(
            {
                "name": "company.example",
                "bounce_alias": "bounce",
                "catchall_alias": "catchall",
                "default_from": "notifications",
            }
        )
        cls.env.company.alias_domain_id = cls.alias_domain

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        """Reduce a pair of time-outs to one: Odoo's handler expects a number."""
        if isinstance(kw.get("timeout"), tuple):
            kw["timeout"] = max(kw["timeout"])
        return super()._request_handler(s, r, **kw)

    @classmethod
    def create_server(cls, name="Mailjet", **vals):
        """Create a Mailjet server; `vals` replace what the preset would set."""
        return cls.MailServer.create(
            {
                "name": name,
                "smtp_authentication": "mailjet",
                "smtp_host": "in-v3.mailjet.com",
                "smtp_port": 587,
                "smtp_encryption": "starttls_strict",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                **vals,
            }
        )

    @classmethod
    def point_at(cls, server, **vals):
        """Have a server use other hosts, for which its secret key is typed again."""
        server.write({**vals, "smtp_pass": SECRET_KEY})

    @classmethod
    def create_other_server(cls, name="Other", **vals):
        """Create a server that is not Mailjet's."""
        return cls.MailServer.create(
            {"name": name, "smtp_host": "smtp.other.example", **vals}
        )

    def rows_read(self, table):
        """Return how many rows of a table this transaction has read in any way."""
        self.env.cr.execute(
            """
            SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables
             WHERE relname = %s
            """,
            [table],
        )
        return self.env.cr.fetchone()[0]


class MailjetSmtpCommon(MailjetCommon):
    """Two servers on loopback that really accept mail: Mailjet's stand-in and another.

    The authority that signed their certificates is trusted while the tests run.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = TestAuthority()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        write_bundle(folder / "ca.pem", cls.authority)
        cls.enterClassContext(
            patch.dict(os.environ, {"SSL_CERT_FILE": str(folder / "ca.pem")})
        )
        cls.certificate = cls.authority.issue("localhost", "127.0.0.1")
        cls.mailjet = cls.start_standin()
        cls.other = cls.start_standin()
        cls.enterClassContext(patch.object(ir_mail_server, "SMTP_TIMEOUT", 5))

    def setUp(self):
        super().setUp()
        self.mailjet.store.clear_messages()
        self.other.store.clear_messages()
        # Odoo sends nothing during tests, but these tests are about sending
        self.enterContext(
            patch.object(
                ir_mail_server.IrMail_Server, "_disable_send", return_value=False
            )
        )

    @classmethod
    def start_standin(cls, certificate=None, **options):
        store = Store()
        store.add_key(API_KEY, SECRET_KEY)
        return cls.enterClassContext(
            SmtpStandin(store, certificate or cls.certificate, **options)
        )

    @classmethod
    def create_standin_server(cls, standin=None, **vals):
        """Create a Mailjet server that points at a stand-in."""
        standin = standin or cls.mailjet
        vals = {"smtp_host": "localhost", "smtp_port": standin.starttls_port, **vals}
        return cls.create_server(**vals)

    @classmethod
    def create_other_standin_server(cls, **vals):
        return cls.create_other_server(
            **{
                "smtp_host": "localhost",
                "smtp_port": cls.other.starttls_port,
                "smtp_encryption": "starttls_strict",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                **vals,
            }
        )


class MailjetRestCommon(MailjetCommon):
    """Mailjet's REST API and a DNS server on loopback, and a mail server using them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dns = cls.enterClassContext(DnsStandin())

    def setUp(self):
        super().setUp()
        # Long enough for the stand-ins, short enough for outages
        for module in (ir_mail_server_account, mailjet_setup_steps):
            self.enterContext(patch.object(module, "API_DEADLINE", 2.0))
        # The set-up would look for Mailjet's own relay
        works = PortAnswer(587, "starttls", True, 0.0)
        self.enterContext(
            patch.object(mailjet_setup_steps, "try_other_ports", return_value=(works,))
        )
        self.store = Store()
        self.account = self.store.add_key(API_KEY, SECRET_KEY)
        self.rest = self.enterContext(
            RestStandin(self.store, lookup_txt=self.dns.lookup_txt)
        )
        self.server = self.create_server(mailjet_api_url=self.rest.url)
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.dns_servers", f"{self.dns.host}:{self.dns.port}"
        )
        self.dns.heal()

    def add_senders(self, *emails, active=True, api_key=API_KEY, secret=SECRET_KEY):
        """Add senders at Mailjet, as on its website."""
        with MailjetApi(api_key, secret, self.rest.url) as client:
            for email in emails:
                client.create_sender(email)
        if active:
            with self.store.lock:
                for row in self.store.account(api_key).senders:
                    if row["Email"] in emails:
                        row["Status"] = "Active"
        self.rest.clear_requests()
