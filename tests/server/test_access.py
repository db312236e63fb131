# pylint: disable=translation-required
from contextlib import contextmanager, suppress

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import API_KEY, SECRET_KEY, MailjetCommon

SECRETS = (API_KEY, SECRET_KEY)

# What each role may do: read, create, write, unlink. Who is not named may do nothing.
EVERYTHING = {"admin": "rcwu"}
MIRRORED = {"marketing": "r", **EVERYTHING}
NEVER_CREATED = {"marketing": "r", "admin": "rwu"}
IMPORTED = {"marketing": "r", "admin": "ru"}
TIMELINE = dict.fromkeys(("internal", "marketing", "admin"), "rcw")
RIGHTS = {
    "mailjet.activation": {"admin": "r"},
    "mailjet.address": EVERYTHING,
    "mailjet.callback": EVERYTHING,
    "mailjet.callback.replace": EVERYTHING,
    "mailjet.campaign": IMPORTED,
    "mailjet.check": {"marketing": "r", "admin": "r"},
    "mailjet.check.finding": {"marketing": "r", "admin": "r"},
    "mailjet.contact": IMPORTED,
    "mailjet.contact.list": NEVER_CREATED,
    "mailjet.counter": IMPORTED,
    "mailjet.deliverability": {"marketing": "r", "admin": "r"},
    "mailjet.dmarc.report": NEVER_CREATED,
    "mailjet.dmarc.row": {"marketing": "r", "admin": "r"},
    "mailjet.dmarc.host": {"admin": "r"},
    "mailjet.dmarc.source": {"marketing": "r", "admin": "rw"},
    "mailjet.dmarc.statistic": {"marketing": "r", "admin": "r"},
    "mailjet.dmarc.statistic.stale": {"admin": "r"},
    "mailjet.dmarc.upload": EVERYTHING,
    "mailjet.dns.record": MIRRORED,
    "mailjet.domain": MIRRORED,
    "mailjet.event": NEVER_CREATED,
    "mailjet.exclusion": IMPORTED,
    "mailjet.exclusion.sync": {"admin": "r"},
    "mailjet.pause": {"admin": "rwu"},
    "mailjet.policy.limit": NEVER_CREATED,
    "mailjet.message": IMPORTED,
    "mailjet.recipient.domain": {},
    "mailjet.report": MIRRORED,
    "mailjet.report.item": MIRRORED,
    "mailjet.segment": IMPORTED,
    "mailjet.sender": MIRRORED,
    "mailjet.sender.add": EVERYTHING,
    "mailjet.sender.delete": EVERYTHING,
    "mailjet.sender.rename": EVERYTHING,
    "mailjet.sending": {"admin": "r"},
    "mailjet.sending.hour": {"marketing": "r", "admin": "r"},
    "mailjet.setup": EVERYTHING,
    "mailjet.smtp.test": EVERYTHING,
    "mailjet.statistic": {"admin": "r"},
    "mailjet.statistic.stale": {"admin": "r"},
    "mailjet.subscription": IMPORTED,
    "mailjet.suppression": NEVER_CREATED,
    "mailjet.timeline": TIMELINE,
}


