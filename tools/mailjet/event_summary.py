"""What all the events of one mail to one recipient say together.

The summary of a set of events does not depend on their order or on repeats, so events
may come late, twice and in any order.
"""

from dataclasses import dataclass
from datetime import datetime

from .automatic_open import is_automatic
from .delivery_failure import Failure, Kind, explain_failure

# Odoo's states of a trace, from the least to the most that can be known. A failure is
# beaten by an open or a reply only. "cancel" has no rank: nothing was sent.
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


@dataclass(frozen=True)
class EventFacts:
    """The facts of one event that a summary needs; `id` only tells it from others."""

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
    """What became of the mail. Dates are None for what did not happen.

    `failure_event` is the one that says why; `automatic_ids` and `automatic_dates` are
    those of the opens and clicks that machines made.
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
        """Odoo's state of a trace; None if the events say nothing."""
        if self.opened or self.clicked:
            return "open"
        if self.is_hard_bounce:
            return "bounce"
        # A soft bounce may be tried again: who got the mail in the end has got it
        if self.failure and (self.failure.kind is not Kind.SOFT or not self.delivered):
            return "error"
        if self.delivered:
            return "sent"
        return None

    @property
    def failure_type(self):
        """Odoo's failure type for the state."""
        if not self.failure:
            return None
        bounced = self.failure_event.event == "bounce"
        return "mail_bounce" if bounced else self.failure.failure_type


def next_status(current, derived, before, summary):
    """Return the state a trace moves to, and what to remember of it.

    A state moves up or not at all. Only what the events themselves had said may be
    taken back, when later ones show it in another light: a soft bounce that was
    delivered after all, or an open within seconds of a delivery not known before.

    :param str current: the trace's state
    :param derived, before: as returned the last time; None or False at first
    :param Summary summary: of all events up to now
    :return: the state; the same if it comes from the events; the state without them
    """
    is_derived = bool(derived) and current == derived
    if current not in RANKS or not summary.status:
        return (current, derived, before) if is_derived else (current, None, None)
    known = before if is_derived else current
    status = max(known, summary.status, key=RANKS.__getitem__)
    if status == current and not is_derived:
        return status, None, None
    return status, status, known


def summarize(events):
    """Return the `Summary` of all events of one mail to one recipient.

    :param events: `EventFacts`, in any order
    """
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
    failure, failed = _worst_failure(events)
    return Summary(
        delivered=delivered,
        # Who clicks has opened, even if no image was loaded
        opened=min(filter(None, (opened, min(clicks, default=None))), default=None),
        clicked=max(clicks, default=None),
        complained=_earliest(events, "spam"),
        unsubscribed=_earliest(events, "unsub"),
        failure=failure,
        failure_event=failed,
        is_hard_bounce=bool(
            failed and failed.event == "bounce" and failure.kind is not Kind.SOFT
        ),
        automatic_ids=automatic_ids,
        automatic_dates=frozenset(event.date for event in automatic),
    )


def failure_of(event):
    """Return the `Failure` in a bounce or a block, None for all else."""
    if event.event not in ("bounce", "blocked"):
        return None
    failure = explain_failure(event.error_related_to, event.error, event.is_hard)
    return None if failure.kind is Kind.DEFERRED else failure


def _worst_failure(events):
    """Return the failure that counts and its event: hard before blocked before soft.

    Of several of a kind the last one.
    """
    found = [(failure_of(event), event) for event in events]
    failures = [(failure, event) for failure, event in found if failure]

    def weight(pair):
        failure, event = pair
        is_hard = event.event == "bounce" and failure.kind is not Kind.SOFT
        return (
            is_hard,
            event.event == "blocked",
            event.date,
            event.error,
            event.comment,
            event.message_id,
        )

    return max(failures, key=weight, default=(None, None))


def _earliest(events, name):
    return min((event.date for event in events if event.event == name), default=None)
