"""Do something soon after each of many requests for it, but not for each of them."""

import threading
import time


class Debounced:
    """Calls a function at once, and then at most once in a while.

    A request within that while is not lost: the call is made at its end, by a thread.

    :param float seconds: the least time between two calls
    :param clock: stands in for time.monotonic
    :param timer: stands in for threading.Timer
    """

    def __init__(self, seconds, *, clock=time.monotonic, timer=threading.Timer):
        self._seconds = seconds
        self._clock = clock
        self._new_timer = timer
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._timer = None

    def request(self, function):
        """Have the function called, now or soon, if it is not about to be anyway."""
        with self._lock:
            if self._timer:
                return
            wait = self._last + self._seconds - self._clock()
            if wait > 0:
                self._timer = self._new_timer(wait, self._call, [function])
                self._timer.daemon = True
                self._timer.start()
                return
            self._last = self._clock()
        function()

    def _call(self, function):
        with self._lock:
            self._timer = None
            self._last = self._clock()
        function()
