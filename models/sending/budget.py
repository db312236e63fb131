import resource
import time

# Odoo ends a worker whose jobs take longer than limit_time_real_cron, 120 s by default
RUN_SECONDS = 45


class Budget:
    """How long a worker may begin to send mails: the rest is left to the next run.

    :param float seconds: from now on
    """

    def __init__(self, seconds=RUN_SECONDS):
        self._ends_at = time.monotonic() + seconds
        self._cpu_at = time.process_time()

    def seconds_left(self):
        """Return the seconds that are left, 0 if the time is over."""
        return max(self._ends_at - time.monotonic(), 0)

    def share(self, number):
        """Return a budget with one of so many equal parts of what is left."""
        return Budget(self.seconds_left() / number)

    def is_over(self):
        """Whether the time is over, or half of the CPU time that was left is used."""
        if not self.seconds_left():
            return True
        soft, _hard = resource.getrlimit(resource.RLIMIT_CPU)
        if soft == resource.RLIM_INFINITY:
            return False
        used = time.process_time() - self._cpu_at
        return used > (soft - self._cpu_at) / 2
