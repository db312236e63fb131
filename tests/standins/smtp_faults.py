"""What the stand-in relay refuses, and where it hangs up."""

import threading
from dataclasses import dataclass

VERBS = ("AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "RSET")
HANG_UP = "hang up"
# For CONTENT only: the mail is taken, and the client never learns of it
LOSE_ANSWER = "lose answer"


@dataclass
class _Fault:
    verb: str
    action: str
    times: int | None
    after: int


class SmtpFaults:
    """What goes wrong next: faults are used up in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []

    def add(
        self, verb: str, action: str, *, times: int | None = 1, after: int = 0
    ) -> None:
        """Answer a command with a reply of one's own, or not at all.

        `verb` is one of `VERBS`, CONTENT being the end of a message; `action` is the
        reply, `HANG_UP` or `LOSE_ANSWER`. A reply of 421 closes the connection, as RFC
        5321 section 3.8 has it. `times` is how often, None for always; the first
        `after` commands are let through.
        """
        if verb not in VERBS:
            raise ValueError(f"{verb} is none of {VERBS}")
        if action == LOSE_ANSWER and verb != "CONTENT":
            raise ValueError("Only CONTENT has an answer to lose")
        with self._lock:
            self._faults.append(_Fault(verb, action, times, after))

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, verb: str) -> str | None:
        """The action for this command, if there is one; counts it as used."""
        with self._lock:
            for fault in self._faults:
                if fault.verb != verb:
                    continue
                if fault.after:
                    fault.after -= 1
                    return None
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault.action
        return None
