# pylint: disable=translation-required
"""Whatever happens to a handful of mails, in any order: sent once, and none forgotten.

Hypothesis chooses the order, against a real database and a relay that really takes
mail, and shows the shortest way to a fault.
"""

from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from odoo import fields
from odoo.tests import tagged

from ...models.sending.claims import Claims
from ...models.sending.run import Run
from ...tools.smtp.sessions import Sessions
from ...tools.words import Words
from ..standins import HANG_UP, LOSE_ANSWER
from .recovery_common import IN_FLIGHT, MailRecoveryCommon

CONTACTS = [f"contact{number}@example.org" for number in range(3)]
NOTICES = [
    [f"to{number}.{place}@example.org" for place in range(2)] for number in (0, 1)
]
FAULTS = [
    ("CONNECT", "421 4.7.0 Try again later"),
    ("MAIL", HANG_UP),
    ("MAIL", "450 4.7.1 Try again later"),
    ("RCPT", "451 4.7.1 Greylisted"),
    ("DATA", HANG_UP),
    ("CONTENT", HANG_UP),
    ("CONTENT", LOSE_ANSWER),
    ("CONTENT", "451 4.3.0 Try again later"),
    ("CONTENT", "421 4.3.2 Shutting down"),
]
LIMIT = 4
UNDER_WAY = ("outgoing", IN_FLIGHT)


class Killed(BaseException):
    """The worker has got SIGKILL."""


class Steps:
    """Kills a worker at one of the steps of its run.

    :ivar left: steps until then
    :ivar is_done: whether the last step is done before
    """

    def __init__(self, left, is_done):
        self.left = left
        self.is_done = is_done

    def watch(self, owner, name):
        """Count a method of the run's parts as a step."""
        original = getattr(owner, name)

        def step(*args, **kwargs):
            self.left -= 1
            if not self.left and not self.is_done:
                raise Killed
            result = original(*args, **kwargs)
            if not self.left:
                raise Killed
            return result

        return patch.object(owner, name, step)

    def end(self, original):
        """Return the end of a run, which a killed worker does not come to."""

        def end(run):
            if self.left > 0:
                return original(run)
            # What the sessions have begun ends before the test goes on
            run.sessions.cancel()
            run.sessions.take()
            run.sessions.close()
            return None

        return end


