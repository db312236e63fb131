"""Benchmark of DMARC reports: `dev/python benchmarks/dmarc.py`.

Reads a report of 50,000 rows in a process of its own, and then opens the lists with a
million rows in the database. Prints a line for each promise and exits with 1 if one is
broken. Takes about three minutes.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Replaces this folder, in which "dns" would be a benchmark instead of dnspython
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tools importable without Odoo
from mail_mailjet.tests.standins.dmarc_reports import (  # noqa: E402
    gzipped,
    record,
    report_xml,
)
from odoo_server import connect, database, query, shell  # noqa: E402
from promises import exit_code, promise  # noqa: E402

ROWS = 50_000
READ_SECONDS = 10
READ_MEGABYTES = 100
LARGE = 1_000_000
SCREEN_SECONDS = 1

SETUP = """
import json
server = env["ir.mail_server"].create({
    "name": "Benchmark", "smtp_authentication": "mailjet",
    "smtp_user": "a" * 32, "smtp_pass": "b" * 32,
})
domains = env["mailjet.domain"].create([
    {"server_id": server.id, "name": name}
    for name in ("example.com", "shop.example", "news.example")
])
reports = env["mailjet.dmarc.report"].create([
    {"name": f"{name} {number}", "org_name": name, "state": "done",
     "domain_id": domains[number % 3].id, "policy_domain": domains[number % 3].name}
    for number in range(400) for name in ("google.com", "yahoo.com", "outlook.com")
])
env.cr.commit()
print(json.dumps({"domains": domains.ids, "reports": reports.ids}))
"""
READ = """
import gc, json, resource, time
from pathlib import Path
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
data = Path(%r).read_bytes()
# What the first report in a process costs beside its rows
for number, file in enumerate((%r, data)):
    report = env["mailjet.dmarc.report"]._receive([("report.xml.gz", file)])
    env.cr.commit()
    gc.collect()
    before, began = peak(), time.monotonic()
    env["mailjet.dmarc.report"]._cron_read()
    seconds, grown = time.monotonic() - began, peak() - before
print(json.dumps({
    "seconds": seconds, "megabytes": grown,
    "state": report.state, "rows": report.row_count,
}))
"""
FILL = """
INSERT INTO mailjet_dmarc_row (
            report_id, position, domain_id, day, source_ip, count, disposition,
            dkim_aligned, spf_aligned, passes, header_from, envelope_from,
            envelope_derived, dkim_domain, dkim_selector, dkim_result, spf_domain,
            spf_result, spf_scope, not_stated, is_split, counted)
SELECT (%(reports)s::int[])[1 + n %% 1200], n, (%(domains)s::int[])[1 + n %% 3],
       current_date - (n %% 170)::int,
       '198.51.' || (n / 7) %% 100 || '.' || n %% 250, 1 + n %% 20,
       CASE WHEN n %% 50 = 0 THEN 'quarantine' ELSE 'none' END,
       n %% 9 > 0, n %% 4 = 0, n %% 9 > 0 OR n %% 4 = 0, 'example.com',
       'a' || n %% 9 || '.bnc3.mailjet.com', TRUE, 'example.com', 'mailjet',
       CASE WHEN n %% 9 > 0 THEN 'pass' ELSE 'fail' END,
       'a' || n %% 9 || '.bnc3.mailjet.com', 'pass', 'mfrom', FALSE, FALSE, TRUE
  FROM generate_series(1, %(count)s::bigint) AS n
"""
# Each screen as the web client asks for it, twice: the first time fills caches
SCREENS = """
import json, time
user = env.ref("base.user_admin")
env = env(user=user.id)
rows, reports = env["mailjet.dmarc.row"], env["mailjet.dmarc.report"]
listed = {"day": {}, "source_ip": {}, "count": {}, "passes": {}}
first = reports.search([("row_ids", "!=", False)], limit=1)
screens = {
    "the list of reports": lambda: reports.web_search_read(
        [], {"name": {}, "state": {}, "reason": {}}, limit=80),
    "a report": lambda: first.web_read(
        {"name": {}, "row_ids": {"fields": listed, "limit": 40}}),
    "the list of rows": lambda: rows.web_search_read(
        [], listed, limit=80, count_limit=10001),
    "rows of a source": lambda: rows.web_search_read(
        [("source_ip", "=", "198.51.7.7")], listed, limit=80, count_limit=10001),
    "rows of a domain and month": lambda: rows.web_search_read(
        [("domain_id", "=", %d), ("day", ">=", "today -30d")], listed, limit=80,
        count_limit=10001),
}
def seconds(screen):
    env.invalidate_all()
    began = time.monotonic()
    screen()
    return time.monotonic() - began
print(json.dumps({name: min(seconds(screen) for _time in range(3))
                  for name, screen in screens.items()}))
"""


def large_report(folder):
    """Write a report of 50,000 sources; return its path."""
    records = (
        record(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", n % 9 + 1) for n in range(ROWS)
    )
    path = Path(folder, "report.xml.gz")
    path.write_bytes(gzipped(report_xml(*records, report_id="large")))
    return path


def read_large(db):
    """Measure how long a large report takes, and how much memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = large_report(folder)
        print(f"a report of {ROWS} rows, {path.stat().st_size / 2**20:.1f} MB packed")
        found = shell(db, READ % (str(path), gzipped(report_xml(report_id="small"))))
    if found["state"] != "done" or found["rows"] != ROWS:
        raise RuntimeError(f"The report was not read: {found}")
    seconds, megabytes = found["seconds"], found["megabytes"]
    promise(
        f"seconds to read {ROWS} rows",
        f"{seconds:.1f}",
        READ_SECONDS,
        seconds <= READ_SECONDS,
    )
    promise(
        f"MB of memory to read {ROWS} rows",
        f"{megabytes:.0f}",
        READ_MEGABYTES,
        megabytes <= READ_MEGABYTES,
    )


def fill(db, facts, count):
    """Insert rows of the last 170 days, of three domains and 25,000 addresses."""
    facts = {**facts, "count": count}
    with contextlib.closing(connect(db)) as connection:
        connection.cursor().execute(FILL, facts)
    query(db, "VACUUM ANALYZE mailjet_dmarc_row")


def open_screens(db, facts):
    """Measure the lists with a million rows."""
    fill(db, facts, LARGE)
    for name, seconds in shell(db, SCREENS % facts["domains"][0]).items():
        promise(
            f"seconds to open {name}, a million rows",
            f"{seconds:.2f}",
            SCREEN_SECONDS,
            seconds <= SCREEN_SECONDS,
        )


def main():
    with database("bench_dmarc", "mail_mailjet") as db:
        facts = shell(db, SETUP)
        read_large(db)
        open_screens(db, facts)
    return exit_code()


if __name__ == "__main__":
    sys.exit(main())
