"""The stand-in REST API, met with plain `requests` over real sockets."""

import re
import smtplib
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
from mail_mailjet.tests import standins
from mail_mailjet.tests.standins import (
    DnsStandin,
    RestStandin,
    SmtpStandin,
    Store,
    TestAuthority,
)

PAIR = ("key-of-the-account", "hush-hush-secret")
OTHER = ("key-of-another", "another-secret")
ADDRESS, DOMAIN = "shop@example.com", "*@example.com"


@pytest.fixture
def store():
    store = Store()
    store.add_key(*PAIR)
    store.add_key(*OTHER)
    return store


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


@pytest.fixture
def call(standin):
    with requests.Session() as session:
        session.trust_env = False

        def call(method, path, json=None, auth=PAIR, **params):
            url = f"{standin.url}/v3/REST/{path}"
            return session.request(
                method, url, json=json, auth=auth, params=params, timeout=5
            )

        yield call


def data(response):
    body = response.json()
    assert body["Count"] == len(body["Data"])
    return body["Data"]


def message_of(response):
    assert response.json()["StatusCode"] == response.status_code
    return response.json()["ErrorMessage"]


def deliver(store, sender=ADDRESS, recipients=("to@example.org",), auth=PAIR):
    content = f"From: {sender}\r\nSubject: Hi\r\nX-MJ-CustomID: c-1\r\n\r\nText\r\n"
    return store.add_message(
        api_key=auth[0],
        mail_from=sender,
        rcpt_tos=recipients,
        content=content.encode(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
    )


# -- 1. Login ------------------------------------------------------------------------


@pytest.mark.parametrize("auth", [(PAIR[0], "wrong"), ("unknown", PAIR[1]), None])
def test_a_wrong_pair_gets_an_empty_401(call, auth):
    response = call("GET", "user", auth=auth)
    assert response.status_code == 401 and response.content == b""
    assert response.headers["Content-Type"] == "text/html"
    assert "Provide an apiKey" in response.headers["WWW-Authenticate"]


def test_an_odd_login(standin):
    for login in ("Basic ???", "Basic /w==", "Bearer x"):
        url, headers = f"{standin.url}/v3/REST/user", {"Authorization": login}
        assert requests.get(url, headers=headers, timeout=5).status_code == 401


def test_a_blocked_key_cannot_log_in(call, store):
    store.set_active(OTHER[0], False)
    assert call("GET", "user", auth=OTHER).status_code == 401
    [blocked] = data(call("GET", "apikey", IsActive="false"))
    assert blocked["APIKey"] == OTHER[0] and blocked["IsMaster"] is False
    store.set_active(OTHER[0], True)
    assert len(data(call("GET", "apikey", auth=OTHER))) == 1, "only itself"


# -- 2. Lists ------------------------------------------------------------------------


def test_envelope_and_paging(call):
    for number in range(12):
        call("POST", "contact", {"Email": f"a{number:02}@example.com"})
    body = call("GET", "contact").json()
    assert (body["Count"], body["Total"], len(body["Data"])) == (10, 10, 10)
    counted = call("GET", "contact", countRecords=1, limit=1).json()
    assert (counted["Count"], counted["Total"]) == (1, 12)
    only = call("GET", "contact", countOnly=1).json()
    assert only == {"Count": 12, "Data": [], "Total": 12}
    assert len(data(call("GET", "contact", Offset=10, Unknown="x"))) == 2
    assert call("GET", "contact", Offset=99).json()["Data"] == []
    emails = [row["Email"] for row in data(call("GET", "Contact", Sort="Email DESC"))]
    assert emails[0] == "a11@example.com"
    assert call("GET", "contact", Sort="ID DESC").status_code == 400
    assert call("GET", "contact", Sort="Name").status_code == 400
    assert '"Count" : 12' in call("GET", "contact", countOnly=1).text


def test_names_in_any_case_and_forms(call, standin):
    assert call("POST", "contact", {"eMAIL": "a@example.com"}).status_code == 201
    response = requests.post(
        f"{standin.url}/v3/REST/sender",
        data={"Email": DOMAIN, "EmailType": "bulk"},
        auth=PAIR,
        timeout=5,
    )
    assert data(response)[0]["EmailType"] == "bulk"


def test_unknown_paths_and_verbs(call, standin):
    assert call("GET", "nothing").json()["ErrorInfo"] == "EFPWebError"
    assert call("GET", "../wrong").status_code == 500
    page = requests.get(f"{standin.url}/v9/x", auth=PAIR, timeout=5)
    assert page.status_code == 404 and "<html>" in page.text
    assert call("DELETE", "user/1").status_code == 405
    assert call("POST", "dns", {}).status_code == 405
    assert message_of(call("GET", "sender/1")) == "Object not found"
    for body in (b"{", b"[1]"):
        response = requests.post(
            f"{standin.url}/v3/REST/sender", data=body, auth=PAIR, timeout=5
        )
        assert response.status_code == 400


# -- 3 to 6. Senders -----------------------------------------------------------------


def test_an_address_becomes_active_by_its_link(call, store, standin):
    mails = []
    store.on_activation(lambda *mail: mails.append(mail))
    response = call("POST", "sender", {"Email": ADDRESS, "Name": "Shop"})
    assert response.status_code == 201
    [sender] = data(response)
    assert sender["Status"] == "Inactive" and sender["DNSID"] == -1
    assert sender["EmailType"] == "unknown" and sender["Filename"] == ""
    [(address, url, mail)] = mails
    assert address == ADDRESS and url.encode() in mail
    assert requests.get(url + "x", timeout=5).status_code == 404
    assert requests.get(url, timeout=5).status_code == 200
    [active] = data(call("GET", f"sender/{ADDRESS}"))
    assert active["Status"] == "Active" and active["DNSID"] > 2**31
    call("DELETE", f"sender/{ADDRESS}")
    call("POST", f"sender/{ADDRESS}/validate")  # inactive again
    assert requests.get(url, timeout=5).status_code == 404, "a link works once"
    assert requests.get(mails[-1][1], timeout=5).status_code == 200


def test_validate_writes_again_and_a_listener_may_open_the_link(call, store):
    mails = []
    [sender] = data(call("POST", "sender", {"Email": ADDRESS}))
    store.on_activation(lambda address, url, mail: mails.append(url))
    store.on_activation(lambda address, url, mail: requests.get(url, timeout=5))
    answer = call("POST", f"sender/{sender['ID']}/validate").json()
    assert answer == {
        "ValidationMethod": "ActivationEmail",
        "Errors": {"FileValidationError": "", "DNSValidationError": ""},
        "GlobalError": "",
    }
    assert len(mails) == 1
    again = call("POST", f"sender/{sender['ID']}/validate")
    assert again.status_code == 400
    assert message_of(again) == "The sender is already active!"
    assert call("PUT", f"sender/{sender['ID']}/validate", {}).status_code == 404


def test_the_activation_mail_is_really_sent(store):
    authority, inbox = TestAuthority(), Store()
    inbox.add_key("unused", "unused")
    with SmtpStandin(inbox, authority.issue("127.0.0.1")) as smtp:
        # The relay wants a login, so that this shows the attempt and its failure
        target = ("127.0.0.1", smtp.starttls_port)
        with RestStandin(
            store, activation_smtp=target, public_url="https://app.mailjet.com"
        ) as standin:
            links = []
            store.on_activation(lambda address, url, mail: links.append(url))
            url = f"{standin.url}/v3/REST/sender"
            answer = requests.post(url, json={"Email": ADDRESS}, auth=PAIR, timeout=5)
            assert answer.status_code == 201
            assert smtp.connections[0].commands[:2] == ("EHLO", "MAIL")
            [link] = links
            assert link.startswith("https://app.mailjet.com/activate/")
            opened = standin.url + link.removeprefix("https://app.mailjet.com")
            assert requests.get(opened, timeout=5).status_code == 200


def test_a_domain_is_proven_by_its_txt_record(store, call, standin):
    with DnsStandin() as dns:
        standin.lookup_txt = dns.lookup_txt
        [sender] = data(call("POST", "sender", {"Email": DOMAIN}))
        [zone] = data(call("GET", "dns/example.com"))
        assert sender["DNSID"] == zone["ID"]
        assert sender["Filename"] == zone["OwnerShipToken"] + ".txt"
        name = zone["OwnerShipTokenRecordName"]
        assert name == f"mailjet._{zone['OwnerShipToken'][:8]}.example.com."
        failed = call("POST", "sender/*@example.com/validate", {})
        assert failed.status_code == 200
        assert failed.json()["ValidationMethod"] == ""
        assert failed.json()["GlobalError"].startswith("Neither the file")
        dns.fail(name, "SERVFAIL")
        assert call("POST", "sender/*@example.com/validate").json()["GlobalError"]
        dns.heal()
        call("POST", "sender", {"Email": ADDRESS})
        early = call("POST", f"sender/{ADDRESS}/validate").json()
        assert early["ValidationMethod"] == "ActivationEmail", "not proven yet"
        dns.set(name, "TXT", [zone["OwnerShipToken"]])
        proven = call("POST", "sender/*@example.com/validate", {}).json()
        assert proven["ValidationMethod"] == "DNS"
        # The domain now covers its addresses, but not those of a sub-domain
        covered = call("POST", f"sender/{ADDRESS}/validate").json()
        assert covered["ValidationMethod"] == "Domain"
        call("POST", "sender", {"Email": "a@sub.example.com"})
        below = call("POST", "sender/a@sub.example.com/validate").json()
        assert below["ValidationMethod"] == "ActivationEmail"


def test_a_domain_is_proven_by_its_file(call, standin):
    fetched = []
    standin.fetch = lambda url: fetched.append(url) or b""
    standin.validate_envelope = True
    [sender] = data(call("POST", "sender", {"Email": DOMAIN}))
    [result] = data(call("POST", f"sender/{sender['ID']}/validate"))
    assert result["ValidationMethod"] == "File"
    assert fetched == [f"http://www.example.com/{sender['Filename']}"]


def test_changing_and_deleting_a_sender(call):
    [sender] = data(call("POST", "sender", {"Email": ADDRESS}))
    path = f"sender/{sender['ID']}"
    assert call("PUT", path, {"Name": "New"}).status_code == 200
    unchanged = call("PUT", path, {"name": "New"})
    assert unchanged.status_code == 304 and not unchanged.content
    assert unchanged.reason == "Content not changed"
    assert message_of(call("PUT", path, {"Status": "Active"})).startswith("MJ19")
    changed = call("PUT", path, {"Email": "b@example.com"})
    assert message_of(changed).startswith("Not allowed to change email address")
    text = "There is an already existing inactive sender with the same email."
    assert message_of(call("POST", "sender", {"Email": ADDRESS})).startswith(text)
    deleted = call("DELETE", path)
    assert deleted.status_code == 204 and not deleted.content
    assert data(call("GET", "sender")) == []
    assert len(data(call("GET", "sender", ShowDeleted=1))) == 1
    assert data(call("GET", path))[0]["Status"] == "Deleted"
    assert "existing deleted sender" in message_of(
        call("POST", "sender", {"Email": ADDRESS})
    )
    call("POST", f"{path}/validate")
    assert data(call("GET", path))[0]["Status"] == "Inactive"
    for wrong in ({}, {"Email": "x"}, {"Email": "a@b.example", "Status": "Active"}):
        assert call("POST", "sender", wrong).status_code == 400


def test_one_default_sender_and_the_filters(call):
    for email in (ADDRESS, DOMAIN, "b@example.net"):
        call("POST", "sender", {"Email": email, "IsDefaultSender": True})
    senders = data(call("GET", "sender"))
    assert [row["IsDefaultSender"] for row in senders] == [False, False, True]
    call("PUT", f"sender/{ADDRESS}", {"IsDefaultSender": True})
    assert not data(call("GET", "sender/b@example.net"))[0]["IsDefaultSender"]

    def emails(**filters):
        return [row["Email"] for row in data(call("GET", "sender", **filters))]

    assert emails(Domain="example.com") == [ADDRESS, DOMAIN]
    assert emails(IsDomainSender="1") == [DOMAIN]
    assert emails(LocalPart="b") == emails(email="B@example.net") == ["b@example.net"]
    assert emails(Status="Active") == []
    assert emails(Sort="ID DESC")[0] == "b@example.net"


def test_sub_accounts_share_nothing(call):
    call("POST", "sender", {"Email": ADDRESS})
    assert data(call("GET", "sender", auth=OTHER)) == []
    assert call("POST", "sender", {"Email": ADDRESS}, auth=OTHER).status_code == 201


# -- 7. dns --------------------------------------------------------------------------


@pytest.mark.parametrize(("bits", "start"), [(1024, "MIGf"), (2048, "MIIBIjAN")])
def test_checking_a_domain(call, standin, bits, start):
    standin.dkim_bits = bits
    call("POST", "sender", {"Email": DOMAIN})
    [zone] = data(call("GET", "dns"))
    assert zone["ID"] > 2**31 and zone["LastCheckAt"] == ""
    assert zone["DKIMRecordValue"].startswith(f"k=rsa; p={start}")
    assert zone["DKIMRecordName"] == "mailjet._domainkey.example.com."
    assert zone["DKIMStatus"] == zone["SPFStatus"] == "Not Checked"
    with DnsStandin() as dns:
        standin.lookup_txt = dns.lookup_txt
        [check] = data(call("POST", "dns/example.com/check", {}))
        assert check["DKIMErrors"] == ["no DKIM record"]
        assert check["SPFRecordsCurrentValues"] == []
        assert (check["DKIMStatus"], check["SPFStatus"]) == ("Error", "Not Found")
        dns.set("example.com", "TXT", ["v=spf1 -all"])
        assert data(call("POST", "dns/example.com/check"))[0]["SPFStatus"] == "Error"
        dns.set("example.com", "TXT", ["v=spf1 include:spf.mailjet.com ~all"])
        dns.set(zone["DKIMRecordName"], "TXT", [zone["DKIMRecordValue"]])
        [check] = data(call("POST", f"dns/{zone['ID']}/check"))
        assert check["DKIMErrors"] == check["SPFErrors"] == []
    [zone] = data(call("GET", "dns", IsCheckInProgress="false"))
    assert zone["DKIMStatus"] == zone["SPFStatus"] == "OK" and zone["LastCheckAt"]
    assert call("POST", "dns/example.net/check").status_code == 404


# -- 8. eventcallbackurl -------------------------------------------------------------


def test_webhooks(call):
    hook = {"EventType": "sent", "Url": "https://a.example/x", "Version": 2}
    created = call("POST", "eventcallbackurl", hook)
    [row] = data(created)
    assert created.status_code == 201 and row["Status"] == "alive"
    assert row["Version"] == 2 and row["IsBackup"] is False and row["APIKeyID"]
    assert message_of(call("POST", "eventcallbackurl", hook)) == (
        'MJ18 A EventCallbackURL resource with value "7|false" for EventType|Backup'
        " already exists."
    )
    assert call("POST", "eventcallbackurl", {**hook, "IsBackup": True}).ok
    path = f"eventcallbackurl/{row['ID']}"
    call("PUT", path, {"Status": "dead"})
    for same in ({"Status": "alive"}, {"Url": hook["Url"], "Version": 1}):
        assert data(call("PUT", path, same))[0]["Status"] == "dead"
    assert data(call("PUT", path, {"Url": "https://b.example"}))[0]["Status"] == "alive"
    assert call("PUT", path, {"Url": "https://b.example"}).status_code == 304
    for event in ("7", "sent"):
        assert len(data(call("GET", "eventcallbackurl", EventType=event))) == 2
    assert len(data(call("GET", "eventcallbackurl", Backup="1"))) == 1
    key_id = row["APIKeyID"]
    for number, count in ((key_id, 2), (key_id + 1, 0)):
        assert len(data(call("GET", "eventcallbackurl", APIKey=number))) == count
    assert data(call("GET", "eventcallbackurl", auth=OTHER)) == []
    assert call("DELETE", path).status_code == 204
    assert call("GET", path).status_code == 404
    assert call("DELETE", path).status_code == 404
    for wrong, name in (({"EventType": "x"}, "EventType"), ({}, "Url")):
        refused = call("POST", "eventcallbackurl", wrong)
        assert refused.status_code == 400 and name in refused.json()["ErrorInfo"]
    [row] = data(call("POST", "eventcallbackurl", {"Url": "https://c.example"}))
    assert row["EventType"] == "open" and row["Version"] == 1, "what is left out"
    asleep = {"Url": "https://c.example", "EventType": "spam", "Status": "dead"}
    assert data(call("POST", "eventcallbackurl", asleep))[0]["Status"] == "dead"


def test_a_list_of_webhooks_hides_the_eleventh(call):
    for event in ("sent", "open", "click", "bounce", "blocked", "spam", "unsub"):
        for is_backup in (False, True):
            hook = {"EventType": event, "Url": "https://a.example/x"}
            call("POST", "eventcallbackurl", {**hook, "IsBackup": is_backup})
    assert len(data(call("GET", "eventcallbackurl"))) == 10
    assert len(data(call("GET", "eventcallbackurl", Limit=100))) == 14


# -- 9. message, contact, statcounters -----------------------------------------------


def test_mail_taken_by_smtp_is_a_message(call, store):
    authority = TestAuthority()
    with SmtpStandin(store, authority.issue("127.0.0.1")) as smtp:
        with smtplib.SMTP_SSL(
            "127.0.0.1", smtp.tls_port, timeout=5, context=authority.client_context()
        ) as client:
            client.login(*PAIR)
            client.sendmail(
                ADDRESS, ["a@x.example", "b@x.example"], b"Subject: Hi\r\n\r\nText\r\n"
            )
    rows = data(call("GET", "message"))
    assert len(rows) == 2 and all(row["ID"] > 2**53 for row in rows)
    assert rows[0]["ContactAlt"] == rows[0]["Subject"] == ""
    assert "CustomID" not in rows[0] and "SenderID" not in rows[0]
    [row] = data(call("GET", "message", ContactAlt="b@x.example", ShowSubject=1))
    assert row["Subject"] == "Hi" and row["ContactAlt"] == ""
    assert row["UUID"] == store.messages[0].guids[1]
    assert data(call("GET", "message", auth=OTHER)) == []
    emails = [row["Email"] for row in data(call("GET", "contact"))]
    assert emails == ["a@x.example", "b@x.example"]


def test_filters_of_messages(call, store):
    [sender] = data(call("POST", "sender", {"Email": DOMAIN}))
    store.account(PAIR[0]).senders[0]["Status"] = "Active"
    deliver(store)
    [row] = data(call("GET", "message", CustomID="c-1", ShowCustomID=1))
    assert row["CustomID"] == "c-1" and row["SenderID"] == sender["ID"]
    assert len(data(call("GET", "message", Contact=row["ContactID"]))) == 1
    for name in ("Sender", "SenderID"):
        assert len(data(call("GET", "message", **{name: sender["ID"]}))) == 1
        assert data(call("GET", "message", **{name: sender["ID"] + 1})) == []
    deliver(store, recipients=["bounce@example.org"])
    [failed] = data(call("GET", "message", MessageState=1))
    assert failed["StateID"] == 1 and failed["StatePermanent"] is True
    assert "StateID" not in row and row["StatePermanent"] is False
    store.clear_messages()
    deliver(store)
    assert data(call("GET", "message", CustomID="c-2")) == []
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    assert data(call("GET", "message", FromTS=later.isoformat())) == []
    assert len(data(call("GET", "message", ToTS=later.timestamp()))) == 1
    assert call("GET", "message", ToTS="never").status_code == 400


def test_contacts(call):
    assert call("POST", "contact", {"Email": "A@x.example"}).status_code == 201
    duplicate = message_of(call("POST", "contact", {"Email": "a@x.example"}))
    assert duplicate.startswith("MJ18 A Contact resource")
    assert call("POST", "contact", {}).status_code == 400
    path = "contact/a@X.example"
    assert call("PUT", path, {"IsExcludedFromCampaigns": True}).status_code == 200
    assert len(data(call("GET", "contact", IsExcludedFromCampaigns=1))) == 1


COUNTERS = {
    "CounterSource": "APIKey",
    "CounterTiming": "Message",
    "CounterResolution": "Day",
}


def test_counters(call, store):
    assert data(call("GET", "statcounters", **COUNTERS)) == [], "no empty slices"
    deliver(store, recipients=("a@x.example", "b@x.example"))
    [row] = data(call("GET", "statcounters", **COUNTERS))
    assert row["MessageSentCount"] == row["Total"] == 2 and row["SourceID"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", row["Timeslice"])
    lifetime = {**COUNTERS, "CounterResolution": "lifetime"}
    assert data(call("GET", "statcounters", **lifetime))[0]["Timeslice"] == ""
    by_sender = {**COUNTERS, "CounterSource": "Sender", "SourceID": 1}
    assert data(call("GET", "statcounters", **by_sender)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"CounterSource": ""},
        {"CounterTiming": "x"},
        {"CounterResolution": ""},
        {"CounterSource": "List", "SourceID": 1},
        {"CounterSource": "Sender", "CounterTiming": "Event", "SourceID": 1},
        {"CounterSource": "Campaign"},
        {"CounterResolution": "Lifetime", "CounterTiming": "Event"},
        {"CounterResolution": "Lifetime", "FromTS": 1},
        {"FromTS": "2020-01-01T00:00:00Z"},
    ],
)
def test_rules_of_counters(call, changes):
    assert call("GET", "statcounters", **{**COUNTERS, **changes}).status_code == 400