class AccessCommon(MailjetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        marketing = "base.group_user,mass_mailing.group_mass_mailing_user"
        cls.admin = new_test_user(cls.env, "mj_admin", groups="base.group_system")
        cls.marketing = new_test_user(cls.env, "mj_marketing", groups=marketing)
        cls.internal = new_test_user(cls.env, "mj_internal", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "mj_portal", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.server = cls.create_server(mailjet_purpose="mass_mailing")


@tagged("post_install", "-at_install")
class TestAccess(AccessCommon):
    def test_admin(self):
        server = self.server.with_user(self.admin)
        server.write({"smtp_pass": "another", "mailjet_purpose": "all"})
        self.assertEqual(server.smtp_pass, "another")
        self.assertEqual(server.read(["smtp_user"])[0]["smtp_user"], API_KEY)
        server.copy()
        server.unlink()

    def test_marketing_sees_name_and_state_and_no_key(self):
        server = self.server.with_user(self.marketing)
        values = server.read(["name", "mailjet_purpose", "mailjet_state"])[0]
        self.assertEqual(values["name"], "Mailjet")
        self.assertEqual(values["mailjet_state"], "untested")
        self.assertFalse(any(secret in str(server.read()) for secret in SECRETS))
        for field in ("smtp_user", "smtp_pass", "mailjet_secret_placeholder"):
            with self.assertRaises(AccessError):
                server.read([field])
        for action in (
            lambda: server.write({"name": "Mine"}),
            server.copy,
            server.unlink,
            server.test_smtp_connection,
            server.action_mailjet_make_dedicated,
        ):
            with self.assertRaises(AccessError):
                action()

    def test_marketing_picks_the_server_in_a_mailing(self):
        mailing = (
            self.env["mailing.mailing"]
            .with_user(self.marketing)
            .create({"subject": "Mine"})
        )
        self.assertEqual(mailing.mail_server_id, self.server)
        self.assertTrue(mailing.mailjet_server_available)
        self.assertEqual(mailing.mailjet_state, "untested")
        self.assertEqual(mailing.mailjet_purpose, "mass_mailing")
        arch = mailing.get_view(view_type="form")["arch"]
        self.assertIn('name="mailjet_state"', arch)

    def test_the_others_see_nothing(self):
        for user in (self.internal, self.portal, self.public):
            with self.subTest(user=user.login):
                server = self.server.with_user(user)
                for action in (
                    lambda server=server: server.read(["name"]),
                    lambda server=server: server.read(["mailjet_state"]),
                    lambda server=server: server.write({"name": "Mine"}),
                    lambda server=server: server.test_smtp_connection(),
                    lambda server=server: server.action_mailjet_make_dedicated(),
                ):
                    with self.assertRaises(AccessError):
                        action()

    def test_everybody_can_send(self):
        """Finding the server for a mail requires no access to servers."""
        for user in (self.internal, self.portal, self.public):
            server, _address = (
                self.env["ir.mail_server"]
                .with_user(user)
                ._find_mail_server("anna@company.example")
            )
            self.assertEqual(server, self.server)


class _UndoError(Exception):
    pass


class RecordValues:
    """Values for records of every model, given `server` and `mailing`."""

    def vals_of(self, model, number, env):
        """Return values for a record, different for each number."""
        server = {"server_id": self.server.id}
        email = {"email": f"a{number}@b.example"}
        kind = ("ownership", "spf")[number]

        def made(name):
            return env[name].create(self.vals_of(name, number, env)).id

        return {
            "mailjet.activation": lambda: {
                "sender_id": made("mailjet.sender"),
                "email_from": "no-reply@mailjet.com",
                "date": "2026-03-05 08:40:00",
                "url": "https://app.mailjet.com/",
            },
            "mailjet.address": lambda: {**server, **email},
            "mailjet.callback": lambda: {**server, "event": ("open", "spam")[number]},
            "mailjet.callback.replace": lambda: {
                "callback_id": made("mailjet.callback")
            },
            # One for each mailing and server
            "mailjet.check": lambda: {**server, "mailing_id": self.mailing.copy().id},
            "mailjet.check.finding": lambda: {
                "check_id": made("mailjet.check"),
                "code": f"code{number}",
                "level": "note",
                "certainty": "certain",
            },
            "mailjet.dmarc.report": lambda: {
                "name": "google.com",
                "domain_id": made("mailjet.domain"),
            },
            "mailjet.dmarc.row": lambda: {
                "domain_id": made("mailjet.domain"),
                "day": "2026-03-05",
            },
            "mailjet.dmarc.host": lambda: {
                "domain_id": made("mailjet.domain"),
                "address": "192.0.2.1",
            },
            "mailjet.dmarc.source": lambda: {
                "domain_id": made("mailjet.domain"),
                "key": "net:192.0.2.0/24",
            },
            "mailjet.dmarc.statistic": lambda: {
                "domain_id": (domain := made("mailjet.domain")),
                "source_id": env["mailjet.dmarc.source"]
                .create({"domain_id": domain, "key": "net:192.0.2.0/24"})
                .id,
                "day": "2026-03-05",
            },
            "mailjet.dmarc.statistic.stale": lambda: {
                "domain_id": made("mailjet.domain"),
                "day": "2026-03-05",
            },
            "mailjet.dmarc.upload": dict,
            "mailjet.dns.record": lambda: {
                "domain_id": made("mailjet.domain"),
                "kind": kind,
            },
            "mailjet.domain": lambda: {**server, "name": f"b{number}.example"},
            "mailjet.event": lambda: {
                **server,
                **email,
                "key": f"key{number}",
                "event": "open",
                "date": "2026-03-05 08:40:00",
                "mailing_id": self.mailing.id,
            },
            "mailjet.exclusion": lambda: {**server, **email},
            "mailjet.exclusion.sync": lambda: server,
            "mailjet.pause": lambda: {**server, "begun_on": "2026-03-05 08:40:00"},
            "mailjet.policy.limit": lambda: {
                **server,
                "kind": ("bounced", "blocked")[number],
            },
            "mailjet.sender": lambda: {**server, **email, "status": "active"},
            "mailjet.sender.add": lambda: server,
            "mailjet.sender.delete": lambda: {"sender_id": made("mailjet.sender")},
            "mailjet.sender.rename": lambda: {"sender_id": made("mailjet.sender")},
            "mailjet.sending": lambda: {**server, "count": 1},
            "mailjet.setup": lambda: server,
            "mailjet.smtp.test": lambda: server,
            "mailjet.suppression": lambda: {
                **server,
                **email,
                "date": "2026-03-05 08:40:00",
            },
            "mailjet.message": lambda: {
                **server,
                "key": f"key{number}",
                "mailing_id": self.mailing.id,
            },
            "mailjet.recipient.domain": lambda: {
                "name": f"{self.server.id}.{number}.example"
            },
            "mailjet.report": lambda: server,
            "mailjet.report.item": lambda: {
                "report_id": made("mailjet.report"),
                "stream": "message",
            },
            "mailjet.statistic": lambda: {**server, "date": "2026-03-05"},
            "mailjet.statistic.stale": lambda: {**server, "date": "2026-03-05"},
            "mailjet.timeline": dict,
        }.get(model, lambda: {**server, "key": f"key{number}"})()

    @contextmanager
    def taken_back(self):
        """Roll back everything done inside."""
        with suppress(_UndoError), self.cr.savepoint():
            yield
            self.env.flush_all()
            raise _UndoError
        self.env.invalidate_all(flush=False)


class RecordsCommon(RecordValues, AccessCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mailing = cls.env["mailing.mailing"].create({"subject": "News"})


@tagged("post_install", "-at_install")
class TestModelAccess(RecordsCommon):
    def is_allowed(self, action):
        try:
            with self.taken_back():
                action()
        except AccessError:
            self.env.invalidate_all(flush=False)
            return False
        return True

    def rights_of(self, user, model):
        """Try every operation on a record that the user owns."""
        records = self.env[model].with_user(user)
        if not records._auto:  # a view of the database
            return "r" if self.is_allowed(lambda: records.search([])) else ""
        superuser = records.sudo().env
        record = superuser[model].create(self.vals_of(model, 0, superuser)).sudo(False)
        vals = self.vals_of(model, 1, superuser)
        self.env.flush_all()
        self.env.invalidate_all()
        actions = {
            "r": record.read,
            "c": lambda: records.create(vals),
            "w": lambda: record.write({}),
            "u": record.unlink,
        }
        return "".join(key for key, do in actions.items() if self.is_allowed(do))

    def test_every_model_is_in_the_table(self):
        own = {
            name
            for name, model in self.registry.items()
            if model._original_module == "mail_mailjet" and not model._abstract
        }
        self.assertEqual(set(RIGHTS), own)

    def test_what_each_role_may_do(self):
        roles = {
            "public": self.public,
            "portal": self.portal,
            "internal": self.internal,
            "marketing": self.marketing,
            "admin": self.admin,
        }
        for model, rights in RIGHTS.items():
            for role, user in roles.items():
                with self.subTest(model=model, role=role), self.taken_back():
                    expected = rights.get(role, "")
                    self.assertEqual(self.rights_of(user, model), expected)

    def test_events_of_other_mail_are_for_administrators(self):
        """Links in invoice or password emails may contain a token."""
        message = self.admin.partner_id.message_post(body="Your password").id

        def create(*links):
            vals = {**self.vals_of("mailjet.event", 0, self.env), "mailing_id": False}
            return self.env["mailjet.event"].create(
                [{**vals, "key": str(link), **link} for link in links]
            )

        of_others = create(
            {},
            {"mail_message_id": message},
            {"mailjet_campaign_id": "12"},  # Mailjet makes some of other mail, too
        )
        of_marketing = create({"mailing_id": self.mailing.id})
        for user, seen in (
            (self.marketing, of_marketing),
            (self.admin, of_marketing + of_others),
        ):
            events = self.env["mailjet.event"].with_user(user)
            self.assertEqual(events.search([]).sorted("id"), seen.sorted("id"))
        for event in of_others.with_user(self.marketing):
            with self.assertRaises(AccessError):
                event.read(["url"])

    def test_a_mailings_figures_are_for_marketing(self):
        trace = self.env["mailing.trace"].create(
            {
                "mass_mailing_id": self.mailing.id,
                "model": "res.partner",
                "res_id": self.admin.partner_id.id,
                "mailjet_complained_on": "2026-03-05 08:40:00",
            }
        )
        self.mailing.mailjet_campaign = "hello-1"
        self.env["mailjet.event"].create(
            {
                **self.vals_of("mailjet.event", 0, self.env),
                "event": "spam",
                "state": "applied",
                "trace_id": trace.id,
            }
        )
        mailing = self.mailing.with_user(self.marketing)
        self.assertEqual(mailing.mailjet_complained, 1)
        self.assertEqual(
            trace.with_user(self.marketing).mailjet_event_ids.event, "spam"
        )
