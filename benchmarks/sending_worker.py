"""What benchmarks/sending.py has done inside Odoo, by processes of its own.

A worker makes mails as the composer does, and sends them as the queue's scheduled
action does. It measures itself, and knows the same for stock Odoo and for the add-on.
"""

import cProfile
import io
import os
import pstats
import sys
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from odoo_server import shell_process

SCRIPT = (
    "import sys; sys.path.insert(0, %r); from sending_worker import work; work(env, %r)"
)
PARAGRAPHS, WORDS = 8, 55
# Six thousand bytes of HTML, and the same as text: mails of 11 kB with 8 links
BODY = "<h1>News</h1><p>Hello <t t-out=\"object.name or ''\"/>,</p>" + "".join(
    f'<p>{"something new " * WORDS}<a href="https://company.example/{number}">more</a></p>'
    for number in range(PARAGRAPHS)
)


class Worker:
    """A process that does what it is told, as `Jobs` name it."""

    def __init__(self, stack, db):
        ours, theirs = Pipe()
        script = SCRIPT % (str(Path(__file__).parent), theirs.fileno())
        process = shell_process(db, script, pass_fds=[theirs.fileno()])
        self.process = stack.enter_context(process)
        theirs.close()
        self._connection = stack.enter_context(ours)

    def begin(self, job, **values):
        """Have a job done; `result` waits for it."""
        self._connection.send((job, values))

    def result(self):
        """Return what the job that was begun returned."""
        return self._connection.recv()

    def __getattr__(self, job):
        def do(**values):
            self.begin(job, **values)
            return self.result()

        return do


def work(env, descriptor):
    """Do the jobs that come in, until the benchmark ends."""
    jobs = Jobs(env)
    with Connection(descriptor) as connection:
        while True:
            try:
                job, values = connection.recv()
            except EOFError:
                return
            connection.send(getattr(jobs, job)(**values))


