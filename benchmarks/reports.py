"""Benchmark of importing reports: `dev/python benchmarks/reports.py`.

Imports from the stand-in Mailjet, which runs in another process. Prints a line for each
promise and exits with 1 if one is broken. Takes about fifteen minutes; pass `memory`,
`storing`, `import`, `kills` or `view` to measure only that.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Replaces this folder, in which "dns" would be a benchmark instead of dnspython
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tools importable without Odoo
import requests  # noqa: E402
from mail_mailjet.tests.standins import (  # noqa: E402
    RestStandin,
    StandinProcess,
    Store,
)
from mail_mailjet.tools.mailjet.link import without_values  # noqa: E402
from odoo_server import database, query, serving, shell, shell_process  # noqa: E402
from promises import exit_code, promise  # noqa: E402

PAIR = ("0" * 32, "1" * 32)
REPORTS = ("bounce", "click", "open")
SMALL, LARGE = 100_000, 1_000_000
# Network time to another continent and back; Mailjet's processing comes on top
LATENCY = 0.1
KILLS = 20
KILLED_EVENTS = 60_000

# No cron may run meanwhile
SET_UP = """
env["ir.cron"].search([]).active = False
server = env["ir.mail_server"].create({
    "name": "Mailjet", "smtp_authentication": "mailjet", "smtp_user": %r,
    "smtp_pass": %r, "mailjet_api_url": %r,
})
env["mailjet.report"].create([
    {"server_id": server.id, "report": name, "deleted_campaigns": True}
    for name in %r
])
env.cr.commit()
print(0)
"""
# Runs all reports in this process, and prints its peak memory
READ_HERE = """
import json, resource, time
from odoo.addons.mail_mailjet.tools.mailjet.resources import MailjetApi
request, asked = MailjetApi.request, [0, 0.0]
def timed(*args, **kwargs):
    began = time.perf_counter()
    try:
        return request(*args, **kwargs)
    finally:
        asked[0] += 1
        asked[1] += time.perf_counter() - began
MailjetApi.request = timed
reports = env["mailjet.report"].search([])
if %r:
    reports.action_run()
    env.cr.commit()
began = time.perf_counter()
while "running" in reports.mapped("state"):
    env["mailjet.report.item"]._cron_work()
    env.cr.commit()
    env.invalidate_all()
