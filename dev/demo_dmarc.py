"""DMARC reports for dev/run: who sends in the name of the sandbox's domain."""

import random
from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

NAME = "mailjet-demo.example.com"
DAYS = 45
# Receivers, and their share of the emails
RECEIVERS = {"google.com": 5, "Enterprise Outlook": 3, "Yahoo": 2, "GMX": 1}
SIGNED = {
    "dkim_aligned": True,
    "dkim_domain": NAME,
    "dkim_result": "pass",
    "passes": True,
}
# Name: emails a day and receiver, from which day on (as days ago), and the row
SENDERS = {
    "Mailjet": (
        (90, DAYS),
        {
            **SIGNED,
            "source_ip": "192.0.2.60",
            "dkim_selector": "mailjet",
            "spf_domain": "a1234567.bnc3.mailjet.com",
            "spf_result": "pass",
        },
    ),
    "office mail": (
        (25, DAYS),
        {**SIGNED, "source_ip": "198.51.100.20", "dkim_selector": "google"},
    ),
    "forgotten CRM": (
        (9, DAYS),
        {
            "source_ip": "203.0.113.30",
            "spf_domain": "bounce.crm-of-the-sales-team.example",
            "spf_result": "pass",
        },
    ),
    "mailing list": (
        (2, DAYS),
        {
            "source_ip": "203.0.113.70",
            "spf_domain": "lists.club.example",
            "spf_result": "pass",
            "reason_types": "mailing_list",
        },
    ),
    "forger": (
        (14, 9),
        {"source_ip": "198.51.100.99", "spf_domain": NAME, "spf_result": "fail"},
    ),
    "old web server": (
        (1, 30),
        {"source_ip": "2001:db8:44::25", "spf_domain": "", "spf_result": "none"},
    ),
}


def make_domain():
    """Add the domain to the sandbox's account, and return it as read from there."""
    server = env["ir.mail_server"].search(  # noqa: F821
        [("name", "=", "Mailjet sandbox")], limit=1
    )
    if server.smtp_host != "localhost":
        return server.mailjet_domain_ids.browse()
    server._mailjet_add_sender(f"*@{NAME}")
    server.action_mailjet_refresh()
    return server.mailjet_domain_ids.filtered(lambda domain: domain.name == NAME)


def make_reports(domain):
    """Make one report a day from each receiver."""
    chance = random.Random(16)
    rows = []
    today = fields.Date.today()
    for ago in range(1, DAYS + 1):
        for receiver, weight in RECEIVERS.items():
            report = env["mailjet.dmarc.report"].create(  # noqa: F821
                {
                    "name": f"{receiver} {NAME}",
                    "org_name": receiver,
                    "domain_id": domain.id,
                    "policy_domain": NAME,
                    "p": "none",
                    "state": "done",
                    "date_begin": today - timedelta(days=ago),
                    "date_end": today - timedelta(days=ago - 1),
                }
            )
            report_rows = []
            for position, ((daily, since), row) in enumerate(SENDERS.values()):
                count = round(daily * weight / 5 * chance.uniform(0.5, 1.5))
                if count and ago <= since:
                    report_rows.append(
                        {
                            **row,
                            "report_id": report.id,
                            "domain_id": domain.id,
                            "position": position,
                            "day": today - timedelta(days=ago),
                            "count": count,
                            "disposition": "none",
                            "header_from": NAME,
                        }
                    )
            report.row_count = len(report_rows)
            report.message_count = sum(row["count"] for row in report_rows)
            rows += report_rows
    env["mailjet.dmarc.row"].create(rows)  # noqa: F821
    stale = env["mailjet.dmarc.statistic.stale"]  # noqa: F821
    stale._note_rows(SQL("domain_id = %s", domain.id))


demo_domain = make_domain()
if demo_domain and not env["mailjet.dmarc.row"].search_count(  # noqa: F821
    [("domain_id", "=", demo_domain.id)], limit=1
):
    make_reports(demo_domain)
    demo_domain.action_create_dmarc_alias()
    demo_domain._save_reports(demo_domain._dns_reports(from_zone=False))
    env.cr.commit()  # noqa: F821
    env["mailjet.dmarc.statistic"]._refresh()  # noqa: F821
env.cr.commit()  # noqa: F821
