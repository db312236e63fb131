"""The only place that talks HTTP to Mailjet: its REST API, version 3.

Answers come back as small frozen values with plain Python types:

* An id is a `str`, and "" when there is none. Mailjet's ids have up to 64 bits, too
  many for an integer field and for a browser.
* A date is a `datetime` in UTC without a time zone, as Odoo keeps it, or None.
* A word out of a list (a status, a type) is in lower case, with "_" for a space, and
  one of those in `const`; a new word of Mailjet's becomes "unknown".
* A DNS name is complete and has no dot at its end.

Whatever goes wrong is a `MailjetApiError`. It never holds a key, nor the exception
beneath it, because those of `requests` carry the request and its login.
"""

import base64
import json as jsonlib
import random
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3

from ... import const
from ..report.row import read_contact, read_counter
from .errors import (
    AuthenticationError,
    InvalidError,
    MailjetApiError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    ReadOnlyError,
    UnavailableError,
    UnexpectedAnswerError,
)
from .event import LATEST
from .values import (
    clean,
    date_of,
    flag_of,
    id_of,
    link_of,
    needed_text_of,
    number_of,
    query_date,
    query_date_from,
    text_of,
    texts_of,
    word_of,
)

# -- Values --------------------------------------------------------------------------


@dataclass(frozen=True)
class Sender:
    """One row of /sender: an address, or a whole domain as `*@example.com`."""

    id: str  # ID
    email: str  # Email
    name: str  # Name: free text
    email_type: str  # EmailType: const.SENDER_EMAIL_TYPES; informative only
    status: str  # Status: const.SENDER_STATUSES or "unknown"
    is_default: bool  # IsDefaultSender
    dns_id: str  # DNSID: id of the `DomainDns`; Mailjet says -1 or nothing for none
    filename: str  # Filename: proves a domain if served from its root; "" for others
    created_at: datetime | None  # CreatedAt

    @property
    def is_domain(self):
        """Whether it stands for every address of its domain."""
        return self.email.startswith("*@")

    @property
    def domain(self):
        """What stands behind the @, in lower case."""
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True)
class ValidationResult:
    """What /sender/{id}/validate says. The sender's status has to be read again."""

    # ValidationMethod: const.VALIDATION_METHODS, "already_active", "unknown" or ""
    # for a failure. "activation_email": a mail was sent, nothing more.
    method: str
    message: str  # GlobalError: a sentence, "" if all is well
    dns_error: str  # Errors.DNSValidationError
    file_error: str  # Errors.FileValidationError

    @property
    def ok(self):
        """Whether Mailjet has accepted the request, which may mean: sent a mail."""
        return bool(self.method) and not self.message


@dataclass(frozen=True)
class DomainDns:
    """One row of /dns: what a domain should publish, and what Mailjet found."""

    id: str  # ID
    domain: str  # Domain, in lower case
    ownership_token: str  # OwnerShipToken: value of the TXT record
    ownership_name: str  # OwnerShipTokenRecordName: its complete name
    dkim_name: str  # DKIMRecordName: complete name
    dkim_value: str  # DKIMRecordValue: starts with "k=rsa; p="
    dkim_status: str  # DKIMStatus: const.DNS_STATUSES or "unknown"
    spf_value: str  # SPFRecordValue: Mailjet's proposal; knows no record of yours
    spf_status: str  # SPFStatus: const.DNS_STATUSES or "unknown"
    is_check_in_progress: bool  # IsCheckInProgress
    last_check_at: datetime | None  # LastCheckAt; None: never


@dataclass(frozen=True)
class DnsCheck:
    """What /dns/{id}/check found just now."""

    dkim_status: str  # DKIMStatus: const.DNS_STATUSES or "unknown"
    dkim_found: str  # DKIMRecordCurrentValue
    dkim_errors: tuple[str, ...]  # DKIMErrors
    spf_status: str  # SPFStatus: const.DNS_STATUSES or "unknown"
    spf_found: tuple[str, ...]  # SPFRecordsCurrentValues
    spf_errors: tuple[str, ...]  # SPFErrors


@dataclass(frozen=True)
class ApiKey:
    """One row of /apikey: the main account or a sub-account. Its secret is left out."""

    id: str  # ID
    key: str = field(repr=False)  # APIKey
    name: str  # Name
    is_active: bool  # IsActive
    is_master: bool  # IsMaster: False for a sub-account
    run_level: str  # Runlevel: const.RUN_LEVELS or "unknown"; not "normal": restricted
    quarantine: int  # QuarantineValue: 0 is normal, others are not documented
    user_id: str  # UserID
    created_at: datetime | None  # CreatedAt