# -- 10. Faults, and the server itself -----------------------------------------------


def test_faults(call, standin):
    standin.faults.add("rate_limited", path="sender", times=2)
    assert call("GET", "user").status_code == 200
    limited = call("GET", "sender")
    assert limited.status_code == 429 and "<html>" in limited.text
    assert "Retry-After" not in limited.headers
    assert call("GET", "sender").status_code == 429
    assert call("GET", "sender").status_code == 200
    standin.faults.add("error", method="POST", times=None)
    assert call("GET", "user").ok
    failed = call("POST", "sender", {"Email": ADDRESS})
    assert failed.status_code == 500 and failed.json()["ErrorIdentifier"]
    standin.faults.clear()
    assert data(call("GET", "sender")) == [], "a fault does nothing"
    standin.faults.add("lost")
    with pytest.raises(requests.ConnectionError):
        call("POST", "sender", {"Email": ADDRESS})
    assert len(data(call("GET", "sender"))) == 1, "all but the answer"
    with pytest.raises(ValueError, match="none of"):
        standin.faults.add("fire")


def test_requests_are_noted_without_secrets(call, standin):
    call("GET", "sender", Limit=5)
    [noted] = standin.requests
    assert (noted.method, noted.path) == ("GET", "/v3/REST/sender")
    assert noted.params == {"Limit": "5"}
    assert PAIR[1] not in repr(noted)


