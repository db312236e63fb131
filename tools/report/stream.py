"""The resources of Mailjet's REST API that reports read, each as a `Stream`.

https://dev.mailjet.com/email/reference/statistics
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..mailjet.errors import UnexpectedAnswerError
from . import row as report_row

# Mailjet was founded in that year
BEGINNING = datetime(2010, 1, 1)


@dataclass(frozen=True)
class Stream:
    """One resource, and how to read it.

    Without `start` and `end`, it has no time windows and is read as a whole. A window
    excludes its start, but includes its end.
    """

    resource: str
    read: Callable  # takes a row and the parameters, returns the values of a record
    model: str
    start: str = ""  # parameters that limit a window
    end: str = ""
    sort: str = "ID"
    params: Mapping = field(default_factory=dict)  # always sent
    # How long Mailjet keeps changing rows, so that they have to be read again
    changes_for: timedelta = timedelta(0)

    @property
    def is_windowed(self):
        """Whether it can be read window by window."""
        return bool(self.start)


_EVENTS = {"model": "mailjet.event", "start": "EventFromTs", "end": "EventToTs"}
STREAMS = {
    "bounce": Stream("bouncestatistics", report_row.read_bounce, **_EVENTS),
    "click": Stream("clickstatistics", report_row.read_click, **_EVENTS),
    "open": Stream("openinformation", report_row.read_open, **_EVENTS),
    "message": Stream(
        "message",
        report_row.read_message,
        "mailjet.message",
        start="FromTS",
        end="ToTS",
        sort="ArrivedAt",
        params={"ShowContactAlt": 1, "ShowCustomID": 1, "ShowSubject": 1},
        # Its status moves on from sent to opened, clicked or bounced
        changes_for=timedelta(days=7),
    ),
    "campaign": Stream(
        "campaign",
        report_row.read_campaign,
        "mailjet.campaign",
        start="FromTS",
        end="ToTS",
        changes_for=timedelta(days=30),
    ),
    "overview": Stream(
        "campaignoverview", report_row.read_overview, "mailjet.campaign"
    ),
    "contact": Stream(
        "contact",
        report_row.read_contact,
        "mailjet.contact",
        params={"IncludeAnonymized": 1},
    ),
    "contact_list": Stream(
        "contactslist", report_row.read_list, "mailjet.contact.list"
    ),
    "subscription": Stream(
        "listrecipient", report_row.read_subscription, "mailjet.subscription"
    ),
    "segment": Stream("contactfilter", report_row.read_segment, "mailjet.segment"),
    "counter": Stream(
        "statcounters",
        report_row.read_counter,
        "mailjet.counter",
        start="FromTS",
        end="ToTS",
    ),
}


def window_params(stream, params, start, end):
    """Return the parameters for one window.

    Always both limits: without them Mailjet only returns today's rows. In seconds, to
    avoid time zones. Events also need an open window for their campaigns, whose default
    is today, too.

    :param dict params: the other parameters
    :param start, end: datetimes in UTC, None for a stream without windows
    """
    params = {**stream.params, **params, "Sort": stream.sort}
    if not start:
        return params
    if stream.start == "EventFromTs" and "FromTS" not in params:
        params.update(FromTS=_seconds(BEGINNING), ToTS=_seconds(end))
    return {**params, stream.start: _seconds(start), stream.end: _seconds(end)}


def _seconds(moment):
    return int((moment - datetime(1970, 1, 1)).total_seconds())


def check_rows(rows, params, start, end):
    """Check that rows match the query: Mailjet ignores parameters it does not know.

    :param list rows: values of a stream
    :raise UnexpectedAnswerError: if one of them does not match
    """
    campaign = str(params.get("CampaignID", ""))
    for row in rows:
        named = row.get("mailjet_campaign_id")
        if campaign and named and named != campaign:
            raise UnexpectedAnswerError("Mailjet sent rows of another campaign")
        date = row.get("date")
        # Including the start is harmless
        if start and date and not start <= date <= end:
            raise UnexpectedAnswerError("Mailjet sent rows from another period")
