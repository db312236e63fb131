"""An account with statistics at the stand-in, and ways to read its rows."""

from datetime import datetime, timedelta, timezone

PAIR, OTHER = ("key-of-the-account", "hush-hush"), ("key-of-another", "secret")
NOW = datetime(2026, 3, 5, 12, 0, 0, tzinfo=timezone.utc)
TODAY = NOW.replace(hour=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERYTHING = {"FromTS": 0, "ToTS": 4_000_000_000}
EVENT_PATHS = {
    "open": "openinformation",
    "click": "clickstatistics",
    "bounce": "bouncestatistics",
}
EVENT_TIMES = {"open": "OpenedAt", "click": "ClickedAt", "bounce": "BouncedAt"}
TIMED = ("campaign", "message", "messageinformation", *EVENT_PATHS.values())
COUNTERS = {
    "CounterSource": "APIKey",
    "CounterTiming": "Message",
    "CounterResolution": "Day",
}


def data(response):
    assert response.status_code in (200, 201), response.text
    body = response.json()
    assert body["Count"] == len(body["Data"])
    return body["Data"]


def at(moment):
    return int(moment.timestamp())


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(moment):
    return at(datetime.fromisoformat(moment.replace("Z", "+00:00")))


def add_events(statistics, message, moment):
    """Add an open, a click and a bounce at the same time; return their numbers."""
    return {
        "open": statistics.add_open(message, at=moment, agent="Agent"),
        "click": statistics.add_click(message, "https://x.example", at=moment),
        "bounce": statistics.add_bounce(message, at=moment, state_id=3),
    }


def deliver(store, *recipients, campaign="Spring 2026", custom_id="c-1"):
    head = f"From: Shop <shop@example.com>\r\nSubject: Hi\r\nX-MJ-CustomID: {custom_id}"
    head += "\r\nContent-Type: text/html"
    if campaign:
        head += f"\r\nX-Mailjet-Campaign: {campaign}"
    return store.add_message(
        api_key=PAIR[0],
        mail_from="shop@example.com",
        rcpt_tos=recipients,
        content=f"{head}\r\n\r\nText\r\n".encode(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
    )
