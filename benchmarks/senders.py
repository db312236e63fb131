"""Benchmark of "Who sends in my name": `dev/python benchmarks/senders.py`.

Fills a database with 1,000,000 rows of DMARC reports, sums them up, and opens the
screens. Prints a line for each promise and exits with 1 if one is broken. Takes a few
minutes.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parent)
from odoo_server import database, query, shell  # noqa: E402
from promises import exit_code, promise  # noqa: E402

ROWS = 1_000_000
DAYS = 180
SCREEN_SECONDS = 1.0
# A run that finds nothing new happens every ten minutes
IDLE_SECONDS = 0.2

SET_UP = """
env["ir.cron"].search([]).active = False
server = env["ir.mail_server"].create({
    "name": "Mailjet", "smtp_authentication": "mailjet", "smtp_user": "0" * 32,
    "smtp_pass": "1" * 32,
})
domain = env["mailjet.domain"].create({"server_id": server.id, "name": "shop.example"})
env["mailjet.dmarc.report"].create([
    {"name": f"{number}", "org_name": f"receiver{number}.example", "state": "done",
     "domain_id": domain.id}
    for number in range(20)
])
env.cr.commit()
print(0)
"""
# Two thirds are Mailjet's; the rest comes from networks, services and return paths
FILL = """
INSERT INTO mailjet_dmarc_row (report_id, position, domain_id, day, source_ip, count,
            disposition, dkim_aligned, spf_aligned, passes, header_from, dkim_domain,
            dkim_selector, dkim_result, spf_domain, spf_result, counted)
SELECT report.id, n, report.domain_id, current_date - 1 - n %% %s,
       CASE WHEN n %% 3 < 2 THEN '87.253.' || 232 + n %% 8 || '.' || n %% 250
            ELSE '10.' || n / 3 %% 60 || '.' || n / 7 %% 50 || '.' || n %% 250 END,
       1 + n %% 9, 'none', n %% 3 < 2, FALSE, n %% 3 < 2, 'shop.example',
       CASE WHEN n %% 3 < 2 THEN 'shop.example' END,
       CASE WHEN n %% 3 < 2 THEN 'mailjet' END,
       CASE WHEN n %% 3 < 2 THEN 'pass' END,
       CASE WHEN n %% 3 < 2 THEN 'a7.bnc3.mailjet.com'
            WHEN n %% 2 = 0 THEN 'bounce' || n %% 400 || '.example' END,
       CASE WHEN n %% 3 < 2 OR n %% 2 = 0 THEN 'pass' ELSE 'none' END, TRUE
  FROM generate_series(1, %s) AS n
  JOIN mailjet_dmarc_report AS report ON report.name = (n %% 20)::varchar
"""
MEASURE = """
import json, time
from odoo.tools import SQL
# As reading a report does
env["mailjet.dmarc.statistic.stale"]._note_rows(SQL("TRUE"))
env.cr.commit()
def measure(work):
    began = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - began
sums = env["mailjet.dmarc.statistic"]
seconds = {"summing up": measure(sums._refresh), "nothing new": measure(sums._refresh)}
env.cr.execute("ANALYZE")
def overview():
    env.invalidate_all()
    env["mailjet.dmarc.overview"].read_overview()
def sources():
    env.invalidate_all()
    env["mailjet.dmarc.source"].web_search_read(
        [], {"display_name": {}, "source_class": {}, "messages": {}, "first_day": {}},
        limit=80, count_limit=10001)
def decide():
    env.invalidate_all()
    source = env["mailjet.dmarc.source"].search([("key", "!=", "mailjet")], limit=1)
    source.action_decide("ours")
for name, work in (("overview", overview), ("sources", sources), ("decision", decide)):
    work()  # measure the second time, with pages in memory
    seconds[name] = measure(work)
seconds["sources found"] = env["mailjet.dmarc.source"].search_count([])
seconds["sums"] = sums.search_count([])
print(json.dumps(seconds))
"""


def main():
    with database("mailjet_bench_senders", "mail_mailjet") as name:
        shell(name, SET_UP)
        query(name, FILL, DAYS, ROWS)
        query(name, "ANALYZE")
        seconds = shell(name, MEASURE)
    print(
        f"{seconds['sources found']} sources and {seconds['sums']} daily sums of "
        f"{ROWS} rows, made in {seconds['summing up']:.1f} s"
    )
    if not seconds["sums"]:
        raise RuntimeError("Nothing was summed up")
    for screen in ("overview", "sources", "decision"):
        promise(
            f"{screen} with {ROWS} rows",
            f"{seconds[screen]:.2f} s",
            f"{SCREEN_SECONDS} s",
            seconds[screen] < SCREEN_SECONDS,
        )
    promise(
        "looking for changed days",
        f"{seconds['nothing new']:.2f} s",
        f"{IDLE_SECONDS} s",
        seconds["nothing new"] < IDLE_SECONDS,
    )
    return exit_code()


if __name__ == "__main__":
    sys.exit(main())
