"""The stand-in's events: what comes of a mail, the posts, and the same over REST."""

import base64
import json
import re
import smtplib
import ssl
import subprocess
import sys
import threading
import time
import uuid
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from mail_mailjet import const
from mail_mailjet.tests import standins
from mail_mailjet.tests.standins import EventPoster, RestStandin, Store, events_of
from mail_mailjet.tests.standins.fates import FATES, fate_of
from mail_mailjet.tools.mailjet.event import read_post

PAIR = ("key-of-the-account", "hush-hush-secret")
OTHER = ("key-of-another", "another-secret")
DAY = 24 * 3600


@pytest.fixture
def store():
    store = Store()
    store.add_key(*PAIR)
    store.add_key(*OTHER)
    return store


@pytest.fixture
def account(store):
    return store.account(PAIR[0])


@pytest.fixture
def get(store):
    """Ask the REST API for rows."""
    with RestStandin(store) as standin, requests.Session() as session:
        session.trust_env = False

        def get(path, auth=PAIR, method="GET", **params):
            url = f"{standin.url}/v3/REST/{path}"
            answer = session.request(method, url, auth=auth, params=params, timeout=5)
            return answer.json()["Data"] if answer.ok else answer.status_code

        yield get


def deliver(store, *recipients, auth=PAIR, html=True, **headers):
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("<p>Hello</p>", subtype="html" if html else "plain")
    return store.add_message(
        api_key=auth[0],
        mail_from="info@example.com",
        rcpt_tos=recipients,
        content=message.as_bytes(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
    )


def wait_until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


# -- What comes of a mail ------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "names", "status"),
    [
        ("anybody@example.org", ["sent"], "sent"),
        ("bouncer@example.org", ["sent"], "sent"),
        ("open@example.org", ["sent", "open"], "opened"),
        ("OPEN+2@example.org", ["sent", "open"], "opened"),
        ("click@example.org", ["sent", "open", "click"], "clicked"),
        ("spam@example.org", ["sent", "spam"], "spam"),
        ("unsub@example.org", ["sent", "open", "unsub"], "unsub"),
        ("bounce@example.org", ["bounce"], "hardbounced"),
        ("softbounce@example.org", ["bounce"], "softbounced"),
        ("greylisted@example.org", ["bounce"], "deferred"),
        ("blocked@example.org", ["blocked"], "blocked"),
        ("complained@example.org", ["blocked"], "blocked"),
        ("unsubscribed@example.org", ["blocked"], "blocked"),
        ("dropped@example.org", [], None),
    ],
)
def test_the_address_decides(store, get, address, names, status):
    message = deliver(store, address)
    events = events_of(message, {address.lower(): 7})
    assert [event["event"] for event in events] == names
    for number, event in enumerate(events):
        assert event["time"] == int(message.received_at.timestamp()) + 60 * number
        assert event["email"] == address and event["mj_contact_id"] == 7
        assert event["MessageID"] == message.message_ids[0] > 2**53
    rows = get("message")
    assert [row["Status"] for row in rows] == ([status] if status else [])


@pytest.mark.parametrize("word", sorted(FATES))
def test_failures_are_those_of_mailjets_lists(word):
    fate = fate_of(f"{word}@example.org")
    assert fate.status in (*const.MESSAGE_STATUSES, "")
    assert set(fate.events) <= set(const.EVENT_TYPES)
    if fate.state:
        assert fate.error == const.MESSAGE_STATES[str(fate.state)]
    else:
        assert fate.error == fate.related_to == fate.comment == ""


COMMON = {
    "event",
    "time",
    "MessageID",
    "Message_GUID",
    "email",
    "mj_campaign_id",
    "mj_contact_id",
    "customcampaign",
    "CustomID",
    "Payload",
}
OWN = {
    "sent": {"mj_message_id", "smtp_reply"},
    "open": {"ip", "geo", "agent"},
    "click": {"ip", "geo", "agent", "url"},
    "bounce": {"blocked", "hard_bounce", "error_related_to", "error", "comment"},
    "blocked": {"error_related_to", "error"},
    "spam": {"source"},
    "unsub": {"mj_list_id", "ip", "geo", "agent"},
}


