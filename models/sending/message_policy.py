import email.policy
import threading
from contextlib import contextmanager

# One at a time: the policy is a global of Python's
_lock = threading.Lock()


@contextmanager
def message_policy(policy):
    """Have core build messages with this policy, which writes the same bytes.

    Core's `_build_email__` takes `email.policy.SMTP`, and offers no other way.
    """
    with _lock:
        core, email.policy.SMTP = email.policy.SMTP, policy
        try:
            yield
        finally:
            email.policy.SMTP = core
