# pylint: disable=translation-required
"""Who reaches which public method: what a browser or an API client can call."""

from email.message import EmailMessage
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.models import MetaModel
from odoo.service.model import call_kw
from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common import MailjetRestCommon
from .test_access import RecordsCommon

MODULE = "mail_mailjet"
# A method that was reached may refuse what it got
NOT_THESE_VALUES = (UserError, ValueError, TypeError, KeyError)

ROLES = {
    "administrator": None,  # the one that Odoo creates, with all rights
    "settings": "base.group_system",
    "manager": "base.group_user,mass_mailing.group_mass_mailing_user,"
    "mass_mailing.group_mass_mailing_campaign",
    "marketing": "base.group_user,mass_mailing.group_mass_mailing_user",
    "internal": "base.group_user",
    "portal": "base.group_portal",
    "public": None,
}
EVERYBODY = set(ROLES)
INTERNAL = EVERYBODY - {"portal", "public"}
SETTINGS = {"administrator", "settings"}
MARKETING = {"administrator", "manager", "marketing"}
# Core gives settings users all rights on mailings
FIGURES = MARKETING | SETTINGS

REACHED = {
    "ir.mail_server.action_mailjet_accept_hourly_offer": SETTINGS,
    "ir.mail_server.action_mailjet_addresses": SETTINGS,
    "ir.mail_server.action_mailjet_catch_up": SETTINGS,
    "ir.mail_server.action_mailjet_decline_hourly_offer": SETTINGS,
    "ir.mail_server.action_mailjet_exclusions": FIGURES,
    "ir.mail_server.action_mailjet_free_plan": SETTINGS,
    "ir.mail_server.action_mailjet_make_dedicated": SETTINGS,
    "ir.mail_server.action_mailjet_next_step": SETTINGS,
    "ir.mail_server.action_mailjet_queue": SETTINGS,
    "ir.mail_server.action_mailjet_read_callbacks": SETTINGS,
    "ir.mail_server.action_mailjet_read_policy_limits": SETTINGS,
    "ir.mail_server.action_mailjet_read_quota": SETTINGS,
    "ir.mail_server.action_mailjet_refresh": SETTINGS,
    "ir.mail_server.action_mailjet_register": SETTINGS,
    "ir.mail_server.action_mailjet_replace_all": SETTINGS,
    "ir.mail_server.action_mailjet_resume": SETTINGS,
    "ir.mail_server.action_mailjet_set_filter": SETTINGS,
    "ir.mail_server.action_mailjet_setup": SETTINGS,
    "ir.mail_server.action_mailjet_new_setup": SETTINGS,
    "ir.mail_server.action_mailjet_smtp_test": SETTINGS,
    "ir.mail_server.action_mailjet_sync_exclusions": SETTINGS,
    "ir.mail_server.action_mailjet_try_address": SETTINGS,
    "ir.mail_server.action_mailjet_unregister": SETTINGS,
    "ir.mail_server.action_mailjet_waiting": SETTINGS,
    "ir.mail_server.action_use_as_mailjet_server": SETTINGS,
    "ir.mail_server.copy_data": SETTINGS,
    "ir.mail_server.create": SETTINGS,
    "ir.mail_server.test_smtp_connection": SETTINGS,
    "ir.mail_server.web_resequence": SETTINGS,
    "ir.mail_server.write": SETTINGS,
    "link.tracker.search_or_create": FIGURES,
    "mail.blacklist.create": FIGURES,
    "mail.blacklist.write": FIGURES,
    "mail.mail.action_mailjet_has_it": SETTINGS,
    "mail.mail.action_mailjet_send_again": SETTINGS,
    "mail.mail.cancel": SETTINGS,
    "mail.mail.mark_outgoing": SETTINGS,
    "mail.mail.send": SETTINGS,
    "mail.message.action_mailjet_timeline": INTERNAL,
    "mail.thread.message_parse": INTERNAL,
    "mail.thread.message_route": EVERYBODY,
    "mailing.mailing.action_cancel": FIGURES,
    "mailing.mailing.action_mailjet_cancel_waiting": FIGURES,
    "mailing.mailing.action_mailjet_check": FIGURES,
    "mailing.mailing.action_mailjet_events": FIGURES,
    "mailing.mailing.action_mailjet_open_check": FIGURES,
    "mailing.mailing.action_mailjet_pause": FIGURES,
    "mailing.mailing.action_mailjet_resume": FIGURES,
    "mailing.mailing.action_mailjet_waiting": FIGURES,
    "mailing.mailing.action_retry_failed": FIGURES,
    "mailing.mailing.action_view_traces_failed": FIGURES,
    "mailing.mailing.unlink": FIGURES,
    "mailing.trace.set_failed": MARKETING,
    "mailing.trace.set_sent": MARKETING,
    "mailjet.activation.action_open": SETTINGS,
    "mailjet.address.action_add": SETTINGS,
    "mailjet.address.action_check": SETTINGS,
    "mailjet.callback.action_open_server": SETTINGS,
    "mailjet.callback.action_register": SETTINGS,
    "mailjet.callback.action_unregister": SETTINGS,
    "mailjet.callback.replace.action_replace": SETTINGS,
    "mailjet.check.action_check_again": FIGURES,
    "mailjet.check.action_check_links": FIGURES,
    "mailjet.check.action_open_mailing": FIGURES,
    "mailjet.check.read_preview": FIGURES,
    "mailjet.dashboard.action_import": SETTINGS,
    "mailjet.dashboard.read_dashboard": FIGURES,
    "mailjet.dmarc.overview.read_overview": FIGURES,
    "mailjet.dmarc.source.action_decide": SETTINGS,
    "mailjet.dns.record.action_open_domain": FIGURES,
    "mailjet.domain.action_check_dns": SETTINGS,
    "mailjet.domain.action_create_dmarc_alias": SETTINGS,
    "mailjet.domain.action_download_zone": FIGURES,
    "mailjet.domain.action_open_senders": FIGURES,
    "mailjet.domain.action_send_handover": FIGURES,
    "mailjet.dmarc.report.action_add_domain": SETTINGS,
    "mailjet.dmarc.report.action_read_again": SETTINGS,
    "mailjet.dmarc.report.message_new": set(),
    "mailjet.dmarc.upload.action_upload": SETTINGS,
    "mailjet.event.action_apply_again": SETTINGS,
    "mailjet.event.action_open_parked_first": FIGURES,
    "mailjet.pause.action_mailjet_resume": SETTINGS,
    "mailjet.policy.limit.action_read": SETTINGS,
    "mailjet.report.action_rows": FIGURES,
    "mailjet.report.action_remove_unseen": SETTINGS,
    "mailjet.report.action_run": SETTINGS,
    "mailjet.report.action_stop": SETTINGS,
    "mailjet.report.preview": SETTINGS,
    "mailjet.sender.action_activate": SETTINGS,
    "mailjet.sender.action_check": SETTINGS,
    "mailjet.sender.action_set_default": SETTINGS,
    "mailjet.sender.action_validate": SETTINGS,
    "mailjet.sender.add.action_add": SETTINGS,
    "mailjet.sender.delete.action_delete": SETTINGS,
    "mailjet.sender.rename.action_rename": SETTINGS,
    "mailjet.sending.hour.action_import": SETTINGS,
    "mailjet.sending.hour.get_empty_list_help": EVERYBODY,
    "mailjet.setup.action_add_domains": SETTINGS,
    "mailjet.setup.action_add_missing": SETTINGS,
    "mailjet.setup.action_add_typed_domain": SETTINGS,
    "mailjet.setup.action_back": SETTINGS,
    "mailjet.setup.action_check_domains": SETTINGS,
    "mailjet.setup.action_finish": SETTINGS,
    "mailjet.setup.action_next": SETTINGS,
    "mailjet.setup.action_open": SETTINGS,
    "mailjet.setup.action_open_twin": SETTINGS,
    "mailjet.setup.action_refresh": SETTINGS,
    "mailjet.setup.action_register_events": SETTINGS,
    "mailjet.setup.action_replace_events": SETTINGS,
    "mailjet.setup.action_send_test": SETTINGS,
    "mailjet.setup.action_set_up_another": SETTINGS,
    "mailjet.setup.action_smtp_test": SETTINGS,
    "mailjet.smtp.test.action_download": SETTINGS,
    "mailjet.smtp.test.action_open_screen": SETTINGS,
    "mailjet.smtp.test.action_run": SETTINGS,
    "mailjet.smtp.test.action_use_port": SETTINGS,
    "mailjet.smtp.test.action_use_send_api": SETTINGS,
    "res.config.settings.action_mailjet_check_dns": SETTINGS,
    "res.config.settings.action_mailjet_setup": SETTINGS,
    "res.config.settings.action_mailjet_new_setup": SETTINGS,
    "res.config.settings.set_values": SETTINGS,
}