@dataclass(frozen=True)
class User:
    """The row of /user: who owns the account."""

    id: str  # ID
    email: str  # Email
    username: str  # Username
    locale: str  # Locale, such as "en_US"
    timezone: str  # Timezone
    max_api_keys: int  # MaxAllowedAPIKeys
    rate_limit_warned_at: datetime | None  # WarnedRatelimitAt
    created_at: datetime | None  # CreatedAt


@dataclass(frozen=True)
class Profile:
    """The row of /myprofile: the company behind the account."""

    id: str  # ID
    user_id: str  # UserID
    company: str  # CompanyName
    first_name: str  # Firstname
    last_name: str  # Lastname
    country: str  # AddressCountry
    website: str  # Website


@dataclass(frozen=True)
class Message:
    """One row of /message: a mail to one recipient."""

    id: str  # ID
    guid: str  # UUID: Message_GUID in events
    status: str  # Status: const.MESSAGE_STATUSES or "unknown"
    state_id: str  # StateID: why it failed, const.MESSAGE_STATES; "" for none
    is_permanent: bool  # StatePermanent
    contact_id: str  # ContactID
    email: str  # ContactAlt: only with ShowContactAlt=1
    custom_id: str  # CustomID: only with ShowCustomID=1
    campaign_id: str  # CampaignID; "" for none
    arrived_at: datetime | None  # ArrivedAt: taken over by Mailjet


@dataclass(frozen=True)
class HistoryEvent:
    """One row of /messagehistory: an event of one message."""

    event: str  # EventType in the words of posts: const.EVENT_TYPES or "unknown"
    date: datetime  # EventAt
    state: str  # State: why it failed, in the words of posts; "" for none
    comment: str  # Comment
    agent: str  # Useragent


@dataclass(frozen=True)
class Callback:
    """One row of /eventcallbackurl: where Mailjet posts the events of one type."""

    id: str  # ID
    event: str  # EventType: const.EVENT_TYPES or "unknown"
    url: str = field(repr=False)  # Url: may hold a login
    is_alive: bool  # Status: False once Mailjet has given up on the address
    is_backup: bool  # IsBackup
    version: int  # Version: 2 for several events in a post


@dataclass(frozen=True)
class Contact:
    """One row of /contact: an address, and whether campaigns leave it out."""

    id: str  # ID
    email: str  # Email, in lower case
    is_excluded: bool  # IsExcludedFromCampaigns
    excluded_changed_at: datetime | None  # ExclusionFromCampaignsUpdatedAt; None: never
    is_complaining: bool  # IsSpamComplaining
    is_anonymized: bool  # asked to be forgotten: nobody's address


SAME_PAGE = "Mailjet keeps sending the same page"

# -- The client ----------------------------------------------------------------------

_RETRIED_STATUSES = (502, 503, 504)
_RETRIED_REASONS = ("timeout", "connection")
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Half a second and then twice as much each time, at most; `random` takes a part of it.
_BACKOFF, _MAX_BACKOFF = 0.5, 20.0
# Small, so that an answer that trickles in is given up soon after its time is over
_CHUNK = 1024


class _Session(requests.Session):
    """Leaves redirects alone: the client judges them itself.

    Even when told not to follow, `requests` would read the whole body of one.
    """

    def get_redirect_target(self, resp):
        return None


@dataclass(frozen=True)
class _Answer:
    """One HTTP answer, read to its end."""

    status: int
    headers: requests.structures.CaseInsensitiveDict
    content: bytes


