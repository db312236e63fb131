"""Benchmark of receiving and applying events: `dev/python benchmarks/events.py`.

Compares with OCA's mail_tracking_mailgun and mail_tracking_mass_mailing, from PyPI, in
the same run on the same machine: another database with as many workers and rows.
Prints a line for each promise and exits with 1 if one is broken. Takes about ten
minutes; pass `speed` or `kills` to measure only that.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Replaces this folder, in which "dns" would be a benchmark instead of dnspython
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tools importable without Odoo
from mail_mailjet.tests.standins import (  # noqa: E402
    EventPoster,
    RestStandin,
    SmtpStandin,
    Store,
    TestAuthority,
    write_bundle,
)
from mail_mailjet.tools.mailjet.custom_id import CustomId, write_custom_id  # noqa: E402
from odoo_server import (  # noqa: E402
    HOME,
    addons_path,
    cron_worker,
    database,
    query,
    serving,
    shell,
    shell_process,
)
from posting import percentile, post_all  # noqa: E402
from promises import exit_code, promise  # noqa: E402

TRACES = 20_000
GROUPED = 12_000  # events in posts of 100
SINGLE = 1_500
WARM = 3_000  # events before measuring starts
EMPTY = 400  # posts without events, as a measure of the machine
# How many times longer a post of 100 events may take than one without any
SLOWEST = 10
COMPARED = 1_200  # events for OCA's add-ons, which take one a post
WARM_COMPARED = 200
LARGE = 1_000_000
MAILS = 2_000
KILLS = 10
OCA = (
    "odoo-addon-mail-tracking==19.0.1.0.6.2",
    "odoo-addon-mail-tracking-mailgun==19.0.1.0.1.1",
    "odoo-addon-mail-tracking-mass-mailing==19.0.1.0.0.3",
)
APPLY = "mail_mailjet.ir_cron_apply_events"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

# No other cron may run meanwhile, in either database
QUIET = """
env["ir.cron"].search([]).active = False
for xmlid in %s:
    env.ref(xmlid).active = True