sums_began = time.perf_counter()
env["mailjet.statistic"]._cron_refresh()
env.cr.commit()
print(json.dumps({
    "states": reports.mapped("state"), "rows": sum(reports.mapped("row_count")),
    "repeated": sum(reports.mapped("repeat_count")),
    "sums": time.perf_counter() - sums_began,
    "seconds": time.perf_counter() - began, "requests": asked[0], "asking": asked[1],
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
START = """
env["ir.cron"].search([]).active = False
for name in ("reports_1", "reports_2", "refresh_statistics"):
    env.ref("mail_mailjet.ir_cron_" + name).active = True
env.cr.commit()
"""
BEGIN = """
env["mailjet.report"].search([]).action_run()
env.cr.commit()
print(0)
"""
WORK_FOR_EVER = """
import time
while True:
    env["mailjet.report.item"]._cron_work()
    env.cr.commit()
    env.invalidate_all()
    time.sleep(0.05)
"""
# The queries that the web client makes to open graph, pivot and list
OPEN_VIEW = """
import json, time
spent, execute = [0.0], type(env.cr).execute
def timed(*args, **kwargs):
    began = time.perf_counter()
    try:
        return execute(*args, **kwargs)
    finally:
        spent[0] += time.perf_counter() - began
view = env["mailjet.deliverability"]
measures = ["delivered:sum", "opened:sum", "clicked:sum", "bounced:sum",
            "blocked:sum", "complained:sum", "unsubscribed:sum", "bounced_rate:avg"]
questions = {
    "graph": lambda: view.formatted_read_group(
        [("date", ">=", "-30d")], ["date:day"], measures),
    "graph of a year": lambda: view.formatted_read_group(
        [], ["date:month"], measures),
    "pivot": lambda: view.formatted_read_group(
        [], ["date:month", "provider"], measures),
    "campaigns": lambda: view.formatted_read_group([], ["campaign_id"], measures),
    "list": lambda: view.web_search_read(
        [], {"date": {}, "campaign_id": {"fields": {"display_name": {}}},
             "provider": {}, "delivered": {}, "opened": {}},
        limit=80, count_limit=10001),
}
type(env.cr).execute = timed
seconds = {}
for name, ask in questions.items():
    env.invalidate_all()
    ask()  # measure the second time, with pages in memory
    spent[0] = 0.0
    env.invalidate_all()
    ask()
    seconds[name] = spent[0]
print(json.dumps(seconds))
"""


@contextlib.contextmanager
def reading_database(name, url):
    """Create a database with a server and a report for each kind of event."""
    with database(name, "mail_mailjet") as db:
        shell(db, SET_UP % (*PAIR, url, REPORTS))
        yield db


def standin_process(events, **options):
    """Return a stand-in with a year of events that ended an hour ago."""
    return StandinProcess(*PAIR, events=events, end=time.time() - 3600, **options)


def read_here(events, again=False):
    """Import this many events in one process; return the figures of each run."""
    with (
        standin_process(events) as standin,
        reading_database("bench_reports", standin.rest_url) as db,
    ):
        runs = [shell(db, READ_HERE % True) for _ in range(1 + again)]
    for run in runs:
        if set(run["states"]) != {"done"} or run["rows"] + run["repeated"] != events:
            raise RuntimeError(f"not everything was imported: {run}")
    return runs


def measure_memory():
    """Compare peak memory of a small and a large import; count requests of a rerun."""
    [small] = read_here(SMALL)
    large, second = read_here(LARGE, again=True)
    storing = large["rows"] / (large["seconds"] - large["asking"])
    print(
        f"one worker: {large['rows']} rows in {large['seconds']:.0f} s, of these"
        f" {large['asking']:.0f} s of HTTP; {storing:.0f} rows a second without it"
    )
    grown = large["peak"] - small["peak"]
    promise("MB more for ten times the rows", f"{grown:.0f}", 20, grown <= 20)
    requests_ = second["requests"]
    promise("requests of a second run", requests_, 50, requests_ < 50)


def measure_import():
    """Compare a whole import with the way other connectors read."""
    with standin_process(LARGE, delay=LATENCY) as standin:
        theirs = their_speed(standin.rest_url)
        ours = our_speed(standin.rest_url)
    print(f"theirs {theirs:.0f} rows a second, only read; ours {ours:.0f}, stored")
    promise(
        f"whole import at {LATENCY} s a request, against 100 rows a page",
        f"{ours / theirs:.1f}",
        5,
        ours >= 5 * theirs,
    )


def their_speed(url, pages=300):
    """Return rows a second when read like Airbyte or Singer: pages of 100, in sequence.

    Rows are not stored. The first pages stand for all, as each takes equally long.
    """
    params = {"FromTS": 0, "EventFromTs": 0, "Limit": 100}
    rows = 0
    with requests.Session() as session:
        session.auth = PAIR
        began = time.monotonic()
        for page in range(pages):
            params["Offset"] = 100 * page
            answer = session.get(f"{url}/v3/REST/openinformation", params=params)
            rows += len(answer.json()["Data"])
    return rows / (time.monotonic() - began)


def our_speed(url):
    """Return rows a second of a whole import by two workers, Odoo's default."""
    with reading_database("bench_reports", url) as db:
        shell(db, START + BEGIN)
        began = time.monotonic()
        with serving(db, cron_threads=2):
            began = first_request(db, began)
            wait_until_read(db)
            seconds = time.monotonic() - began
        [(rows,)] = query(db, "SELECT count(*) FROM mailjet_event")
    return rows / seconds


def first_request(db, began):
    """Wait until a worker has begun, which excludes Odoo's start-up."""
    while not has_begun(db):
        began = time.monotonic()
        time.sleep(0.02)
    return began


def wait_until_read(db):
    while not is_read(db):
        time.sleep(0.2)


def measure_storing():
    """Import in two processes side by side, like the two crons; then sum up."""
    with (
        standin_process(LARGE) as standin,
        reading_database("bench_reports", standin.rest_url) as db,
        ThreadPoolExecutor() as pool,
    ):
        shell(db, BEGIN)
        first, second = pool.map(lambda _: shell(db, READ_HERE % False), range(2))
        [(rows,)] = query(db, "SELECT count(*) FROM mailjet_event")
    seconds = max(first["seconds"], second["seconds"])
    asking = (first["asking"] + second["asking"]) / 2
    sums = max(first["sums"], second["sums"])
    print(
        f"two workers: {rows} rows in {seconds:.0f} s, of these {asking:.0f} s of"
        f" HTTP each and {sums:.0f} s of summing up"
    )
    rate = rows / (seconds - asking)
    promise("rows a second without HTTP", f"{rate:.0f}", 20_000, rate >= 20_000)


# --------------------------------------------------------------------------------------
# Kills
# --------------------------------------------------------------------------------------


def read_while_killing():
    """Kill the worker at random during an import; compare with the stand-in."""
    store = Store()
    statistics = store.add_key(*PAIR).statistics
    statistics.fill(events=KILLED_EVENTS, campaigns=40, end=time.time() - 3600)
    with (
        RestStandin(store, delay=0.3) as standin,
        reading_database("bench_kills", standin.url) as db,
    ):
        shell(db, START + BEGIN)
        kills = kill_now_and_then(db)
        stored = {
            (message, date, url or "")
            for message, date, url in query(
                db, "SELECT mailjet_message_id, date, url FROM mailjet_event"
            )
        }
        [(count,)] = query(db, "SELECT count(*) FROM mailjet_event")
    # Links are kept without their values
    held = {
        (
            str(one.message_id),
            datetime.utcfromtimestamp(one.at),
            without_values(one.url),
        )
        for name in REPORTS
        for one in statistics.events(name)
    }
    print(f"{kills} kills, {len(held)} events, {count} rows")
    promise("kills", kills, KILLS, kills >= KILLS)
    promise("rows missing", len(held - stored), 0, held <= stored)
    promise(
        "rows too many", count - len(held), 0, stored <= held and count == len(held)
    )


def kill_now_and_then(db):
    """Kill the importing process at random, then let it finish.

    The lease of a killed process expires after some minutes; here at once.
    """
    randomly, kills = random.Random(7), 0
    while not is_read(db):
        with shell_process(db, WORK_FOR_EVER) as process:
            while not (is_read(db) or has_begun(db)):
                time.sleep(0.02)
            patience = randomly.uniform(0.05, 1.5) if kills < KILLS else 600
            end = time.monotonic() + patience
            while time.monotonic() < end and not is_read(db):
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += not is_read(db)
        query(db, "UPDATE mailjet_report_item SET lease = NULL, lease_until = NULL")
    return kills


def is_read(db):
    return not query(db, "SELECT 1 FROM mailjet_report WHERE state != 'done'")


def has_begun(db):
    return query(db, "SELECT 1 FROM mailjet_report_item WHERE lease IS NOT NULL")


# --------------------------------------------------------------------------------------
# Deliverability
# --------------------------------------------------------------------------------------


def measure_view():
    """Open Deliverability over five million events."""
    with (
        standin_process(LARGE) as standin,
        reading_database("bench_reports", standin.rest_url) as db,
    ):
        shell(db, READ_HERE % True)
        multiply(db)
        shell(db, 'env["mailjet.statistic"]._cron_refresh(); print(0)')
        query(db, "ANALYZE mailjet_statistic")
        [(events,)] = query(db, "SELECT count(*) FROM mailjet_event")
        [(sums,)] = query(db, "SELECT count(*) FROM mailjet_statistic")
        seconds = shell(db, OPEN_VIEW)
    print(f"{events} events, {sums} daily sums: {json.dumps(seconds)}")
    slowest = max(seconds.values())
    promise("seconds of SQL to open", f"{slowest:.2f}", 0.3, slowest < 0.3)


def multiply(db):
    """Add four messages with the same events for each message."""
    query(
        db,
        """
        INSERT INTO mailjet_event (
                    server_id, origin, key, event, date, mailjet_message_id, email,
                    mailjet_campaign_id, mailjet_contact_id, url, agent, is_automatic,
                    bounce_type, recipient_domain, state)
        SELECT server_id, origin, key || n, event, date, mailjet_message_id || n,
               'c@' || provider, mailjet_campaign_id, mailjet_contact_id, url, agent,
               is_automatic, bounce_type, provider, state
          FROM mailjet_event,
               LATERAL (VALUES (1, 'gmail.com'), (2, 'outlook.com'), (3, 'orange.fr'),
                               (4, 'example.com')) AS more (n, provider)
        """,
    )
    query(
        db,
        """
        INSERT INTO mailjet_statistic_stale (server_id, date)
        SELECT DISTINCT server_id, date::date FROM mailjet_event
        """,
    )
    query(db, "ANALYZE mailjet_event")


if __name__ == "__main__":
    parts = {
        "memory": measure_memory,
        "storing": measure_storing,
        "import": measure_import,
        "kills": read_while_killing,
        "view": measure_view,
    }
    for part in sys.argv[1:] or parts:
        parts[part]()
    sys.exit(exit_code())
