from itertools import product
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config, mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server as CoreMailServer

from ..common import MailjetCommon, MailjetSmtpCommon

# Core warns when it falls back on a server whose filter does not fit
MAIL_SERVER_LOGGER = "odoo.addons.base.models.ir_mail_server"


@tagged("post_install", "-at_install")
class TestMailRouting(MailjetCommon):
    """Which server `_find_mail_server` picks: chosen cases, then all combinations."""

    # (servers in the order of creation, From, server picked, address sent from);
    # a server is (name, usage or None for another provider's, From filter, priority)
    OURS = "anna@company.example"
    THEIRS = "anna@elsewhere.example"
    FALLBACK = "notifications@company.example"
    CASES = (
        # A Mailjet server for all mail is a server like any other
        ((("M", "all", "", 10),), OURS, "M", FALLBACK),
        ((("M", "all", "company.example", 10),), OURS, "M", OURS),
        ((("M", "all", OURS, 10), ("O", None, "company.example", 1)), OURS, "M", OURS),
        ((("M", "all", "company.example", 9), ("O", None, "", 1)), OURS, "M", OURS),
        ((("M", "all", "", 10), ("O", None, "company.example", 99)), OURS, "O", OURS),
        ((("M", "all", "", 1), ("O", None, "", 2)), THEIRS, "M", FALLBACK),
        ((("M", "all", "", 2), ("O", None, "", 1)), THEIRS, "O", FALLBACK),
        (
            (("M", "all", "company.example", 9), ("O", None, "", 1)),
            THEIRS,
            "M",
            FALLBACK,
        ),
        ((("M", "all", "b.example", 9), ("O", None, "c.example", 1)), OURS, "O", None),
        # One for mass mailing only leaves it all to the others
        ((("M", "mass_mailing", "", 1), ("O", None, "", 50)), OURS, "O", FALLBACK),
        (
            (("M", "mass_mailing", "", 1), ("O", None, "b.example", 50)),
            OURS,
            "O",
            FALLBACK,
        ),
        (
            (("M", "mass_mailing", "", 1), ("O", None, "company.example", 50)),
            OURS,
            "O",
            OURS,
        ),
        (
            (("M", "mass_mailing", "", 1), ("N", "all", "", 50)),
            THEIRS,
            "N",
            FALLBACK,
        ),
        # ... unless it is the only server
        ((("M", "mass_mailing", "", 10),), OURS, "M", FALLBACK),
        (
            (("M", "mass_mailing", "", 10), ("N", "mass_mailing", "", 11)),
            OURS,
            "M",
            FALLBACK,
        ),
    )

    def make(self, servers):
        for name, usage, from_filter, sequence in servers:
            vals = {"name": name, "from_filter": from_filter, "sequence": sequence}
            if usage:
                self.create_server(mailjet_purpose=usage, **vals)
            else:
                self.create_other_server(**vals)

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_cases(self):
        for servers, email_from, name, sent_from in self.CASES:
            with self.subTest(servers=servers, email_from=email_from):
                self.env["ir.config_parameter"].set_param(
                    "mass_mailing.mail_server_id", False
                )
                self.MailServer.search([]).unlink()
                self.make(servers)
                server, address = self.MailServer._find_mail_server(email_from)
                self.assertEqual(server.name, name)
                self.assertEqual(address, sent_from or self.FALLBACK)

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_every_mix(self):
        """Core decides among the servers that are not for mass mailing only."""
        usages = ("all", "mass_mailing")
        filters = ("", "company.example", self.OURS, "elsewhere.example")
        others = ((), (("O", None, "", 10),), (("O", None, "company.example", 10),))
        company_2 = self.env["res.company"].create({"name": "Second"})
        company_2.alias_domain_id = self.env["mail.alias.domain"].create(
            {"name": "second.example", "default_from": "hello"}
        )
        mixes = product(usages, filters, (5, 20), others)
        count = 0
        for usage, from_filter, sequence, rest in mixes:
            if usage == "mass_mailing" and from_filter:
                continue  # refused, see TestMailServerRefusals
            self.env["ir.config_parameter"].set_param(
                "mass_mailing.mail_server_id", False
            )
            self.MailServer.search([]).unlink()
            self.make((("M", usage, from_filter, sequence), *rest))
            servers = self.MailServer.search([])
            allowed = servers.filtered(lambda s: s.mailjet_purpose != "mass_mailing")
            for email_from, company, given in product(
                (self.OURS, self.THEIRS, False),
                (self.env.company, company_2),
                (None, servers),
            ):
                MailServer = self.MailServer.with_company(company)
                picked = MailServer._find_mail_server(email_from, given)
                expected = CoreMailServer._find_mail_server(
                    MailServer, email_from, allowed or servers
                )
                self.assertEqual(picked, expected)
                count += 1
        self.assertEqual(count, 2 * 3 * (4 + 1) * 3 * 2 * 2)

    def test_personal_server_is_no_way_out(self):
        """A personal server takes only its owner's mail, ours the rest."""
        server = self.create_server(mailjet_purpose="mass_mailing")
        personal = self.create_other_server(
            owner_user_id=self.env.user.id, from_filter=self.THEIRS
        )
        # mail.mail passes the servers, including personal ones
        servers = server | personal
        find = self.MailServer._find_mail_server
        self.assertEqual(find(self.OURS, servers)[0], server)
        self.assertEqual(find(self.THEIRS, servers)[0], personal)

    def test_archived_servers_are_no_way_out(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        servers = server | self.create_other_server(active=False)
        self.assertEqual(
            self.MailServer._find_mail_server(self.OURS, servers)[0], server
        )

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_a_server_in_odoos_configuration_is_a_way_out(self):
        """Adding a newsletter server does not attract other mail."""
        server = self.create_server(mailjet_purpose="mass_mailing")
        find = self.MailServer._find_mail_server
        self.assertEqual(find(self.OURS)[0], server)
        with patch.dict(config._cli_options, {"smtp_server": "relay.example"}):
            self.assertIsNone(find(self.OURS)[0])
            server.mailjet_purpose = "all"
            self.assertEqual(find(self.OURS)[0], server)

    def test_no_query_is_added_for_others(self):
        self.create_other_server()
        servers = self.MailServer.sudo().search([])
        servers.mapped("from_filter")
        with self.assertQueryCount(0):
            self.MailServer.with_context(
                domain_notifications_email=self.FALLBACK
            )._find_mail_server(self.OURS, servers)


@tagged("post_install", "-at_install")
class TestMailPriority(MailjetCommon):
    def assert_last(self, *servers):
        others = self.MailServer.search([]) - sum(servers, self.MailServer)
        lowest = min(server.sequence for server in servers)
        self.assertGreater(lowest, max(others.mapped("sequence"), default=0))

    def test_after_all_others_on_create(self):
        self.create_other_server(sequence=30)
        server = self.create_server(mailjet_purpose="mass_mailing", sequence=1)
        self.assert_last(server)
        self.create_other_server(name="Later", sequence=500)
        self.assert_last(server)

    def test_after_all_others_when_they_change(self):
        other = self.create_other_server(sequence=30)
        archived = self.create_other_server(sequence=90, active=False)
        server = self.create_server(mailjet_purpose="mass_mailing")
        other.sequence = 40
        self.assert_last(server)
        archived.active = True
        self.assert_last(server)
        second = self.create_server(name="For all", sequence=200)
        second.mailjet_purpose = "mass_mailing"
        self.assert_last(server, second)
        server.mailjet_purpose = "all"
        self.assert_last(second)

    def test_several_keep_their_order(self):
        first = self.create_server("First", mailjet_purpose="mass_mailing", sequence=60)
        second = self.create_server("Second", mailjet_purpose="mass_mailing")
        self.assertLess(second.sequence, first.sequence)
        self.create_other_server(sequence=90)
        self.assert_last(first, second)
        self.assertLess(second.sequence, first.sequence)

    def test_dragged_in_the_list(self):
        others = self.create_other_server("A") | self.create_other_server("B")
        server = self.create_server(mailjet_purpose="mass_mailing")
        messages = self.env["bus.bus"].search_count([])
        (server | others).web_resequence({"sequence": {}}, offset=3)
        self.assert_last(server)
        self.assertEqual(others.mapped("sequence"), [4, 5])
        # The list still shows the server first, hence the notification
        self.env.cr.precommit.run()
        last = self.env["bus.bus"].search([], order="id desc", limit=1)
        self.assertEqual(self.env["bus.bus"].search_count([]), messages + 1)
        self.assertIn("stays behind all other servers", last.message)
        (others | server).web_resequence({"sequence": {}}, offset=3)
        self.env.cr.precommit.run()
        self.assertEqual(self.env["bus.bus"].search_count([]), messages + 1)

    def test_nothing_is_touched_without_mass_mailing_only(self):
        other = self.create_other_server(sequence=30)
        server = self.create_server(sequence=5)
        self.assertEqual((server.sequence, other.sequence), (5, 30))


@tagged("post_install", "-at_install")
class TestDedicatedServer(MailjetCommon):
    def dedicated(self):
        mailing = self.env["mailing.mailing"].create({"subject": "New"})
        self.assertEqual(bool(mailing.mail_server_id), mailing.mail_server_available)
        return mailing.mail_server_id

    def test_becomes_the_dedicated_server(self):
        self.assertFalse(self.dedicated())
        server = self.create_server(mailjet_purpose="mass_mailing")
        self.assertEqual(self.dedicated(), server)

    def test_a_server_for_all_mail_does_not(self):
        server = self.create_server()
        self.assertFalse(self.dedicated())
        server.mailjet_purpose = "mass_mailing"
        self.assertEqual(self.dedicated(), server)

    def test_never_replaces_another_unasked(self):
        other = self.create_other_server()
        other._make_dedicated()
        server = self.create_server(mailjet_purpose="mass_mailing")
        self.assertEqual(self.dedicated(), other)
        self.assertEqual(server.mailjet_dedicated_server_id, other)
        server.action_mailjet_make_dedicated()
        self.assertEqual(self.dedicated(), server)

    def test_replaces_one_that_is_gone(self):
        other = self.create_other_server()
        other._make_dedicated()
        other.unlink()
        server = self.create_server(mailjet_purpose="mass_mailing")
        self.assertEqual(self.dedicated(), server)

    def test_when_it_becomes_active(self):
        server = self.create_server(mailjet_purpose="mass_mailing", active=False)
        self.assertFalse(self.dedicated())
        server.active = True
        self.assertEqual(self.dedicated(), server)

    def test_another_change_does_not_take_the_place_back(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        self.env["ir.config_parameter"].set_param("mass_mailing.mail_server_id", False)
        server.sequence += 1
        self.create_other_server()
        self.assertFalse(self.MailServer._get_dedicated_server())


@tagged("post_install", "-at_install")
class TestRouteAnswer(MailjetCommon):
    def ask(self, server, email_from):
        server.mailjet_route_from = email_from
        server._onchange_mailjet_route_from()
        return server.mailjet_route_answer

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_answers_with_reason(self):
        server = self.create_server(from_filter="company.example, b@b.example")
        self.assertRegex(
            self.ask(server, "anna@company.example"),
            "through “Mailjet”.\n.*names this address or its domain: company.example",
        )
        self.assertRegex(
            self.ask(server, "b@b.example"), "names this address or its domain"
        )
        self.assertRegex(
            self.ask(server, "anna@elsewhere.example"),
            "sent from notifications@company.example, which this server's From filter",
        )
        self.alias_domain.default_from = False
        self.assertRegex(self.ask(server, "anna@elsewhere.example"), "may be refused")
        self.create_other_server(sequence=1)
        self.assertRegex(
            self.ask(server, "anna@elsewhere.example"),
            "through “Other”.\n.*without a filter this one comes first in priority",
        )
        self.assertFalse(self.ask(server, ""))
        self.assertIn("one email address", self.ask(server, "not an address"))

    def test_mass_mailing_only(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        self.assertRegex(
            self.ask(server, "anna@company.example"),
            "through “Mailjet”.\n.*mass mailing only, but there is no other",
        )
        self.create_other_server()
        self.assertIn("through “Other”", self.ask(server, "anna@company.example"))

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_no_server(self):
        server = self.create_server()
        server.active = False
        self.assertIn("configuration file", self.ask(server, "anna@company.example"))


@tagged("post_install", "-at_install")
class TestMailReallyRouted(MailjetSmtpCommon):
    """Emails really sent to two stand-ins: which gets what, from which address."""

    def send(self, email_from, **vals):
        self.env["mail.mail"].create(
            {
                "email_from": email_from,
                "email_to": "customer@example.org",
                "subject": "Really",
                "body_html": "<p>Sent</p>",
                **vals,
            }
        ).send(raise_exception=True)
        received = {
            name: [
                (message.parsed()["From"].addresses[0].addr_spec, message.mail_from)
                for message in standin.store.messages
            ]
            for name, standin in (("mailjet", self.mailjet), ("other", self.other))
        }
        self.mailjet.store.clear_messages()
        self.other.store.clear_messages()
        return {name: mails for name, mails in received.items() if mails}

    def test_mass_mailing_only_takes_forced_mail_alone(self):
        server = self.create_standin_server(mailjet_purpose="mass_mailing", sequence=1)
        self.create_other_standin_server(from_filter="company.example", sequence=50)
        self.assertEqual(
            self.send("anna@company.example"),
            {"other": [("anna@company.example", "bounce@company.example")]},
        )
        self.assertEqual(
            self.send("anna@elsewhere.example"),
            {"other": [("notifications@company.example", "bounce@company.example")]},
        )
        self.assertEqual(
            self.send("anna@elsewhere.example", mail_server_id=server.id),
            {"mailjet": [("anna@elsewhere.example", "bounce@company.example")]},
        )

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_all_mail_goes_by_from_filter(self):
        server = self.create_standin_server(from_filter="company.example")
        other = self.create_other_standin_server(from_filter="elsewhere.example")
        self.assertEqual(
            self.send("anna@company.example"),
            {"mailjet": [("anna@company.example", "bounce@company.example")]},
        )
        self.assertEqual(
            self.send("anna@elsewhere.example"),
            {"other": [("anna@elsewhere.example", "anna@elsewhere.example")]},
        )
        self.assertEqual(
            self.send("anna@third.example"),
            {"mailjet": [("notifications@company.example", "bounce@company.example")]},
        )
        self.assertEqual(
            self.send("anna@company.example", mail_server_id=other.id),
            {"other": [("anna@company.example", "anna@company.example")]},
        )
        server.active = False
        self.assertEqual(
            list(self.send("anna@company.example")),
            ["other"],
        )

    @mute_logger(MAIL_SERVER_LOGGER)
    def test_alias_domain_of_the_record(self):
        """A mail of another company's record is sent from that company's addresses."""
        alias_domain = self.env["mail.alias.domain"].create(
            {
                "name": "second.example",
                "bounce_alias": "bounce",
                "default_from": "hello",
            }
        )
        company = self.env["res.company"].create(
            {"name": "Second", "alias_domain_id": alias_domain.id}
        )
        partner = self.env["res.partner"].create(
            {"name": "Record", "company_id": company.id}
        )
        self.create_standin_server(from_filter="second.example")
        self.create_other_standin_server(from_filter="company.example")
        record = {
            "model": "res.partner",
            "res_id": partner.id,
            "record_alias_domain_id": alias_domain.id,
        }
        self.assertEqual(
            self.send("anna@third.example", **record),
            {"mailjet": [("hello@second.example", "bounce@second.example")]},
        )
        self.assertEqual(
            self.send("anna@third.example"),
            {"other": [("notifications@company.example", "bounce@company.example")]},
        )

    def test_the_only_server_takes_all(self):
        self.create_standin_server(mailjet_purpose="mass_mailing")
        self.assertEqual(
            self.send("anna@company.example"),
            {"mailjet": [("notifications@company.example", "bounce@company.example")]},
        )
