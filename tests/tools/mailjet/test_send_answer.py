"""What became of each recipient, by the Send API's answer."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet import send_error
from mail_mailjet.tools.mailjet.send_answer import read_answer
from mail_mailjet.tools.smtp.cause import Cause, Scope
from mail_mailjet.tools.smtp.diagnosis import diagnose
from mail_mailjet.tools.smtp.pipeline import Fate
from send_mails import ANN, BOB, entry, mail

HOST = "api.mailjet.com"
FIRST = 1152921509561837015


def entries(number=3):
    return [
        entry(
            mail(To=[f"a{one}@example.org"], X_MJ_CustomID=f"c{one}"),
            [f"a{one}@example.org"],
            one,
        )
        for one in range(number)
    ]


def success(one, number=FIRST):
    lists = {"To": [], "Cc": [], "Bcc": []}
    for place, address in one.places.items():
        row = {"Email": address, "MessageUUID": "u", "MessageID": number}
        lists[place.partition("[")[0]].append(row)
        number += 1
    return {"Status": "success", "CustomID": one.custom_id, **lists}


def failure(code="send-0003", text="Something is wrong.", related=(), status=400):
    error = {
        "ErrorIdentifier": "423eca63-dd9a-4781-a1b2-66dfd3ffd38c",
        "ErrorCode": code,
        "StatusCode": status,
        "ErrorMessage": text,
        "ErrorRelatedTo": list(related),
    }
    return {"Status": "error", "Errors": [error]}


def read(messages, sent, status=200, **options):
    content = messages
    if not isinstance(messages, bytes):
        content = json.dumps({"Messages": messages}).encode()
    return read_answer(status, content, sent, HOST, lambda text: text, **options)


def fates(reading):
    return [fate for one in reading.deliveries for fate in one.fates.values()]


def test_all_accepted():
    sent = entries()
    reading = read(
        [success(one, FIRST + number) for number, one in enumerate(sent)], sent
    )
    assert fates(reading) == [Fate.ACCEPTED] * 3 and not reading.failure
    assert reading.deliveries[2].message_ids == {"a2@example.org": str(FIRST + 2)}


def test_some_accepted():
    sent = entries()
    reading = read([success(sent[0]), failure(), success(sent[2])], sent)
    assert fates(reading) == [Fate.ACCEPTED, Fate.REFUSED, Fate.ACCEPTED]
    [error] = reading.deliveries[1].errors.values()
    assert error.cause is Cause.NOT_CARRIED
    assert str(error) == "400 send-0003 Something is wrong."


@pytest.mark.parametrize("status", [400, 403])
def test_none_accepted(status):
    sent = entries(2)
    rows = [failure("send-0008", status=403), failure("send-0008", status=403)]
    reading = read(rows, sent, status)
    assert fates(reading) == [Fate.REFUSED] * 2 and not reading.failure


def test_an_error_without_a_status():
    """As in a test double of Mailjet's own SDK for Go."""
    row = failure("send-0008", status=403)
    del row["Status"]
    assert fates(read([row], entries(1), 403)) == [Fate.REFUSED]


def test_several_recipients_each_with_its_id():
    one = entry(mail(To=[ANN], Cc=[BOB]), [ANN, BOB])
    [delivery] = read([success(one)], [one]).deliveries
    assert delivery.message_ids == {ANN: str(FIRST), BOB: str(FIRST + 1)}


def test_addresses_are_compared_as_mailboxes():
    one = entry(recipients=["Ann@EXAMPLE.org"])
    row = success(one)
    row["To"][0]["Email"] = ANN
    [delivery] = read([row], [one]).deliveries
    assert delivery.fates == {"Ann@EXAMPLE.org": Fate.ACCEPTED}


def test_the_sandbox_has_no_ids():
    one = entry()
    row = success(one, 0)
    assert fates(read([row], [one], sandbox=True)) == [Fate.ACCEPTED]
    assert fates(read([row], [one])) == [Fate.UNCERTAIN]


# ----------------------------------------------------------------------
# In doubt
# ----------------------------------------------------------------------


def without(row, *names):
    return {name: value for name, value in row.items() if name not in names}


def test_too_few_or_too_many_answers():
    sent = entries(2)
    rows = list(map(success, sent))
    for wrong in ([], rows[:1], [*rows, rows[0]]):
        reading = read(wrong, sent)
        assert fates(reading) == [Fate.UNCERTAIN] * 2 and reading.failure


def test_answers_out_of_order():
    sent = entries(3)
    rows = list(map(success, sent))
    reading = read([rows[1], rows[0], rows[2]], sent)
    assert fates(reading) == [Fate.UNCERTAIN, Fate.UNCERTAIN, Fate.ACCEPTED]


