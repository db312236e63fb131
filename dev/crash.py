"""Kill workers while they send, and count what arrives: `dev/test --crash`.

A real Odoo with four cron workers sends mailings to the stand-in Mailjet, which runs
in a process of its own, drops connections at every stage, with and without having
accepted the mail, and lists mail seconds later. One server uses SMTP, the other the
Send API, whose connections are cut before, within and after the answer. Workers get
SIGKILL at random moments, and PostgreSQL crashes. At the end each address must have
been reached exactly once.

One of the four workers' jobs is core's own queue, two are the add-on's, the others are
recovery and the making of mails. The stand-in does not deduplicate.
"""

import argparse
import contextlib
import os
import random
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tests importable without Odoo
from mail_mailjet.tests.standins.process import StandinProcess  # noqa: E402
from odoo_server import query, shell  # noqa: E402

API_KEY, SECRET_KEY = "0" * 32, "1" * 32
WORKERS = 4
# So often Odoo is started again before it counts as broken
MOST_STARTS = 10
# Jobs that are run all the time; all others are switched off
JOBS = (
    "mail.ir_cron_mail_scheduler_action",
    "mass_mailing.ir_cron_mass_mailing_queue",
    "mail_mailjet.ir_cron_mailjet_send_1",
    "mail_mailjet.ir_cron_mailjet_send_2",
    "mail_mailjet.ir_cron_mailjet_recover",
)
# One address in so many does not exist
REFUSED_EVERY = 100
# Seconds until Mailjet's lists show a mail: minutes, as times are shortened
LAG = 4
# What the add-on does, and errors; core warns of its own deprecated calls
LOG = ("--log-level=error", "--log-handler=odoo.addons.mail_mailjet:INFO")
LOG += ("--log-handler=py.warnings:ERROR",)
FAULTS = (
    ("CONNECT", "hang up", 0.02),
    ("CONNECT", "421 4.7.0 Try again later", 0.02),
    ("EHLO", "hang up", 0.01),
    ("STARTTLS", "hang up", 0.01),
    ("AUTH", "hang up", 0.01),
    ("MAIL", "hang up", 0.002),
    ("MAIL", "hang up after", 0.002),
    ("RCPT", "hang up", 0.002),
    ("RCPT", "451 4.7.1 Greylisted, try again later", 0.01),
    ("DATA", "hang up", 0.002),
    ("DATA", "hang up after", 0.002),
    ("BODY", "hang up", 0.002),
    ("CONTENT", "hang up", 0.005),
    ("CONTENT", "hang up after", 0.005),
    ("CONTENT", "lose answer", 0.01),
    ("CONTENT", "451 4.3.0 Local error, try again later", 0.005),
)
# Of the Send API: nothing accepted; accepted without an answer, or with half of one
API_FAULTS = (
    ("closed", {}, 0.03),
    ("cut", {}, 0.05),
    ("rate_limited", {"retry_after": 1}, 0.04),
    ("error", {"status": 500}, 0.03),
    ("error", {"status": 502}, 0.03),
    ("lost", {}, 0.06),
    ("torn", {}, 0.06),
    ("jumbled", {}, 0.03),
    ("hang_up_after", {}, 0.03),
)
SETUP = """
import json
servers = env["ir.mail_server"].create([{
    "name": transport, "smtp_authentication": "mailjet", "smtp_host": "localhost",
    "smtp_port": %(port)d, "smtp_encryption": "starttls_strict",
    "smtp_user": "%(api_key)s", "smtp_pass": "%(secret_key)s",
    "mailjet_api_url": "%(rest_url)s", "mailjet_session_limit": 4,
    "mailjet_transport": transport,
} for transport in ("smtp", "api")])
jobs = env["ir.cron"].browse(env.ref(name).id for name in %(jobs)r)
env["ir.cron"].search([]).active = False
jobs.active = True
# Without, the making of mails would send them, too
partners = env["res.partner"].create([
    {"name": address, "email": address} for address in %(partners)r
])
mails = env["mail.mail"].create([
    {
        "subject": "Notice", "body_html": "<p>Hello</p>", "auto_delete": False,
        "email_from": "info@company.example",
        "mail_server_id": servers[number %% 2].id,
        "email_to": to, "recipient_ids": [(4, partner.id)],
    }
    for number, (to, partner) in enumerate(zip(%(bare)r, partners))
])
for number, addresses in enumerate(%(mailings)r):
    mailing_list = env["mailing.list"].create({"name": str(number)})
    env["mailing.contact"].create([
        {"email": address, "list_ids": [(4, mailing_list.id)]} for address in addresses
    ])
    env["mailing.mailing"].create({
        "subject": f"News {number}",
        "body_html": '<p>Hello <a href="https://company.example/">there</a></p>',
        "mailing_model_id": env["ir.model"]._get_id("mailing.list"),
        "contact_list_ids": [(4, mailing_list.id)],
        "mail_server_id": servers[number %% 2].id,
        "email_from": "info@company.example",
    }).action_put_in_queue()
env.cr.commit()
print(json.dumps(jobs.ids))
"""


