"""Mailjet's events, posted to whoever has registered: what became of each mail.

https://dev.mailjet.com/email/guides/webhooks/
"""

import base64
import json
import threading
import time
import uuid
from collections import deque
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from .fates import fate_of
from .rows import Row
from .store import Account, Message, Store

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_CAMPAIGN_ID = 7653742672


def events_of(message: Message, contact_ids: dict[str, int]) -> list[Row]:
    """All events of a mail, in the order in which they happen.

    `contact_ids` has Mailjet's id of each address.
    """
    head = message.parsed()
    campaign = str(head["X-Mailjet-Campaign"] or "")
    events = []
    for message_id, address in zip(message.message_ids, message.rcpt_tos, strict=True):
        fate = fate_of(address)
        begin = int(message.received_at.timestamp())
        common = {
            "MessageID": message_id,
            "Message_GUID": str(uuid.uuid5(uuid.NAMESPACE_URL, str(message_id))),
            "email": address,
            "mj_campaign_id": _CAMPAIGN_ID if campaign else 0,
            "mj_contact_id": contact_ids.get(address.lower(), 0),
            "customcampaign": campaign,
            "CustomID": str(head["X-MJ-CustomID"] or ""),
            "Payload": str(head["X-MJ-EventPayload"] or ""),
        }
        for number, name in enumerate(filter(None, [fate.event, *fate.later])):
            event = {"event": name, "time": begin + 60 * number, **common}
            event.update(_details(name, fate, message_id))
            events.append(event)
    return events


def _details(name: str, fate: Any, message_id: int) -> Row:
    """The fields that only events of one type have."""
    seen = {"ip": "192.0.2.10", "geo": "FR", "agent": PERSON}
    failed = {"error_related_to": fate.related_to, "error": fate.error}
    return {
        "sent": {
            "mj_message_id": str(message_id),
            "smtp_reply": "sent (250 2.0.0 OK)",
        },
        "open": seen,
        "click": {**seen, "url": "https://www.example.com/offer"},
        "bounce": {
            "blocked": fate.is_permanent,
            "hard_bounce": fate.is_permanent,
            "comment": fate.comment,
            **failed,
        },
        "blocked": failed,
        "spam": {"source": "JMRPP"},
        "unsub": {"mj_list_id": 0, **seen},
    }[name]


class EventPoster:
    """Posts the events of each mail to the addresses registered in the store.

    Groups what came up within `group_seconds`, as Version 2 asks for. A post that is
    not answered with 200 is tried again every `retry_seconds`, and after
    `give_up_seconds` the address is dead. Use it as a context manager.
    """

    def __init__(
        self,
        store: Store,
        *,
        group_seconds: float = 1.0,
        retry_seconds: float = 30.0,
        give_up_seconds: float = 24 * 3600.0,
    ) -> None:
        self.store = store
        self.group_seconds = group_seconds
        self.retry_seconds = retry_seconds
        self.give_up_seconds = give_up_seconds
        self.posted: list[tuple[str, int, int]] = []  # event types, events, status
        self._queue: deque[tuple[Account, Row]] = deque()
        self._failing: dict[str, float] = {}
        self._waiting: list[tuple[float, Account, Row, list[Row]]] = []
        self._stopped = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False
        self._thread = threading.Thread(
            target=self._run, name="standin-events", daemon=True
        )
        store.subscribe(self._note)

    def __enter__(self) -> "EventPoster":
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._session.close()

    def _note(self, message: Message) -> None:
        account = self.store.account(message.api_key)
        with self.store.lock:
            ids = {row["Email"].lower(): row["ID"] for row in account.contacts}
        self._queue.extend((account, event) for event in events_of(message, ids))

    def _run(self) -> None:
        while not self._stopped.wait(self.group_seconds):
            self.post_all()

    def post_all(self) -> None:
        """Post all that has come up, and what is due once more."""
        groups: dict[int, tuple[Account, Row, list[Row]]] = {}
        while self._queue:
            account, event = self._queue.popleft()
            callback = self._callback(account, event["event"])
            if callback is None:
                continue
            if callback["Version"] != 2:
                self._post(account, callback, [event])
                continue
            key = hash(callback["Url"])
            groups.setdefault(key, (account, callback, []))[2].append(event)
        now = time.monotonic()
        due = [one for one in self._waiting if one[0] <= now]
        self._waiting = [one for one in self._waiting if one[0] > now]
        for account, callback, events in groups.values():
            self._post(account, callback, events)
        for _at, account, callback, events in due:
            self._post(account, callback, events)

    def _callback(self, account: Account, event: str) -> Row | None:
        with self.store.lock:
            for row in account.callbacks:
                if row["EventType"] == event and not row["IsBackup"]:
                    return row if row["Status"] == "alive" else None
        return None

    def _post(self, account: Account, callback: Row, events: list[Row]) -> None:
        status = self._status_of(callback["Url"], events, callback["Version"] == 2)
        types = ",".join(sorted({event["event"] for event in events}))
        self.posted.append((types, len(events), status))
        url = callback["Url"]
        if status == 200:
            self._failing.pop(url, None)
            return
        now = time.monotonic()
        since = self._failing.setdefault(url, now)
        if now - since >= self.give_up_seconds:
            with self.store.lock:
                for row in account.callbacks:
                    if row["Url"] == url:
                        row["Status"] = "dead"
            return
        self._waiting.append((now + self.retry_seconds, account, callback, events))

    def _status_of(self, url: str, events: list[Row], is_grouped: bool) -> int:
        """Post, with the login of the URL as a header; 0 for no answer."""
        parts = urlsplit(url)
        login, _, host = parts.netloc.rpartition("@")
        headers = {"Content-Type": "application/json"}
        if login:
            pair = requests.utils.unquote(login).encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        bare = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
        body = json.dumps(events if is_grouped else events[0])
        try:
            answer = self._session.post(
                bare, data=body, headers=headers, timeout=10, allow_redirects=False
            )
        except requests.RequestException:
            return 0
        return answer.status_code
