"""Steer the stand-in from another process, as a test steers its objects.

`Control` answers under /standin, beside the REST API; `ControlClient` calls it. There
is no login: the stand-in listens on loopback.
"""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .smtp import SmtpStandin
from .store import Store

if TYPE_CHECKING:
    from .rest import RestStandin

Values = Mapping[str, Any]


class Control:
    """What other processes may call: the paths are the names of its methods."""

    def __init__(self, store: Store, relay: SmtpStandin) -> None:
        self._store = store
        self._relay = relay
        self._rest: RestStandin | None = None
        self._lock = threading.Lock()

    def steer(self, rest: "RestStandin") -> None:
        """Steer this API, too."""
        self._rest = rest

    def answer(self, name: str, values: Values) -> Any:
        """Call the method of that name; raises `KeyError` for an unknown name.

        Raises `TypeError` or `ValueError` for values that it does not accept.
        """
        with self._lock:
            return _METHODS[name](self, **values)

    def taken(self) -> dict[str, int]:
        """How many mails were taken for each address."""
        return self._store.taken()

    def delivered(self) -> dict[str, int]:
        """The same without duplicates in a campaign, which Mailjet blocks."""
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
        """End all SMTP faults, and seed the random ones if there is a seed."""
        self._relay.faults.clear()
        if seed is not None:
            self._relay.faults.seed(seed)

    def rest_fault(self, kind: str, **options: Any) -> None:
        """Add a fault of REST or, with the path "send", of the Send API."""
        self._rest.faults.add(kind, **options)

    def clear_rest_faults(self, seed: int | None = None) -> None:
        """End all faults of REST, and seed the random ones if there is a seed."""
        self._rest.faults.clear()
        if seed is not None:
            self._rest.faults.seed(seed)

    def add_sender(self, api_key: str, address: str) -> None:
        """Add an active sender: an address, or *@domain."""
        self._store.add_sender(api_key, address)

    def rest(
        self,
        lag: float | None = None,
        clock_offset: float | None = None,
        deduplicates: bool | None = None,
        delay: float | None = None,
    ) -> None:
        """Set any of these; None leaves one as it is.

        :param lag: seconds after which REST shows a mail
        :param clock_offset: seconds by which REST's clock is ahead
        :param delay: seconds that each of REST's answers takes
        """
        if delay is not None:
            self._rest.delay = delay
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
        Control.rest_fault,
        Control.clear_rest_faults,
        Control.add_sender,
        Control.set_active,
        Control.connections,
    )
}


class ControlClient:
    """Calls `Control` in another process; `url` is that of its REST stand-in."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/standin"
        # No proxy: the stand-in is on loopback
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, name: str, **values: Any) -> Any:
        """Call a method of `Control`; raises `HTTPError` for what it refuses."""
        request = urllib.request.Request(
            f"{self._url}/{name}", json.dumps(values).encode(), method="POST"
        )
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def taken(self) -> Counter[str]:
        """How many mails were taken for each address."""
        return Counter(self.call("taken"))

    def delivered(self) -> Counter[str]:
        """The same without duplicates in a campaign, which Mailjet blocks."""
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
        """End all SMTP faults, and seed the random ones if there is a seed."""
        self.call("clear_faults", seed=seed)

    def rest_fault(self, kind: str, **options: Any) -> None:
        """Add a fault of REST (see `Faults.add`); path "send" is the Send API."""
        self.call("rest_fault", kind=kind, **options)

    def clear_rest_faults(self, seed: int | None = None) -> None:
        """End all faults of REST, and seed the random ones if there is a seed."""
        self.call("clear_rest_faults", seed=seed)

    def add_sender(self, api_key: str, address: str) -> None:
        """Add an active sender: an address, or *@domain."""
        self.call("add_sender", api_key=api_key, address=address)

    def rest(self, **values: Any) -> None:
        """Set `lag`, `clock_offset`, `deduplicates` or `delay`."""
        self.call("rest", **values)

    def set_active(self, api_key: str, active: bool) -> None:
        """Switch a key off, or on again."""
        self.call("set_active", api_key=api_key, active=active)

    def connections(self) -> int:
        """How many SMTP connections there were."""
        return self.call("connections")