lists = env["mailing.list"].create({"name": "Benchmark"})
mailing = env["mailing.mailing"].create({
    "subject": "Benchmark", "mailing_model_id": env["ir.model"]._get_id("mailing.list"),
    "contact_list_ids": [(6, 0, lists.ids)], "email_from": "info@company.example",
    "body_html": "<p>Hello</p>",
})
"""
OURS = """
server = env["ir.mail_server"].create({
    "name": "Benchmark", "smtp_authentication": "mailjet",
    "smtp_user": "a" * 32, "smtp_pass": "b" * 32, "mailjet_reports_sent": True,
})
mailing.mail_server_id = server
env.cr.commit()
tag, key = server._mailjet_custom_id_keys()
import json
print(json.dumps({
    "server": server.id, "mailing": mailing.id, "tag": tag, "key": key.decode(),
    "token": server.mailjet_event_token, "password": server.mailjet_event_password,
}))
"""
THEIRS = """
set_param = env["ir.config_parameter"].set_param
set_param("mailgun.apikey", "key")
set_param("mailgun.domain", "company.example")
set_param("mailgun.webhook_signing_key", "signing")
env.cr.commit()
import json
print(json.dumps({"mailing": mailing.id}))
"""


def make_traces(db, mailing, count, status="pending"):
    """Insert traces; return their ids."""
    rows = query(
        db,
        """
        INSERT INTO mailing_trace (
                    mass_mailing_id, model, res_id, email, trace_type, trace_status,
                    sent_datetime, message_id, create_date, write_date)
        SELECT %s, 'mailing.contact', n, 'c' || n || '@example.org', 'mail', %s,
               now(), '<' || n || '@odoo>', now(), now()
          FROM generate_series(1, %s) AS n
     RETURNING id
        """,
        mailing,
        status,
        count,
    )
    return [row[0] for row in rows]


# --------------------------------------------------------------------------------------
# Ours
# --------------------------------------------------------------------------------------


def mailjet_event(number, trace_id, facts, name):
    custom_id = CustomId(trace_id=trace_id)
    event = {
        "event": name,
        "time": int(time.time()) - (3600 if name == "sent" else 0),
        "MessageID": 2**60 + trace_id,
        "Message_GUID": "0f3e2b34-c9aa-4c58-80bd-a2418c18f652",
        "email": f"c{number}@example.org",
        "mj_campaign_id": 7653742672,
        "mj_contact_id": trace_id,
        "customcampaign": "Benchmark",
        "CustomID": write_custom_id(custom_id, facts["tag"], facts["key"].encode()),
        "Payload": "",
    }
    if name == "sent":
        return {**event, "smtp_reply": "sent (250 2.0.0 OK)"}
    return {**event, "ip": "192.0.2.1", "geo": "FR", "agent": PERSON}


def mailjet_events(numbered, facts):
    """Yield the deliveries of all traces, and then their opens."""
    for name in ("sent", "open"):
        for number, trace_id in numbered:
            yield mailjet_event(number, trace_id, facts, name)


def mailjet_headers(facts):
    pair = base64.b64encode(f"mailjet:{facts['password']}".encode()).decode()
    return {"Content-Type": "application/json", "Authorization": f"Basic {pair}"}


def measure_ours(db, port, facts, events, size):
    """Return events a second, from first post to last applied, and latencies."""
    path = f"/mailjet/events/{facts['token']}"
    bodies = [
        json.dumps(events[start : start + size])
        for start in range(0, len(events), size)
    ]
    began = time.monotonic()
    latencies = post_all(port, path, bodies, mailjet_headers(facts))
    while query(db, "SELECT 1 FROM mailjet_event WHERE state = 'new' LIMIT 1"):
        time.sleep(0.02)
    seconds = time.monotonic() - began
    return len(events) / seconds, latencies


def check_applied(db, trace_ids, status):
    """Raise unless all these traces have this status."""
    [(count,)] = query(
        db,
        "SELECT count(*) FROM mailing_trace WHERE id = ANY(%s) AND trace_status = %s",
        trace_ids,
        status,
    )
    if count != len(trace_ids):
        raise RuntimeError(f"{len(trace_ids) - count} traces are not {status}")


def our_figures(db, facts, trace_ids):
    """Return events a second in posts of 100 and singly, and how slow posts are.

    :return: both speeds, and how many empty posts one of 100 events lasts
    """
    warm, grouped, single = WARM // 2, GROUPED // 2, SINGLE // 2
    numbered = list(enumerate(trace_ids, 1))

    def events_of(start, count):
        return list(mailjet_events(numbered[start : start + count], facts))

    with serving(db) as (port, _process):
        # Warm up the workers
        measure_ours(db, port, facts, events_of(0, warm), 100)
        events = events_of(warm, grouped)
        per_second, latencies = measure_ours(db, port, facts, events, 100)
        events = events_of(warm + grouped, single)
        singly, _latencies = measure_ours(db, port, facts, events, 1)
        path = f"/mailjet/events/{facts['token']}"
        empty = post_all(port, path, ["[]"] * EMPTY, mailjet_headers(facts))
    check_applied(db, trace_ids[: warm + grouped + single], "open")
    return per_second, singly, percentile(latencies, 0.95) / percentile(empty, 0.95)


# --------------------------------------------------------------------------------------
# OCA's
# --------------------------------------------------------------------------------------


def oca_addons():
    """Download OCA's add-ons with pip; return their folder."""
    folder = HOME / "oca"
    if not folder.exists():
        with tempfile.TemporaryDirectory() as wheels:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            subprocess.run([*pip, "-d", wheels, *OCA], check=True, env=environment)
            for wheel in Path(wheels).glob("*.whl"):
                zipfile.ZipFile(wheel).extractall(folder)
    return folder / "odoo" / "addons"


def mailgun_body(number, tracking_id, db, name):
    timestamp, token = str(int(time.time()) - 1), os.urandom(25).hex()
    signed = f"{timestamp}{token}".encode()
    signature = hmac.new(b"signing", signed, hashlib.sha256).hexdigest()
    return json.dumps(
        {
            "signature": {
                "timestamp": timestamp,
                "token": token,
                "signature": signature,
            },
            "event-data": {
                "id": os.urandom(12).hex(),
                "event": name,
                "timestamp": time.time(),
                "recipient": f"c{number}@example.org",
                "ip": "192.0.2.1",
                "country": "FR",
                "user-agent": PERSON,
                "message": {"headers": {"message-id": f"{number}@odoo"}},
                "user-variables": {
                    "odoo_db": db,
                    "tracking_email_id": str(tracking_id),
                },
            },
        }
    )