class SendingMachine(RuleBasedStateMachine):
    """Rules are what people, Mailjet and workers do; invariants what must not happen.

    :ivar test: the test case, whose database and stand-in it uses
    """

    test = None

    def __init__(self):
        super().__init__()
        test, self.stack = self.test, ExitStack()
        test.env.flush_all()
        test.env.cr.execute("SAVEPOINT model")
        self.stack.callback(self._roll_back)
        test.mailjet.faults.clear()
        test.mailjet.store.clear_messages()
        self.now = timedelta(0)
        self.others = 0
        self.stopped = {}  # address -> how many mails it had got when it was stopped
        self.by_day = Counter()
        self.counted = 0
        _mailing, queued = test.create_queued_mailing(*CONTACTS)
        notices = test.create_mails(2)
        for mail, addresses in zip(notices, NOTICES, strict=True):
            mail.email_to = ", ".join(addresses)
        self.ids = (queued + notices).ids
        self.addresses = {*CONTACTS, *NOTICES[0], *NOTICES[1]}

    def _roll_back(self):
        env = self.test.env
        env.cr.execute("ROLLBACK TO SAVEPOINT model")
        env.invalidate_all()
        env.transaction.clear()

    # ------------------------------------------------------------------
    # What may happen
    # ------------------------------------------------------------------

    @rule()
    def run(self):
        self._run()

    @rule(left=st.integers(1, 8), is_done=st.booleans())
    def run_and_die(self, left, is_done):
        self._run(Steps(left, is_done))

    @rule(fault=st.sampled_from(FAULTS), after=st.integers(0, 3))
    def mailjet_fails(self, fault, after):
        self.test.mailjet.faults.add(*fault, after=after)

    @rule()
    def recover(self):
        self._recover()

    @rule(minutes=st.sampled_from([5, 20, 70, 300]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(number=st.integers(0, 9))
    def cancel(self, number):
        mails = self._mails()
        mail = mails[number % len(mails)] if mails else mails
        if mail.state in ("outgoing", "exception", IN_FLIGHT):
            mail.cancel()
            if mail.state == "cancel":
                self._stop(self._addresses(mail))

    @rule(address=st.sampled_from(CONTACTS))
    def opt_out(self, address):
        self.test.env["mail.blacklist"]._add(address)
        if not self._is_in_flight(address):
            self._stop([address])

    @rule()
    def pause(self):
        reason = Words("Somebody pauses it.")
        with self._clock():
            self.test.server._mailjet_pause_for(timedelta(hours=1), reason=reason)

    @rule()
    def resume(self):
        with self._clock():
            self.test.server.action_mailjet_resume()

    @rule()
    def retry(self):
        self._mails().filtered(lambda mail: mail.state == "exception").mark_outgoing()

    @rule()
    def limit(self):
        self.test.server.mailjet_daily_limit = LIMIT

    # ------------------------------------------------------------------
    # What must be true
    # ------------------------------------------------------------------

    @invariant()
    def nobody_gets_it_twice(self):
        assert set(self._taken().values()) <= {1}, self._taken()

    @invariant()
    def who_was_stopped_gets_nothing_more(self):
        taken = self._taken()
        late = [one for one, count in self.stopped.items() if taken[one] > count]
        assert not late, f"{late} got mail after having been stopped"

    @invariant()
    def each_mail_in_flight_has_its_claim(self):
        lost = self._mails().filtered(
            lambda mail: mail.state == IN_FLIGHT and not mail.mailjet_claim
        )
        assert not lost, f"{lost} are in flight, and nobody knows since when"

    def teardown(self):
        try:
            self._come_to_an_end()
        finally:
            self.stack.close()

    def _come_to_an_end(self):
        """Let everything work again: then each recipient has a fate within days."""
        self.test.mailjet.faults.clear()
        for _day in range(12):
            self.now += timedelta(days=1)
            self._run()
            self._recover()
            self.nobody_gets_it_twice()
            self.who_was_stopped_gets_nothing_more()
            if not self._mails().filtered(lambda mail: mail.state in UNDER_WAY):
                break
        mails = self._mails()
        states = {mail.id: mail.state for mail in mails}
        assert not set(states.values()) & set(UNDER_WAY), states
        taken = self._taken()
        failed = {
            address
            for mail in mails
            if mail.state in ("exception", "cancel")
            for address in self._addresses(mail)
        }
        forgotten = self.addresses - set(taken) - failed - set(self.stopped)
        assert not forgotten, f"{forgotten} were forgotten"
        assert not failed & set(taken), f"{failed & set(taken)} have got it after all"

    # ------------------------------------------------------------------
    # How it happens
    # ------------------------------------------------------------------

    def _mails(self):
        self.test.env.invalidate_all()
        domain = [("id", ">=", min(self.ids))]
        return self.test.env["mail.mail"].search(domain, order="id")

    def _addresses(self, mail):
        return mail._mailjet_addresses(self.test.env["res.partner"])

    def _is_in_flight(self, address):
        return any(
            mail.state == IN_FLIGHT and address in self._addresses(mail)
            for mail in self._mails()
        )

    def _stop(self, addresses):
        taken = self._taken()
        for address in addresses:
            self.stopped.setdefault(address, taken[address])

    def _taken(self):
        taken = self.test.mailjet.store.taken()
        return Counter({a: n for a, n in taken.items() if a in self.addresses})

    @contextmanager
    def _clock(self):
        with self.test.at(seconds=self.now.total_seconds()):
            yield

    def _run(self, steps=None):
        """Send what may go now, in a worker that may be killed."""
        test = self.test
        paused = test.server._is_mailjet_paused
        before = self._taken().total()
        with ExitStack() as stack:
            stack.enter_context(self._clock())
            stack.enter_context(patch.object(Claims, "take", self._take))
            if steps:
                for owner, name in (
                    (Claims, "take"),
                    (Claims, "note"),
                    (Sessions, "put"),
                    (Sessions, "take"),
                    (type(test.env["mail.mail"]), "_mailjet_keep"),
                ):
                    stack.enter_context(steps.watch(owner, name))
                end = steps.end(Run._end)
                stack.enter_context(patch.object(Run, "_end", end))
            stack.enter_context(test.enter_registry_test_mode())
            cr = stack.enter_context(test.registry.cursor())
            mails = test.env(cr=cr)["mail.mail"].search(
                [
                    ("id", ">=", min(self.ids)),
                    ("state", "=", "outgoing"),
                    "|",
                    ("scheduled_date", "=", False),
                    ("scheduled_date", "<=", fields.Datetime.now()),
                ]
            )
            was_paused = paused()
            try:
                mails.send(auto_commit=True)
            except Killed:
                cr.rollback()
        test.env.invalidate_all()
        sent = self._taken().total() - before
        assert not (was_paused and sent), "Mail was sent during a pause"
        self._count(sent)

    def _count(self, sent):
        """Hold what was sent against the limit of the day."""
        day = (fields.Datetime.now() + self.now).date()
        self.by_day[day] += sent
        if sent and self.test.server.mailjet_daily_limit:
            assert self.by_day[day] <= max(LIMIT, self.by_day[day] - sent)

    _original_take = Claims.take

    @staticmethod
    def _take(claims, *args, **kwargs):
        """Claim at the time of the model; PostgreSQL's own clock goes on."""
        result = SendingMachine._original_take(claims, *args, **kwargs)
        claims._cr.execute(
            "UPDATE mail_mail SET mailjet_claimed_on = %s WHERE mailjet_claim = %s",
            [fields.Datetime.now(), claims.token],
        )
        claims._cr.commit()
        return result

    def _recover(self):
        """Ask Mailjet an hour later, when it has taken other mail as well."""
        for minutes in (20, 20, 30):
            self.now += timedelta(minutes=minutes)
            self.test.other_mail_arrives(seconds=self.now.total_seconds())
            self.test.recover(seconds=self.now.total_seconds())


@tagged("post_install", "-at_install")
class TestSendingModel(MailRecoveryCommon):
    def test_in_any_order(self):
        machine = type("Machine", (SendingMachine,), {"test": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=12,
                stateful_step_count=12,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
