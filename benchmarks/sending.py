"""Measure how fast mail is sent: `dev/python benchmarks/sending.py`.

Beside it, in the same run and on the same machine, stock Odoo without the add-on, in a
database of its own: the same mails of 11 kB with 8 links, over TLS, to a stand-in in a
process of its own. What is compared is measured in turns, and medians count. Prints a
line for each promise and exits with 1 if one is not kept. Takes about 20 minutes; the
name of a part as an argument measures that alone.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# In the place of this folder, where "dns" would be a file of it and not dnspython
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tools importable without Odoo
from mail_mailjet.tests.standins.process import StandinProcess  # noqa: E402
from odoo_server import database, query, serving  # noqa: E402
from promises import exit_code, promise  # noqa: E402
from sending_worker import Worker  # noqa: E402

ROUNDS = 3
OURS, STOCK, LARGE = "bench_sending", "bench_sending_stock", "bench_sending_large"
MANY = 1_000_000
# What makes a delay measurable in seconds: mails of ours and of stock Odoo's
COUNTS = {0: (600, 150), 20: (1000, 60), 100: (1000, 30)}
# By the Send API
API_COUNTS = {0: (1000, 150), 20: (1000, 60), 100: (1000, 30)}
LAUNCHED, LAUNCHED_STOCK, MADE = 2000, 150, 1000
SIZES = sorted(
    {
        *sum(COUNTS.values(), ()),
        *sum(API_COUNTS.values(), ()),
        LAUNCHED,
        LAUNCHED_STOCK,
        MADE,
        80,
        100,
        300,
    }
)
# Seconds after which a mailing is given up
LONGEST = 300


class Bench:
    """The databases, the stand-in, and a worker for each database."""

    def __init__(self, stack):
        self._stack = stack
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ca_file = Path(folder, "ca.pem")
        self.relay = stack.enter_context(
            StandinProcess(
                "a" * 32,
                "b" * 32,
                arguments=[
                    *("--no-bodies", "--quiet", "--ca-file", str(ca_file)),
                    *("--sender", "*@company.example"),
                ],
            )
        )
        os.environ["SSL_CERT_FILE"] = str(ca_file)
        stack.enter_context(database(OURS, "mail_mailjet"))
        stack.enter_context(database(STOCK, "mass_mailing"))
        self.ours = self.worker(OURS)
        self.stock = self.worker(STOCK)
        for worker in (self.ours, self.stock):
            self.set_up(worker)

    def set_up(self, worker):
        """Make a worker's servers and contacts."""
        worker.set_up(
            port=self.relay.starttls_port,
            api_url=self.relay.rest_url,
            contacts=SIZES,
        )

    def worker(self, db):
        """Start one more worker."""
        return Worker(self._stack, db)

    def line(self, delay, sessions=4, transport="smtp"):
        """Set the round trip in milliseconds, and how Mailjet's server sends."""
        self.relay.control.smtp(delay=delay / 1000)
        self.relay.control.rest(delay=delay / 1000)
        self.ours.use(sessions=sessions, transport=transport)

    def arrived(self):
        """Return how many mails have arrived since; each address has one a mailing."""
        return sum(self.relay.control.taken().values())

    def sent(self, worker, count, server="Mailjet", attachment=0):
        """Make and send mails; return the measures of both.

        :raise RuntimeError: if not each mail has arrived once
        """
        made = worker.make(count=count, server=server, attachment=attachment)
        self.relay.control.clear_messages()
        sent = worker.send(by=server)
        if self.arrived() != count or made["count"] != count:
            raise RuntimeError(f"{self.arrived()} mails arrived, and not {count}")
        return made, sent

    def pairs(self, workers, counts, rounds=ROUNDS, **values):
        """Have two workers send in turns; return pairs of measures."""
        for worker, count in zip(workers, (80, 80), strict=True):
            self.sent(worker, count, **values)  # caches are filled
        return [
            tuple(
                self.sent(worker, count, **values)[1]
                for worker, count in zip(workers, counts, strict=True)
            )
            for _round in range(rounds)
        ]

    def launched(self, worker, count):
        """Launch a mailing; return mails a second until the last has arrived."""
        self.relay.control.clear_messages()
        began = time.monotonic()
        worker.begin("launch", count=count)
        while self.arrived() < count:
            if time.monotonic() > began + LONGEST:
                raise RuntimeError(f"{self.arrived()} of {count} mails arrived")
            time.sleep(0.1)
        rate = count / (time.monotonic() - began)
        worker.result()
        return rate


