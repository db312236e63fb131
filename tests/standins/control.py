"""Steer the stand-in from another process: what a test would do with its objects.

`Control` answers, beside the REST API, below /standin; `ControlClient` asks it. Both
live on loopback and ask for no login.
"""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from .smtp import SmtpStandin
from .store import Store

Values = Mapping[str, Any]


class Control:
    """What may be asked: the paths are the names of its public methods."""

    def __init__(self, store: Store, relay: SmtpStandin) -> None:
        self._store = store
        self._relay = relay
        self._lock = threading.Lock()

    def answer(self, name: str, values: Values) -> Any:
        """Call the method of that name; raises `KeyError` if there is no such one.

        What does not suit the method raises `TypeError` or `ValueError`.
        """
        with self._lock:
            return _METHODS[name](self, **values)

    def taken(self) -> dict[str, int]:
        """How many mails were taken for each address."""
        return self._store.taken()

    def delivered(self) -> dict[str, int]:
        """The same without duplicates in a campaign, which Mailjet keeps back."""
        return self._store.delivered()

    def clear_messages(self) -> None:
        """Forget the mail that was taken."""
        self._store.clear_messages()

    def smtp(self, **options: Any) -> dict[str, Any]:
        """Set options of the relay; return all."""
        self._relay.options.change(**options)
        return asdict(self._relay.options)

    def fault(self, verb: str, action: str, **options: Any) -> None:
        """Add an SMTP fault, as `SmtpFaults.add` does."""
        self._relay.faults.add(verb, action, **options)

    def clear_faults(self, seed: int | None = None) -> None:
        """End all SMTP faults, and start the dice again if there is a seed."""
        self._relay.faults.clear()
        if seed is not None:
            self._relay.faults.seed(seed)

    def rest(
        self,
        lag: float | None = None,
        clock_offset: float | None = None,
        deduplicates: bool | None = None,
    ) -> None:
        """Set how late mail shows up, how far the clock is ahead, deduplication."""
        if lag is not None:
            for account in self._store.accounts:
                account.statistics.lag = lag
        if clock_offset is not None:
            self._store.clock = lambda: time.time() + clock_offset
        if deduplicates is not None:
            self._store.deduplicates = deduplicates

    def set_active(self, api_key: str, active: bool) -> None:
        """Switch a key off, or on again."""
        self._store.set_active(api_key, active)

    def connections(self) -> int:
        """How many SMTP connections there were."""
        return len(self._relay.connections)


_METHODS: dict[str, Callable[..., Any]] = {
    method.__name__: method
    for method in (
        Control.taken,
        Control.delivered,
        Control.clear_messages,
        Control.smtp,
        Control.fault,
        Control.clear_faults,
        Control.rest,
        Control.set_active,
        Control.connections,
    )
}


class ControlClient:
    """The same from another process; `url` is that of the REST stand-in."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/standin"
        # Whatever proxy the environment names, it is not for loopback
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, name: str, **values: Any) -> Any:
        """Call a method of `Control`; raises `HTTPError` 400 for what does not suit."""
        request = urllib.request.Request(
            f"{self._url}/{name}", json.dumps(values).encode(), method="POST"
        )
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def taken(self) -> Counter[str]:
        """How many mails were taken for each address."""
        return Counter(self.call("taken"))

    def delivered(self) -> Counter[str]:
        """The same without duplicates in a campaign, which Mailjet keeps back."""
        return Counter(self.call("delivered"))

    def clear_messages(self) -> None:
        """Forget the mail that was taken."""
        self.call("clear_messages")

    def smtp(self, **options: Any) -> dict[str, Any]:
        """Set options of the relay (see `SmtpOptions`); return all."""
        return self.call("smtp", **options)

    def fault(self, verb: str, action: str, **options: Any) -> None:
        """Add an SMTP fault (see `SmtpFaults.add`)."""
        self.call("fault", verb=verb, action=action, **options)

    def clear_faults(self, seed: int | None = None) -> None:
        """End all SMTP faults, and start the dice again if there is a seed."""
        self.call("clear_faults", seed=seed)

    def rest(self, **values: Any) -> None:
        """Set `lag`, `clock_offset` or `deduplicates`."""
        self.call("rest", **values)

    def set_active(self, api_key: str, active: bool) -> None:
        """Switch a key off, or on again."""
        self.call("set_active", api_key=api_key, active=active)

    def connections(self) -> int:
        """How many SMTP connections there were."""
        return self.call("connections")