def test_a_refusal_among_answers_out_of_order_is_nobodys():
    sent = entries(3)
    rows = list(map(success, sent))
    reading = read([rows[1], rows[0], failure()], sent)
    assert fates(reading) == [Fate.UNCERTAIN] * 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda row: [],
        lambda row: None,
        lambda row: without(row, "Status"),
        lambda row: without(row, "CustomID"),
        lambda row: without(row, "To"),
        lambda row: {**row, "Status": "queued"},
        lambda row: {**row, "CustomID": "other"},
        lambda row: {**row, "To": "ann"},
        lambda row: {**row, "To": [None]},
        lambda row: {**row, "To": [{"Email": "eve@example.org", "MessageID": 1}]},
        lambda row: {**row, "To": [without(row["To"][0], "MessageID")]},
        lambda row: {**row, "To": [{**row["To"][0], "MessageID": "x"}]},
        lambda row: {**row, "To": [{**row["To"][0], "MessageID": True}]},
        lambda row: {**row, "Errors": [{}]},
        lambda row: {"Status": "error"},
        lambda row: {"Status": "error", "Errors": []},
        lambda row: {"Status": "error", "Errors": [1]},
    ],
)
def test_an_answer_that_does_not_say(spoil):
    one = entry()
    assert fates(read([spoil(success(one))], [one])) == [Fate.UNCERTAIN]


def test_a_recipient_that_is_left_out():
    one = entry(mail(To=[ANN], Cc=[BOB]), [ANN, BOB])
    [delivery] = read([{**success(one), "Cc": []}], [one]).deliveries
    assert delivery.fates == {ANN: Fate.ACCEPTED, BOB: Fate.UNCERTAIN}
    assert delivery.errors[BOB].cause is Cause.API_ANSWER


@pytest.mark.parametrize(
    ("status", "content", "cause"),
    [
        (200, b"", Cause.API_ANSWER),
        (200, b"<html>not JSON</html>", Cause.API_ANSWER),
        (200, b'{"Messages": [', Cause.API_ANSWER),
        (200, b'{"Messages": {}}', Cause.API_ANSWER),
        (200, b"[]", Cause.API_ANSWER),
        (201, b"{}", Cause.API_ANSWER),
        # A gateway had no answer from Mailjet, which may have the mails
        (502, b"<html>Bad Gateway</html>", Cause.API_UNAVAILABLE),
        (504, b"<html>Gateway Time-out</html>", Cause.API_UNAVAILABLE),
    ],
)
def test_no_answer_about_mails_that_may_be_taken(status, content, cause):
    reading = read(content, entries(2), status)
    assert fates(reading) == [Fate.UNCERTAIN] * 2
    assert reading.failure.cause is cause


# ----------------------------------------------------------------------
# Nothing was taken
# ----------------------------------------------------------------------


def envelope(status, code, text):
    body = {"ErrorIdentifier": "u", "StatusCode": status, "ErrorMessage": text}
    if code:
        body["ErrorCode"] = code
    return json.dumps(body).encode()


# As recorded
KEYS = (
    "API key authentication/authorization failure. You may be unauthorized to access "
    "the API or your API key may be expired. Visit API keys management section to "
    "check your keys."
)
PAGE = b"<html><body><h1>429 Too Many Requests</h1></body></html>"


@pytest.mark.parametrize(
    ("status", "content", "cause"),
    [
        (401, envelope(401, "", KEYS), Cause.LOGIN),
        (401, envelope(401, "mj-0015", "No valid credentials."), Cause.LOGIN),
        (401, envelope(401, "mj-0001", "Blocked."), Cause.SUSPENDED),
        (401, b"", Cause.LOGIN),
        (403, envelope(403, "", "Operation not allowed"), Cause.API_REFUSED),
        (403, b"<html>Forbidden</html>", Cause.NOT_API),
        (404, b"<html>Not Found</html>", Cause.NOT_API),
        (407, b"", Cause.NOT_API),
        (302, b"", Cause.NOT_API),
        (408, b"", Cause.API_UNAVAILABLE),
        (429, PAGE, Cause.THROTTLED),
        (429, envelope(429, "", "Too many requests"), Cause.THROTTLED),
        (500, envelope(500, "", "Internal error"), Cause.API_UNAVAILABLE),
        (503, b"<html>Unavailable</html>", Cause.API_UNAVAILABLE),
    ],
)
def test_nothing_was_taken_and_nothing_gets_through(status, content, cause):
    reading = read(content, entries(2), status)
    assert fates(reading) == [Fate.NOT_BEGUN] * 2
    assert reading.failure.cause is cause and not reading.refusal


@pytest.mark.parametrize(
    ("status", "content", "cause"),
    [
        (400, envelope(400, "mj-0002", "Malformed JSON"), Cause.NOT_CARRIED),
        (400, envelope(400, "mj-0011", "Payload too large"), Cause.TOO_LARGE),
        (413, b"<html>Too large</html>", Cause.TOO_LARGE),
    ],
)
def test_nothing_was_taken_and_one_mail_is_the_reason(status, content, cause):
    reading = read(content, entries(2), status)
    assert reading.refusal.cause is cause
    assert not reading.deliveries and not reading.failure


