"""The stand-in's Send API answers as the live one was seen and is documented to."""

import contextlib
import json
import re

import pytest
import requests
from mail_mailjet.tests.standins import (
    ControlClient,
    EventPoster,
    RestStandin,
    StandinProcess,
    Store,
    delivered,
)

KEY, SECRET = "api-key", "secret-key"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    store.add_sender(KEY, "*@example.com")
    return store


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


def message(**values):
    return {
        "From": {"Email": "pilot@example.com"},
        "To": [{"Email": "passenger@example.org"}],
        "Subject": "This is a nice welcome email (API v3.1)",
        "TextPart": "Test",
        **values,
    }


def without(name):
    return {key: value for key, value in message().items() if key != name}


def post(standin, *messages, secret=SECRET, **options):
    body = {"Messages": list(messages), "AdvanceErrorHandling": True, **options}
    return post_raw(standin, json.dumps(body), secret)


def post_raw(standin, body, secret=SECRET):
    url = getattr(standin, "url", standin)
    return requests.post(f"{url}/v3.1/send", body, auth=(KEY, secret), timeout=5)


def only_error(answer):
    [one] = answer.json()["Messages"]
    assert one["Status"] == "error"
    [error] = one["Errors"]
    assert UUID.fullmatch(error.pop("ErrorIdentifier"))
    return error


# ----------------------------------------------------------------------
# As recorded
# ----------------------------------------------------------------------


def test_a_success(standin, store):
    copies = {"Cc": [{"Email": "c@example.org"}], "Bcc": [{"Email": "b@example.org"}]}
    answer = post(standin, message(**copies))
    [row] = answer.json()["Messages"]
    assert answer.status_code == 200
    assert list(row) == ["Status", "CustomID", "To", "Cc", "Bcc"]
    assert row["Status"] == "success" and row["CustomID"] == ""
    [taken] = store.messages
    for name, number in (("To", 0), ("Cc", 1), ("Bcc", 2)):
        [one] = row[name]
        assert one == {
            "Email": taken.rcpt_tos[number],
            "MessageUUID": taken.guids[number],
            "MessageID": taken.message_ids[number],
            "MessageHref": f"{standin.url}/v3/REST/message/{taken.message_ids[number]}",
        }
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert UUID.fullmatch(answer.headers["X-Mj-Request-Guid"])
    assert '": ' not in answer.text


def test_an_address_in_each_list_is_sent_to_each_time(standin, store):
    one = [{"Email": "passenger@example.org"}]
    post(standin, message(Cc=one, Bcc=one))
    assert len(set(store.messages[0].message_ids)) == 3


def test_no_text(standin):
    answer = post(standin, without("TextPart"))
    assert answer.status_code == 400
    assert only_error(answer) == {
        "ErrorCode": "send-0003",
        "StatusCode": 400,
        "ErrorMessage": 'At least "HTMLPart", "TextPart" or "TemplateID" must be '
        "provided.",
        "ErrorRelatedTo": ["TextPart", "HTMLPart", "TemplateID"],
    }


def test_a_bad_address(standin):
    answer = post(standin, message(To=[{"Email": "passenger@example..com"}]))
    assert only_error(answer) == {
        "ErrorCode": "mj-0013",
        "StatusCode": 400,
        "ErrorMessage": '"passenger@example..com" is an invalid email address.',
        "ErrorRelatedTo": ["To[0].Email"],
    }


def test_nobody(standin):
    assert only_error(post(standin, message(To=[]))) == {
        "ErrorCode": "mj-0007",
        "StatusCode": 400,
        "ErrorMessage": "You must provide at least one item in the collection.",
        "ErrorRelatedTo": ["To"],
    }


def test_an_unknown_sender(standin, store):
    stranger = message(From={"Email": "passenger@mailjet.com"})
    answer = post(standin, stranger)
    assert answer.status_code == 403
    assert only_error(answer) == {
        "ErrorCode": "send-0008",
        "StatusCode": 403,
        "ErrorMessage": '"passenger@mailjet.com" is not an authorized sender email '
        "address for your account.",
        "ErrorRelatedTo": ["From"],
    }
    # Without the check it is accepted, and dropped
    answer = post(standin, stranger, AdvanceErrorHandling=False)
    assert answer.json()["Messages"][0]["Status"] == "success"
    assert not store.messages


def test_a_mixed_request(standin, store):
    answer = post(standin, message(), without("TextPart"), message(CustomID="c"))
    statuses = [one["Status"] for one in answer.json()["Messages"]]
    assert answer.status_code == 200 and len(store.messages) == 2
    assert statuses == ["success", "error", "success"]
    assert answer.json()["Messages"][2]["CustomID"] == "c"


def test_wrong_keys(standin):
    answer = post(standin, message(), secret="other")
    body = answer.json()
    assert answer.status_code == 401
    assert set(body) == {"ErrorIdentifier", "StatusCode", "ErrorMessage"}
    assert body["ErrorMessage"].startswith("API key authentication/authorization")


