import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ...tools.dns.check import Report
from ...tools.dns.verdict import Verdict
from ...tools.words import Words
from ..common import MailjetRestCommon

OPTIONAL = {"return_path", "mta_sts", "tls_rpt", "bimi"}
KINDS = {"ownership", "spf", "dkim", "dmarc", "mx", *OPTIONAL}


def verdict(status, found=()):
    return Verdict(status, Words("Cause of %(what)s.", {"what": "it"}), found=found)


@tagged("post_install", "-at_install")
class TestMailjetDns(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.dns.load({})
        self.add_senders("*@company.example", active=False)
        self.server.action_mailjet_refresh()
        self.domain = self.server.mailjet_domain_ids
        self.admin = self.env.ref("base.user_admin")

    def record(self, kind):
        return self.domain.record_ids.filtered(lambda record: record.kind == kind)

    def states(self):
        return {record.kind: record.state for record in self.domain.record_ids}

    def publish(self, **changes):
        """Publish the records of the domain; `changes` by kind, None leaves it out."""
        records = {
            "ownership": (self.domain.ownership_name, "TXT"),
            "spf": ("company.example", "TXT"),
            "dkim": (self.domain.dkim_name, "TXT"),
            "dmarc": ("_dmarc.company.example", "TXT"),
            "mx": ("company.example", "MX"),
        }
        values = {
            "ownership": self.domain.ownership_token,
            "spf": "v=spf1 include:spf.mailjet.com ~all",
            "dkim": self.domain.dkim_value,
            "dmarc": "v=DMARC1; p=none; rua=mailto:dmarc@company.example",
            "mx": "10 mx.company.example.",
            **changes,
        }
        zones = {
            "mx.company.example": {"A": ["192.0.2.1"]},
            "spf.mailjet.com": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
        }
        for kind, (host, record_type) in records.items():
            if values[kind]:
                zones.setdefault(host, {})[record_type] = [values[kind]]
        self.dns.load(zones)

    def save(self, **verdicts):
        """Save the results of an imaginary check."""
        report = Report("company.example", verdicts, ("192.0.2.53",))
        self.domain._save_reports({self.domain: report})

    def alerts(self):
        warning = self.env.ref("mail.mail_activity_data_warning")
        return self.domain.activity_ids.filtered(
            lambda activity: activity.activity_type_id == warning
        )

    # -- Records and checks ----------------------------------------------------------

    def test_every_domain_has_its_records_once(self):
        self.assertEqual(set(self.domain.record_ids.mapped("kind")), KINDS)
        self.server.action_mailjet_refresh()
        self.assertEqual(len(self.domain.record_ids), len(KINDS))
        self.assertEqual(set(self.states().values()), {"not_checked"})
        self.assertEqual(self.domain.bulk_state, "unknown")

    def test_hosts_as_the_provider_wants_them_and_in_full(self):
        label = self.domain.ownership_name.removesuffix(".company.example")
        self.assertEqual(self.record("ownership").host_relative, label)
        self.assertRecordValues(
            self.record("dkim"),
            [
                {
                    "host": "mailjet._domainkey.company.example",
                    "host_relative": "mailjet._domainkey",
                    "record_type": "TXT",
                    "expected_value": self.domain.dkim_value,
                }
            ],
        )
        self.assertEqual(self.record("spf").host_relative, "@")
        self.domain.zone = "example"
        self.assertEqual(self.record("spf").host_relative, "company")

    def test_all_right(self):
        self.publish()
        action = self.domain.action_check_dns()
        self.assertIn("SPF OK", action["params"]["message"])
        self.assertEqual(
            self.states(),
            {
                **dict.fromkeys(KINDS, "ok"),
                **dict.fromkeys(OPTIONAL, "optional"),
            },
        )
        self.assertEqual(self.domain.bulk_state, "ready")
        self.assertTrue(self.domain.is_proven, "Mailjet was asked, too")
        self.assertEqual(self.record("spf").mailjet_state, "ok")
        self.assertFalse(self.alerts())

    def test_two_accounts_with_the_same_domain(self):
        self.store.add_key("b" * 32, "c" * 32)
        other = self.create_server(
            name="Sub-account",
            smtp_user="b" * 32,
            smtp_pass="c" * 32,
            mailjet_api_url=self.rest.url,
        )
        self.add_senders(
            "*@company.example", active=False, api_key="b" * 32, secret="c" * 32
        )
        other.action_mailjet_refresh()
        self.publish()
        (self.domain | other.mailjet_domain_ids).action_check_dns()
        self.assertEqual(self.domain.dkim_state, "ok")
        self.assertEqual(other.mailjet_domain_ids.dkim_state, "error")
        self.assertEqual(other.mailjet_domain_ids.ownership_state, "missing")

    def test_one_error_of_each_kind(self):
        self.publish(
            ownership="0" * 32,
            spf="v=spf1 mx -all",
            dkim="k=rsa; p=",
            dmarc="v=DMARC1 p=none",
            mx="10 gone.company.example.",
        )
        self.domain.action_check_dns()
        self.assertEqual(
            self.states(),
            {**dict.fromkeys(KINDS, "error"), **dict.fromkeys(OPTIONAL, "optional")},
        )
        self.assertEqual(
            self.record("spf").expected_value,
            "v=spf1 mx include:spf.mailjet.com -all",
        )
        self.assertEqual(self.record("spf").found_values, "v=spf1 mx -all")
        self.assertEqual(self.domain.bulk_state, "not_ready")
        self.assertIn("DKIM, DMARC, MX", self.domain.bulk_reason)
        self.assertNotIn("SPF", self.domain.bulk_reason)
        for record in self.domain.record_ids:
            self.assertTrue(record.cause, record.kind)
        first = self.domain.record_ids.sorted()[0]
        self.assertEqual(first.state, "error")

    def test_words_come_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.publish(spf=None)
        self.domain.action_check_dns()
        spf = self.record("spf")
        self.assertNotEqual(spf.cause, spf.with_context(lang="fr_FR").cause)
        self.assertIn("company.example", spf.with_context(lang="fr_FR").cause)

    # -- Causes and proposals --------------------------------------------------------

    def test_a_typing_error_is_explained_and_corrected(self):
        self.publish(spf="v=spf1 mx include: spf.mailjet.com +all")
        self.domain.action_check_dns()
        spf = self.record("spf")
        self.assertEqual(spf.state, "error")
        self.assertIn("Receivers ignore the whole SPF record. There is", spf.cause)
        self.assertEqual(spf.expected_value, "v=spf1 mx include:spf.mailjet.com ~all")
        self.assertEqual(
            spf.removals, "“+all” is left out because it lets anybody send."
        )

    def test_a_sentence_within_a_sentence_is_translated(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        outer = Words(
            "%(cure)s Afterwards: %(what)s", {"cure": Words("Host"), "what": 1}
        )
        translated = self.env["mailjet.words"].with_context(lang="fr_FR")
        text = translated._translate_words(outer)
        self.assertEqual(
            text, f"{translated._translate_words(Words('Host'))} Afterwards: 1"
        )

    def test_no_default_value_where_a_record_cannot_be_read(self):
        self.publish(spf="v=spf10 foo:what -all")
        self.domain.action_check_dns()
        spf = self.record("spf")
        self.assertEqual(spf.state, "missing")
        self.assertIn("foo:what", spf.refusal)
        self.assertFalse(spf.expected_value, "it would drop what the record has")

    def test_the_dmarc_proposal_has_an_address_for_reports(self):
        self.publish(dmarc=None)
        self.domain.action_check_dns()
        self.assertEqual(
            self.record("dmarc").expected_value,
            "v=DMARC1; p=none; rua=mailto:postmaster@company.example",
        )
        address = "dmarc@company.example"
        with patch.object(
            type(self.domain), "_dmarc_report_address", lambda domain: address
        ):
            self.domain.action_check_dns()
        proposal = self.record("dmarc").expected_value
        self.assertEqual(proposal, f"v=DMARC1; p=none; rua=mailto:{address}")
        self.publish(dmarc=proposal)
        self.domain.action_check_dns()
        self.assertEqual(self.record("dmarc").state, "ok")

    # -- Outages ---------------------------------------------------------------------

    def test_an_outage_is_never_a_verdict(self):
        self.publish()
        self.domain.action_check_dns()
        decided_on = fields.Datetime.now() - timedelta(hours=1)
        self.domain.record_ids.decided_on = decided_on
        self.dns.fail("_dmarc.company.example", "SERVFAIL")
        self.domain.action_check_dns()
        dmarc = self.record("dmarc")
        self.assertEqual(dmarc.state, "ok")
        self.assertEqual(dmarc.decided_on, decided_on)
        self.assertTrue(dmarc.outage_since)
        self.assertTrue(dmarc.outage)
        self.assertEqual(self.domain.outage_since, dmarc.outage_since)
        self.assertFalse(self.alerts())
        self.dns.heal()
        self.domain.action_check_dns()
        self.assertFalse(dmarc.outage_since)
        self.assertFalse(dmarc.outage)

    def test_an_outage_of_three_days_is_reported_once(self):
        self.save(spf=verdict("ok"))
        for days, alerts in ((0, 0), (2, 0), (3, 1), (4, 1)):
            if days:
                self.record("spf").outage_since = fields.Datetime.now() - timedelta(
                    days=days
                )
            self.save(spf=verdict("temperror"))
            self.assertEqual(len(self.alerts()), alerts, f"after {days} days")
        self.assertEqual(len(self.notices()), 1)
        self.save(spf=verdict("ok"))
        self.assertFalse(self.alerts(), "The records are fine again")

    # -- Changes ---------------------------------------------------------------------

    def notices(self):
        return self.env["mail.message"].search(
            [
                ("model", "=", "mailjet.domain"),
                ("res_id", "=", self.domain.id),
                ("message_type", "=", "user_notification"),
            ]
        )

    def test_a_change_for_the_worse_is_reported_once(self):
        self.save(spf=verdict("error"), dkim=verdict("ok"))
        self.assertFalse(self.alerts(), "A first look is no change")
        self.save(spf=verdict("missing"))
        self.save(spf=verdict("error"))
        self.assertFalse(self.alerts(), "It was wrong before")
        self.save(spf=verdict("error"), dkim=verdict("missing", found=()))
        for _day in range(3):
            self.save(spf=verdict("error"), dkim=verdict("missing"))
        self.assertEqual(len(self.alerts()), 1)
        self.assertEqual(self.alerts().user_id, self.admin)
        self.assertEqual(len(self.notices()), 1)
        self.assertEqual(self.notices().partner_ids, self.admin.partner_id)
        self.assertIn("no longer work: DKIM", self.notices().body)
        self.assertIn("DKIM company.example: Cause of it.", self.alerts().note)
        self.assertNotIn("SPF", self.alerts().note)
        self.save(spf=verdict("warning"), dkim=verdict("ok"))
        self.assertFalse(self.alerts(), "A warning is no trouble")

    def test_every_change_is_written_down_with_old_and_new_value(self):
        logged = len(self.domain.message_ids)
        self.save(spf=verdict("ok", found=("v=spf1 old",)))
        self.assertEqual(len(self.domain.message_ids), logged)
        self.save(spf=verdict("temperror"))
        self.assertEqual(len(self.domain.message_ids), logged)
        self.save(spf=verdict("warning", found=("v=spf1 new",)))
        line = self.domain.message_ids[0].body
        self.assertEqual(len(self.domain.message_ids), logged + 1)
        for text in ("SPF company.example", "OK", "Warning", "v=spf1 old", "spf1 new"):
            self.assertIn(text, line)

    # -- The daily check ---------------------------------------------------------------

    def test_the_hourly_run_checks_each_domain_once_a_day(self):
        vals_list = [
            {"mailjet_id": str(number), "name": f"d{number}.example"}
            for number in range(1, 48)
        ]
        domains = self.domain | self.domain._sync_values(self.server, vals_list)
        self.assertEqual(len(domains), 48)
        checked = []

        def reports(these, from_zone):
            self.assertFalse(from_zone)
            self.assertLessEqual(len(these), 2, "A share of the day's work")
            checked.extend(these.ids)
            return {domain: Report(domain.name, {}, ()) for domain in these}

        with patch.object(type(domains), "_dns_reports", reports):
            for _hour in range(30):
                self.env["mailjet.domain"]._cron_check_dns()
        self.assertEqual(sorted(checked), sorted(domains.ids))

    def test_the_daily_check_asks_the_resolver_and_not_mailjet(self):
        self.publish()
        self.rest.clear_requests()
        self.env["mailjet.domain"]._cron_check_dns()
        self.assertEqual(self.states()["spf"], "ok")
        self.assertEqual(self.record("spf").asked_how, "resolver")
        self.assertFalse(self.rest.requests)

    def test_what_we_found_is_kept_when_mailjet_does_not_answer(self):
        self.publish()
        self.rest.faults.add("error", path="dns", method="POST")
        action = self.domain.action_check_dns()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("Mailjet", action["params"]["message"])
        self.assertEqual(self.states()["spf"], "ok")

    # -- Handover ----------------------------------------------------------------------

    def test_handover(self):
        self.publish(dkim=None, spf="v=spf1 mx -all")
        self.domain.action_check_dns()
        text = self.domain.handover_text
        self.assertIn("Host: mailjet._domainkey (in full: mailjet._domainkey.co", text)
        self.assertIn(f"Value: {self.domain.dkim_value}", text)
        self.assertIn("Replaces: v=spf1 mx -all", text)
        self.assertNotIn(self.domain.ownership_token, text, "That one is right")

        composer = Form(
            self.env["mail.compose.message"].with_context(
                **self.domain.action_send_handover()["context"]
            )
        )
        self.assertEqual(composer.subject, "DNS records for company.example")
        self.assertIn(self.domain.dkim_value, composer.body)

    def test_zone_file_can_be_loaded_and_passes_the_check(self):
        self.publish(dkim=None, spf="v=spf1 mx -all", dmarc=None)
        self.domain.action_check_dns()
        self.assertEqual(self.states()["dkim"], "missing")
        zone = base64.b64decode(self.domain.zone_file).decode()
        self.dns.load(
            f"$ORIGIN .\nmx.company.example. 60 IN A 192.0.2.1\n"
            f'spf.mailjet.com. 60 IN TXT "v=spf1 -all"\n{zone}'
        )
        self.domain.action_check_dns()
        self.assertEqual(set(self.states().values()), {"ok", "optional"})
        self.assertEqual(self.states()["dkim"], "ok")
        self.assertIn("?download=true", self.domain.action_download_zone()["url"])

    # -- Access rights -----------------------------------------------------------------

    def test_marketing_reads_and_changes_nothing(self):
        self.publish()
        self.domain.action_check_dns()
        user = new_test_user(
            self.env,
            "mj_dns_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        domain = self.domain.with_user(user)
        self.assertEqual(domain.spf_state, "ok")
        self.assertTrue(domain.record_ids[0].display_name)
        self.assertTrue(domain.handover_text)
        with self.assertRaises(AccessError):
            domain.action_check_dns()
        with self.assertRaises(AccessError):
            domain.record_ids.state = "ok"
        nobody = new_test_user(self.env, "mj_dns_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.domain.record_ids.with_user(nobody).read(["state"])

    def test_a_wrong_parameter_is_named(self):
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.dns_servers", "dns.example"
        )
        with self.assertRaisesRegex(UserError, "mail_mailjet.dns_servers"):
            self.domain.action_check_dns()

    # -- Settings ----------------------------------------------------------------------

    def test_settings_ask_nobody_and_cost_five_queries_whatever_the_domains(self):
        vals_list = [
            {"mailjet_id": str(number), "name": f"d{number}.example"}
            for number in range(100)
        ]
        self.domain._sync_values(self.server, vals_list)
        self.rest.clear_requests()
        columns = ["name", "dns_checked_on", "server_id", "dmarc_state", "mx_state"]
        columns += ["ownership_state", "spf_state", "dkim_state"]
        sub_fields = {name: {} for name in columns}
        sub_fields["server_id"] = {"fields": {"display_name": {}}}

        def queries_to_open(**specification):
            settings = self.env["res.config.settings"]
            settings.onchange({}, [], {"company_id": {}})  # warm
            self.env.invalidate_all()
            asked = len(self.dns.queries)
            before = self.env.cr.sql_log_count
            values = settings.onchange({}, [], {"company_id": {}, **specification})
            self.assertEqual(len(self.dns.queries), asked)
            return self.env.cr.sql_log_count - before, values["value"]

        without, _values = queries_to_open()
        with_block, values = queries_to_open(
            mailjet_domain_ids={"fields": sub_fields, "limit": 10}
        )
        self.assertEqual(len(values["mailjet_domain_ids"]), 101)
        self.assertLessEqual(with_block - without, 5)
        self.assertFalse(self.rest.requests)
