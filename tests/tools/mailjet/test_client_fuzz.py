"""Any answer at all gives a value or a typed error."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.errors import MailjetApiError
from mail_mailjet.tools.mailjet.resources import MailjetApi
from mail_mailjet.tools.report.daily_counter import daily_counters
from rest_account import (
    KEY,
    NOON,
    ONCE,
    SECRET,
    URL,
    answer_with,
    client,
    raw_server,
    rows,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "ID Email Name Status DNSID CreatedAt IsDefaultSender Domain DKIMStatus"
    " OwnerShipTokenRecordName DKIMErrors SPFRecordsCurrentValues LastCheckAt APIKey"
    " QuarantineValue Runlevel MaxAllowedAPIKeys ValidationMethod Errors GlobalError"
    " StateID ContactAlt ArrivedAt EventAt EventType Url Version Timeslice Total"
    " IsExcludedFromCampaigns ExclusionFromCampaignsUpdatedAt IsSpamComplaining"
)
ROW = st.dictionaries(
    st.sampled_from(FIELDS.split()),
    JSON | st.sampled_from([1, "1", 2**60, "a@b.example", "2020-01-01T00:00:00Z"]),
)
ERROR = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("ErrorInfo", "ErrorMessage", "ErrorIdentifier"), JSON)
)
BODY = st.one_of(
    st.binary(),
    JSON.map(lambda value: json.dumps(value).encode()),
    ROW.map(lambda row: json.dumps(rows(row)).encode()),
    ROW.map(lambda row: json.dumps(row).encode()),
    ERROR.map(lambda error: json.dumps(error).encode()),
)
FUZZ = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CALLS = (
    lambda api: list(api.senders()),
    lambda api: api.validate_sender("1"),
    lambda api: api.dns("1"),
    lambda api: api.check_dns("1"),
    lambda api: api.own_apikey(),
    lambda api: api.user(),
    lambda api: api.update_sender("1", name="x"),
    lambda api: list(api.messages_of("c-1", NOON)),
    lambda api: api.message_page(NOON, NOON, offset=0, limit=10),
    lambda api: api.message_history("1"),
    lambda api: list(api.callbacks()),
    lambda api: api.create_callback("open", URL),
    lambda api: api.update_callback("1", URL),
    lambda api: api.delete_callback("1"),
    lambda api: daily_counters(api, NOON, NOON),
    lambda api: api.excluded_contact_page(0),
    lambda api: api.set_exclusion("1", True),
)
STATUSES = st.sampled_from([200, 200, 200, 201, 304, 400, 401, 404, 418, 429, 503])


@FUZZ
@given(body=BODY, status=STATUSES, call=st.sampled_from(CALLS))
def test_any_body_gives_a_value_or_a_typed_error(standin, body, status, call):
    standin.faults.clear()
    answer_with(standin, body, status)
    with client(standin, **ONCE) as api:
        try:
            call(api)
        except MailjetApiError as error:
            assert str(error) and error.__context__ is None


@pytest.fixture(scope="module")
def raw():
    """A port, and the answers of the server there: it sends the last one."""
    answers = [b""]
    with raw_server(lambda: answers[-1]) as port:
        yield port, answers


@FUZZ
@given(
    head=st.binary(max_size=40)
    | st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 302 X\r\nLocation: "]),
    rest=st.binary(max_size=60),
)
def test_any_bytes_at_all_give_a_typed_error(raw, head, rest):
    port, answers = raw
    answers.append(head + rest)
    url = f"http://127.0.0.1:{port}"
    with MailjetApi(KEY, SECRET, url, random_part=lambda: 1.0, **ONCE) as api:
        with pytest.raises(MailjetApiError) as caught:
            api.user()
    assert caught.value.__context__ is None
