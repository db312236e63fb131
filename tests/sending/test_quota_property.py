# pylint: disable=translation-required
from collections import Counter
from datetime import date, datetime

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .test_mail_refused import MailRefusedCommon

BEGIN = datetime(2026, 1, 30, 22, 10)
LIMITS = {
    "mailjet_hourly_limit": lambda now: (now.date(), now.hour),
    "mailjet_daily_limit": lambda now: now.date(),
    "mailjet_monthly_limit": lambda now: (now.year, now.month),
}
few_examples = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
some_limits = st.fixed_dictionaries(
    dict.fromkeys(LIMITS, st.just(0) | st.integers(1, 8))
).filter(lambda limits: any(limits.values()))
some_mails = st.lists(st.integers(1, 6), min_size=1, max_size=4)
maybe_warm_up = st.booleans()


@tagged("post_install", "-at_install")
class TestQuotaProperty(MailRefusedCommon):
    """Every mail is sent in time, and no limit is ever exceeded."""

    def check(self, limits, counts, is_warming_up, send, run_queue):
        self.mailjet.store.clear_messages()
        self.server = self.create_standin_server(**limits)
        if is_warming_up:
            self.server.write(
                {
                    "mailjet_warm_up_begin": date(2026, 1, 30),
                    "mailjet_warm_up_start": 1,
                    "mailjet_warm_up_factor": 1.5,
                    "mailjet_warm_up_target": 8,
                }
            )
        with freeze_time(BEGIN):
            mails = self.env["mail.mail"]
            for number, count in enumerate(counts):
                to = [f"m{number}r{each}@example.org" for each in range(count)]
                mails += self.create_mails(1, email_to=", ".join(to))
        messages, now, wakes = mails.mail_message_id, BEGIN, 0
        arrivals = {name: Counter() for name in LIMITS}
        while True:
            before = len(self.arrived())
            with freeze_time(now):
                (run_queue if wakes else send)(mails)
            self.env.invalidate_all()
            for name, period in LIMITS.items():
                arrivals[name][period(now)] += len(self.arrived()) - before
            parts = mails.search([("mail_message_id", "in", messages.ids)])
            waiting = parts.filtered(lambda mail: mail.state == "outgoing")
            if not waiting:
                break
            now = max(now, min(mail.scheduled_date or now for mail in waiting))
            wakes += 1
            self.assertLess(wakes, 20 * sum(counts))
        self.assertEqual(set(parts.mapped("state")), {"sent"})
        self.assertEqual(len(self.arrived()), sum(counts))
        self.assertEqual(len(set(self.arrived())), sum(counts))
        for name, limit in limits.items():
            if limit:
                self.assertLessEqual(max(arrivals[name].values()), limit)
        if is_warming_up:
            self.assertLessEqual(arrivals["mailjet_daily_limit"][BEGIN.date()], 1)

    @few_examples
    @given(some_limits, some_mails, maybe_warm_up)
    def test_in_cores_way(self, limits, counts, is_warming_up):
        self.check(
            limits,
            counts,
            is_warming_up,
            lambda mails: mails.send(),
            lambda mails: mails.process_email_queue(),
        )

    @few_examples
    @given(some_limits, some_mails, maybe_warm_up)
    def test_in_runs(self, limits, counts, is_warming_up):
        def run(mails):
            self.env.flush_all()
            with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                env = self.env(cr=cr)
                mails.with_env(env)._mailjet_run(self.server.with_env(env))

        self.check(limits, counts, is_warming_up, run, run)