def ratio_of(pairs, name):
    """Return the median of how much larger a measure is in the first of each pair."""
    return statistics.median(first[name] / second[name] for first, second in pairs)


def show(title, measures):
    """Print the medians of measures."""
    median = {
        name: statistics.median(each[name] for each in measures) for name in measures[0]
    }
    print(
        f"{title:<44} {median['rate']:7.1f} mails/s {median['cpu']:6.2f} ms CPU"
        f" {median['queries']:6.2f} queries {median['peak']:5.0f} MB",
        flush=True,
    )
    return median


def compare(bench, name, floor, counts, attachment=0):
    """Promise that ours sends so many times as fast as stock Odoo."""
    pairs = bench.pairs((bench.ours, bench.stock), counts, attachment=attachment)
    ours = show(f"sent, {name}", [first for first, _second in pairs])
    show(f"sent, {name}, stock", [second for _first, second in pairs])
    ratio = ratio_of(pairs, "rate")
    print(f"  CPU: stock needs {1 / ratio_of(pairs, 'cpu'):.1f} times as much")
    promise(f"times stock, {name}", f"{ratio:.1f}", floor, ratio >= floor)
    return ours


def send_without_delay(bench):
    """No delay: the sender's CPU decides."""
    bench.line(0)
    ours = compare(bench, "0 ms", 4, COUNTS[0])
    queries = ours["queries"]
    promise("queries a mail", f"{queries:.2f}", 1, queries <= 1)


def send_with_delay(bench):
    bench.line(20, sessions=8)
    compare(bench, "20 ms, 8 sessions", 18, COUNTS[20])
    bench.line(100, sessions=16)
    compare(bench, "100 ms, 16 sessions", 45, COUNTS[100])


def send_attachments(bench):
    bench.line(0)
    compare(bench, "0 ms, 200 kB attached", 3, (300, 80), attachment=200_000)


def send_by_api(bench):
    """The Send API, beside SMTP and stock Odoo."""
    for delay, floor in ((0, 7), (20, 40), (100, 150)):
        name = f"{delay} ms, Send API"
        bench.line(delay, transport="api")
        ours = compare(bench, name, floor, API_COUNTS[delay])
        if not delay:
            queries = ours["queries"]
            name = "queries a mail, Send API"
            promise(name, f"{queries:.2f}", 1, queries <= 1)
    bench.line(0, transport="api")
    name = "0 ms, 200 kB attached, Send API"
    compare(bench, name, 8, (300, 80), attachment=200_000)
    use_memory(bench, "api")


def make_mails(bench):
    """What the composer does."""
    bench.line(0)
    pairs = []
    for _round in range(ROUNDS + 1):
        pairs.append(
            tuple(worker.make(count=MADE) for worker in (bench.ours, bench.stock))
        )
        for worker in (bench.ours, bench.stock):
            worker.discard()
    del pairs[0]  # caches were filled
    show("made", [first for first, _second in pairs])
    show("made, stock", [second for _first, second in pairs])
    ratio = ratio_of(pairs, "rate")
    promise("times stock, mails made", f"{ratio:.2f}", 1.5, ratio >= 1.5)


def use_memory(bench, transport="smtp"):
    """The peak of a worker that has just started."""
    bench.line(0, transport=transport)
    peaks = []
    for db in (OURS, STOCK):
        with contextlib.ExitStack() as stack:
            worker = Worker(stack, db)
            peaks.append(bench.sent(worker, COUNTS[0][0])[1]["peak"])
    ratio = peaks[0] / peaks[1]
    print(f"peak of a worker: {peaks[0]:.0f} MB, stock {peaks[1]:.0f} MB")
    promise(f"times stock, memory, {transport}", f"{ratio:.2f}", 1.3, ratio <= 1.3)


def launch(bench):
    """From the launch to the last mail: one makes mails while others send.

    Ours are sent by the scheduled actions of a server, stock Odoo's by a process that
    looks for mail all the time.
    """
    bench.line(20, sessions=8)
    query(OURS, "UPDATE ir_cron SET active = true WHERE id IN %s", senders(OURS))
    poller = bench.worker(STOCK)
    rates = []
    for _round in range(ROUNDS):
        poller.begin("poll", seconds=300, count=LAUNCHED_STOCK)
        stock = bench.launched(bench.stock, LAUNCHED_STOCK)
        poller.result()
        with serving(OURS, cron_threads=2):
            ours = bench.launched(bench.ours, LAUNCHED)
        rates.append((ours, stock))
        print(f"launched: {ours:.1f} mails/s, stock {stock:.1f}", flush=True)
    query(OURS, "UPDATE ir_cron SET active = false WHERE id IN %s", senders(OURS))
    ratio = statistics.median(ours / stock for ours, stock in rates)
    promise("times stock, launch to last mail", f"{ratio:.1f}", 5, ratio >= 5)


