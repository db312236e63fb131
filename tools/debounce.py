"""Do something soon after each of many requests for it, but not for each of them."""

import threading
import time


class Debounced:
    """Calls a function at once, and then at most once in a while.

    A request within that while is not lost: the call is made at its end, by a thread.

    :param float seconds: the least time between two calls
    """

    def __init__(self, seconds):
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._timer = None

    def request(self, function):
        """Have the function called, now or soon, if it is not about to be anyway."""
        with self._lock:
            if self._timer:
                return
            wait = self._last + self._seconds - time.monotonic()
            if wait > 0:
                self._timer = threading.Timer(wait, self._call, [function])
                self._timer.daemon = True
                self._timer.start()
                return
            self._last = time.monotonic()
        function()

    def _call(self, function):
        with self._lock:
            self._timer = None
            self._last = time.monotonic()
        function()