def test_stopping_does_not_wait_for_anybody(store):
    standin = RestStandin(store).start()
    with pytest.raises(RuntimeError):
        standin.start()
    with pytest.raises(OSError):
        RestStandin(store, port=standin.port).start()
    standin.faults.add("timeout")
    with socket.create_connection((standin.host, standin.port)) as sock:
        sock.sendall(b"GET /v3/REST/user HTTP/1.1\r\nHost: x\r\n\r\n")
        while not standin.requests:
            time.sleep(0.005)
        begin = time.monotonic()
        standin.stop()
        sock.settimeout(2)
        assert sock.recv(1) == b""
    assert time.monotonic() - begin < 0.5
    standin.stop()
    with standin:
        url = f"{standin.url}/v3/REST/user"
        assert requests.get(url, auth=PAIR, timeout=5).ok


def test_as_a_program(tmp_path):
    command = [sys.executable, str(Path(standins.__file__).parent)]
    ports = ("smtp", "smtps", "rest", "dns")
    command += [part for name in ports for part in (f"--{name}-port", "0")]
    command += ["--api-key", PAIR[0], "--secret-key", PAIR[1]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        ready = process.stdout.readline()
        url = re.search(r" rest=(\S+)", ready)[1]
        assert " dns=127.0.0.1:" in ready
        user = requests.get(f"http://{url}/v3/REST/user", auth=PAIR, timeout=5)
        assert user.status_code == 200
    finally:
        process.terminate()
        assert process.wait(5) == 0
        process.stdout.close()
