from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import MailjetCommon
from .test_access import RecordValues

MARKETING = "base.group_user,mass_mailing.group_mass_mailing_user"


class MailjetCompanyCommon(MailjetCommon):
    """Two companies with an account each, and an account that they share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = cls.env["res.company"].create(
            [{"name": "North"}, {"name": "South"}]
        )
        cls.north, cls.south = cls.companies
        cls.of_north = cls.create_server("N", mailjet_company_id=cls.north.id)
        cls.of_south = cls.create_server("S", mailjet_company_id=cls.south.id)
        cls.shared = cls.create_server("Shared")
        cls.user_north = cls.create_user("north", MARKETING, cls.north)
        cls.user_south = cls.create_user("south", MARKETING, cls.south)
        cls.admin = cls.create_user("chief", "base.group_system", cls.companies)

    @classmethod
    def create_user(cls, login, groups, companies):
        return new_test_user(
            cls.env,
            login,
            groups,
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def as_user(self, user, companies=None):
        companies = companies or user.company_ids
        context = {**self.env.context, "allowed_company_ids": companies.ids}
        return self.env(user=user, context=context)


@tagged("post_install", "-at_install")
class TestMailjetCompany(RecordValues, MailjetCompanyCommon):
    """What belongs to an account is seen by the account's company alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mailing = cls.env["mailing.mailing"].create({"subject": "News"})

    def account_models(self):
        """Return the models whose records belong to a server, wizards aside."""
        found = []
        for name, model in self.registry.items():
            is_own = model._original_module == "mail_mailjet"
            if is_own and not model._abstract and not model._transient:
                found.append(name)
        return sorted(found)

    def create_of(self, model, server):
        """Create a record of a server; return it."""
        self.server = server
        if model == "mailjet.deliverability":
            vals = {"server_id": server.id, "date": "2026-03-05", "delivered": 1}
            statistic = self.env["mailjet.statistic"].create(vals)
            return self.env[model].browse(statistic.id)
        if model == "mailjet.sending.hour":
            counter = self.env["mailjet.counter"].create(
                {
                    "server_id": server.id,
                    "key": "hour",
                    "date": "2026-03-05 08:00:00",
                    "source": "APIKey",
                    "timing": "Message",
                    "resolution": "Hour",
                }
            )
            return self.env[model].browse(counter.id)
        return self.env[model].create(self.vals_of(model, 0, self.env))

    def test_records_of_every_model(self):
        servers = self.of_north + self.of_south + self.shared
        for model in self.account_models():
            with self.subTest(model=model), self.taken_back():
                records = {server: self.create_of(model, server) for server in servers}
                self.env.flush_all()
                ids = {server: record.id for server, record in records.items()}
                for user, companies, seen in (
                    (self.user_north, None, self.of_north + self.shared),
                    (self.user_south, None, self.of_south + self.shared),
                    (self.admin, None, servers),
                    (self.admin, self.north, self.of_north + self.shared),
                ):
                    found = self.as_user(user, companies)[model]
                    if not found.has_access("read"):
                        continue
                    found = found.search([("id", "in", list(ids.values()))])
                    expected = {ids[server] for server in seen}
                    self.assertEqual(set(found.ids), expected, user.login)
                    for server in servers - seen:
                        record = found.browse(ids[server])
                        with self.assertRaises(AccessError):
                            record.check_access("read")

    def test_servers(self):
        servers = self.as_user(self.user_north)["ir.mail_server"]
        self.assertEqual(servers.search([]).mapped("name"), ["N", "Shared"])
        other = self.create_other_server()
        self.assertIn(other, servers.search([]))
        self.of_north.write({"smtp_authentication": "login", "mailjet_purpose": False})
        self.assertFalse(self.of_north.mailjet_company_id)

    def test_the_dashboard(self):
        for server, count in ((self.of_north, 5), (self.of_south, 7)):
            self.env["mailjet.statistic"].create(
                {
                    "server_id": server.id,
                    "date": fields.Date.today(),
                    "delivered": count,
                }
            )
        for user, name, count in (
            (self.user_north, "N", 5),
            (self.user_south, "S", 7),
        ):
            dashboard = self.as_user(user)["mailjet.dashboard"]
            data = dashboard.read_dashboard()
            names = [server["name"] for server in data["servers"]]
            self.assertEqual(names, [name, "Shared"])
            delivered = next(
                one for one in data["figures"] if one["name"] == "delivered"
            )
            self.assertEqual(delivered["count"], count)
            others = (self.of_north + self.of_south).filtered(
                lambda server, name=name: server.name != name
            )
            data = dashboard.read_dashboard(others.id)
            self.assertNotEqual(data["server_id"], others.id)

    def test_reports_and_hours_are_of_ones_own_accounts(self):
        env = self.as_user(self.admin, self.south)
        self.assertEqual(env["mailjet.report"].new({}).server_id.id, self.of_south.id)
        env["mailjet.sending.hour"].action_import()
        reports = self.env["mailjet.report"].search([])
        self.assertEqual(reports.server_id, self.of_south + self.shared)

    def test_the_block_list_is_common(self):
        self.env["mail.blacklist"]._add("zoe@example.org")
        for user in (self.user_north, self.user_south):
            found = self.as_user(user)["mail.blacklist"].search([])
            self.assertIn("zoe@example.org", found.mapped("email"))

    def test_figures_of_a_mailing_are_for_whoever_sees_the_mailing(self):
        self.server = self.of_north
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
        for user in (self.user_north, self.user_south):
            mailing = self.mailing.with_env(self.as_user(user))
            self.assertEqual(mailing.mailjet_complained, 1)

    def test_the_default_server_of_mailings(self):
        (self.of_north + self.of_south).mailjet_purpose = "mass_mailing"
        self.of_north.action_mailjet_make_dedicated()
        for user, server in (
            (self.user_north, self.of_north),
            (self.user_south, self.of_south),
        ):
            mailings = self.as_user(user)["mailing.mailing"]
            mailing = mailings.create({"subject": "Mine"})
            self.assertEqual(mailing.mail_server_id.id, server.id)
        self.of_south.mailjet_purpose = "all"
        self.assertFalse(mailings.create({"subject": "None"}).mail_server_id)


