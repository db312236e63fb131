"""The stand-in in a process of its own, steered from this one."""

import smtplib
import ssl
import urllib.error

import pytest
import requests
from mail_mailjet.tests.standins import HANG_UP, RestStandin, StandinProcess, Store

PAIR = ("api-key", "secret-key")
CONTENT = (
    b"Subject: Hello\r\nX-Mailjet-Campaign: News\r\n"
    b"X-Mailjet-DeduplicateCampaign: 1\r\n\r\nWorld\r\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("standin")


@pytest.fixture(scope="module")
def process(folder):
    arguments = ["--ca-file", str(folder / "ca.pem"), "--no-bodies", "--quiet"]
    arguments += ["--messages", str(folder), "--max-messages", "3", "--lag", "60"]
    with StandinProcess(*PAIR, arguments=arguments) as process:
        yield process


@pytest.fixture
def control(process):
    yield process.control
    process.control.clear_messages()
    process.control.clear_faults()
    process.control.smtp(delay=0, max_messages=None)
    process.control.rest(lag=0, clock_offset=0, deduplicates=True)
    process.control.set_active(PAIR[0], True)


@pytest.fixture
def client(process, folder):
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    with smtplib.SMTP("localhost", process.starttls_port, timeout=5) as client:
        client.starttls(context=context)
        client.ehlo()
        yield client


def send(client, *recipients):
    return client.sendmail("from@example.com", recipients, CONTENT)


def test_options_of_the_program_hold_until_they_are_changed(process, control, client):
    assert control.smtp()["max_messages"] == 3
    client.login(*PAIR)
    send(client, "a@example.org")
    url = f"{process.rest_url}/v3/REST/message"
    assert requests.get(url, auth=PAIR, timeout=5).json()["Data"] == []
    control.rest(clock_offset=61)
    [row] = requests.get(url, auth=PAIR, timeout=5).json()["Data"]
    assert row["MessageSize"] == len(CONTENT)
    assert control.smtp(max_messages=1)["max_messages"] == 1
    assert client.mail("from@example.com")[0] == 421


def test_who_got_how_many(control, client):
    client.login(*PAIR)
    send(client, "a@example.org", "B@example.org")
    send(client, "b@example.org")
    assert control.taken() == {"a@example.org": 1, "b@example.org": 2}
    assert control.delivered() == {"a@example.org": 1, "b@example.org": 1}
    control.clear_messages()
    assert control.taken() == {}
    control.rest(deduplicates=False)
    send(client, "b@example.org")
    send(client, "b@example.org")
    assert control.delivered() == {"b@example.org": 2}


def test_faults(control, client):
    control.fault("RCPT", "450 4.2.1 Later", address="b@example.org")
    client.login(*PAIR)
    assert list(send(client, "a@example.org", "b@example.org")) == ["b@example.org"]
    control.fault("MAIL", HANG_UP, times=None, chance=0.5)
    control.clear_faults(seed=1)
    for _ in range(8):
        assert send(client, "a@example.org") == {}


def test_a_key_is_switched_off(control, client):
    control.set_active(PAIR[0], False)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(*PAIR)
    assert control.connections() > 0


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("nothing", {}, 404),
        ("__init__", {}, 404),
        ("smtp", {"speed": 1}, 400),
        ("fault", {"verb": "HELLO", "action": "450 no"}, 400),
        ("fault", {}, 400),
    ],
)
def test_what_it_cannot_do(control, name, values, status):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        control.call(name, **values)
    assert refusal.value.code == status


def test_no_control_where_none_was_asked_for():
    with RestStandin(Store()) as rest:
        assert requests.post(f"{rest.url}/standin/taken", timeout=5).status_code == 404