class MailjetApi:
    """A client for one pair of keys. Close it, or use it in a `with` statement.

    Not for two threads at once.

    :param str api_key: user name of every request
    :param str secret_key: its password
    :param str base_url: const.API_URL, const.API_URL_US, or a stand-in on loopback
    :param float connect_timeout: seconds for a connection to come about
    :param float read_timeout: seconds without a byte before the answer is given up
    :param float deadline: seconds for one request with all its retries
    :param int max_size: bytes an answer may have, once unpacked
    :param bool read_only: refuse everything but reading before anything is sent
    :param sleep: stands in for time.sleep
    :param clock: stands in for time.monotonic
    :param random_part: stands in for random.random
    :raise InvalidError: if the base URL is not one to trust with the keys
    """

    def __init__(
        self,
        api_key,
        secret_key,
        base_url=const.API_URL,
        *,
        connect_timeout=5.0,
        read_timeout=20.0,
        deadline=60.0,
        max_size=32 * 1024 * 1024,
        read_only=False,
        sleep=time.sleep,
        clock=time.monotonic,
        random_part=random.random,
    ):
        self.base_url = check_base_url(base_url)
        self.read_only = read_only
        self._api_key = api_key or ""
        self._secrets = _secret_forms(self._api_key, secret_key or "")
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_size = max_size
        self._sleep = sleep
        self._clock = clock
        self._random_part = random_part
        self._session = _Session()
        # As bytes: requests encodes text as latin-1, and its error shows the text
        self._session.auth = (self._api_key.encode(), (secret_key or "").encode())
        self._session.headers["Accept"] = "application/json"

    def __repr__(self):
        return f"MailjetApi({self.base_url!r})"

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Close the connections."""
        self._session.close()

    # -- Any resource ----------------------------------------------------------------

    def request(self, method, path, params=None, json=None, idempotent=None):
        """Send one request, again if that is safe and may help.

        :param str method: GET, POST, PUT or DELETE
        :param str path: below /v3/REST/, as `path_of` makes it; from the root of the
            host if it starts with "/"
        :param dict params: the query
        :param json: the body
        :param bool idempotent: whether sending it twice does no harm; by default
            everything but POST is
        :return: the decoded body, or None if there is none: DELETE (204), a PUT that
            changes nothing (304)
        :raise MailjetApiError: one of its subclasses
        """
        if self.read_only and method != "GET":
            raise ReadOnlyError("This client may only read: nothing was sent")
        if idempotent is None:
            idempotent = method != "POST"
        url = self.base_url + (path if path.startswith("/") else f"/v3/REST/{path}")
        end = self._clock() + self._deadline
        attempt = 0
        while True:
            answer, error = self._try(method, url, params, json, end)
            if error is None:
                return answer
            pause = self._pause(error, attempt) if idempotent else None
            if pause is None or self._clock() + pause >= end:
                raise error
            self._sleep(pause)
            attempt += 1

    def iterate(self, resource, **filters):
        """Yield all rows of a resource as they come, page by page.

        Stops at a page that is not full: Mailjet's Total is that of the page only.

        :param str resource: its path, such as "sender"
        :param filters: names and values as in Mailjet's documentation
        :raise UnexpectedAnswerError: if a page comes twice, besides the usual
        """
        seen, offset = set(), 0
        while True:
            page = self.page(resource, offset, **filters)
            yield from page
            if len(page) < const.API_PAGE_SIZE:
                return
            key = page_key(page)
            if key in seen:
                raise UnexpectedAnswerError(SAME_PAGE)
            seen.add(key)
            offset += len(page)

    def page(self, resource, offset, limit=const.API_PAGE_SIZE, **filters):
        """Return the rows of one page, a full one unless it is the last, as they came.

        :param int offset: of the first row
        :param int limit: rows of a full page
        :raise UnexpectedAnswerError: if the answer holds no rows, besides the usual
        """
        paging = {"Limit": limit, "Offset": offset}
        return _rows(self.request("GET", resource, {**filters, **paging}))

    def count(self, resource, **filters):
        """Return how many rows there are; none of them is sent."""
        return number_of(
            self.request("GET", resource, {**filters, "countOnly": 1}), "Total"
        )

    # -- Senders: https://dev.mailjet.com/email/reference/sender-addresses-and-domains/

    def senders(self, **filters):
        """Yield each `Sender` of the key; ShowDeleted=1 for the deleted ones too."""
        return map(_sender, self.iterate("sender", **filters))

    def sender(self, id_or_email):
        """Return one `Sender`, even a deleted one.

        :raise NotFoundError: if the key has no such sender
        """
        return _sender(_row(self.request("GET", path_of("sender", id_or_email))))

    def create_sender(self, email, name="", email_type=const.UNKNOWN):
        """Create a sender and return it. Mailjet writes to an address, not to a domain.

        :param str email: an address, or `*@example.com` for a whole domain
        :raise InvalidError: `is_duplicate` if it exists, be it deleted; `sender` tells
        """
        body = {"Email": email, "Name": name, "EmailType": email_type}
        return _sender(_row(self.request("POST", "sender", json=body)))

    def update_sender(self, sender_id, *, name=None, email_type=None, is_default=None):
        """Change what is not None. That nothing had to change is fine too."""
        body = {"Name": name, "EmailType": email_type, "IsDefaultSender": is_default}
        body = {key: value for key, value in body.items() if value is not None}
        self.request("PUT", path_of("sender", sender_id), json=body)

    def delete_sender(self, sender_id):
        """Delete a sender. Mailjet keeps it as deleted, and its address stays taken."""
        self.request("DELETE", path_of("sender", sender_id))

    def validate_sender(self, id_or_email):
        """Have Mailjet look for the proof of a domain, or write to an address (again).

        :return: a `ValidationResult`, also when the proof was not found
        :raise NotFoundError: if there is no such sender
        """
        try:
            path = path_of("sender", id_or_email, "validate")
            return _validation_result(self.request("POST", path, json={}))
        except InvalidError as error:
            if not error.message.lower().startswith("the sender is already active"):
                raise
        return ValidationResult("already_active", "", "", "")

    # -- Domains ---------------------------------------------------------------------

    def dns_records(self, **filters):
        """Yield the `DomainDns` of each domain that has, or had, a sender."""
        return map(_domain_dns, self.iterate("dns", **filters))

    def dns(self, id_or_name):
        """Return one `DomainDns`.

        :raise NotFoundError: if the key has no sender of that domain
        """
        return _domain_dns(_row(self.request("GET", path_of("dns", id_or_name))))

    def check_dns(self, id_or_name):
        """Have Mailjet look at SPF and DKIM now, and return the `DnsCheck`."""
        path = path_of("dns", id_or_name, "check")
        return _dns_check(_row(self.request("POST", path, json={}, idempotent=True)))

    # -- The account -----------------------------------------------------------------

    def apikeys(self, **filters):
        """Yield each `ApiKey` that this key may see."""
        return map(_api_key, self.iterate("apikey", **filters))

    def own_apikey(self):
        """Return the `ApiKey` in use.

        Found in the list: asked for by its name it would stand in an address and in
        logs, and when the two keys were entered the wrong way round it is the secret.

        :raise NotFoundError: if Mailjet does not list it
        """
        for row in self.apikeys():
            if row.key == self._api_key:
                return row
        raise NotFoundError("Mailjet does not list the key in use")

    def user(self):
        """Return the `User`; also the cheapest way to see whether the keys are right.

        https://dev.mailjet.com/email/reference/settings/user-preferences
        """
        return _user(_row(self.request("GET", "user")))

    def profile(self):
        """Return the `Profile`."""
        return _profile(_row(self.request("GET", "myprofile")))

    # -- Messages and statistics -----------------------------------------------------

    def messages(self, **filters):
        """Yield each `Message`, with its recipient and its X-MJ-CustomID.

        https://dev.mailjet.com/email/reference/messages
        """
        shown = {"ShowContactAlt": 1, "ShowCustomID": 1}
        return map(_message, self.iterate("message", **shown, **filters))

    def messages_of(self, custom_id, since):
        """Yield each `Message` that Mailjet took with this X-MJ-CustomID.

        :param datetime since: in UTC, included; what came before does not count
        """
        return self.messages(CustomID=custom_id, FromTS=query_date_from(since))

    def message_page(self, start, end, *, offset, limit):
        """Return some of the `Message`s of a window of time, the oldest first.

        :param datetime start: in UTC, included
        :param datetime end: in UTC, included
        """
        query = {
            "ShowContactAlt": 1,
            "ShowCustomID": 1,
            "FromTS": query_date_from(start),
            "ToTS": query_date(end),
            "Offset": offset,
            "Limit": limit,
        }
        return list(map(_message, _rows(self.request("GET", "message", query))))

    def message_history(self, message_id):
        """Return the `HistoryEvent`s of a message, in the order of their time.

        https://dev.mailjet.com/email/reference/messages
        """
        path = path_of("messagehistory", message_id)
        # A list has ten rows unless it is asked for more
        body = self.request("GET", path, {"Limit": const.API_PAGE_SIZE})
        return list(map(_history_event, _rows(body)))

    def callbacks(self):
        """Yield each `Callback` of the key.

        https://dev.mailjet.com/email/reference/webhook
        """
        return map(_callback, self.iterate("eventcallbackurl"))

    def create_callback(self, event, url):
        """Have the events of a type posted to an address, several in a post.

        :param str event: one of const.EVENT_TYPES
        :raise InvalidError: `is_duplicate` if there is one for this type
        """
        body = {"EventType": event, "Url": url, "Version": 2, "IsBackup": False}
        self.request("POST", "eventcallbackurl", json=body)

    def update_callback(self, callback_id, url):
        """Have events posted to another address; that also wakes a suspended one."""
        body = {"Url": url, "Version": 2, "Status": "alive"}
        self.request("PUT", path_of("eventcallbackurl", callback_id), json=body)

    def delete_callback(self, callback_id):
        """Have events posted there no more."""
        self.request("DELETE", path_of("eventcallbackurl", callback_id))

    def daily_counters(self, start, end):
        """Return the values of a `mailjet.counter` for each day that has any mail.

        https://dev.mailjet.com/email/reference/statistics

        :param datetime start: included
        :param datetime end: included, and less than 100 days later
        """
        asked = {
            "CounterSource": "APIKey",
            "CounterTiming": "Message",
            "CounterResolution": "Day",
        }
        rows = self.iterate(
            "statcounters",
            **asked,
            FromTS=query_date_from(start),
            ToTS=query_date(end),
        )
        return [read_counter(row, asked) for row in rows]

    # -- Contacts: https://dev.mailjet.com/email/reference/contacts/contact/ -----------

    def excluded_contact_page(self, offset, limit=const.API_PAGE_SIZE):
        """Return some of the `Contact`s that campaigns leave out, by ascending id.

        :raise UnexpectedAnswerError: if another one is among them: the filter was not
            understood, and these are simply all contacts
        """
        rows = self.page("contact", offset, limit, **_EXCLUDED, Sort="ID")
        contacts = list(map(_contact, rows))
        if not all(contact.is_excluded for contact in contacts):
            raise UnexpectedAnswerError("Mailjet sent contacts that are not excluded")
        return contacts

    def excluded_contact_count(self):
        """Return how many contacts campaigns leave out."""
        return self.count("contact", **_EXCLUDED)

    def contact(self, id_or_email):
        """Return one `Contact`.

        :raise NotFoundError: if Mailjet does not know the address
        """
        return _contact(_row(self.request("GET", path_of("contact", id_or_email))))

    def set_exclusion(self, id_or_email, is_excluded):
        """Leave a contact out of all campaigns, or no more.

        :return: the `Contact` as it is now, None if nothing had to change
        :raise NotFoundError: if Mailjet does not know the address
        """
        body = {"IsExcludedFromCampaigns": is_excluded}
        answer = self.request("PUT", path_of("contact", id_or_email), json=body)
        return answer and _contact(_row(answer))

    def create_contact(self, email, is_excluded):
        """Make a contact and return the `Contact`.

        :raise InvalidError: `is_duplicate` if it exists
        """
        body = {"Email": email, "IsExcludedFromCampaigns": is_excluded}
        return _contact(_row(self.request("POST", "contact", json=body)))

    # -- One attempt -----------------------------------------------------------------

    def _try(self, method, url, params, json, end):
        """Return (decoded body, None) or (None, error); raise nothing.

        The error is raised by the caller, outside of every `except`: raised within, it
        would keep the original exception, and that one the login, in `__context__`.
        """
        try:
            answer = self._exchange(method, url, params, json, end)
            for _hop in range(_MAX_REDIRECTS):
                if answer.status not in _REDIRECTS or method != "GET":
                    break
                url = self._redirected(url, answer)
                answer = self._exchange(method, url, None, None, end)
            return self._decoded(answer), None
        except MailjetApiError as error:
            return None, error.with_traceback(None)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            return None, _without_answer(error)

    def _exchange(self, method, url, params, json, end):
        """Send the request and read the answer, neither longer than until `end`."""
        left = max(end - self._clock(), 0.001)
        response = self._session.request(
            method,
            url,
            params=params,
            json=json,
            timeout=tuple(min(limit, left) for limit in self._timeouts),
            allow_redirects=False,
            stream=True,
        )
        with closing(response):
            return _Answer(
                response.status_code, response.headers, self._content(response, end)
            )

    def _content(self, response, end):
        """Read the body, unpacked, as far as it is neither too large nor too slow."""
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._max_size:
                raise UnexpectedAnswerError(
                    "The answer is too large", status=response.status_code
                )
            if self._clock() > end:
                raise requests.Timeout
        return bytes(content)

    def _redirected(self, url, answer):
        """Return where a redirect leads to: to another place on the same host."""
        target = urljoin(url, answer.headers.get("Location", ""))
        here, there = urlsplit(self.base_url), urlsplit(target)
        if target == url or (here.scheme, here.netloc) != (
            there.scheme,
            there.netloc.lower(),
        ):
            raise UnexpectedAnswerError(
                "The answer leads nowhere, or to another host", status=answer.status
            )
        return target

    def _decoded(self, answer):
        """Return the body of a good answer, None for an empty one; raise the others."""
        if answer.status == 304 or (200 <= answer.status < 300 and not answer.content):
            return None
        body = _json(answer.content)
        if 200 <= answer.status < 300:
            if body is not None:
                return body
            raise self._error(UnexpectedAnswerError, answer, "The answer is not JSON")
        raise self._failure(answer, body if isinstance(body, dict) else {})

    def _failure(self, answer, body):
        """Return the error that an answer stands for.

        Without a body that only Mailjet can have written, a proxy may be speaking:
        its 404 must not look as if Mailjet had lost an object.
        """
        message = _line(body.get("ErrorMessage"))
        kind = _error_class(answer.status, message)
        error = self._error(kind, answer, message or _OWN_WORDS[kind], body)
        if kind in (RateLimitedError, UnavailableError):
            error.retry_after = _retry_after(answer.headers.get("Retry-After"))
        return error

    def _error(self, kind, answer, message, body=None):
        """Return an error of that kind, filled from the answer, without a secret."""
        body = body or {}
        identifier = body.get("ErrorIdentifier")
        header = answer.headers.get(const.API_REQUEST_ID_HEADER)
        return kind(
            self._masked(message),
            status=answer.status,
            info=self._masked(_line(body.get("ErrorInfo"))),
            request_id=self._masked(_line(identifier or header)),
        )

    def _masked(self, text):
        """Take out what a server may have repeated of the login."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:500]

    def _pause(self, error, attempt):
        """Return how many seconds to wait before trying again; None: do not try."""
        if isinstance(error, UnavailableError):
            again = (
                error.status in _RETRIED_STATUSES or error.reason in _RETRIED_REASONS
            )
        else:
            again = isinstance(error, RateLimitedError)
        if not again:
            return None
        if error.retry_after is not None:
            return error.retry_after
        # Full jitter: many clients that failed together do not come back together
        return self._random_part() * min(_MAX_BACKOFF, _BACKOFF * 2 ** min(attempt, 10))


