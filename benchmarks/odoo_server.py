"""A temporary database and an Odoo server with workers, for benchmarks."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("DEV_HOME", ROOT / ".dev"))
WORKERS = 2
# Core warns of its own deprecated calls, with a traceback each
QUIET_LOG = ("--log-level=error", "--log-handler=py.warnings:ERROR")


def odoo(*arguments):
    """Return a command line for Odoo, to be run in the environment of dev/python."""
    return [sys.executable, str(ROOT / "dev" / "odoo_bin.py"), *map(str, arguments)]


def connect(database):
    """Return a connection in autocommit mode."""
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection


def query(database, statement, *values):
    """Run one statement; return its rows."""
    with contextlib.closing(connect(database)) as connection:
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def addons_path(*more):
    """Return the option for these folders of add-ons beside those of dev/odoo."""
    return "--addons-path=" + ",".join(map(str, [HOME / "addons", *more]))


@contextlib.contextmanager
def database(name, modules, *options):
    """Create a database with these modules, and drop it afterwards."""
    query("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    query("postgres", f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        run = odoo(
            "-d", name, "-i", modules, "--stop-after-init", "--no-http", *options
        )
        subprocess.run([*run, "--log-level=error"], check=True)
        yield name
    finally:
        query("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def shell(name, script, *options):
    """Run a script in Odoo's shell; return the JSON in the last line of its output."""
    run = odoo("shell", "-d", name, "--no-http", *QUIET_LOG, *options)
    done = subprocess.run(
        run, input=script, text=True, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextlib.contextmanager
def shell_process(name, script, *options, pass_fds=()):
    """Run a script in Odoo's shell beside the benchmark; yield the process."""
    run = odoo("shell", "-d", name, "--no-http", *QUIET_LOG, *options)
    process = subprocess.Popen(run, stdin=subprocess.PIPE, text=True, pass_fds=pass_fds)
    process.stdin.write(script)
    process.stdin.close()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def cron_worker(server):
    """Return the pid of a server's only cron worker, or 0 if it is not running.

    HTTP workers keep the listening socket open, the cron worker closes it.
    """
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    for pid in children.split():
        with contextlib.suppress(OSError):
            links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
            inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
            if not inodes & listening:
                return int(pid)
    return 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(name, *options, cron_threads=1):
    """Start Odoo with two workers for a database; yield its port and process."""
    port, gevent_port = free_port(), free_port()
    process = subprocess.Popen(
        odoo(
            "-d",
            name,
            f"--db-filter=^{name}$",
            f"--workers={WORKERS}",
            f"--max-cron-threads={cron_threads}",
            f"--http-port={port}",
            f"--gevent-port={gevent_port}",
            "--limit-time-real=3600",
            "--limit-time-cpu=3600",
            "--limit-memory-soft=4294967296",
            "--limit-memory-hard=6442450944",
            "--log-level=error",
            *options,
        ),
        start_new_session=True,
    )
    try:
        _wait_until_up(port)
        _wait_until_up(gevent_port)  # its start-up would use a whole core
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_until_up(port, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/web/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("Odoo did not start")
