"""Fixtures of the tests that ask the stand-in REST API over a real socket."""

import pytest
from mail_mailjet.tests.standins import RestStandin, Store
from rest_account import KEY, SECRET, Clock, client


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def api(standin, clock):
    with client(standin, clock) as api:
        yield api
