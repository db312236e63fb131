"""Many requests, few calls; the clock goes on when the test says so."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from mail_mailjet.tools.debounce import Debounced


class Time:
    """A clock, and the timers that were started on it."""

    def __init__(self):
        self.now = 0.0
        self.timers = []

    def clock(self):
        return self.now

    def timer(self, seconds, function, args):
        return _Timer(self, self.now + seconds, lambda: function(*args))

    def go_to(self, moment):
        self.now = moment
        due = [one for one in self.timers if one.moment <= moment]
        self.timers = [one for one in self.timers if one.moment > moment]
        for one in due:
            one.call()


class _Timer:
    def __init__(self, time, moment, call):
        self.time, self.moment, self.call = time, moment, call
        self.daemon = False

    def start(self):
        assert self.daemon, "nobody waits for it at the end"
        self.time.timers.append(self)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def debounced(time):
    return Debounced(10, clock=time.clock, timer=time.timer)


@pytest.fixture
def called():
    return []


def test_the_first_comes_at_once_and_the_others_once_at_the_end(
    debounced, time, called
):
    for number in range(5):
        debounced.request(lambda number=number: called.append((number, time.now)))
        time.now += 1
    assert called == [(0, 0)]
    [timer] = time.timers
    assert timer.moment == 10
    time.go_to(10)
    assert called == [(0, 0), (1, 10)]
    assert not time.timers


def test_after_a_late_call_it_is_a_while_again(debounced, time, called):
    debounced.request(lambda: called.append("first"))
    debounced.request(lambda: called.append("late"))
    time.go_to(10)
    time.go_to(19)
    debounced.request(lambda: called.append("later"))
    assert called == ["first", "late"]
    time.go_to(20)
    assert called == ["first", "late", "later"]


def test_after_a_while_the_next_comes_at_once(debounced, time, called):
    debounced.request(lambda: called.append(1))
    time.go_to(10)
    debounced.request(lambda: called.append(2))
    assert called == [1, 2] and not time.timers


def test_a_request_out_of_a_call_is_not_lost(debounced, time, called):
    def again():
        called.append(time.now)
        if len(called) < 3:
            debounced.request(again)

    debounced.request(again)
    for moment in (10, 20, 30):
        time.go_to(moment)
    assert called == [0, 10, 20]


def test_a_failure_is_the_callers_and_stops_nothing(debounced, time, called):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        debounced.request(fail)
    debounced.request(fail)
    with pytest.raises(ValueError, match="no"):
        time.go_to(10)
    time.go_to(20)
    debounced.request(lambda: called.append("after"))
    assert called == ["after"]


def test_many_threads_make_one_call_and_one_timer(debounced, time, called):
    start = threading.Barrier(8)

    def work():
        start.wait()
        for _ in range(100):
            debounced.request(lambda: called.append(time.now))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()
    assert called == [0] and len(time.timers) == 1
    time.go_to(10)
    assert called == [0, 10]


def test_with_real_time():
    debounced, called, done = Debounced(0.01), [], threading.Event()
    debounced.request(lambda: called.append(threading.current_thread()))
    debounced.request(lambda: (called.append(threading.current_thread()), done.set()))
    assert done.wait(10)
    assert called[0] is threading.current_thread()