def their_figures():
    """Return events a second of OCA's add-ons."""
    option = addons_path(oca_addons())
    modules = "mail_tracking_mailgun,mail_tracking_mass_mailing"
    with database("bench_events_oca", modules, option) as db:
        facts = shell(db, QUIET % "[]" + THEIRS, option)
        trace_ids = make_traces(db, facts["mailing"], TRACES)
        rows = query(
            db,
            """
            INSERT INTO mail_tracking_email (
                        name, recipient, recipient_address, sender, state, time, token,
                        mail_stats_id, mass_mailing_id, create_date, write_date)
            SELECT 'Benchmark', email, email, 'info@company.example', 'sent', now(),
                   md5(id::text), id, mass_mailing_id, now(), now()
              FROM mailing_trace WHERE id = ANY(%s) ORDER BY id
         RETURNING id
            """,
            trace_ids,
        )
        ids = [row[0] for row in rows[: COMPARED // 2]]
        # All deliveries before the opens, or its own requests conflict
        bodies = [
            mailgun_body(number, tracking_id, db, name)
            for name in ("delivered", "opened")
            for number, tracking_id in enumerate(ids, 1)
        ]
        headers = {"Content-Type": "application/json"}
        with serving(db, option) as (port, _process):
            path = f"/mail/tracking/mailgun/all?db={db}"
            post_all(port, path, bodies[:WARM_COMPARED], headers)
            began = time.monotonic()
            post_all(port, path, bodies[WARM_COMPARED:], headers)
            seconds = time.monotonic() - began
        [(stored,)] = query(db, "SELECT count(*) FROM mail_tracking_event")
        # It takes repeated requests for replays, so some get lost
        print(f"OCA's stored {stored} of {len(bodies)} events")
    return (len(bodies) - WARM_COMPARED) / seconds


# --------------------------------------------------------------------------------------
# The promises
# --------------------------------------------------------------------------------------


def compare_with_oca():
    """Compare with OCA's add-ons, and then with a large database."""
    theirs = their_figures()
    with database("bench_events", "mail_mailjet") as db:
        facts = shell(db, QUIET % [APPLY] + OURS)
        trace_ids = make_traces(db, facts["mailing"], TRACES)
        small = our_figures(db, facts, trace_ids)
        grouped, singly, slow = small
        print(f"OCA {theirs:.0f} events/s; ours {grouped:.0f}, singly {singly:.0f}")
        promise(
            "events in posts of 100, against OCA",
            f"{grouped / theirs:.0f}",
            100,
            grouped >= 100 * theirs,
        )
        promise(
            "single events, against OCA",
            f"{singly / theirs:.1f}",
            4,
            singly >= 4 * theirs,
        )
        promise(
            "times an empty post for one of 100 events, 95th percentiles",
            f"{slow:.1f}",
            SLOWEST,
            slow <= SLOWEST,
        )
        compare_with_large(db, facts, small)


def compare_with_large(db, facts, small):
    """Measure again with a million traces and events in the database."""
    make_traces(db, facts["mailing"], LARGE, "sent")
    query(
        db,
        """
        INSERT INTO mailjet_event (server_id, key, event, date, email, state, origin,
                                   mailjet_message_id, trace_id, mailing_id)
        SELECT %s, 'old' || id, 'sent', now() - id * interval '1 second', email,
               'applied', 'webhook', (2::numeric ^ 61 + id)::text, id, mass_mailing_id
          FROM mailing_trace ORDER BY id DESC LIMIT %s
        """,
        facts["server"],
        LARGE,
    )
    query(db, "VACUUM ANALYZE mailing_trace")
    query(db, "VACUUM ANALYZE mailjet_event")
    fresh = make_traces(db, facts["mailing"], TRACES)
    large = our_figures(db, facts, fresh)
    for name, before, after in (
        ("events a second, posts of 100", small[0], large[0]),
        ("events a second, singly", small[1], large[1]),
        (
            "speed of posts at the 95th percentile, in empty ones",
            1 / small[2],
            1 / large[2],
        ),
    ):
        ratio = after / before
        promise(f"{name}, with a million of each", f"{ratio:.2f}", 0.8, ratio >= 0.8)
    show_plans(db, fresh)


def show_plans(db, trace_ids):
    """Print the query plans of the cron; none may scan a whole table."""
    select = "EXPLAIN SELECT id FROM mailjet_event WHERE"
    first, second = trace_ids[:2]
    for title, condition in (
        ("the next batch", "state = 'new' ORDER BY date, id LIMIT 1000"),
        ("events of a trace", f"trace_id IN ({first}, {second}) AND state = 'applied'"),
        ("a repeated fact", "mailjet_message_id IN ('1', '2') AND has_effect"),
    ):
        lines = [row[0].strip() for row in query(db, f"{select} {condition}")]
        print(f"plan of {title}: {lines[0]} / {lines[1]}")
        whole = sum("Seq Scan" in line for line in lines)
        promise(f"sequential scans for {title}", whole, 0, not whole)


KILLED = """
server = env["ir.mail_server"].create({
    "name": "Benchmark", "smtp_authentication": "mailjet", "smtp_host": "localhost",
    "smtp_port": %s, "smtp_encryption": "starttls_strict", "mailjet_api_url": "%s",
    "smtp_user": "a" * 32, "smtp_pass": "b" * 32, "mailjet_reports_sent": True,
})
env["mailing.contact"].create([
    {"email": f"c{n}@example.org", "list_ids": [(4, lists.id)]} for n in range(%s)
])
mailing.mail_server_id = server
"""
FACTS = OURS[OURS.index("env.cr.commit()") :]
# Does the work of the mailing cron in another process, which is not killed
SENDING = """
mailing = env["mailing.mailing"].browse(%s)
mailing.action_launch()
env["mailing.mailing"]._process_mass_mailing_queue()
env.cr.commit()
mails = env["mail.mail"].search([("state", "=", "outgoing")])
while mails:
    mails.send(auto_commit=True)
    env.cr.commit()
    mails = env["mail.mail"].search([("state", "=", "outgoing")])
"""


def send_while_killing():
    """Send a mailing, and kill the cron worker while its events come back."""
    authority = TestAuthority()
    store = Store()
    account = store.add_key("a" * 32, "b" * 32)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_bundle(folder / "ca.pem", authority)
        os.environ["SSL_CERT_FILE"] = str(folder / "ca.pem")
        certificate = authority.issue("localhost", "127.0.0.1")
        relay = stack.enter_context(SmtpStandin(store, certificate))
        rest = stack.enter_context(RestStandin(store))
        db = stack.enter_context(database("bench_events_kill", "mail_mailjet"))
        setting = KILLED % (relay.starttls_port, rest.url, MAILS)
        facts = shell(db, QUIET % [APPLY] + setting + FACTS)
        port, server = stack.enter_context(serving(db))
        register(account, port, facts)
        poster = EventPoster(store, group_seconds=0.2, retry_seconds=1)
        stack.enter_context(poster)
        sender = stack.enter_context(shell_process(db, SENDING % facts["mailing"]))
        kills = kill_now_and_then(db, server, sender)
        check_nothing_lost(db, store, kills)


def register(account, port, facts):
    login = f"mailjet:{facts['password']}"
    url = f"http://{login}@127.0.0.1:{port}/mailjet/events/{facts['token']}"
    for event in ("sent", "open", "click", "bounce", "blocked", "spam", "unsub"):
        account.callbacks.append(
            {
                "ID": 1,
                "EventType": event,
                "Url": url,
                "Version": 2,
                "Status": "alive",
                "IsBackup": False,
            }
        )


def check_nothing_lost(db, store, kills):
    [(events, left)] = query(
        db,
        "SELECT count(*), count(*) FILTER (WHERE state != 'applied')"
        " FROM mailjet_event",
    )
    [(delivered,)] = query(
        db, "SELECT count(*) FROM mailing_trace WHERE mailjet_delivered_on IS NOT NULL"
    )
    sent = [message.rcpt_tos[0] for message in store.messages]
    twice = len(sent) - len(set(sent))
    print(f"{kills} kills, {len(sent)} mails, {events} events, {delivered} delivered")
    promise("kills of the applying worker", kills, KILLS, kills >= KILLS)
    promise("mails sent twice", twice, 0, not twice and len(sent) == MAILS)
    promise("events lost", MAILS - events, 0, events == MAILS)
    promise(
        "events not applied", left + MAILS - delivered, 0, not left + MAILS - delivered
    )


def kill_now_and_then(db, server, sender):
    """Kill the worker that applies events repeatedly until all is done."""
    randomly = random.Random(7)
    kills, end = 0, time.monotonic() + 900
    while time.monotonic() < end:
        [(left,)] = query(
            db, "SELECT count(*) FROM mailing_trace WHERE mailjet_delivered_on IS NULL"
        )
        if sender.poll() is not None and not left:
            break
        worker = kills < KILLS and applies(db) and cron_worker(server)
        if worker:
            os.kill(worker, signal.SIGKILL)
            kills += 1
            time.sleep(randomly.uniform(0.2, 2))
        time.sleep(0.01)
    return kills


def applies(db):
    """Return whether a transaction is applying events at this moment."""
    return query(
        db,
        """
        SELECT 1 FROM pg_stat_activity
         WHERE datname = %s AND state != 'idle' AND pid != pg_backend_pid()
           AND (query LIKE '%%UPDATE mailjet_event%%'
                OR query LIKE '%%UPDATE mailing_trace AS%%'
                OR query LIKE '%%FROM mailjet_event WHERE%%')
        """,
        db,
    )


if __name__ == "__main__":
    parts = {"speed": compare_with_oca, "kills": send_while_killing}
    for part in sys.argv[1:] or parts:
        parts[part]()
    sys.exit(exit_code())
