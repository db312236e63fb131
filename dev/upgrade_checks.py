"""Check the data of an upgraded database; runs in its shell, with today's names."""

env = globals()["env"]  # from the shell
wrong = []


def check(what, found, expected):
    if found != expected:
        wrong.append(f"{what}: {found!r}, not {expected!r}")


def check_values(record, **values):
    found = record.read(list(values), load=None)[0]
    for name, expected in values.items():
        value = found[name]
        value = str(value) if isinstance(expected, str) else value
        check(f"{record._name}.{name}", value, expected)


server = env["ir.mail_server"].search([("name", "=", "Upgraded")])
check_values(
    server,
    mailjet_purpose="mass_mailing",
    mailjet_pause_at_policy_limit=True,
    mailjet_policy_pause=True,
    mailjet_policy_read_on="2026-02-01 10:00:00",
    mailjet_policy_outage_since="2026-02-02 10:00:00",
    mailjet_catch_up_from="2026-02-03 10:00:00",
    mailjet_catch_up_to="2026-02-04 10:00:00",
    mailjet_catch_up_offset=7,
)
check("secret key", server.smtp_pass, "fedcba9876543210fedcba9876543210")
domain = env["mailjet.domain"].search([("name", "=", "a.example")])
check_values(domain, is_outage_reported=True)

limit = env["mailjet.policy.limit"].search([("server_id", "=", server.id)])
check_values(limit, kind="bounced", part=3, whole=90)
check("chatter", "Accepted by the owner" in str(limit.message_ids.mapped("body")), True)
check("activity", limit.activity_ids.mapped("summary"), ["Look at bounces"])
check("activity's model", limit.activity_ids.res_model, "mailjet.policy.limit")
sync = env["mailjet.exclusion.sync"].search([("server_id", "=", server.id)])
check_values(sync, stage="read", offset=500)

imported = env["mailjet.event"].search([("mailjet_message_id", "=", "77")])
check_values(imported, event="bounce")
trace = env["mailing.trace"].search([("trace_status", "=", "bounce")])
check_values(trace, mailjet_failure="hard")
event = env["mailjet.event"].search([("event", "=", "click")])
kept = "https://shop.example/my/orders/5?access_token=…&page=…#hash=…"
check_values(event, url=kept, email="anna@a.example", state="applied")
check("posted link", event.payload["url"], kept)

waiting = env["mail.mail"].search([("subject", "=", "Invoice")])
check_values(waiting, state="outgoing", mailjet_waits_for="retry", mailjet_tries=2)
doubtful = env["mail.mail"].search([("subject", "=", "In doubt")])
check_values(
    doubtful,
    state="mailjet_in_flight",
    mailjet_claimed_on="2026-02-06 10:00:00",
    mailjet_waits_for=False,
)
check("token", bool(doubtful.mailjet_claim and doubtful.mailjet_uncertain_on), True)
check("CustomIDs", len(doubtful.mailjet_custom_ids or ()), 1)

cron = env.ref("mail_mailjet.ir_cron_read_quota")
check_values(cron, interval_number=3, active=False)
ours = [("module", "=", "mail_mailjet"), ("model", "=", "ir.cron")]
for data in env["ir.model.data"].search(ours):
    scheduled = env["ir.cron"].browse(data.res_id)
    method = scheduled.code.removeprefix("model.").removesuffix("()")
    check(scheduled.code, hasattr(env[scheduled.model_name], method), True)

if wrong:
    raise AssertionError("\n".join(wrong))