# Core's gateway parses mail for anybody, and routes none that is passed by a client
MAIL = EmailMessage()
MAIL["From"] = MAIL["To"] = "anna@a.example"
MAIL.set_content("Hello")

# What else is passed; the records come first
ARGUMENTS = {
    "ir.mail_server.action_mailjet_next_step": ["queue"],
    "ir.mail_server.action_mailjet_queue": ["pause"],
    "ir.mail_server.create": [[{"name": "New", "smtp_host": "smtp.other.example"}]],
    "ir.mail_server.web_resequence": [{}],
    "ir.mail_server.write": [{"name": "Mine"}],
    "link.tracker.search_or_create": [[{"url": "https://a.example/"}]],
    "mail.blacklist.create": [[{"email": "new@a.example"}]],
    "mail.blacklist.write": [{"active": False}],
    "mail.thread.message_parse": [MAIL],
    "mail.thread.message_route": ["no mail", {}],
    "mailing.mailing.action_mailjet_waiting": ["pause"],
    "mailjet.dashboard.action_import": [0, "bounce"],
    "mailjet.dmarc.report.message_new": [{}],
    "mailjet.report.preview": [{"report": "message"}],
    "mailjet.sending.hour.get_empty_list_help": [""],
}


def own_methods(registry):
    """Yield (model, method) for each public method that our classes define."""
    for definition in MetaModel._module_to_models__[MODULE]:
        for name, value in vars(definition).items():
            if callable(value) and not name.startswith("_"):
                if not getattr(value, "_api_private", False):
                    yield definition._name, name


