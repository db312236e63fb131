import threading
import time

from mail_mailjet.tools.debounce import Debounced


def test_the_first_comes_at_once_and_the_last_is_not_lost():
    called = []
    debounced = Debounced(0.2)
    for number in range(5):
        debounced.request(lambda number=number: called.append(number))
    assert called == [0]
    time.sleep(0.4)
    assert called == [0, 1], "One call for all that came meanwhile, at its end"
    debounced.request(lambda: called.append("later"))
    assert called == [0, 1, "later"]


def test_from_many_threads():
    called = []
    debounced = Debounced(0.1)
    end = time.monotonic() + 0.5

    def work():
        while time.monotonic() < end:
            debounced.request(lambda: called.append(time.monotonic()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.2)
    gaps = [late - early for early, late in zip(called, called[1:], strict=False)]
    assert 3 <= len(called) <= 8
    assert min(gaps) > 0.05