@dataclass
class Plan:
    """What one run does; the same seed makes the same choices."""

    seed: int
    mailings: int
    contacts: int
    notices: int
    kills: int
    crashes: int
    pace: float  # at most so many seconds between two kills
    seconds: int  # the longest that the end may take after the last kill


def long_plan(seed):
    return Plan(seed, 4, 1500, 60, kills=36, crashes=2, pace=3.0, seconds=240)


def short_plan(seed):
    return Plan(seed, 2, 100, 10, kills=6, crashes=1, pace=1.6, seconds=60)


class Addresses:
    """Whom the run writes to: each address once."""

    def __init__(self, plan):
        numbers = range(plan.contacts)
        self.mailings = [
            [f"c{number}.{mailing}@example.org" for number in numbers]
            for mailing in range(plan.mailings)
        ]
        self.partners = [f"p{n}@example.org" for n in range(plan.notices)]
        # Several bare addresses in one mail, the last one of which may be refused
        self.bare = [
            ", ".join(f"n{n}.{place}@example.org" for place in range(3))
            for n in range(plan.notices)
        ]
        # By SMTP only. Every second mailing and notice goes by the Send API: all exist
        self.refused = {
            address
            for mailing in self.mailings[::2]
            for address in mailing[REFUSED_EVERY // 2 :: REFUSED_EVERY]
        } | {bare.split(", ")[-1] for bare in self.bare[::6]}

    @property
    def all(self):
        bare = [address for text in self.bare for address in text.split(", ")]
        mailings = [address for mailing in self.mailings for address in mailing]
        return {*mailings, *self.partners, *bare}


class Crash:
    """One run of the crash test."""

    def __init__(self, database, plan, hard):
        self.database = database
        self.plan = plan
        self._hard = hard
        self._random = random.Random(plan.seed)
        self.addresses = Addresses(plan)
        self.kills = 0
        self.crashes = self.starts = 0
        self._jobs = []
        self._begun_at = time.monotonic()

    def run(self):
        """Return what is wrong in the end, as a list of sentences."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            ca_file = folder / "ca.pem"
            os.environ["SSL_CERT_FILE"] = str(ca_file)
            options = ["--smtp-delay", "0.02", "--lag", str(LAG), "--no-bodies"]
            options += ["--no-deduplication", "--quiet", "--ca-file", str(ca_file)]
            options += ["--sender", "*@company.example"]
            self.standin = stack.enter_context(
                StandinProcess(API_KEY, SECRET_KEY, arguments=options)
            )
            self.control = self.standin.control
            self._set_up()
            stack.enter_context(self._serving())
            self._disturb()
            self._set_faults((), ())
            self._wait_for_the_end()
            return list(self._findings())

    # ------------------------------------------------------------------
    # The parts
    # ------------------------------------------------------------------

    def _set_up(self):
        addresses = self.addresses
        values = {
            "port": self.standin.starttls_port,
            "rest_url": self.standin.rest_url,
            "api_key": API_KEY,
            "secret_key": SECRET_KEY,
            "jobs": JOBS,
            "partners": addresses.partners,
            "bare": addresses.bare,
            "mailings": addresses.mailings,
        }
        self._jobs = shell(self.database, SETUP % values)
        self._set_faults(FAULTS, API_FAULTS)

    def _set_faults(self, faults, api_faults):
        """Have the stand-in fail so, and refuse the addresses that do not exist."""
        self.control.clear_faults(self.plan.seed)
        reply = "550 5.1.1 User unknown"
        for address in sorted(self.addresses.refused):
            self.control.fault("RCPT", reply, address=address, times=None)
        for stage, action, chance in faults:
            self.control.fault(stage, action, chance=chance, times=None)
        self.control.clear_rest_faults(self.plan.seed)
        for kind, options, chance in api_faults:
            self.control.rest_fault(
                kind, path="send", chance=chance, times=None, **options
            )

    @contextlib.contextmanager
    def _serving(self):
        """Run Odoo with cron workers only."""
        log = Path(os.environ.get("DEV_HOME", ROOT / ".dev")) / "crash.log"
        with log.open("w") as self._log:
            self.odoo = self._start()
            try:
                yield
            finally:
                self.odoo.terminate()
                try:
                    self.odoo.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(self.odoo.pid, signal.SIGKILL)
                    self.odoo.wait()

    def _start(self):
        command = [sys.executable, str(ROOT / "dev" / "crash_odoo.py")]
        command += ["-d", self.database, "--no-http", "--workers=1"]
        command += [f"--max-cron-threads={WORKERS}", *LOG]
        return subprocess.Popen(
            command, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def _workers(self):
        """Return the pids of the workers; start Odoo again if it has ended.

        It does so where it replaces a worker while the database recovers.
        """
        if self.odoo.poll() is not None:
            if self.starts == MOST_STARTS:
                raise RuntimeError("Odoo ends again and again; see crash.log")
            self.starts += 1
            self.odoo = self._start()
        path = f"/proc/{self.odoo.pid}/task/{self.odoo.pid}/children"
        return [int(pid) for pid in Path(path).read_text().split()]

    # ------------------------------------------------------------------
    # Kills
    # ------------------------------------------------------------------

    def _disturb(self):
        """Kill workers and the database while mail is being sent."""
        plan = self.plan
        while not self.control.taken():
            self._wake()
            time.sleep(0.2)
            self._workers()
        crash_at = set(self._random.sample(range(1, plan.kills), plan.crashes))
        for number in range(plan.kills):
            self._pass(self._random.uniform(0.2, plan.pace))
            if number in crash_at:
                self._crash_database()
            self._kill()
            if number % 6 == 5:
                self._report()

    def _pass(self, seconds):
        """Let time pass, with the jobs running."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._wake()
            time.sleep(min(0.3, max(end - time.monotonic(), 0)))

    def _wake(self):
        """Have the jobs run now, as a mailing or a mail does."""
        self._query(
            """
            INSERT INTO ir_cron_trigger (cron_id, call_at)
                 SELECT job, now() AT TIME ZONE 'UTC' FROM unnest(%s) AS job
                  WHERE NOT EXISTS (SELECT FROM ir_cron_trigger WHERE cron_id = job)
            """,
            self._jobs,
        )
        with contextlib.suppress(psycopg2.OperationalError):
            query("postgres", f"NOTIFY cron_trigger, '{self.database}'")

    def _query(self, statement, *values):
        """Run a statement, as soon as the database is up again."""
        for _attempt in range(100):
            try:
                return query(self.database, statement, *values)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not come back")

    def _kill(self):
        """Kill one of the workers; most of the time most of them send."""
        while not (workers := self._workers()):
            self._pass(0.2)  # they have all ended, as the database had
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._random.choice(workers), signal.SIGKILL)
        self.kills += 1

    def _crash_database(self):
        """Crash PostgreSQL, where it is ours; else cut all connections to it."""
        pids = self._query(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> "
            "pg_backend_pid()",
            self.database,
        )
        if self._hard and pids:
            # PostgreSQL then ends all sessions, and recovers from its log
            os.kill(pids[0][0], signal.SIGKILL)
        else:
            self._query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid()",
                self.database,
            )
        self.crashes += 1

    # ------------------------------------------------------------------
    # The end
    # ------------------------------------------------------------------

    def _wait_for_the_end(self):
        """Wait until nothing is under way, with other mail of the account going by."""
        end = time.monotonic() + self.plan.seconds
        number = 0
        while time.monotonic() < end and self._left():
            self._workers()
            self._pass(1)
            number += 1
            if number % 10 == 0:
                self._report()
            with contextlib.suppress(OSError):
                self._send_other_mail(f"other{number}@elsewhere.example")
        self._report()

    def _left(self):
        """Return how many mails and mailings have no fate yet."""
        [[mails]] = self._query(
            "SELECT count(*) FROM mail_mail WHERE state IN %s",
            ("outgoing", "mailjet_in_flight"),
        )
        [[mailings]] = self._query(
            "SELECT count(*) FROM mailing_mailing WHERE state IN %s",
            ("in_queue", "sending"),
        )
        return mails + mailings

    def _send_other_mail(self, address):
        """Send through the account by other means: its lists show how late they are."""
        with smtplib.SMTP("localhost", self.standin.starttls_port, timeout=5) as client:
            client.starttls(context=ssl.create_default_context())
            client.login(API_KEY, SECRET_KEY)
            client.sendmail("app@company.example", [address], b"Subject: Hi\r\n\r\nHi")

    def _report(self):
        states = dict(
            self._query("SELECT state, count(*) FROM mail_mail GROUP BY state")
        )
        seconds = time.monotonic() - self._begun_at
        print(
            f"{seconds:4.0f} s: {self.kills} kills, {self.crashes} crashes of "
            f"the database, {len(self._taken())} addresses reached, mails {states}",
            flush=True,
        )

    def _taken(self):
        return {
            address: count
            for address, count in self.control.taken().items()
            if not address.endswith("@elsewhere.example")
        }

    # ------------------------------------------------------------------
    # What is wrong
    # ------------------------------------------------------------------

    def _findings(self):
        taken = self._taken()
        refused = self.addresses.refused
        good = self.addresses.all - refused
        twice = {address for address, count in taken.items() if count > 1}
        lost = good - set(taken)
        wrong = set(taken) - good
        print(
            f"{self.kills} kills, {self.crashes} crashes of the database, "
            f"{self.control.connections()} connections: "
            f"{len(good)} addresses, {len(good & set(taken))} reached, "
            f"{len(twice)} twice, {len(lost)} never; {len(refused)} do not exist"
        )
        for name, found in (("twice", twice), ("never", lost), ("wrongly", wrong)):
            if found:
                yield f"reached {name}: {sorted(found)}"
        yield from self._wrong_mails()
        yield from self._wrong_traces(taken)

    def _wrong_mails(self):
        rows = self._query(
            """
            SELECT mail.id, mail.state, mail.email_to, mail.failure_reason
              FROM mail_mail mail WHERE mail.state NOT IN %s
            """,
            ("sent", "cancel"),
        )
        for mail_id, state, email_to, reason in rows:
            if state != "exception" or email_to not in self.addresses.refused:
                yield f"mail {mail_id} to {email_to} is {state}: {reason}"

    def _wrong_traces(self, taken):
        rows = self._query("SELECT email, trace_status FROM mailing_trace")
        found = Counter(email for email, _status in rows)
        wanted = {address for mailing in self.addresses.mailings for address in mailing}
        if found != Counter(wanted):
            yield f"{len(rows)} traces of {len(wanted)} contacts"
        for email, status in rows:
            right = ("sent", "pending") if email in taken else ("error", "bounce")
            if status not in right:
                yield f"the trace of {email} is {status}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", help="one with the add-on, to be used up")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--short", action="store_true", help="a few kills only")
    parser.add_argument(
        "--hard", action="store_true", help="PostgreSQL is ours to be killed"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stops what it started
    plan = (short_plan if options.short else long_plan)(options.seed)
    print(f"crash test, seed {plan.seed}", flush=True)
    findings = Crash(options.database, plan, options.hard).run()
    print(*findings[:50], sep="\n")
    if findings:
        print(f"{len(findings)} faults; dev/test --crash --seed {plan.seed}")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