class Jobs:
    """The jobs of a worker; each returns plain values."""

    def __init__(self, env):
        self.env = env
        self.mails = env["mail.mail"]
        self.is_ours = "mailjet_claim" in self.mails._fields

    def set_up(self, port, api_url, contacts):
        """Make servers, and a list with contacts for each size of a mailing."""
        common = {
            "smtp_host": "localhost",
            "smtp_port": port,
            "smtp_encryption": "starttls_strict",
            "smtp_user": "a" * 32,
            "smtp_pass": "b" * 32,
        }
        servers = self.env["ir.mail_server"]
        servers.create({"name": "Other", **common})
        if self.is_ours:
            servers.create(
                {
                    "name": "Mailjet",
                    "smtp_authentication": "mailjet",
                    "mailjet_api_url": api_url,
                    **common,
                }
            )
        # Make mails and send them one after the other, to measure either
        set_param = self.env["ir.config_parameter"].set_param
        set_param("mail.mail.force.send.limit", "0")
        self.env["ir.cron"].search([]).active = False
        for count in contacts:
            members = self.env["mailing.list"].create({"name": str(count)})
            self.env["mailing.contact"].create(
                [
                    {
                        "name": f"Contact {number}",
                        "email": f"contact{number}@example.org",
                        "list_ids": [(4, members.id)],
                    }
                    for number in range(count)
                ]
            )
        self.env.cr.commit()

    def fill(self, count):
        """Insert mails, messages and traces that were sent before."""
        cr = self.env.cr
        cr.execute(
            """
            WITH message AS (
                INSERT INTO mail_message (
                            message_type, model, res_id, date, subject, message_id,
                            create_date, write_date)
                     SELECT 'email_outgoing', 'mailing.contact', n, now(), 'Old',
                            '<old' || n || '@odoo>', now(), now()
                       FROM generate_series(1, %(count)s) AS n
                  RETURNING id
            ), mail AS (
                INSERT INTO mail_mail (mail_message_id, state, create_date, write_date)
                     SELECT id, 'sent', now(), now() FROM message
                  RETURNING id
            )
            INSERT INTO mailing_trace (
                        mail_mail_id, mail_mail_id_int, model, res_id, email,
                        trace_type, trace_status, create_date, write_date)
                 SELECT id, id, 'mailing.contact', id, 'old' || id || '@example.org',
                        'mail', 'sent', now(), now()
                   FROM mail
            """,
            {"count": count},
        )
        cr.commit()
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE mail_mail, mail_message, mailing_trace")
        cr._cnx.autocommit = False

    def make(self, count, server="Mailjet", attachment=0):
        """Make the mails of a mailing to the list of that size, and send none."""
        mailing = self._mailing(count, server, attachment)
        with Measure(self.env) as measure:
            mailing.action_send_mail()
            self.env.cr.commit()
        return measure.result(self._outgoing())

    def discard(self):
        """Delete what is outgoing."""
        self.env.cr.execute(
            """
            DELETE FROM mail_message WHERE id IN (
                SELECT mail_message_id FROM mail_mail WHERE state = 'outgoing')
            """
        )
        self.env.cr.commit()
        self.env.invalidate_all()

    def launch(self, count, server="Mailjet"):
        """Launch a mailing and make its mails, as the scheduled action does."""
        mailing = self._mailing(count, server)
        mailing.action_launch()
        self.env.cr.commit()
        self.env["mailing.mailing"]._process_mass_mailing_queue()
        self.env.cr.commit()

    def _mailing(self, count, server, attachment=0):
        members = self.env["mailing.list"].search([("name", "=", str(count))])
        servers = self.env["ir.mail_server"].search([])
        named = servers.filtered(lambda each: each.name == server) or servers[:1]
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "News of the benchmark",
                "body_html": BODY,
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [(6, 0, members.ids)],
                "mail_server_id": named.id,
                "email_from": "info@company.example",
            }
        )
        if attachment:
            mailing.attachment_ids = self.env["ir.attachment"].create(
                {"name": "plan.pdf", "raw": os.urandom(attachment)}
            )
        self.env.cr.commit()
        return mailing

    def use(self, sessions, transport):
        """Have Mailjet's server use so many sessions, of SMTP or of the Send API."""
        if self.is_ours:
            servers = self.env["ir.mail_server"].search([("name", "=", "Mailjet")])
            servers.mailjet_session_limit = sessions
            servers.mailjet_transport = transport
            self.env.cr.commit()

    def send(self, by="Mailjet"):
        """Send what is outgoing, as the scheduled action does."""
        self.env.cr.commit()
        count = self._outgoing()
        with Measure(self.env) as measure:
            while self._outgoing():
                self._run_queue(by)
        return measure.result(count)

    def profile(self, count, lines=40):
        """Make and send mails; return what costs most of either, as text."""
        text = io.StringIO()
        for job in (lambda: self.make(count), self.send):
            profile = cProfile.Profile()
            profile.runcall(job)
            stats = pstats.Stats(profile, stream=text).strip_dirs()
            for order in ("tottime", "cumulative"):
                stats.sort_stats(order).print_stats(lines)
        return text.getvalue()

    def poll(self, seconds, count):
        """Send as soon as there is something, until the stand-in has so many."""
        end = time.monotonic() + seconds
        sent = 0
        while sent < count and time.monotonic() < end:
            self.env.cr.commit()
            before = self._outgoing()
            if before:
                self._run_queue("Mailjet")
                sent += before
        return sent

    def _run_queue(self, by):
        if self.is_ours and by == "Mailjet":
            self.mails._cron_mailjet_send()
        else:
            self.mails.process_email_queue()
        self.env.cr.commit()
        self.env.invalidate_all()

    def _outgoing(self):
        return self.mails.search_count([("state", "=", "outgoing")])


class Measure:
    """What a job costs this process: time, CPU, queries, memory."""

    def __init__(self, env):
        self._cr = env.cr

    def __enter__(self):
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
        self._queries = sys.modules["odoo.sql_db"].sql_counter
        self._cpu = time.process_time()
        self._began = time.monotonic()
        return self

    def __exit__(self, *exc):
        self.seconds = time.monotonic() - self._began
        self.cpu = time.process_time() - self._cpu
        self.queries = sys.modules["odoo.sql_db"].sql_counter - self._queries

    def result(self, count):
        """Return the measures of so many mails, each mail's share of them."""
        status = Path("/proc/self/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        return {
            "count": count,
            "rate": count / self.seconds,
            "cpu": self.cpu / count * 1000,
            "queries": self.queries / count,
            "peak": peak / 1024,
        }