def test_the_fields_of_each_type(store):
    """https://dev.mailjet.com/email/guides/webhooks/"""
    message = deliver(store, *(f"{word}@example.org" for word in FATES))
    events = events_of(message, {})
    assert {event["event"] for event in events} == set(OWN)
    for event in events:
        assert set(event) == COMMON | OWN[event["event"]]
    found = {(e["email"].partition("@")[0], e["event"]): e for e in events}
    hard, soft = found["bounce", "bounce"], found["softbounce", "bounce"]
    assert hard["hard_bounce"] is hard["blocked"] is True
    assert soft["hard_bounce"] is soft["blocked"] is False
    assert found["open", "sent"]["mj_message_id"] == str(
        found["open", "sent"]["MessageID"]
    )
    unsub = found["unsub", "unsub"]
    assert unsub["agent"] == "List-Unsubscribe" and unsub["mj_list_id"] == 0
    post = read_post(json.dumps(events).encode())
    assert len(post.events) == len(events)
    assert not post.unreadable and not post.empty


def test_each_recipient_has_ids_of_its_own(store, get):
    message = deliver(store, "a@example.org", "b@example.org", X_MJ_CustomID="c-1")
    events = events_of(message, {})
    assert [event["CustomID"] for event in events] == ["c-1", "c-1"]
    guids = [event["Message_GUID"] for event in events]
    assert len({*guids, message.queued_id}) == 3
    assert {uuid.UUID(guid).version for guid in guids} == {4}
    rows = get("message")
    assert [row["UUID"] for row in rows] == guids
    assert [row["ID"] for row in rows] == [event["MessageID"] for event in events]


def test_headers_come_back_as_they_were_sent(store, get):
    """RFC 2047 words too: Mailjet does not decode a campaign's name."""
    name, payload = "Été " * 30, json.dumps({"a": list(range(60))})
    message = deliver(
        store,
        "open@example.org",
        X_Mailjet_Campaign=name,
        X_MJ_CustomID="x" * 70,
        X_MJ_EventPayload=payload,
    )
    for event in events_of(message, {}):
        assert event["customcampaign"].startswith("=?utf-8?")
        assert event["CustomID"] == "x" * 70 and event["Payload"] == payload
        assert event["mj_campaign_id"] > 2**32
    [row] = get("message", ShowCustomID=1, Campaign=event["mj_campaign_id"])
    assert row["CustomID"] == "x" * 70 and row["CampaignID"] == event["mj_campaign_id"]
    assert get("message", Campaign=1) == get("message", CampaignID=1) == []
    other = deliver(store, "a@example.org", X_Mailjet_Campaign="Another")
    assert events_of(other, {})[0]["mj_campaign_id"] != event["mj_campaign_id"]
    mautic = deliver(store, "a@example.org", X_MJ_CUSTOMID="c-2")
    assert events_of(mautic, {})[0]["CustomID"] == "c-2"
    plain = deliver(store, "a@example.org")
    [event] = events_of(plain, {})
    assert event["mj_campaign_id"] == 0
    assert event["customcampaign"] == event["CustomID"] == event["Payload"] == ""
    assert "CampaignID" not in get("message")[-1]


def test_bytes_in_a_header(store):
    content = b"X-MJ-CustomID: caf\xc3\xa9 \xff\r\n\r\nHi\r\n"
    message = store.add_message(
        api_key=PAIR[0],
        mail_from="info@example.com",
        rcpt_tos=["a@example.org"],
        content=content,
        port=587,
        security="none",
        auth_mechanism="PLAIN",
    )
    assert events_of(message, {})[0]["CustomID"] == "café \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("options", "names", "status"),
    [
        ({}, ["open", "click"], "clicked"),
        ({"X_Mailjet_TrackOpen": "1", "X_Mailjet_TrackClick": "1"}, None, "clicked"),
        ({"X_Mailjet_TrackOpen": "0"}, ["click"], "clicked"),
        ({"X_Mailjet_TrackClick": "0"}, ["open"], "opened"),
        ({"X_Mailjet_TrackOpen": "0", "X_Mailjet_TrackClick": "0"}, [], "sent"),
        ({"html": False}, [], "sent"),
    ],
)
def test_what_is_not_tracked_is_not_noticed(store, get, options, names, status):
    names = ["open", "click"] if names is None else names
    message = deliver(store, "click@example.org", **options)
    assert [event["event"] for event in events_of(message, {})] == ["sent", *names]
    [row] = get("message")
    assert row["Status"] == status
    assert row["IsOpenTracked"] is ("open" in names)
    assert row["IsClickTracked"] is ("click" in names)


def test_an_unsubscription_needs_no_tracking(store):
    message = deliver(store, "unsub@example.org", X_Mailjet_TrackOpen="0")
    assert [event["event"] for event in events_of(message, {})] == ["sent", "unsub"]


# -- The posts -----------------------------------------------------------------------


