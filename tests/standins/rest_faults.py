"""Which REST requests fail, and how."""

import random
import threading
import uuid
from dataclasses import dataclass
from typing import Any

from .rest_answers import LOGIN_WANTED, Answer, html

FAULTS = (
    "unauthorized",  # 401 with an empty body
    "rate_limited",  # 429 as HTML
    "error",  # a 5xx with ErrorIdentifier; option status
    "timeout",  # no answer at all
    "garbage",  # 200 with a body that is not JSON; option body
    "slow",  # the right answer after some seconds; option seconds
    "trickle",  # an answer that hardly ends; options seconds, size, status, location
    "closed",  # the connection is closed before anything is done
    "lost",  # the request is carried out, but the connection closed before the answer
    "redirect",  # to another host; options status and location
    "oversize",  # a huge answer; option size
    "cut",  # the connection is closed within the request; option size, read before
    "torn",  # carried out, but the connection is closed within the answer
    "hang_up_after",  # carried out and answered, then the connection is closed
    "drip",  # carried out and answered byte by byte; options seconds, size
    "jumbled",  # carried out, but answered with garbage; options body, status
)


@dataclass
class Fault:
    kind: str
    path: str
    method: str | None
    times: int | None
    chance: float
    options: dict[str, Any]


class Faults:
    """The faults to come, used up in the order they were added."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._random = random.Random(seed)

    def seed(self, seed: int) -> None:
        """Seed the random choice behind `chance`: same seed, same faults."""
        with self._lock:
            self._random.seed(seed)

    def add(
        self,
        kind: str,
        *,
        path: str = "",
        method: str | None = None,
        times: int | None = 1,
        chance: float = 1.0,
        **options: Any,
    ) -> None:
        """Make the next requests fail in one of the ways of `FAULTS`.

        `path` is the beginning of what follows /v3/REST/, as in 'sender', or 'send' for
        the Send API; `times` is how many requests it hits, None for all, and `chance`
        the probability that such a request is hit. Any fault with an answer takes
        `retry_after`.
        """
        if kind not in FAULTS:
            raise ValueError(f"{kind} is none of {FAULTS}")
        with self._lock:
            self._faults.append(Fault(kind, path, method, times, chance, options))

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if there is one; counts it as used."""
        resource = path.removeprefix("/v3/REST/").removeprefix("/v3.1/")
        with self._lock:
            for fault in self._faults:
                if fault.method not in (None, method) or not resource.startswith(
                    fault.path
                ):
                    continue
                if fault.chance < 1 and self._random.random() >= fault.chance:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault
        return None


def faulty_answer(fault: Fault) -> Answer:
    """The answer of a fault that has one."""
    options = fault.options
    headers = []
    if "retry_after" in options:
        headers.append(("Retry-After", str(options["retry_after"])))
    if fault.kind == "unauthorized":
        headers.append(LOGIN_WANTED)
        return Answer(401, headers=tuple(headers), content_type="text/html")
    if fault.kind == "rate_limited":
        page = html(429, "429 Too Many Requests")
        return Answer(429, page.body, tuple(headers), page.content_type)
    if fault.kind == "redirect":
        location = options.get("location", "http://elsewhere.invalid/v3/REST/user")
        headers.append(("Location", location))
        return Answer(options.get("status", 302), headers=tuple(headers))
    if fault.kind == "oversize":
        return Answer(200, b" " * options.get("size", 64 * 1024 * 1024))
    if fault.kind in ("garbage", "jumbled"):
        garbage = options.get("body", b"<html>not JSON</html>")
        if isinstance(garbage, str):  # from another process
            garbage = garbage.encode()
        return Answer(options.get("status", 200), garbage, tuple(headers))
    status = options.get("status", 500)
    headers.append(("X-Mj-Request-Guid", str(uuid.uuid4())))
    body = {
        "ErrorIdentifier": str(uuid.uuid4()),
        "StatusCode": status,
        "ErrorMessage": "Internal error",
    }
    return Answer(status, body, tuple(headers))