def test_the_sandbox(standin, store):
    answer = post(standin, message(), SandboxMode=True)
    [one] = answer.json()["Messages"][0]["To"]
    assert (one["MessageID"], one["MessageUUID"]) == (0, "")
    assert one["MessageHref"].endswith("/v3/message/0")
    assert not store.messages


def test_malformed_json(standin):
    answer = post_raw(standin, "{")
    body = answer.json()
    assert answer.status_code == 400 and body["ErrorCode"] == "mj-0002"
    assert "Messages" not in body


# ----------------------------------------------------------------------
# As documented
# ----------------------------------------------------------------------

PDF = {"ContentType": "application/pdf", "Filename": "a.pdf", "Base64Content": "JVBE"}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("send-0006", message(Sender={"Email": "a@example.com"})),
        ("send-0010", message(TemplateID=7)),
        ("send-0011", message(Headers={"Message-ID": "<a@b>"})),
        ("send-0011", message(Headers={"list-id": "a"})),
        ("send-0012", message(DeduplicateCampaign=True)),
        ("send-0013", message(MonitoringCategory="none")),
        ("send-0016", message(TemplateErrorDeliver=True)),
        ("mj-0003", without("From")),
        ("mj-0003", without("To")),
        ("mj-0003", message(Attachments=[{**PDF, "Filename": ""}])),
        ("mj-0005", message(Attachments=[{**PDF, "Filename": "a\r\nBcc: b"}])),
        ("mj-0005", message(Attachments=[{**PDF, "ContentType": "pdf"}])),
        ("mj-0005", message(InlinedAttachments=[{**PDF, "Base64Content": "!"}])),
        ("mj-0004", message(TextPart=7)),
        ("mj-0004", message(Headers={"X-A": 7})),
        ("mj-0005", message(TrackOpens="1")),
        ("mj-0006", message(Subject="a" * 256)),
        ("mj-0012", message(TextPart="")),
    ],
)
def test_what_a_message_is_refused_for(standin, store, code, wrong):
    assert only_error(post(standin, wrong))["ErrorCode"] == code
    assert not store.messages


@pytest.mark.parametrize(
    "local", ["b..c", ".b", "b.", "b'c", "b%c", "a\\b", "b[c", "é", '"b c"', "b(c)"]
)
def test_an_odd_address_gets_an_answer(standin, store, local):
    """Whether it is taken or refused; what is taken can be read and delivered."""
    odd = {"Email": f"{local}@example.org", "Name": "Odd, one"}
    author = {"Email": f"{local}@example.com"}
    answers = [
        post(standin, message(**{**values, "CustomID": "odd"}))
        for values in ({"To": [odd]}, {"Cc": [odd]}, {"ReplyTo": odd}, {"From": author})
    ]
    assert {answer.status_code for answer in answers} <= {200, 400, 403}
    for taken in store.messages:
        assert delivered(taken)["Subject"]
        assert str(taken.parsed()["To"])
    listed = requests.get(f"{standin.url}/v3/REST/message", auth=(KEY, SECRET))
    assert listed.status_code == 200


MANY = [{"Email": f"a{number}@example.org"} for number in range(26)]
LARGE = {**PDF, "Base64Content": "A" * 8_000_000}


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("mj-0007", []),
        ("mj-0008", [message()] * 51),
        ("send-0015", [message(To=MANY)] * 2),
        ("mj-0011", [message(Attachments=[LARGE])] * 2),
        ("mj-0004", ["text"]),
    ],
)
def test_what_a_request_is_refused_for(standin, store, code, messages):
    answer = post(standin, *messages)
    assert answer.status_code == 400 and answer.json()["ErrorCode"] == code
    assert not store.messages


def test_a_suspended_account(standin, store):
    store.set_active(KEY, False)
    answer = post(standin, message())
    assert answer.status_code == 401 and answer.json()["ErrorCode"] == "mj-0001"


def test_defaults_for_all_messages(standin, store):
    answer = post(
        standin, without("From"), Globals={"From": {"Email": "g@example.com"}}
    )
    assert answer.status_code == 200
    assert store.messages[0].mail_from == "g@example.com"


# ----------------------------------------------------------------------
# One store
# ----------------------------------------------------------------------


def rest(standin, path, **query):
    url = f"{standin.url}/v3/REST/{path}"
    return requests.get(url, query, auth=(KEY, SECRET), timeout=5).json()["Data"]


def test_rest_lists_it_under_its_custom_id(standin, store):
    answer = post(standin, message(CustomID="o1-a")).json()
    message_id = answer["Messages"][0]["To"][0]["MessageID"]
    [row] = rest(standin, "message", CustomID="o1-a", ShowCustomID=1)
    assert row["ID"] == message_id and row["CustomID"] == "o1-a"