def senders(db):
    """Return the ids of the scheduled actions that send."""
    rows = query(
        db,
        "SELECT res_id FROM ir_model_data WHERE module = 'mail_mailjet'"
        " AND name LIKE 'ir_cron_mailjet_send_%%'",
    )
    return tuple(row[0] for row in rows)


def share_the_queue(bench):
    """Two workers on one queue, against one."""
    bench.line(20)
    other = bench.worker(OURS)
    ratios = []
    for _round in range(ROUNDS):
        one = bench.sent(bench.ours, MADE)[1]["rate"]
        for _mailing in range(2):
            bench.ours.make(count=MADE)
        bench.relay.control.clear_messages()
        began = time.monotonic()
        for worker in (bench.ours, other):
            worker.begin("send")
        for worker in (bench.ours, other):
            worker.result()
        two = 2 * MADE / (time.monotonic() - began)
        if set(bench.relay.control.taken().values()) != {2}:
            raise RuntimeError("not each contact got each mailing once")
        print(f"one worker: {one:.1f} mails/s, two: {two:.1f}", flush=True)
        ratios.append(two / one)
    ratio = statistics.median(ratios)
    promise("times one worker, two at 20 ms", f"{ratio:.2f}", 1.5, ratio >= 1.5)


def fill_tables(bench):
    """A million mails, messages and traces, against a few thousand."""
    bench.line(0)
    with contextlib.ExitStack() as stack:
        stack.enter_context(database(LARGE, "mail_mailjet"))
        large = Worker(stack, LARGE)
        bench.set_up(large)
        large.fill(count=MANY)
        pairs = bench.pairs((large, bench.ours), (COUNTS[0][0],) * 2, ROUNDS + 2)
    show("sent, tables of a million", [first for first, _second in pairs])
    show("sent", [second for _first, second in pairs])
    ratio = ratio_of(pairs, "rate")
    promise("times small tables, a million rows", f"{ratio:.2f}", 0.9, ratio >= 0.9)


def use_other_server(bench):
    """A server that is not Mailjet's, with the add-on and without."""
    bench.line(0)
    workers = (bench.ours, bench.stock)
    pairs = bench.pairs(workers, (100, 100), 2 * ROUNDS, server="Other")
    ours = show("sent, other server", [first for first, _second in pairs])
    stock = show("sent, other server, stock", [second for _first, second in pairs])
    ratio = ratio_of(pairs, "rate")
    print(f"  CPU: {1 / ratio_of(pairs, 'cpu'):.2f} of stock's speed")
    promise("times stock, other servers", f"{ratio:.2f}", 0.97, ratio >= 0.97)
    # Either reads the user a little more or less often: core asks for the company in
    # an environment of each mail's own, which may still be known from the mail before
    more = ours["queries"] - stock["queries"]
    promise("queries more than stock, other servers", f"{more:.2f}", 0.2, more <= 0.2)
    made = [worker.make(count=100, server="Other")["queries"] for worker in workers]
    for worker in workers:
        worker.discard()
    more = made[0] - made[1]
    promise("queries more to make a mail", f"{more:.2f}", 0, more <= 0)


def profile(bench):
    """Print what costs most: in ours, and in stock Odoo."""
    delay, transport = os.environ.get("DELAY", "0"), os.environ.get("BY", "smtp")
    bench.line(int(delay), 8, transport)
    for worker in (bench.ours, bench.stock):
        bench.sent(worker, 80)
        print(worker.profile(count=300))


PARTS = {
    "speed": send_without_delay,
    "delay": send_with_delay,
    "attachments": send_attachments,
    "api": send_by_api,
    "making": make_mails,
    "memory": use_memory,
    "launch": launch,
    "workers": share_the_queue,
    "tables": fill_tables,
    "others": use_other_server,
}
# By name only
MORE = {"profile": profile}


def main(names):
    """Measure these parts, or all."""
    with contextlib.ExitStack() as stack:
        bench = Bench(stack)
        for name in names or PARTS:
            {**PARTS, **MORE}[name](bench)
    return exit_code()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
