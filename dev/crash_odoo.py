"""Odoo's command line for the crash test: what takes minutes there takes seconds here.

With workers Odoo starts itself again by this file. The registry is loaded before the
workers are forked, so each of them has these times.
"""

from datetime import timedelta

from odoo.cli import main
from odoo.service import server

preload_registries = server.preload_registries


def preload_and_shorten(databases):
    """Load the registries, then shorten the add-on's times."""
    result = preload_registries(databases)
    shorten()
    return result


def shorten():
    """Divide times by about 60; their order stays the same."""
    from odoo.addons.mail_mailjet.models.sending import ir_mail_server, recovery, run
    from odoo.addons.mail_mailjet.tools import pool
    from odoo.addons.mail_mailjet.tools.mailjet import evidence, send_api
    from odoo.addons.mail_mailjet.tools.smtp import pipeline, retry_schedule

    run.LEASE_SECONDS = 7
    run.RUN_SECONDS = 15
    pipeline.REPLY_SECONDS = 3
    pool.GROW_AFTER = 2
    timeouts = {"connect_timeout": 3.0, "read_timeout": 3.0, "deadline": 5.0}
    send_api.SendApi.__init__.__kwdefaults__.update(timeouts)
    send_api._BACKOFF, send_api._MAX_BACKOFF = 0.1, 1.0
    recovery.LONGEST_HANDOVER = timedelta(seconds=10)
    recovery.ABANDONED_AFTER = timedelta(seconds=12)
    evidence.CLOCK_SLACK = timedelta(seconds=2)
    evidence.SOONEST = timedelta(seconds=14)
    evidence.AGES[:] = [timedelta(seconds=age) for age in (12, 14, 17, 20)]
    evidence.REPEAT = timedelta(seconds=4)
    retry_schedule.DELAYS = (2 / 60, 4 / 60, 6 / 60)
    ir_mail_server.PAUSE = timedelta(seconds=5)
    ir_mail_server.PAUSES = {}


server.preload_registries = preload_and_shorten
main()
