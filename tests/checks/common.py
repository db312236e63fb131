from odoo import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from ..common import MailjetCommon

BASE_URL = "https://odoo.acme-shop.com"
WORDS = "Our garden opens on Sunday, and you are welcome to see the roses. " * 20
BODY = f"""
<div><p>Dear <t t-out="object.name"/>, {WORDS}</p>
<p><a href="https://roses.acme-shop.com/?to=1">See the roses</a></p>
<p><a href="/unsubscribe_from_list">Unsubscribe</a></p></div>
"""
# What a check must leave as it is
TABLES = (
    *("mail_mail", "mail_message", "mailing_trace", "link_tracker"),
    *("link_tracker_code", "mail_compose_message", "mail_notification"),
    *(
        "ir_cron_trigger",
        "ir_attachment",
        "bus_bus",
        "mailjet_sending",
        "mail_followers",
    ),
)


class CheckCommon(MailjetCommon):
    """A mailing without a fault, to a list of readers, through a Mailjet server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("web.base.url", BASE_URL)
        cls.server = cls.create_server(mailjet_purpose="mass_mailing")
        cls.marketing = new_test_user(
            cls.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        cls.domain = cls.env["mailjet.domain"].create(
            {"server_id": cls.server.id, "name": "acme-shop.com"}
        )
        cls.env["mailjet.dns.record"].create(
            [
                {"domain_id": cls.domain.id, "kind": kind, "state": "ok"}
                for kind in ("spf", "dkim", "dmarc")
            ]
        )
        # To which people reply
        cls.env["mailjet.recipient.domain"]._note({"acme-shop.com": True})
        cls.readers = cls.env["mailing.list"].create({"name": "Readers"})
        cls.mailing = cls.create_mailing(*(f"zoe{n}@roses.org" for n in range(8)))

    @classmethod
    def create_contacts(cls, *emails):
        return cls.env["mailing.contact"].create(
            [
                {
                    "name": f"Zoë {email.partition('@')[0]}",
                    "email": email,
                    "list_ids": [Command.link(cls.readers.id)],
                }
                for email in emails
            ]
        )

    @classmethod
    def create_mailing(cls, *emails, **vals):
        cls.create_contacts(*emails)
        return cls.env["mailing.mailing"].create(
            {
                "subject": "The garden opens for {{ object.name }}",
                "preview": "See the roses on Sunday",
                "body_html": BODY,
                "email_from": '"Acme" <news@acme-shop.com>',
                "reply_to": "news@acme-shop.com",
                "reply_to_mode": "new",
                "mailing_model_id": cls.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(cls.readers.ids)],
                "mail_server_id": cls.server.id,
                "user_id": cls.env.uid,
                **vals,
            }
        )

    def check(self, mailing=None, user=None, **changes):
        """Check a mailing as a marketing user; return the check."""
        mailing = mailing or self.mailing
        if changes:  # to write nothing triggers core's cron for A/B tests
            mailing.write(changes)
        self.env.flush_all()
        action = mailing.with_user(user or self.marketing).action_mailjet_check()
        self.env.invalidate_all()
        return self.env["mailjet.check"].browse(action["res_id"])

    def levels(self, check):
        return {one.code: one.level for one in check.finding_ids}

    def found(self, **changes):
        """Check with changes; return level by code."""
        return self.levels(self.check(**changes))

    def row_counts(self):
        self.env.flush_all()
        counts = {}
        for table in TABLES:
            self.env.cr.execute(
                SQL("SELECT count(*), max(id) FROM %s", SQL.identifier(table))
            )
            counts[table] = self.env.cr.fetchone()
        return counts
