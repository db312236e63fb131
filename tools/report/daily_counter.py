"""Read an account's counters day by day."""

from ..mailjet.values import query_date, query_date_from
from .row import read_counter

_ASKED = {
    "CounterSource": "APIKey",
    "CounterTiming": "Message",
    "CounterResolution": "Day",
}


def daily_counters(client, start, end):
    """Return the values of a `mailjet.counter` for each day with any mail.

    https://dev.mailjet.com/email/reference/statistics

    :param MailjetApi client: of the account
    :param datetime start: in UTC, included
    :param datetime end: in UTC, included, less than 100 days later
    :raise MailjetApiError: if Mailjet cannot be asked
    """
    window = {"FromTS": query_date_from(start), "ToTS": query_date(end)}
    rows = client.iterate("statcounters", **_ASKED, **window)
    return [read_counter(row, _ASKED) for row in rows]