def test_its_events_come_back(standin, store):
    with contextlib.closing(requests.Session()):
        poster = EventPoster(store)
        url = "http://127.0.0.1:1/"
        for kind in ("sent", "open", "bounce"):
            body = {"EventType": kind, "Url": url, "Version": 2}
            requests.post(
                f"{standin.url}/v3/REST/eventcallbackurl",
                json=body,
                auth=(KEY, SECRET),
                timeout=5,
            )
        opened = {"HTMLPart": "<p>Hi</p>", "To": [{"Email": "open@example.org"}]}
        post(standin, message(CustomID="c", EventPayload="p", **opened))
        post(standin, message(CustomID="d", **opened, TrackOpens="disabled"))
        events = [event for _account, event in poster._new_events()]
    assert [(one["event"], one["CustomID"]) for one in events] == [
        ("sent", "c"),
        ("open", "c"),
        ("sent", "d"),
    ]
    assert events[0]["Payload"] == "p"
    assert events[0]["Message_GUID"] == store.messages[0].guids[0]


def test_a_campaign_reaches_an_address_once(standin, store):
    once = {"CustomCampaign": "News", "DeduplicateCampaign": True}
    post(standin, message(**once), message(**once))
    assert store.taken()["passenger@example.org"] == 2
    assert store.delivered()["passenger@example.org"] == 1


def test_a_store_without_bodies_keeps_the_header(standin, store):
    store.keeps_bodies = False
    post(standin, message(CustomID="o1-a"))
    assert store.messages[0].header("X-MJ-CustomID") == "o1-a"
    assert b"Test" not in store.messages[0].content


# ----------------------------------------------------------------------
# What is delivered
# ----------------------------------------------------------------------


def test_the_message_that_is_delivered(standin, store):
    image = {"ContentType": "image/png", "Filename": "l.png", "Base64Content": "iVBO"}
    post(
        standin,
        message(
            From={"Email": "pilot@example.com", "Name": 'Müller, "Kai" 🎉'},
            To=[{"Email": "passenger@example.org", "Name": 'Ann "A" \\ B'}],
            ReplyTo={"Email": "r@example.com", "Name": "Desk, é"},
            Subject="Größe 🎉" * 20,
            TextPart="Grüße\u2028zwei\n",
            HTMLPart='<img src="cid:logo">',
            InlinedAttachments=[{**image, "ContentID": "logo"}],
            Attachments=[{**PDF, "Filename": "été.pdf"}],
            Headers={"X-Odoo-Objects": "a-1", "References": "<a@b> <c@d>"},
            CustomID="secret-id",
        ),
    )
    mail = delivered(store.messages[0])
    assert str(mail["Subject"]) == "Größe 🎉" * 20
    assert mail["From"].addresses[0].display_name == 'Müller, "Kai" 🎉'
    assert mail["To"].addresses[0].display_name == 'Ann "A" \\ B'
    assert mail["Reply-To"].addresses[0].display_name == "Desk, é"
    assert mail["X-Odoo-Objects"] == "a-1" and mail["References"] == "<a@b> <c@d>"
    assert "mailjet.com" in mail["Message-Id"] and "secret-id" not in mail.as_string()
    text = mail.get_body(("plain",)).get_payload(decode=True).decode()
    assert text == "Grüße\u2028zwei\n"
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    [attachment] = mail.iter_attachments()
    assert attachment.get_filename() == "été.pdf"


# ----------------------------------------------------------------------
# Faults from another process
# ----------------------------------------------------------------------


def test_it_is_steered_from_another_process():
    arguments = ["--sender", "*@example.com", "--quiet"]
    with StandinProcess(KEY, SECRET, arguments=arguments) as process:
        url, control = process.rest_url, process.control
        assert isinstance(control, ControlClient)
        assert post(url, message()).status_code == 200
        stranger = message(From={"Email": "a@example.net"})
        assert post(url, stranger).status_code == 403
        control.add_sender(KEY, "a@example.net")
        assert post(url, stranger).status_code == 200
        control.rest_fault("rate_limited", path="send", retry_after=3)
        assert post(url, message()).headers["Retry-After"] == "3"
        control.rest_fault("lost", path="send")
        with pytest.raises(requests.ConnectionError):
            post(url, message())
        control.rest_fault("error", path="send", times=None, chance=0.5)
        control.clear_rest_faults(seed=7)
        control.rest_fault("error", path="send", times=None, chance=0.5)
        found = {post(url, message()).status_code for _attempt in range(20)}
        assert found == {200, 500}
        control.clear_rest_faults()
        control.rest(delay=0.05)
        assert post(url, message()).elapsed.total_seconds() >= 0.05
        assert control.taken()["passenger@example.org"] >= 4


def test_a_cut_request_is_not_taken(standin, store):
    standin.faults.add("cut", path="send", size=10)
    with pytest.raises(requests.ConnectionError):
        post(standin, message(TextPart="x" * 9_000_000))
    assert not store.messages
    assert post(standin, message()).status_code == 200


def test_a_client_that_hangs_up_within_its_request(standin, store):
    body = json.dumps({"Messages": [message()]}).encode()

    def half():
        yield body[: len(body) // 2]
        raise OSError

    headers = {"Content-Length": str(len(body))}
    with pytest.raises((OSError, requests.RequestException)):
        requests.post(
            f"{standin.url}/v3.1/send",
            half(),
            headers=headers,
            auth=(KEY, SECRET),
            timeout=5,
        )
    assert not store.messages
