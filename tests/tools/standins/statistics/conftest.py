"""Fixtures that ask the stand-in for statistics over a real socket."""

import pytest
import requests
from mail_mailjet.tests.standins import RestStandin, Store
from statistics_account import NOW, OTHER, PAIR, data


@pytest.fixture
def store():
    store = Store()
    for pair in (PAIR, OTHER):
        store.add_key(*pair).statistics.clock = NOW.timestamp
    return store


@pytest.fixture
def statistics(store):
    return store.account(PAIR[0]).statistics


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
                method, url, json=json, auth=auth, params=params, timeout=10
            )

        yield call


@pytest.fixture
def rows(call):
    """All rows of a resource, page by page."""

    def rows(path, limit=1000, **params):
        found = []
        while True:
            page = call("GET", path, Limit=limit, Offset=len(found), **params)
            found += data(page)
            if len(data(page)) < limit:
                return found

    return rows