@tagged("post_install", "-at_install")
class TestMailjetCompanyRouting(MailjetCompanyCommon):
    """No mail goes through another company's account by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared.unlink()
        cls.of_north.write({"sequence": 1, "from_filter": "company.example"})
        cls.of_south.write({"sequence": 2, "from_filter": "company.example"})

    def server_of(self, company, **vals):
        """Return the server that takes a mail of a company."""
        mail = self.env["mail.mail"].create(
            {
                "email_from": "info@company.example",
                "email_to": "zoe@example.org",
                "record_company_id": company.id,
                **vals,
            }
        )
        [(server_id, *_rest)] = mail._split_by_mail_configuration()
        return self.env["ir.mail_server"].browse(server_id or [])

    def test_a_mail_goes_through_its_companys_account(self):
        self.assertEqual(self.server_of(self.north), self.of_north)
        self.assertEqual(self.server_of(self.south), self.of_south)

    def test_a_mail_of_no_record_goes_through_its_authors_account(self):
        mail = self.env["mail.mail"].with_user(self.user_south).sudo()
        mail = mail.create(
            {"email_from": "info@company.example", "email_to": "zoe@example.org"}
        )
        [(server_id, *_rest)] = mail._split_by_mail_configuration()
        self.assertEqual(server_id, self.of_south.id)

    def test_a_company_without_an_account_uses_none(self):
        third = self.env["res.company"].create({"name": "West"})
        self.assertFalse(self.server_of(third))
        other = self.create_other_server()
        self.assertEqual(self.server_of(third), other)
        shared = self.create_server("Shared", from_filter="company.example")
        self.assertEqual(self.server_of(third), shared)

    def test_a_server_that_somebody_chose_is_used(self):
        found = self.server_of(self.north, mail_server_id=self.of_south.id)
        self.assertEqual(found, self.of_south)

    def test_mail_sent_at_once_goes_through_the_current_companys_account(self):
        for company, server in (
            (self.north, self.of_north),
            (self.south, self.of_south),
        ):
            servers = self.env["ir.mail_server"].with_company(company)
            found, _address = servers._find_mail_server("info@company.example")
            self.assertEqual(found, server)
        with self.subTest("a company without an account"):
            third = self.env["res.company"].create({"name": "West"})
            servers = self.env["ir.mail_server"].with_company(third)
            found, _address = servers._find_mail_server("info@company.example")
            self.assertFalse(found)

    def test_without_companies_nothing_changes(self):
        (self.of_north + self.of_south).mailjet_company_id = False
        for company in self.companies:
            self.assertEqual(self.server_of(company), self.of_north)
