"""Which commands the stand-in relay refuses, and where it hangs up."""

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

# CONTENT is the end of a message, by the final dot or by BDAT LAST
VERBS = ("AUTH", "MAIL", "RCPT", "DATA", "CONTENT", "RSET")
# CONNECT is the greeting, BODY the middle of a message, BDAT any chunk but the last
STAGES = ("CONNECT", "EHLO", "STARTTLS", *VERBS, "BODY", "BDAT")
# Close the connection in place of an answer
HANG_UP = "hang up"
# Do and answer as usual, then close the connection
HANG_UP_AFTER = "hang up after"
# CONTENT only: take the mail, then close the connection without an answer
LOSE_ANSWER = "lose answer"
_ACTIONS = (HANG_UP, HANG_UP_AFTER, LOSE_ANSWER)


def check_reply(action: str) -> None:
    """Raise `ValueError` unless it is a reply of one line."""
    if not re.fullmatch(r"[2-5]\d\d[ -][^\r\n]*", action):
        raise ValueError(f"{action!r} is no reply of SMTP")


@dataclass
class _Fault:
    verb: str
    action: str
    times: int | None
    after: int
    address: str
    position: int | None
    from_position: int | None
    chance: float

    def concerns(self, verb: str, recipients: Sequence[str]) -> bool:
        """Whether it applies to this command; the last recipient is the newest."""
        if self.verb != verb:
            return False
        if self.address:
            asked = recipients[-1:] if verb == "RCPT" else recipients
            if self.address not in (address.lower() for address in asked):
                return False
        if self.position is not None and len(recipients) != self.position:
            return False
        return self.from_position is None or len(recipients) >= self.from_position


class SmtpFaults:
    """The faults to come, used up in the order they were added."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._random = random.Random(seed)

    def seed(self, seed: int) -> None:
        """Seed the random choice behind `chance`: same seed, same faults."""
        with self._lock:
            self._random.seed(seed)

    def add(
        self,
        verb: str,
        action: str,
        *,
        times: int | None = 1,
        after: int = 0,
        address: str = "",
        position: int | None = None,
        from_position: int | None = None,
        chance: float = 1.0,
    ) -> None:
        """Answer a command with another reply, or hang up.

        `verb` is one of `STAGES`; `action` is the reply, `HANG_UP`, `HANG_UP_AFTER` or
        `LOSE_ANSWER`. A reply of 421 closes the connection, as RFC 5321 section 3.8 has
        it. `times` is how many commands it hits, None for all; the first `after`
        pass. `address` limits it to one recipient: to that RCPT, or to messages that
        name it. `position` and `from_position` limit it to the RCPT at that place of a
        message, or from that place on, counted from 1 and including refused ones.
        `chance` is the probability that a command fails, see `seed`. Raises
        `ValueError` for a combination that makes no sense.
        """
        if verb not in STAGES:
            raise ValueError(f"{verb} is none of {STAGES}")
        if action not in _ACTIONS:
            check_reply(action)
        if action == LOSE_ANSWER and verb != "CONTENT":
            raise ValueError("Only CONTENT has an answer to lose")
        if verb == "BODY" and action != HANG_UP:
            raise ValueError("Nothing is answered in the middle of a message")
        if (position, from_position) != (None, None) and verb != "RCPT":
            raise ValueError("Only RCPT has positions")
        fault = _Fault(
            verb, action, times, after, address.lower(), position, from_position, chance
        )
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, verb: str, recipients: Sequence[str] = ()) -> str | None:
        """The action for this command, None for none; counts it as used.

        `recipients` are all that the client has named for this message so far.
        """
        if not self._faults:
            return None  # saves taking the lock for every command
        with self._lock:
            for fault in self._faults:
                if not fault.concerns(verb, recipients):
                    continue
                if fault.after:
                    fault.after -= 1
                    return None
                if fault.chance < 1 and self._random.random() >= fault.chance:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault.action
        return None
