"""Event callbacks in the REST API."""

import pytest
from mail_mailjet import const
from mail_mailjet.tools.mailjet.errors import (
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from rest_account import KEY, URL, answer_with, rows


def test_the_life_of_a_callback(api, store):
    api.create_callback("sent", URL)
    [callback] = api.callbacks()
    assert (callback.event, callback.url, callback.version) == ("sent", URL, 2)
    assert callback.is_alive and not callback.is_backup
    assert "event-password" not in repr(callback)
    with pytest.raises(InvalidError) as caught:
        api.create_callback("sent", URL)
    assert caught.value.is_duplicate
    [row] = store.account(KEY).callbacks
    row.update(Status="dead", Version=1)
    assert not next(api.callbacks()).is_alive
    api.update_callback(callback.id, f"{URL}-2")
    [changed] = api.callbacks()
    assert (changed.id, changed.url) == (callback.id, f"{URL}-2")
    assert changed.is_alive and changed.version == 2
    api.update_callback(callback.id, f"{URL}-2")  # 304
    api.delete_callback(callback.id)
    assert list(api.callbacks()) == []
    for gone in (
        lambda: api.delete_callback(callback.id),
        lambda: api.update_callback(callback.id, URL),
    ):
        with pytest.raises(NotFoundError):
            gone()


def test_all_callbacks_are_read(api, store, standin):
    """There may be fourteen, and ten come by default."""
    for event in const.EVENT_TYPES:
        for is_backup in (True, False):
            body = {"EventType": event, "Url": URL, "IsBackup": is_backup}
            api.request("POST", "eventcallbackurl", json=body)
    found = [(row.event, row.is_backup, row.version) for row in api.callbacks()]
    assert found == [(e, b, 1) for e in const.EVENT_TYPES for b in (True, False)]


def test_a_callback_is_created_once(api, standin, clock, store):
    standin.faults.add("lost")
    with pytest.raises(UnavailableError):
        api.create_callback("open", URL)
    assert len(store.account(KEY).callbacks) == 1 and not clock.pauses


@pytest.mark.parametrize(
    ("values", "name", "read"),
    [
        ({"Status": "Alive"}, "is_alive", True),
        ({"Status": 1}, "is_alive", True),
        ({"Status": ""}, "is_alive", True),
        ({}, "is_alive", True),
        ({"Status": "dead"}, "is_alive", False),
        ({"Status": "DEAD "}, "is_alive", False),
        ({"Status": 0}, "is_alive", False),
        ({"EventType": "Open"}, "event", "open"),
        ({"EventType": "typofix"}, "event", "unknown"),
        ({"Version": "2"}, "version", 2),
        ({}, "version", 0),
        ({"IsBackup": "true"}, "is_backup", True),
        ({}, "url", ""),
    ],
)
def test_spellings_in_a_callback(api, standin, values, name, read):
    answer_with(standin, rows({"ID": 1, **values}))
    [callback] = api.callbacks()
    assert getattr(callback, name) == read