# ----------------------------------------------------------------------
# What an error means
# ----------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(send_error.CAUSES))
def test_every_code_has_words(code):
    one = entry()
    [delivery] = read([failure(code)], [one], 400).deliveries
    diagnosis = diagnose(delivery.errors[ANN])
    assert delivery.fates == {ANN: Fate.REFUSED}
    for words in (diagnosis.title, diagnosis.reason, diagnosis.cure):
        assert str(words) and "%" not in str(words)
    assert code in diagnosis.detail


def error_of(row):
    [delivery] = read([row], [entry()], 400).deliveries
    return delivery.errors[ANN]


@pytest.mark.parametrize(
    ("row", "cause", "scope", "can_retry", "pauses"),
    [
        (failure("send-0008", status=403), Cause.SENDER, Scope.SENDER, False, False),
        (failure("mj-0001", status=401), Cause.SUSPENDED, Scope.ACCOUNT, True, True),
        (failure("mj-0015", status=401), Cause.LOGIN, Scope.ACCOUNT, True, True),
        (failure("new", status=429), Cause.THROTTLED, Scope.ACCOUNT, True, True),
        (failure("new", status=500), Cause.TEMPORARY, Scope.MESSAGE, True, False),
        (failure("new"), Cause.REPLY, Scope.MESSAGE, False, False),
        (
            failure("new", "Your account has been suspended."),
            Cause.SUSPENDED,
            Scope.ACCOUNT,
            True,
            True,
        ),
        (
            failure("mj-0013", related=["To[0].Email"]),
            Cause.INVALID_ADDRESS,
            Scope.RECIPIENT,
            False,
            False,
        ),
        (
            failure("mj-0013", related=["From.Email"]),
            Cause.SENDER,
            Scope.SENDER,
            False,
            False,
        ),
        (
            failure("mj-0013", related=["ReplyTo.Email"]),
            Cause.NOT_CARRIED,
            Scope.MESSAGE,
            False,
            False,
        ),
    ],
)
def test_an_error_means_what_it_means_over_smtp(row, cause, scope, can_retry, pauses):
    diagnosis = diagnose(error_of(row))
    assert diagnosis.cause is cause
    assert diagnosis.scope is scope
    assert diagnosis.can_retry is can_retry
    assert diagnosis.pauses is pauses


def test_one_bad_address_is_not_the_others_fault():
    one = entry(mail(To=[ANN, BOB]), [ANN, BOB])
    row = failure("mj-0013", related=["To[1].Email"])
    [delivery] = read([row], [one], 400).deliveries
    assert delivery.errors[BOB].cause is Cause.INVALID_ADDRESS
    assert delivery.errors[ANN].cause is Cause.OTHER_RECIPIENT
    assert diagnose(delivery.errors[ANN]).can_retry
    assert not diagnose(delivery.errors[BOB]).can_retry


def test_an_error_about_the_account_counts_most():
    row = failure("send-0003")
    row["Errors"] += failure("mj-0001", status=401)["Errors"]
    assert error_of(row).cause is Cause.SUSPENDED


def test_a_text_is_masked_and_short():
    row = failure("send-0003", "hush " * 1000)
    content = json.dumps({"Messages": [row]}).encode()
    mask = lambda text: text.replace("hush", "***")  # noqa: E731
    reading = read_answer(400, content, [entry()], HOST, mask)
    text = str(reading.deliveries[0].errors[ANN])
    assert "hush" not in text and len(text) <= 500


# ----------------------------------------------------------------------
# Whatever is answered
# ----------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Messages",
                    "Status",
                    "Errors",
                    "To",
                    "Email",
                    "MessageID",
                    "CustomID",
                    "ErrorCode",
                    "ErrorMessage",
                    "ErrorRelatedTo",
                    "StatusCode",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
SENT = entries(2)


@given(JSON, st.sampled_from([200, 201, 302, 400, 401, 403, 404, 413, 429, 500, 504]))
def test_garbage_is_never_an_acceptance(value, status):
    reading = read(json.dumps(value).encode(), SENT, status)
    assert Fate.ACCEPTED not in fates(reading)
    assert reading.refusal or len(reading.deliveries) == 2


@given(st.data())
def test_a_spoiled_answer_is_never_more_than_the_right_one(data):
    """Each mail has the fate of the right answer, or is in doubt."""
    rows = [success(SENT[0]), failure("send-0008", status=403)]
    right = fates(read(rows, SENT))
    rows = copy.deepcopy(rows)
    where = data.draw(st.sampled_from([*rows, rows[0]["To"][0], rows[1]["Errors"][0]]))
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(JSON)
    for fate, wanted in zip(fates(read(rows, SENT)), right, strict=True):
        assert fate in (wanted, Fate.UNCERTAIN)