_EXCLUDED = {"IsExcludedFromCampaigns": "true"}


def check_base_url(url):
    """Return the URL without a slash at its end, if the keys may be sent there.

    :raise InvalidError: unless it is https://host[:port]; http is for loopback only
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    bare = host and not (parts.query or parts.fragment or "@" in parts.netloc)
    safe = bare and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    )
    if not safe or parts.path.strip("/"):
        raise InvalidError("The address of the API must be https://host")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def path_of(resource, *parts):
    """Return the path of an object or of an action, each part safe in a URL.

    :raise InvalidError: for a part that would lead elsewhere, such as an empty id
    """
    parts = [str(part or "") for part in parts]
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidError("The id of the object is missing")
    return "/".join([resource, *(quote(part, safe="@*") for part in parts)])


def _secret_forms(api_key, secret_key):
    """Return the forms in which the keys may turn up in what a server sends back.

    The API key counts as a secret too: people swap the two.
    """
    token = base64.b64encode(f"{api_key}:{secret_key}".encode()).decode()
    # The longest first: it may contain another one
    return sorted(filter(None, (api_key, secret_key, token)), key=len, reverse=True)


# -- What an answer without success means --------------------------------------------

_OWN_WORDS = {
    AuthenticationError: "Mailjet refuses this pair of keys",
    NotAllowedError: "This key may not do that",
    RateLimitedError: "Too many requests",
    UnavailableError: "Mailjet is out of order",
    UnexpectedAnswerError: "The answer does not look like one of Mailjet's",
}
# https://github.com/mailjet/mailjet-gem/tree/master/spec/cassettes/Mailjet_API_Resource
_UNKNOWN_PATH = "could not determine http module"


def _error_class(status, message):
    """Return the class of error for a status and Mailjet's own message, if any.

    401 stands for a wrong pair (with no body at all) and for a forbidden request.
    """
    message = message.lower()
    if status == 429:
        return RateLimitedError
    if status == 401:
        return NotAllowedError if "not allowed" in message else AuthenticationError
    if status >= 500:
        return InvalidError if message.startswith(_UNKNOWN_PATH) else UnavailableError
    if status < 400 or not message:
        return UnexpectedAnswerError
    return {403: NotAllowedError, 404: NotFoundError}.get(status, InvalidError)


def _without_answer(error):
    """Return our error for an exception of `requests` or beneath, and forget that."""
    beneath = (error, *error.args)
    if any(isinstance(one, _TIMEOUTS) for one in beneath):
        return _unavailable("timeout", "Mailjet did not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return _unavailable("tls", "No safe connection to Mailjet: its certificate")
    if isinstance(error, _BROKEN):
        return _unavailable("connection", "No connection to Mailjet, or a broken one")
    return UnexpectedAnswerError("The answer cannot be read")


_TIMEOUTS = (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError)
_BROKEN = (
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
    urllib3.exceptions.ProtocolError,
)


def _unavailable(reason, message):
    error = UnavailableError(message)
    error.reason = reason
    return error


def _retry_after(text):
    """Return the seconds that a Retry-After header asks for, None if it is not sane.

    Mailjet does not send one today; a proxy or a later Mailjet may.
    https://github.com/mailjet/mailjet-apiv3-java/issues/217
    """
    try:
        seconds = float(text or "")
    except ValueError:
        seconds = _seconds_until(text or "")
    return seconds if seconds is not None and 0 <= seconds <= 3600 else None


def _seconds_until(text):
    """Return the seconds until an HTTP date, or None."""
    try:
        date = parsedate_to_datetime(text)
        return (date - datetime.now(timezone.utc)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None


# -- Reading a body ------------------------------------------------------------------


def _json(content):
    """Return the decoded body; None if it is not JSON, or only says null."""
    try:
        return jsonlib.loads(
            content.decode(),
            object_hook=_without_secret,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        return None


def _without_secret(values):
    """Forget the secrets of /apikey before anything can go wrong that shows them."""
    values.pop("SecretKey", None)
    return values


def _refuse_constant(name):
    """NaN and its kind are no JSON, and do not equal themselves."""
    raise ValueError(name)


def _line(value):
    """Return words for people, as one line, from whatever an error holds.

    ErrorInfo is a string, an object, or an object written out inside a string.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        inner = _json(value.encode(errors="replace"))
        value = value if inner is None else inner
    return "; ".join(filter(None, (" ".join(leaf.split()) for leaf in _leaves(value))))


