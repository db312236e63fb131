"""Mailjet's events, posted to the registered addresses.

https://dev.mailjet.com/email/guides/webhooks/
"""

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

import requests

from .message import Message
from .message_events import events_of
from .rows import Row
from .store import Account, Store


@dataclass(frozen=True)
class _Post:
    """One request to be made, now or again at `due` on the clock."""

    account: Account
    callback: Row
    events: list[Row]
    due: float = 0.0


class EventPoster:
    """Posts the events of each email to the URLs registered in the store.

    Version 2 groups the events of `group_seconds`. A post not answered with 200 is
    retried every `retry_seconds`. `give_up_seconds` after the first failure the URL is
    dead: events waiting for it are lost, and new ones go to the backup URL, if there is
    one. Use it as a context manager, or call `post_all` yourself. `clock` replaces
    time.monotonic.
    """

    def __init__(
        self,
        store: Store,
        *,
        group_seconds: float = 1.0,
        retry_seconds: float = 30.0,
        give_up_seconds: float = 24 * 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.group_seconds = group_seconds
        self.retry_seconds = retry_seconds
        self.give_up_seconds = give_up_seconds
        self.posted: list[tuple[str, int, int]] = []  # event types, events, status
        self._clock = clock
        self._queue: deque[Message] = deque()
        self._failing: dict[str, float] = {}  # since when, by URL
        self._waiting: list[_Post] = []
        self._stopped = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False
        self._thread = threading.Thread(
            target=self._run, name="standin-events", daemon=True
        )
        store.subscribe(self._queue.append)

    def __enter__(self) -> "EventPoster":
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._session.close()

    def _run(self) -> None:
        while not self._stopped.wait(self.group_seconds):
            self.post_all()

    def post_all(self) -> None:
        """Post all new events, and retry the posts that are due."""
        now = self._clock()
        due = [post for post in self._waiting if post.due <= now]
        self._waiting = [post for post in self._waiting if post.due > now]
        for post in [*self._new_posts(), *due]:
            if self._is_registered(post):
                self._post(post)

    def _new_posts(self) -> list[_Post]:
        """Posts for the new events, grouped by address where Version 2 asks for it."""
        posts: list[_Post] = []
        groups: dict[tuple[str, str], _Post] = {}
        for account, event in self._new_events():
            callback = self._callback(account, event["event"])
            if callback is None:
                continue
            key = account.api_key, callback["Url"]
            if callback["Version"] == 2 and key in groups:
                groups[key].events.append(event)
                continue
            posts.append(_Post(account, callback, [event]))
            if callback["Version"] == 2:
                groups[key] = posts[-1]
        return posts

    def _new_events(self) -> Iterator[tuple[Account, Row]]:
        while self._queue:
            message = self._queue.popleft()
            account = self.store.account(message.api_key)
            if account.callbacks:  # else the mail need not be parsed
                ids = account.statistics.contact_ids(message.rcpt_tos)
                yield from ((account, event) for event in events_of(message, ids))

    def _callback(self, account: Account, event: str) -> Row | None:
        """Where events of a type go; the backup address takes over from a dead one."""
        with self.store.lock:
            alive = [
                row
                for row in account.callbacks
                if row["EventType"] == event and row["Status"] == "alive"
            ]
        return min(alive, key=lambda row: row["IsBackup"], default=None)

    def _is_registered(self, post: _Post) -> bool:
        with self.store.lock:
            return post.callback["Status"] == "alive" and any(
                row is post.callback for row in post.account.callbacks
            )

    def _post(self, post: _Post) -> None:
        url = post.callback["Url"]
        status = self._status_of(url, post.events, post.callback["Version"] == 2)
        types = ",".join(sorted({event["event"] for event in post.events}))
        self.posted.append((types, len(post.events), status))
        if status == 200:
            self._failing.pop(url, None)
            return
        now = self._clock()
        since = self._failing.setdefault(url, now)
        if now - since < self.give_up_seconds:
            self._waiting.append(replace(post, due=now + self.retry_seconds))
            return
        del self._failing[url]
        with self.store.lock:
            for row in post.account.callbacks:
                if row["Url"] == url:
                    row["Status"] = "dead"
        # Now, because a new URL reactivates the row
        self._waiting = [one for one in self._waiting if self._is_registered(one)]

    def _status_of(self, url: str, events: list[Row], is_grouped: bool) -> int:
        """Post, with the URL's login as a header; return the status, or 0."""
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