@tagged("post_install", "-at_install")
class TestPublicMethods(RecordsCommon, MailjetRestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, f"mj_role_{role}", groups=groups)
            for role, groups in ROLES.items()
            if groups
        }
        cls.users["administrator"] = cls.env.ref("base.user_admin")
        cls.users["public"] = cls.public

    def setUp(self):
        super().setUp()
        # A port at which nobody listens
        self.point_at(self.server, smtp_host="localhost", smtp_port=9)

    def record_of(self, model):
        """Create a record that belongs to nobody of these roles."""
        env = self.env
        if env[model]._abstract or not env[model]._auto:
            return env[model]
        if model == "ir.mail_server":
            return self.server
        if model == "mailing.mailing":
            return self.mailing
        if model == "mail.message":
            return self.admin.partner_id.message_post(body="Hello")
        vals = {
            "mail.blacklist": {"email": "blocked@a.example"},
            "mail.mail": {"email_to": "anna@a.example", "state": "exception"},
            "mailing.trace": {
                "mass_mailing_id": self.mailing.id,
                "model": "res.partner",
                "res_id": self.admin.partner_id.id,
            },
            "link.tracker": {"url": "https://b.example/"},
            "res.config.settings": {},
        }.get(model)
        return env[model].create(self.vals_of(model, 0, env) if vals is None else vals)

    def reaches(self, role, model, name):
        """Call a method as a client would; return whether rights allowed it.

        A refused call must not have reached Mailjet.
        """
        record = self.record_of(model)
        self.env.flush_all()
        self.env.invalidate_all()
        records = self.env[model].with_user(self.users[role])
        arguments = list(ARGUMENTS.get(f"{model}.{name}", ()))
        if not getattr(getattr(type(records), name), "_api_model", False):
            arguments.insert(0, record.ids)
        self.rest.clear_requests()
        try:
            call_kw(records, name, arguments, {})
        except AccessError:
            self.assertFalse(self.rest.requests, f"{role}: {model}.{name}")
            return False
        except NOT_THESE_VALUES:
            return True
        return True

    @mute_logger("odoo.addons.base.models.ir_mail_server", "odoo.http", "odoo.sql_db")
    def who_reaches(self, model, name):
        reached = set()
        for role in ROLES:
            with self.taken_back():
                if self.reaches(role, model, name):
                    reached.add(role)
        return reached

    def test_every_method_has_a_row(self):
        self.assertEqual(
            {f"{model}.{name}" for model, name in own_methods(self.registry)},
            set(REACHED),
        )

    def test_who_reaches_what(self):
        for model, name in sorted(own_methods(self.registry)):
            with self.subTest(method=f"{model}.{name}"):
                expected = REACHED.get(f"{model}.{name}", set())
                self.assertEqual(self.who_reaches(model, name), expected)

    def test_without_records_nobody_else_changes_anything(self):
        """Clients choose the records, and may name none."""
        for model, name in sorted(own_methods(self.registry)):
            method = getattr(type(self.env[model]), name)
            if getattr(method, "_api_model", False):
                continue
            for role in EVERYBODY - REACHED.get(f"{model}.{name}", set()):
                with (
                    self.subTest(method=f"{model}.{name}", role=role),
                    self.taken_back(),
                ):
                    self.assertFalse(self.writes_without_records(role, model, name))

    def writes_without_records(self, role, model, name):
        """Return the statements that write when a method is called without records."""
        records = self.env[model].with_user(self.users[role])
        arguments = ARGUMENTS.get(f"{model}.{name}", ())
        self.env.flush_all()
        self.rest.clear_requests()
        execute = Cursor.execute
        written = []

        def note(cursor, query, *args, **kwargs):
            if "UPDATE" in str(query) or "INSERT" in str(query):
                written.append(query)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", note):
            try:
                call_kw(records, name, [[], *arguments], {})
                self.env.flush_all()
            except (AccessError, *NOT_THESE_VALUES):
                written.clear()  # rolled back
        return written + self.rest.requests

    def test_settings_are_not_reset_without_rights(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("mail_mailjet.event_months", "7")
        for role in EVERYBODY - SETTINGS:
            settings = self.env["res.config.settings"].with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(AccessError):
                call_kw(settings, "set_values", [[]], {})
        self.assertEqual(parameters.get_param("mail_mailjet.event_months"), "7")

    def test_a_client_cannot_forge_an_activation_mail(self):
        sender = self.env["mailjet.sender"].create(
            {
                "server_id": self.server.id,
                "email": "shop@a.example",
                "status": "inactive",
            }
        )
        link = "https://app.mailjet.com/account/sender/activate?token=forged"
        forged = {"recipients": sender.email, "body": link}
        for role in ROLES:
            threads = self.env["res.partner"].with_user(self.users[role])
            with self.subTest(role=role), self.assertRaises(TypeError):
                call_kw(threads, "message_route", ["no mail", forged], {})
        self.assertFalse(sender.activation_ids)
