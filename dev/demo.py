"""Demo data of dev/run, made in `odoo shell`; running it again changes nothing."""

import os

from odoo import Command

FRIENDS = [f"contact{number:02}" for number in range(1, 26)]
# What the sandbox does with a mail to these: tests/standins/fates.py
FATES = [
    *("anybody", "open", "click", "bounce", "softbounce", "greylisted", "blocked"),
    *("complained", "spam", "unsub"),
]
LANGUAGES = ("en_US", "fr_FR")


def find_or_create(model, domain, vals):
    # No "assigned to you" emails, which would be the first messages in the sandbox
    records = env[model].with_context(mail_auto_subscribe_no_notify=True)  # noqa: F821
    return records.search(domain, limit=1) or records.create(vals)


def make_alias_domain():
    domain = find_or_create(
        "mail.alias.domain",
        [("name", "=", "mailjet-demo.example.com")],
        {"name": "mailjet-demo.example.com", "default_from": "notifications"},
    )
    company = env.company  # noqa: F821
    company.alias_domain_id = company.alias_domain_id or domain
    company.email = company.email or "hello@mailjet-demo.example.com"
    company.iap_enrich_auto_done = True  # or Odoo asks its own service about it
    admin = env.ref("base.user_admin")  # noqa: F821
    if not (admin.email or "").endswith("mailjet-demo.example.com"):
        admin.email = "admin@mailjet-demo.example.com"


def show_servers_in_settings():
    """Link the mail servers in Settings: the Technical menu is for developers."""
    set_param = env["ir.config_parameter"].set_param  # noqa: F821
    set_param("base_setup.default_external_email_server", True)


def make_server():
    ports = {
        "starttls_strict": int(os.environ["MAILJET_SANDBOX_SMTP_PORT"]),
        "ssl_strict": int(os.environ["MAILJET_SANDBOX_SMTPS_PORT"]),
    }
    server = find_or_create(
        "ir.mail_server",
        [("name", "=", "Mailjet sandbox")],
        {
            "name": "Mailjet sandbox",
            "smtp_authentication": "mailjet",
            "mailjet_purpose": "mass_mailing",
            "smtp_host": "localhost",
            "smtp_port": ports["starttls_strict"],
            "smtp_encryption": "starttls_strict",
            "smtp_user": os.environ["MAILJET_SANDBOX_API_KEY"],
            "smtp_pass": os.environ["MAILJET_SANDBOX_SECRET_KEY"],
            "max_email_size": 14,
        },
    )
    if server.smtp_host == "localhost":
        # The ports of the last time may have been taken since
        server.smtp_port = ports.get(server.smtp_encryption, server.smtp_port)
    return server


def point_at_sandbox(server):
    rest_port = os.environ["MAILJET_SANDBOX_REST_PORT"]
    server.write(
        {
            "mailjet_api_url": f"http://127.0.0.1:{rest_port}",
            # Another API needs it again
            "smtp_pass": os.environ["MAILJET_SANDBOX_SECRET_KEY"],
        }
    )
    env["ir.config_parameter"].set_param(  # noqa: F821
        "mail_mailjet.dns_servers",
        f"127.0.0.1:{os.environ['MAILJET_SANDBOX_DNS_PORT']}",
    )


def make_mailing(server, subject, list_name, words):
    mailing_list = find_or_create(
        "mailing.list", [("name", "=", list_name)], {"name": list_name}
    )
    if not mailing_list.contact_ids:
        env["mailing.contact"].create(  # noqa: F821
            [
                {
                    "name": word.capitalize(),
                    "email": f"{word}@example.org",
                    "list_ids": [Command.link(mailing_list.id)],
                }
                for word in words
            ]
        )
    find_or_create(
        "mailing.mailing",
        [("subject", "=", subject)],
        {
            "subject": subject,
            # Email Marketing opens on one's own mailings
            "user_id": env.ref("base.user_admin").id,  # noqa: F821
            "mailing_model_id": env["ir.model"]._get_id("mailing.list"),  # noqa: F821
            "contact_list_ids": [Command.set(mailing_list.ids)],
            "mail_server_id": server.id,
            "email_from": '"Demo" <hello@mailjet-demo.example.com>',
            "reply_to": "hello@mailjet-demo.example.com",
            "body_arch": "<p>Hello, this stays on your machine.</p>"
            '<p><a href="/unsubscribe_from_list">Unsubscribe</a></p>',
            "body_html": "<p>Hello, this stays on your machine.</p>"
            '<p><a href="/unsubscribe_from_list">Unsubscribe</a></p>',
        },
    )


def load_languages():
    languages = env["res.lang"].with_context(active_test=False)  # noqa: F821
    missing = languages.search([("code", "in", LANGUAGES), ("active", "=", False)])
    if missing:
        env["base.language.install"].create(  # noqa: F821
            {"lang_ids": [Command.set(missing.ids)]}
        ).lang_install()


make_alias_domain()
show_servers_in_settings()
sandbox = make_server()
point_at_sandbox(sandbox)
make_mailing(sandbox, "Hello from the sandbox", "Friends of the sandbox", FRIENDS)
make_mailing(sandbox, "What becomes of an email", "One of each fate", FATES)
load_languages()
env.cr.commit()  # noqa: F821
