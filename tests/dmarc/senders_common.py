from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user

from ..common import MailjetCommon

DOMAIN = "shop.example"
RECEIVERS = ("google.com", "Yahoo", "Outlook.com")
MAILJET = {
    "source_ip": "87.253.233.9",
    "dkim_aligned": True,
    "passes": True,
    "dkim_domain": DOMAIN,
    "dkim_selector": "mailjet",
    "dkim_result": "pass",
    "spf_domain": "a7.bnc3.mailjet.com",
    "spf_result": "pass",
}
UNSIGNED_MAILJET = {
    **MAILJET,
    "dkim_aligned": False,
    "passes": False,
    "dkim_domain": "bnc3.mailjet.com",
    "dkim_selector": "mailjet1",
}
STRANGER = {"source_ip": "198.51.100.7", "spf_domain": DOMAIN, "spf_result": "fail"}
CRM = {
    "source_ip": "203.0.113.9",
    "spf_domain": "bounce.crm.test",
    "spf_result": "pass",
}
LIST = {
    "source_ip": "192.0.2.77",
    "spf_domain": "lists.forum.test",
    "spf_result": "pass",
    "reason_types": "mailing_list",
}


class SendersCommon(MailjetCommon):
    """A domain, and reports about it as if they had been read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server("Shop")
        cls.domain = cls.create_domain(DOMAIN)
        cls.today = fields.Date.today()
        marketing = "base.group_user,mass_mailing.group_mass_mailing_user"
        cls.user = new_test_user(cls.env, "senders", marketing)
        cls.admin = new_test_user(cls.env, "senders_admin", "base.group_system")
        cls.sums = cls.env["mailjet.dmarc.statistic"]

    def setUp(self):
        super().setUp()
        self.reports = {}

    @classmethod
    def create_domain(cls, name, server=None):
        vals = {"server_id": (server or cls.server).id, "name": name}
        return cls.env["mailjet.domain"].create(vals)

    def report(self, receiver, domain=None):
        domain = domain or self.domain
        return self.env["mailjet.dmarc.report"].create(
            {
                "name": f"{receiver} {domain.name}",
                "org_name": receiver,
                "domain_id": domain.id,
                "state": "done",
            }
        )

    def add_rows(self, kind, count, days_ago=1, receiver="google.com", **vals):
        """Add a row of a report; the values of `kind`, and others instead."""
        domain = vals.pop("domain", self.domain)
        key = (receiver, domain)
        if key not in self.reports:
            self.reports[key] = self.report(receiver, domain)
        days = days_ago if isinstance(days_ago, range) else [days_ago]
        position = self.env["mailjet.dmarc.row"].search_count([])
        rows = self.env["mailjet.dmarc.row"].create(
            [
                {
                    "report_id": self.reports[key].id,
                    "domain_id": domain.id,
                    "position": position + number,
                    "day": self.today - timedelta(days=day),
                    "count": count,
                    "disposition": "none",
                    "header_from": domain.name,
                    **kind,
                    **vals,
                }
                for number, day in enumerate(days)
            ]
        )
        # As reading a report does
        rows._note_stale()
        return rows

    def run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"mail_mailjet.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def refresh(self):
        self.run_cron("dmarc_refresh")

    def source(self, key, domain=None):
        domain = domain or self.domain
        return domain.dmarc_source_ids.filtered(lambda one: one.key == key)

    def overview(self, user=None, domain=None):
        model = self.env["mailjet.dmarc.overview"].with_user(user or self.admin)
        return model.read_overview((domain or self.domain).id)

    def make_ready(self, days=28):
        """Four weeks of Mailjet's mail by three receivers."""
        for receiver in RECEIVERS:
            self.add_rows(MAILJET, 50, range(1, days + 1), receiver)
