"""Fill a database of the last release; runs in its shell, with its names."""

env = globals()["env"]  # from the shell

server = env["ir.mail_server"].create(
    {
        "name": "Upgraded",
        "smtp_authentication": "mailjet",
        "smtp_host": "in-v3.mailjet.com",
        "smtp_port": 587,
        "smtp_encryption": "starttls_strict",
        "smtp_user": "0123456789abcdef0123456789abcdef",
        "smtp_pass": "fedcba9876543210fedcba9876543210",
        "mailjet_usage": "mass_mailing",
        "mailjet_pause_at_limit": True,
        "mailjet_limit_pause": True,
        "mailjet_limits_read_on": "2026-02-01 10:00:00",
        "mailjet_limits_outage_since": "2026-02-02 10:00:00",
        "mailjet_gap_from": "2026-02-03 10:00:00",
        "mailjet_gap_to": "2026-02-04 10:00:00",
        "mailjet_gap_offset": 7,
    }
)
domain = env["mailjet.domain"].create({"server_id": server.id, "name": "a.example"})
domain.outage_told = True
limit = env["mailjet.limit"].create(
    {"server_id": server.id, "kind": "bounced", "part": 3, "whole": 90}
)
limit.message_post(body="Accepted by the owner")
limit.activity_schedule("mail.mail_activity_data_todo", summary="Look at bounces")
env["mailjet.exclusion.exchange"].create(
    {"server_id": server.id, "stage": "read", "offset": 500}
)
mailing = env["mailing.mailing"].create({"subject": "News"})
env["mailjet.event"].create(
    {
        "server_id": server.id,
        "key": "click",
        "event": "click",
        "date": "2026-02-05 10:00:00",
        "email": "anna@a.example",
        "state": "applied",
        "mailing_id": mailing.id,
        "url": "https://shop.example/my/orders/5?access_token=s3cret&page=2#hash=abc",
        "payload": {
            "event": "click",
            "url": "https://shop.example/my/orders/5?access_token=s3cret&page=2#hash=abc",
        },
    }
)
waiting = {
    "subject": "Invoice",
    "email_from": "shop@a.example",
    "email_to": "anna@a.example",
    "state": "outgoing",
    "mailjet_server_id": server.id,
    "mailjet_tries": 2,
    "mailjet_first_try": "2026-02-06 10:00:00",
}
env["mail.mail"].create(
    [
        {**waiting, "mailjet_waits_for": "retry"},
        {**waiting, "subject": "In doubt", "mailjet_is_uncertain": True},
    ]
)
# The administrator's choice stays
env.ref("mail_mailjet.ir_cron_read_usage").write(
    {"interval_number": 3, "active": False}
)
# An imported bounce after which its address is blocked, and a trace that bounced
env["mailjet.event"].create(
    {
        "server_id": server.id,
        "key": "bounce",
        "event": "blocked",
        "date": "2026-02-05 10:00:00",
        "mailjet_message_id": "77",
        "failure_reason": "user_unknown",
        "report_key": 1,
        "state": "foreign",
    }
)
env["mailing.trace"].create(
    {
        "mass_mailing_id": mailing.id,
        "model": "res.partner",
        "res_id": env.user.partner_id.id,
        "trace_status": "bounce",
        "mailjet_status": "bounce",
    }
)
env.cr.commit()
