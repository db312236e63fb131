"""Summarize all events of one email to one recipient.

The summary depends neither on their order nor on repeats, so events may arrive late,
twice and in any order.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from .automatic_open import is_automatic
from .delivery_failure import Failure, Kind, explain_failure

# Odoo's states of a trace; a higher rank overrides a lower one. Only an open or a reply
# overrides a failure. "cancel" has no rank: nothing was sent.
RANKS = {
    "outgoing": 0,
    "process": 0,
    "pending": 1,
    "sent": 2,
    "error": 3,
    "bounce": 4,
    "open": 5,
    "reply": 6,
}

FAILED = ("error", "bounce")


@dataclass(frozen=True)
class EventFacts:
    """The facts of one event that a summary needs; `id` only identifies it."""

    id: int
    event: str
    date: datetime
    agent: str = ""
    is_hard: bool | None = None
    error_related_to: str = ""
    error: str = ""
    comment: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Summary:
    """What happened to the email. Dates are None for what did not happen.

    `failure_event` caused `failure`; `automatic_ids` and `automatic_dates` are those of
    opens and clicks by machines.
    """

    delivered: datetime | None = None
    opened: datetime | None = None
    clicked: datetime | None = None
    complained: datetime | None = None
    unsubscribed: datetime | None = None
    failure: Failure | None = None
    failure_event: EventFacts | None = None
    is_hard_bounce: bool = False
    automatic_ids: frozenset = frozenset()
    automatic_dates: frozenset = frozenset()

    @property
    def status(self):
        """Odoo's state of a trace; None if the events imply none."""
        if self.opened or self.clicked:
            return "open"
        if self.is_hard_bounce:
            return "bounce"
        # After a soft bounce Mailjet retries, and may deliver in the end
        if self.failure and not (self._has_arrived and self._is_lifted_by_delivery):
            return "error"
        return "sent" if self._has_arrived else None

    @property
    def _has_arrived(self):
        """Whether it was delivered: people who complain or unsubscribe received it."""
        return bool(self.delivered or self.complained or self.unsubscribed)

    @property
    def is_arrival_implied(self):
        """Whether only a complaint or an unsubscription tells that it was delivered."""
        return self.status == "sent" and not self.delivered

    @property
    def _is_lifted_by_delivery(self):
        is_bounce = self.failure_event.event == "bounce"
        return is_bounce or self.failure.kind is Kind.DUPLICATE

    @property
    def failure_kind(self):
        """How it failed: "hard", "soft" or "blocked"; None if it did not."""
        if self.status == "bounce":
            return "hard"
        if self.status != "error":
            return None
        return "blocked" if self.failure_event.event == "blocked" else "soft"

    @property
    def failure_type(self):
        """Odoo's failure type for the state.

        A bounce that is not the address's fault is none to Odoo, which counts them.
        """
        if not self.failure:
            return None
        is_bounce = self.failure_event.event == "bounce"
        if is_bounce and self.failure.kind in (Kind.HARD, Kind.SOFT):
            return "mail_bounce"
        return self.failure.failure_type


def next_status(current, derived, before, summary):
    """Return the next state of a trace, and what to remember for the next time.

    A state only moves up, unless events set it and later ones correct them: a soft
    bounce that was delivered after all, or an open within seconds of a delivery that
    was not known yet.

    :param str current: the trace's state
    :param derived, before: as returned the last time; None or False at first
    :param Summary summary: of all events so far
    :return: the state; the same again if events set it; the state without events
    """
    is_derived = bool(derived) and current == derived
    # The event of the failure was deleted as too old: the next one does not undo it
    is_failure_old = derived in FAILED and not summary.failure
    if is_derived and is_failure_old and summary.is_arrival_implied:
        return current, derived, before
    if current not in RANKS or not summary.status:
        return (current, derived, before) if is_derived else (current, None, None)
    known = before if is_derived else current
    status = max(known, summary.status, key=RANKS.__getitem__)
    if status == current and not is_derived:
        return status, None, None
    return status, status, known


def summarize(events, is_sent_again=False):
    """Return the `Summary` of all events of one mail to one recipient.

    :param events: `EventFacts`, in any order
    :param is_sent_again: a duplicate is one of this very mail, which has arrived
    """
    if is_sent_again:
        events = [
            replace(event, event="sent") if _is_duplicate(event) else event
            for event in events
        ]
    delivered = _earliest(events, "sent")
    automatic = [
        event
        for event in events
        if event.event in ("open", "click")
        and is_automatic(event.agent, event.date, delivered)
    ]
    automatic_ids = frozenset(event.id for event in automatic)
    seen = [event for event in events if event.id not in automatic_ids]
    clicks = [event.date for event in seen if event.event == "click"]
    opened = _earliest(seen, "open")
    failure, failed = worst_failure(events)
    return Summary(
        delivered=delivered,
        # A click implies an open, even if no image was loaded
        opened=min(filter(None, (opened, min(clicks, default=None))), default=None),
        clicked=max(clicks, default=None),
        complained=_earliest(events, "spam"),
        unsubscribed=_earliest(events, "unsub"),
        failure=failure,
        failure_event=failed,
        is_hard_bounce=bool(
            failed and failed.event == "bounce" and failure.is_permanent
        ),
        automatic_ids=automatic_ids,
        automatic_dates=frozenset(event.date for event in automatic),
    )


def failure_of(event):
    """Return the `Failure` of a bounce or a block, None for other events."""
    if event.event not in ("bounce", "blocked"):
        return None
    failure = explain_failure(
        event.error_related_to, event.error, event.is_hard, event.comment
    )
    return None if failure.kind is Kind.DEFERRED else failure


def _is_duplicate(event):
    failure = failure_of(event)
    return bool(failure) and failure.kind is Kind.DUPLICATE


def worst_failure(events):
    """Return the worst failure and its event: hard, then blocked, then soft.

    Of several equally bad ones, the latest.
    """
    found = [(failure_of(event), event) for event in events]
    failures = [(failure, event) for failure, event in found if failure]

    def weight(pair):
        failure, event = pair
        is_hard = event.event == "bounce" and failure.is_permanent
        return (
            is_hard,
            is_hard and failure.counts,
            event.event == "blocked",
            failure.kind is not Kind.DUPLICATE,
            event.date,
            event.error,
            event.error_related_to,
            event.comment,
            event.message_id,
        )

    return max(failures, key=weight, default=(None, None))


def _earliest(events, name):
    return min((event.date for event in events if event.event == name), default=None)