def _leaves(value):
    """Yield the texts and numbers in a nested value, an object's as "name: text"."""
    todo = [("", value)]
    while todo:
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += reversed(value.items())
        elif isinstance(value, list):
            todo += [(name, item) for item in reversed(value)]
        elif value is not None and value != "":
            yield clean(f"{name}: {value}" if name else str(value))


def _rows(body):
    """Return the rows of an envelope {"Count": n, "Data": [...], "Total": n}.

    :raise UnexpectedAnswerError: if it is none
    """
    rows = body.get("Data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswerError("The answer holds no rows")
    return rows


def _row(body):
    """Return the first row of an envelope.

    :raise UnexpectedAnswerError: if there is none
    """
    for row in _rows(body):
        return row
    raise UnexpectedAnswerError("The answer holds no row")


def page_key(page):
    """Return something that is the same for a page with the same rows.

    Not their ids: those of opens and clicks are missing or not unique.
    """
    return blake2b(repr(page).encode(errors="replace"), digest_size=8).hexdigest()


def _full_name(row, name):
    """Return a DNS name, complete and without the dot at its end, "" for none.

    Real answers have the whole name and a dot; documentation leaves out the domain.
    """
    host = text_of(row, name).rstrip(".").lower()
    domain = text_of(row, "Domain").rstrip(".").lower()
    if not host or not domain or f".{host}".endswith(f".{domain}"):
        return host
    return f"{host}.{domain}"


# -- Reading a row -------------------------------------------------------------------


def _sender(row):
    return Sender(
        id=id_of(row),
        email=needed_text_of(row, "Email"),
        name=text_of(row, "Name"),
        email_type=word_of(row, "EmailType", const.SENDER_EMAIL_TYPES),
        status=word_of(row, "Status", const.SENDER_STATUSES),
        is_default=flag_of(row, "IsDefaultSender"),
        dns_id=link_of(row, "DNSID"),
        filename=text_of(row, "Filename"),
        created_at=date_of(row, "CreatedAt"),
    )


def _validation_result(body):
    """Read the one answer that comes without an envelope; documentation shows one."""
    if isinstance(body, dict) and "Data" in body:
        body = _row(body)
    if not isinstance(body, dict) or not _VALIDATION_KEYS & body.keys():
        raise UnexpectedAnswerError("The answer says nothing about a validation")
    method = text_of(body, "ValidationMethod")
    errors = body.get("Errors")
    errors = errors if isinstance(errors, dict) else {}
    return ValidationResult(
        # ActivationEmail is one word, so it cannot be split like the others
        method={"activationemail": "activation_email", "": ""}.get(
            method.lower(), word_of(body, "ValidationMethod", const.VALIDATION_METHODS)
        ),
        message=text_of(body, "GlobalError").strip(),
        dns_error=text_of(errors, "DNSValidationError").strip(),
        file_error=text_of(errors, "FileValidationError").strip(),
    )


_VALIDATION_KEYS = {"ValidationMethod", "GlobalError", "Errors"}


def _domain_dns(row):
    return DomainDns(
        id=id_of(row),
        domain=needed_text_of(row, "Domain").rstrip(".").lower(),
        ownership_token=text_of(row, "OwnerShipToken"),
        ownership_name=_full_name(row, "OwnerShipTokenRecordName"),
        dkim_name=_full_name(row, "DKIMRecordName"),
        dkim_value=text_of(row, "DKIMRecordValue"),
        dkim_status=word_of(row, "DKIMStatus", const.DNS_STATUSES),
        spf_value=text_of(row, "SPFRecordValue"),
        spf_status=word_of(row, "SPFStatus", const.DNS_STATUSES),
        is_check_in_progress=flag_of(row, "IsCheckInProgress"),
        last_check_at=date_of(row, "LastCheckAt"),
    )


def _dns_check(row):
    return DnsCheck(
        dkim_status=word_of(row, "DKIMStatus", const.DNS_STATUSES),
        dkim_found=text_of(row, "DKIMRecordCurrentValue"),
        dkim_errors=texts_of(row, "DKIMErrors"),
        spf_status=word_of(row, "SPFStatus", const.DNS_STATUSES),
        spf_found=texts_of(row, "SPFRecordsCurrentValues"),
        spf_errors=texts_of(row, "SPFErrors"),
    )


def _api_key(row):
    return ApiKey(
        id=id_of(row),
        key=needed_text_of(row, "APIKey"),
        name=text_of(row, "Name"),
        # Nobody is told that a key is suspended because an answer does not say so
        is_active=flag_of(row, "IsActive", missing=True),
        is_master=flag_of(row, "IsMaster"),
        run_level=word_of(row, "Runlevel", const.RUN_LEVELS),
        quarantine=number_of(row, "QuarantineValue"),
        user_id=link_of(row, "UserID"),
        created_at=date_of(row, "CreatedAt"),
    )


def _user(row):
    return User(
        id=id_of(row),
        email=text_of(row, "Email"),
        username=text_of(row, "Username"),
        locale=text_of(row, "Locale"),
        timezone=text_of(row, "Timezone"),
        max_api_keys=number_of(row, "MaxAllowedAPIKeys"),
        rate_limit_warned_at=date_of(row, "WarnedRatelimitAt"),
        created_at=date_of(row, "CreatedAt"),
    )


def _profile(row):
    return Profile(
        id=id_of(row),
        user_id=link_of(row, "UserID"),
        company=text_of(row, "CompanyName"),
        first_name=text_of(row, "Firstname"),
        last_name=text_of(row, "Lastname"),
        country=text_of(row, "AddressCountry"),
        website=text_of(row, "Website"),
    )


def _message(row):
    return Message(
        id=id_of(row),
        guid=text_of(row, "UUID"),
        status=word_of(row, "Status", const.MESSAGE_STATUSES),
        state_id=link_of(row, "StateID"),
        is_permanent=flag_of(row, "StatePermanent"),
        contact_id=link_of(row, "ContactID"),
        email=text_of(row, "ContactAlt"),
        custom_id=text_of(row, "CustomID"),
        campaign_id=link_of(row, "CampaignID"),
        arrived_at=date_of(row, "ArrivedAt"),
    )


# Past tense here, and other words for three of them, than in posts
_HISTORY_EVENTS = {
    "opened": "open",
    "clicked": "click",
    "bounced": "bounce",
    "unsubscribed": "unsub",
}


def _history_event(row):
    word = text_of(row, "EventType").strip().lower()
    word = _HISTORY_EVENTS.get(word, word)
    moment = number_of(row, "EventAt")
    if not 0 < moment <= LATEST:
        raise UnexpectedAnswerError("EventAt is not a time")
    return HistoryEvent(
        event=word if word in const.EVENT_TYPES else const.UNKNOWN,
        date=datetime.fromtimestamp(moment, timezone.utc).replace(tzinfo=None),
        state=text_of(row, "State"),
        comment=text_of(row, "Comment"),
        agent=text_of(row, "Useragent"),
    )


def _callback(row):
    return Callback(
        id=id_of(row),
        event=word_of(row, "EventType", const.EVENT_TYPES),
        url=text_of(row, "Url"),
        is_alive=text_of(row, "Status").strip().lower() in ("alive", "1", ""),
        is_backup=flag_of(row, "IsBackup"),
        version=number_of(row, "Version"),
    )


def _contact(row):
    # Nobody is taken for free because an answer does not say so
    if row.get("IsExcludedFromCampaigns") is None:
        raise UnexpectedAnswerError("IsExcludedFromCampaigns is missing")
    needed_text_of(row, "Email")
    values = read_contact(row, {})
    return Contact(
        id=values["mailjet_id"],
        email=values["email"],
        is_excluded=values["is_excluded"],
        excluded_changed_at=values["excluded_changed_on"],
        is_complaining=values["is_complaining"],
        is_anonymized=values["is_anonymized"],
    )
