import email.policy
import threading
from contextlib import contextmanager
from types import ModuleType

_thread = threading.local()


class _PolicyModule(ModuleType):
    """`email.policy`, in which a thread may have an `SMTP` of its own."""

    @property
    def SMTP(self):
        return getattr(_thread, "policy", None) or vars(self)["SMTP"]

    @SMTP.setter
    def SMTP(self, policy):
        vars(self)["SMTP"] = policy


# https://docs.python.org/3/reference/datamodel.html#customizing-module-attribute-access
email.policy.__class__ = _PolicyModule


@contextmanager
def message_policy(policy):
    """Have core build this thread's messages with this policy.

    Core's `_build_email__` reads `email.policy.SMTP`, and offers no other way. Other
    threads keep theirs, whatever server they build mail for.
    """
    before = getattr(_thread, "policy", None)
    _thread.policy = policy
    try:
        yield
    finally:
        _thread.policy = before