class Receiver(ThreadingHTTPServer):
    """Takes posts and answers each with the next of `statuses`, then with `status`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts, self.headers, self.statuses, self.status = [], [], [], 200

    def url(self, path="/", login=""):
        return f"http://{login}127.0.0.1:{self.server_port}{path}"

    def events(self, path="/"):
        """The types of events that came to a path, post by post."""
        return [
            [event["event"] for event in (body if isinstance(body, list) else [body])]
            for at, body in self.posts
            if at == path
        ]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, json.loads(body)))
        self.server.headers.append(self.headers)
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if statuses else self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.005,))
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def poster(store, clock):
    """One whose thread does not run: the test says when it posts."""
    return EventPoster(store, clock=clock)


def register(account, event, url, **values):
    row = {"ID": len(account.callbacks) + 1, "EventType": event, "Url": url}
    row |= {"Version": 2, "Status": "alive", "IsBackup": False, **values}
    account.callbacks.append(row)
    return row


def register_all(account, url, **values):
    return [register(account, event, url, **values) for event in const.EVENT_TYPES]


def test_events_of_all_types_are_grouped_by_address(store, account, receiver, poster):
    register_all(account, receiver.url("/a"))
    account.callbacks[0]["Url"] = receiver.url("/deliveries")
    deliver(store, "open@example.org", "bounce@example.org")
    deliver(store, "click@example.org")
    poster.post_all()
    assert receiver.events("/deliveries") == [["sent", "sent"]]
    assert receiver.events("/a") == [["open", "bounce", "open", "click"]]
    poster.post_all()
    assert len(receiver.posts) == 2, "nothing comes twice"


def test_single_events_are_objects(store, account, receiver, poster):
    register(account, "sent", receiver.url(), Version=1)
    register(account, "open", receiver.url(), Version=2)
    deliver(store, "open@example.org", "open@example.org")
    poster.post_all()
    bodies = [body for _path, body in receiver.posts]
    assert [type(body) for body in bodies].count(dict) == 2
    [group] = [body for body in bodies if isinstance(body, list)]
    assert [event["event"] for event in group] == ["open", "open"]


def test_what_nobody_wants_is_not_kept(store, account, receiver, poster):
    deliver(store, "open@example.org")
    poster.post_all()
    register(account, "open", receiver.url())
    poster.post_all()
    assert receiver.posts == []
    deliver(store, "open@example.org")
    poster.post_all()
    assert receiver.events() == [["open"]]


def test_a_sub_account_has_addresses_of_its_own(store, account, receiver, poster):
    register(account, "sent", receiver.url())
    other = store.account(OTHER[0])
    deliver(store, "a@example.org", auth=OTHER)
    poster.post_all()
    assert receiver.posts == []
    register(other, "sent", receiver.url())
    deliver(store, "a@example.org")
    deliver(store, "b@example.org", auth=OTHER)
    poster.post_all()
    assert receiver.events() == [["sent"], ["sent"]]


def test_the_login_in_an_address_becomes_a_header(store, account, receiver, poster):
    register(account, "sent", receiver.url("/x?y=1", login="mail%40jet:p%3Ass@"))
    deliver(store, "a@example.org")
    poster.post_all()
    [(path, _body)], [headers] = receiver.posts, receiver.headers
    assert path == "/x?y=1" and headers["Content-Type"] == "application/json"
    kind, token = headers["Authorization"].split()
    assert (kind, base64.b64decode(token)) == ("Basic", b"mail@jet:p:ss")
    register(account, "open", receiver.url("/open"))
    deliver(store, "open@example.org")
    poster.post_all()
    assert receiver.headers[-1]["Authorization"] is None


def test_contacts_are_those_of_rest(store, account, receiver, poster, get):
    register(account, "sent", receiver.url())
    deliver(store, "A@example.org")
    poster.post_all()
    [(_path, [event])] = receiver.posts
    [contact] = get("contact")
    assert contact["Email"] == "a@example.org"
    assert event["mj_contact_id"] == contact["ID"] > 2**32
    assert event["mj_contact_id"] == get("message")[0]["ContactID"]


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 400, 401, 404, 500, 503])
def test_all_but_200_is_tried_again_after_30_seconds(
    store, account, receiver, poster, clock, status
):
    receiver.statuses = [status, status]
    register(account, "sent", receiver.url())
    deliver(store, "a@example.org")
    counts = []
    for clock.now in (0, 29, 30, 59, 60, 90, 120):
        poster.post_all()
        counts.append(len(receiver.posts))
    assert counts == [1, 1, 2, 2, 3, 3, 3]
    assert [code for *_, code in poster.posted] == [status, status, 200]
    assert len({json.dumps(body) for body in receiver.posts}) == 1
    assert account.callbacks[0]["Status"] == "alive"


def test_nobody_answers(store, account, poster, clock):
    register(account, "sent", "http://127.0.0.1:9/")
    deliver(store, "a@example.org")
    poster.post_all()
    assert poster.posted == [("sent", 1, 0)]
    clock.now = 30
    poster.post_all()
    assert len(poster.posted) == 2


def test_new_events_do_not_wait_for_old_ones(store, account, receiver, poster, clock):
    receiver.statuses = [500]
    register(account, "sent", receiver.url())
    deliver(store, "a@example.org")
    poster.post_all()
    clock.now = 1
    deliver(store, "b@example.org")
    poster.post_all()
    clock.now = 30
    poster.post_all()
    emails = [body[0]["email"] for _path, body in receiver.posts]
    assert emails == ["a@example.org", "b@example.org", "a@example.org"]


def test_a_day_after_the_first_failure_the_address_is_dead(
    store, account, receiver, poster, clock
):
    receiver.status = 500
    callbacks = register_all(account, receiver.url())
    other = register(account, "sent", "http://127.0.0.1:9/", IsBackup=True)
    deliver(store, "a@example.org")
    for clock.now in (0, 30, DAY // 2, DAY - 1):
        poster.post_all()
    assert len(receiver.posts) == 4
    deliver(store, "b@example.org")
    poster.post_all()
    assert {row["Status"] for row in callbacks} == {"alive"}
    assert len(receiver.posts) == 5, "what was to be tried again comes later"
    clock.now = DAY + 30
    poster.post_all()
    assert {row["Status"] for row in callbacks} == {"dead"}
    assert other["Status"] == "alive", "another address"
    assert len(receiver.posts) == 6
    clock.now = 2 * DAY
    poster.post_all()
    assert len(receiver.posts) == 6, "what waited is lost"


def test_an_answer_in_between_begins_a_new_day(store, account, receiver, poster, clock):
    [callback] = [register(account, "sent", receiver.url())]
    for clock.now, status in ((0, 500), (1, 200), (DAY, 500), (DAY + 40, 500)):
        receiver.statuses = [status]
        deliver(store, "a@example.org")
        poster.post_all()
    assert callback["Status"] == "alive"


def die(poster, receiver, clock, store):
    """Let the address of deliveries die, while more is to be tried again."""
    receiver.status = 500
    for seconds in (0, DAY - 1, 1):
        clock.now += seconds
        deliver(store, "lost@example.org")
        poster.post_all()
    receiver.status = 200
    receiver.posts.clear()


def test_a_new_address_wakes_it_without_what_was_lost(
    store, account, receiver, poster, clock, get
):
    callback = register(account, "sent", receiver.url("/old"))
    die(poster, receiver, clock, store)
    assert get("eventcallbackurl")[0]["Status"] == "dead"
    deliver(store, "lost@example.org")
    poster.post_all()
    callback.update(Url=receiver.url("/new"), Status="alive")
    clock.now += 60
    deliver(store, "found@example.org")
    poster.post_all()
    [(path, [event])] = receiver.posts
    assert path == "/new" and event["email"] == "found@example.org"


def test_an_old_address_that_comes_back_has_a_whole_day(
    store, account, receiver, poster, clock
):
    callback = register(account, "sent", receiver.url())
    die(poster, receiver, clock, store)
    callback["Status"] = "alive"
    receiver.statuses = [500]
    deliver(store, "a@example.org")
    poster.post_all()
    assert callback["Status"] == "alive"


def test_the_backup_is_for_when_the_other_is_dead(
    store, account, receiver, poster, clock
):
    backup = register(account, "sent", receiver.url("/backup"), IsBackup=True)
    register(account, "sent", receiver.url("/main"))
    deliver(store, "a@example.org")
    poster.post_all()
    assert [path for path, _body in receiver.posts] == ["/main"]
    die(poster, receiver, clock, store)
    deliver(store, "a@example.org")
    poster.post_all()
    assert [path for path, _body in receiver.posts] == ["/backup"]
    backup["Status"] = "dead"
    deliver(store, "a@example.org")
    poster.post_all()
    assert len(receiver.posts) == 1


def test_nothing_goes_to_a_deleted_address(store, account, receiver, poster, clock):
    receiver.statuses = [500]
    callback = register(account, "sent", receiver.url())
    deliver(store, "a@example.org")
    poster.post_all()
    account.callbacks.remove(callback)
    register(account, "sent", receiver.url(), ID=callback["ID"])
    clock.now = 60
    poster.post_all()
    assert len(receiver.posts) == 1


def test_it_posts_by_itself(store, account, receiver):
    register(account, "sent", receiver.url())
    with EventPoster(store, group_seconds=0.01, retry_seconds=0.01):
        receiver.statuses = [500]
        deliver(store, "a@example.org")
        wait_until(lambda: len(receiver.posts) == 2)
    assert receiver.events() == [["sent"], ["sent"]]


def register_at(port, event, url):
    with requests.Session() as session:
        session.trust_env = False
        body = {"EventType": event, "Url": url, "Version": 2}
        address = f"http://127.0.0.1:{port}/v3/REST/eventcallbackurl"
        answer = session.post(address, json=body, auth=PAIR, timeout=5)
        assert answer.status_code == 201


def test_the_program_posts_what_its_relay_takes(receiver, tmp_path):
    ports = [
        part for name in ("smtp", "smtps", "rest") for part in (f"--{name}-port", "0")
    ]
    command = [sys.executable, str(Path(standins.__file__).parent), *ports]
    command += ["--api-key", PAIR[0], "--secret-key", PAIR[1]]
    command += ["--ca-file", str(tmp_path / "ca.pem")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            port = dict(re.findall(r"(\w+)=127\.0\.0\.1:(\d+)", line))
            register_at(port["rest"], "bounce", receiver.url())
            context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            with smtplib.SMTP_SSL("localhost", port["smtps"], context=context) as relay:
                relay.login(*PAIR)
                relay.sendmail("a@example.com", ["bounce@example.org"], b"Hi\r\n")
            wait_until(lambda: receiver.posts)
        finally:
            process.terminate()
    assert receiver.events() == [["bounce"]]


# -- The same over REST --------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "types"),
    [
        ("anybody", ["sent"]),
        ("click", ["sent", "opened", "clicked"]),
        ("unsub", ["sent", "opened", "unsub"]),
        ("spam", ["sent", "spam"]),
        ("softbounce", ["bounced"]),
        ("blocked", ["blocked"]),
        ("dropped", []),
    ],
)
def test_the_history_of_a_message(store, get, word, types):
    deliver(store, "other@example.org")
    message = deliver(store, "other@example.org", f"{word}@example.org")
    message_id = message.message_ids[1]
    rows = get(f"messagehistory/{message_id}")
    assert [row["EventType"] for row in rows] == types
    posted = [e for e in events_of(message, {}) if e["MessageID"] == message_id]
    assert [row["EventAt"] for row in rows] == [event["time"] for event in posted]
    for row, event in zip(rows, posted, strict=True):
        assert row["State"] == event.get("error", "")
        assert row["Comment"] == event.get("comment", "")
        assert row["Useragent"] == "" and bool(row["UseragentID"]) is ("agent" in event)
    assert get("messagehistory", Message=message_id) == rows


def test_the_history_of_somebody_elses_message(store, get):
    message = deliver(store, "a@example.org", auth=OTHER)
    for message_id in (message.message_ids[0], 123):
        assert get(f"messagehistory/{message_id}") == []
    assert get("messagehistory") == []
    assert len(get(f"messagehistory/{message.message_ids[0]}", auth=OTHER)) == 1


def test_a_history_is_a_list_that_can_only_be_read(store, get):
    message_id = deliver(store, "click@example.org").message_ids[0]
    rows = get(f"messagehistory/{message_id}")
    assert get(f"messagehistory/{message_id}", Limit=1, Offset=1) == rows[1:2]
    for method in ("POST", "PUT", "DELETE"):
        assert get(f"messagehistory/{message_id}", method=method) == 405


def test_counters_tell_what_became_of_the_mails(store, get):
    words = ["anybody", *FATES]
    deliver(store, *(f"{word}@example.org" for word in words))
    [row] = get(
        "statcounters",
        CounterSource="APIKey",
        CounterTiming="Message",
        CounterResolution="Day",
    )
    assert {name: row[name] for name in row if row[name] and name != "Timeslice"} == {
        "APIKeyID": 1,
        "Total": 11,
        "MessageSentCount": 5,
        "MessageOpenedCount": 3,
        "EventOpenedCount": 3,
        "EventOpenDelay": 180,
        "MessageClickedCount": 1,
        "EventClickedCount": 1,
        "EventClickDelay": 120,
        "MessageSpamCount": 1,
        "EventSpamCount": 1,
        "MessageUnsubscribedCount": 1,
        "EventUnsubscribedCount": 1,
        "MessageHardBouncedCount": 1,
        "MessageSoftBouncedCount": 1,
        "MessageDeferredCount": 1,
        "MessageBlockedCount": 3,
    }
