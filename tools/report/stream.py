"""The resources of Mailjet's REST API that reports read, one `Stream` each.

https://dev.mailjet.com/email/reference/statistics
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..mailjet.errors import UnexpectedAnswerError
from . import row as report_row

# Before anybody has sent through Mailjet, which began in that year
BEGINNING = datetime(2010, 1, 1)


@dataclass(frozen=True)
class Stream:
    """One resource, and how it is read.

    Without `start` and `end` it cannot be asked for a window of time, and is read from
    its beginning to its end. A window leaves out its first moment, not its last.
    """

    resource: str
    read: Callable  # a row and what was asked in, the values of a record out
    model: str
    start: str = ""  # parameters that bound a window
    end: str = ""
    sort: str = "ID"
    params: Mapping = field(default_factory=dict)  # always sent
    # For so long rows are rewritten at Mailjet, and have to be read again
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
        # Its status goes on from sent to opened, clicked, bounced
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

    Both bounds, always: without them only the rows of today come. In seconds, so that
    no time zone is in question. For events the time of the campaign has to be opened
    wide as well, for its default is today, too.

    :param dict params: what else is asked for
    :param start, end: datetimes in UTC, None for a stream that is read whole
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
    """Raise if the values read are not what was asked for.

    Mailjet drops a parameter it does not know, and answers as if it had not come.

    :param list rows: values of a stream
    :raise UnexpectedAnswerError: if one of them lies outside
    """
    campaign = str(params.get("CampaignID", ""))
    for row in rows:
        named = row.get("mailjet_campaign_id")
        if campaign and named and named != campaign:
            raise UnexpectedAnswerError("Mailjet sent rows of another campaign")
        date = row.get("date")
        # A bound that is included after all does no harm
        if start and date and not start <= date <= end:
            raise UnexpectedAnswerError("Mailjet sent rows of another time")
