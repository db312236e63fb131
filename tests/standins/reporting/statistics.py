"""The statistics of one account: tests create them, REST serves them.

All public methods are thread-safe, even while a reader is between two pages.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timezone
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from ..rows import (
    Row,
    campaign_id_of,
    new_campaign,
    new_contact,
    new_list,
    new_overview,
    new_recipient,
    new_segment,
)
from .campaign_table import CampaignTable
from .contact_table import ContactTable
from .event_table import BLOCKED, PERMANENT, EventFacts, EventTable, Words
from .fill import Fill
from .message_table import DELIVERED, MessageTable, OwnMessage
from .moments import Moment, begin_of_day, seconds_of, written
from .recipient_table import RecipientTable
from .sent import take_in

if TYPE_CHECKING:
    from ..message import Message
    from ..store import Store

EVENT_KINDS = ("open", "click", "bounce", "spam", "unsub")
_FOREVER = float("inf")
# A later status replaces an earlier one
_RANKS = {"queued": 0, "deferred": 1, "sent": 2, "opened": 3, "clicked": 4}
_ANSWERS = 16  # results kept, each at most a few MB


class StoredEvent(NamedTuple):
    """One stored event; missing texts are "", missing numbers 0.

    `campaign_id` is None without a campaign.
    """

    kind: str
    number: int  # for change_event and delete_event
    message_id: int
    at: int  # Unix seconds
    campaign_id: int | None
    contact_id: int
    agent: str
    url: str
    state_id: int
    is_permanent: bool
    is_blocked: bool


def _reading(method: Callable) -> Callable:
    """Hold the lock, after recording the mail received over SMTP."""

    @wraps(method)
    def locked(self: "Statistics", *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            self._take_in_sent()
            return method(self, *args, **kwargs)

    return locked


def _changing(method: Callable) -> Callable:
    """Like `_reading`, and invalidate cached results."""

    @wraps(method)
    def locked(self: "Statistics", *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            self._take_in_sent()
            self.version += 1
            return method(self, *args, **kwargs)

    return locked


class Statistics:
    """The statistics and data resources of one account.

    Moments are datetimes (in UTC if naive) or Unix seconds. `clock()`, by default the
    store's, returns the current time in Unix seconds, which decides what is visible,
    today and past. Email received over SMTP shows up `lag` seconds later, with its
    contacts and events. `counters_as_text` returns the numbers of /statcounters as
    text, as in Mailjet's guide. `job_reads` is how often a job is reported as in
    progress.
    """

    def __init__(
        self, store: "Store", api_key: str, apikey_id: int, senders: list[Row]
    ) -> None:
        self.clock: Callable[[], float] = store.now
        self.lag = 0.0
        self.counters_as_text = False
        self.job_reads = 0
        self.lock = store.lock
        self.apikey_id = apikey_id
        self.version = 0
        self.campaigns = CampaignTable()
        self.contacts = ContactTable()
        self.recipients = RecipientTable()
        self.messages = MessageTable()
        self.tables = {kind: EventTable() for kind in EVENT_KINDS}
        self.lists: dict[int, Row] = {}
        self.segments: dict[int, Row] = {}
        # The row of each job, and how often to report it as in progress
        self.jobs: dict[int, tuple[Row, int]] = {}
        self.agents = Words()
        self.urls = Words()
        self._senders = senders
        self._store = store
        self._api_key = api_key
        self._taken_in = 0
        self._sent_campaigns: set[int] = set()
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._answers_state: tuple = ()

    # -- Mail that came over SMTP ----------------------------------------------------

    def _take_in_sent(self) -> None:
        newest = self.clock() - self.lag
        for message in self._store.messages_of(self._api_key, self._taken_in):
            if self.lag and message.received_at.timestamp() > newest:
                break
            # First, or an unreadable email would fail again and again
            self._taken_in += 1
            self.version += 1
            take_in(self, message)

    def forget_sent(self) -> None:
        """Forget the mail that came over SMTP; its contacts stay."""
        with self.lock:
            handles = {h for h in self.messages.own_handles() if self._is_real(h)}
            for table in self.tables.values():
                table.remove_if(handles.__contains__)
            for handle in handles:
                self.messages.remove(handle)
            for campaign_id in self._sent_campaigns:
                self.campaigns.remove(campaign_id)
            self._sent_campaigns.clear()
            self._taken_in = 0
            self.version += 1

    def _is_real(self, handle: int) -> bool:
        return self.messages.own(handle).is_real

    def campaign_of_sent(self, custom_value: str, at: int, **values: Any) -> int:
        """The handle of the campaign with that X-Mailjet-Campaign."""
        row = self.campaigns.with_value(custom_value)
        if row is None:
            row = new_campaign(campaign_id_of(custom_value), custom_value, written(at))
            row.update(values)
            self._sent_campaigns.add(row["ID"])
            return self.campaigns.add(row)
        row["SendEndAt"] = max(row["SendEndAt"], written(at))
        return self.campaigns.handle_of(row["ID"])

    def sender_of(self, address: str) -> int | None:
        """The id of the active sender that covers an address: itself, or its domain."""
        address = address.lower()
        for wanted in (address, f"*@{address.rpartition('@')[2]}"):
            for row in self._senders:
                if row["Status"] == "Active" and row["Email"].lower() == wanted:
                    return row["ID"]
        return None

    def sender_id_of(self, message: int) -> int | None:
        """The id of the sender of a message, given by its handle."""
        own = self.messages.own(message)
        if own and own.sender_id is not None:
            return own.sender_id
        if own and own.sender:
            return self.sender_of(own.sender)
        row = self.campaigns.row(self.messages.campaign(message))
        return row.get("FromID") if row else None

    def contact_ids(self, addresses: Sequence[str]) -> dict[str, int]:
        """The ids of contacts by address; mail to an address creates a contact."""
        with self.lock:
            return {
                address.lower(): self.contacts.id(self.contact_of(address))
                for address in addresses
            }

    def contact_of(self, address: str) -> int:
        """The handle of the contact with that address, created if needed."""
        handle = self.contacts.with_email(address)
        if handle is None:
            self.version += 1
            row = new_contact(self._store.next_id(52_000_000_000), address.lower())
            row["CreatedAt"] = written(int(self.clock()))
            handle = self.contacts.add(row)
        return handle

    def sent_message(self, message_id: int) -> "Message | None":
        """The email received over SMTP that a message belongs to."""
        for message in self._store.messages_of(self._api_key):
            if message_id in message.message_ids:
                return message
        return None

    def agent_id(self, agent: str) -> int:
        """Mailjet's id of a user agent, 0 for none."""
        return self.agents.number_of(agent)

    # -- Make ------------------------------------------------------------------------

    @_changing
    def fill(self, **options: Any) -> None:
        """Generate a history, the same for the same options; see `Fill`."""
        Fill(**options).write(self)

    @_changing
    def add_list(self, name: str, *, is_deleted: bool = False, **values: Any) -> int:
        """Add a contact list; return its id. `values` are further fields of its row."""
        list_id = self._store.next_id(30_000)
        row = new_list(list_id, name, written(int(self.clock())))
        self.lists[list_id] = {**row, "IsDeleted": is_deleted, **values}
        return list_id

    @_changing
    def add_segment(self, name: str, *, status: str = "unused", **values: Any) -> int:
        """Add a segment (contactfilter); return its id."""
        segment_id = self._store.next_id(2_000)
        row = new_segment(segment_id, name, status)
        self.segments[segment_id] = {**row, **values}
        return segment_id

    @_changing
    def add_contact(
        self, email: str, *, name: str = "", is_excluded: bool = False, **values: Any
    ) -> int:
        """Add a contact; return its id. Raises `ValueError` for an existing address."""
        now = written(int(self.clock()))
        row = new_contact(self._store.next_id(52_000_000_000), email, name)
        row["CreatedAt"] = now
        row["IsExcludedFromCampaigns"] = is_excluded
        row["ExclusionFromCampaignsUpdatedAt"] = now if is_excluded else ""
        self.contacts.add({**row, **values})
        return row["ID"]

    @_changing
    def add_list_recipient(
        self,
        list_id: int,
        contact_id: int,
        *,
        subscribed_at: Moment | None = None,
        unsubscribed_at: Moment | None = None,
        is_active: bool = True,
    ) -> int:
        """Add a contact to a list; return the id of the membership."""
        if self.contacts.with_id(contact_id) is None:
            raise KeyError(contact_id)
        row = new_recipient(
            self._store.next_id(90_000_000_000),
            list_id,
            contact_id,
            written(self._seconds(subscribed_at)),
        )
        row["IsActive"] = is_active
        if unsubscribed_at is not None:
            row["UnsubscribedAt"] = written(seconds_of(unsubscribed_at))
            row["IsUnsubscribed"] = True
        self.recipients.add(row)
        self.lists[list_id]["SubscriberCount"] += 1
        return row["ID"]

    @_changing
    def add_campaign(
        self,
        subject: str = "",
        *,
        custom_value: str = "",
        send_start_at: Moment | None = None,
        send_end_at: Moment | None = None,
        list_id: int | None = None,
        segment_id: int | None = None,
        is_deleted: bool = False,
        is_starred: bool = False,
        **values: Any,
    ) -> int:
        """Add a sent campaign; return its id.

        With a `custom_value`, emails with that X-Mailjet-Campaign belong to it, and it
        has their campaign id.
        """
        start = self._seconds(send_start_at)
        campaign_id = self._store.next_id(13_000_000_000)
        if custom_value:
            campaign_id = campaign_id_of(custom_value)
        row = new_campaign(campaign_id, custom_value, written(start))
        end = start if send_end_at is None else seconds_of(send_end_at)
        row.update(
            SendEndAt=written(end),
            Subject=subject,
            IsDeleted=is_deleted,
            IsStarred=is_starred,
        )
        # Links to nothing are omitted
        if list_id is not None:
            row["ListID"] = list_id
        if segment_id is not None:
            row["SegmentationID"] = segment_id
        row.update(values)
        self.campaigns.add(row)
        return row["ID"]

    @_changing
    def add_draft(
        self, title: str, *, id_type: str = "NL", status: int = 0, **values: Any
    ) -> int:
        """Add a draft (NL) or an A/B test (AX) to the overview; return its id.

        `values` may have an `ID`, even that of a campaign: with its type, it is unique.
        """
        row = new_overview(self._store.next_id(40_000), id_type, title, status)
        row.update(values)
        if any(self._is_draft(d, row["ID"], id_type) for d in self.campaigns.drafts):
            raise ValueError(f"there is a {id_type} {row['ID']}")
        self.campaigns.drafts.append(row)
        return row["ID"]

    @_changing
    def add_message(
        self,
        email: str = "",
        *,
        contact_id: int | None = None,
        campaign_id: int | None = None,
        arrived_at: Moment | None = None,
        message_id: int | None = None,
        **values: Any,
    ) -> int:
        """Add a message to one contact; return its id.

        `values` are fields of `OwnMessage`, such as status, subject and custom_id.
        """
        if contact_id is None:
            contact = self.contact_of(email)
        else:
            contact = self.contacts.with_id(contact_id)
        campaign = -1
        if campaign_id is not None:
            campaign = self.campaigns.handle_of(campaign_id)
        message = OwnMessage(
            id=message_id or self._store.next_message_id(),
            campaign=campaign,
            contact=contact,
            email=email or self.contacts.email(contact),
            arrived=self._seconds(arrived_at),
            **values,
        )
        self.put_message(message)
        return message.id

    def put_message(self, message: OwnMessage) -> int:
        """Add a message; return its handle. The lock is held."""
        handle = self.messages.add(message)
        row = self.campaigns.row(message.campaign)
        if row and not row["FirstMessageID"]:
            row["FirstMessageID"] = message.id
        if message.status in DELIVERED:
            self.contacts.note_delivery(message.contact)
        return handle

    def add_open(
        self,
        message_id: int,
        *,
        at: Moment | None = None,
        agent: str = "",
        visible_at: Moment | None = None,
    ) -> int:
        """Add an open; return its number.

        `visible_at` is when REST starts to show it, if later than it happened.
        """
        return self._add_event("open", message_id, at, visible_at, agent=agent)

    def add_click(
        self,
        message_id: int,
        url: str,
        *,
        at: Moment | None = None,
        agent: str = "",
        visible_at: Moment | None = None,
    ) -> int:
        """Add a click; return its number."""
        return self._add_event(
            "click", message_id, at, visible_at, agent=agent, url=url
        )

    def add_bounce(
        self,
        message_id: int,
        *,
        at: Moment | None = None,
        state_id: int = 1,
        is_permanent: bool = True,
        is_blocked: bool = False,
        visible_at: Moment | None = None,
    ) -> int:
        """Add a bounce; return its number. `state_id` is the reason, as in StateID."""
        flags = PERMANENT * is_permanent + BLOCKED * is_blocked
        return self._add_event(
            "bounce", message_id, at, visible_at, state=state_id, flags=flags
        )

    def add_complaint(self, message_id: int, *, at: Moment | None = None) -> int:
        """Add a complaint (spam); return its number. REST does not list complaints."""
        return self._add_event("spam", message_id, at, None)

    def add_unsubscription(self, message_id: int, *, at: Moment | None = None) -> int:
        """Add an unsubscription; return its number. REST does not list them."""
        return self._add_event("unsub", message_id, at, None)

    @_changing
    def _add_event(
        self,
        kind: str,
        message_id: int,
        at: Moment | None,
        visible_at: Moment | None,
        **values: Any,
    ) -> int:
        handle = self._message(message_id)
        number = self.put_event(kind, handle, self._seconds(at), visible_at, **values)
        self._note_status(kind, handle, values)
        return number

    def put_event(
        self,
        kind: str,
        message: int,
        at: int,
        visible_at: Moment | None = None,
        *,
        agent: str = "",
        url: str = "",
        state: int = 0,
        flags: int = 0,
    ) -> int:
        """Add an event to a message, given by its handle. The lock is held."""
        facts = EventFacts(
            message=message,
            campaign=self.messages.campaign(message),
            at=at,
            agent=self.agents.number_of(agent),
            url=self.urls.number_of(url),
            state=state,
            flags=flags,
        )
        contact = self.messages.contact(message)
        if kind in ("open", "click"):
            self.contacts.note_activity(contact, at)
        if kind == "spam":
            row = self.contacts.row(contact, to_write=True)
            row["IsSpamComplaining"] = True
        visible = None if visible_at is None else seconds_of(visible_at)
        return self.tables[kind].add(facts, visible)

    def _note_status(self, kind: str, handle: int, values: Row) -> None:
        """Update the status of a message for an event."""
        if kind == "bounce":
            is_permanent = bool(values["flags"] & PERMANENT)
            status = "hardbounced" if is_permanent else "softbounced"
            self.messages.change(handle, status=status, state=values["state"])
            if own := self.messages.own(handle):
                own.is_permanent = is_permanent
            return
        status = {"open": "opened", "click": "clicked"}.get(kind, kind)
        old, new = (_RANKS.get(s, 9) for s in (self.messages.status(handle), status))
        if new > old:
            self.messages.change(handle, status=status)

    # -- Change and delete -----------------------------------------------------------

    @_changing
    def change_campaign(self, campaign_id: int, **values: Any) -> None:
        """Write fields of a row of /campaign, such as IsDeleted and IsStarred."""
        handle = self.campaigns.handle_of(campaign_id)
        self.campaigns.row(handle).update(values)

    @_changing
    def change_list(self, list_id: int, **values: Any) -> None:
        """Write fields of a row of /contactslist, such as IsDeleted and Name."""
        self.lists[list_id].update(values)

    @_changing
    def change_segment(self, segment_id: int, **values: Any) -> None:
        """Write fields of a row of /contactfilter, such as Status."""
        self.segments[segment_id].update(values)

    @_changing
    def change_draft(self, id_type: str, draft_id: int, **values: Any) -> None:
        """Write fields of a draft or an A/B test, such as Status."""
        self._draft(id_type, draft_id).update(values)

    @_changing
    def change_contact(self, contact_id: int, **values: Any) -> Row:
        """Write fields of a row of /contact, such as IsExcludedFromCampaigns."""
        now = written(int(self.clock()))
        row = self.contacts.row(self._contact(contact_id), to_write=True)
        excluded = values.get("IsExcludedFromCampaigns", row["IsExcludedFromCampaigns"])
        if excluded != row["IsExcludedFromCampaigns"]:
            row["ExclusionFromCampaignsUpdatedAt"] = now
        row.update(LastUpdateAt=now)
        row.update(values)
        return dict(row)

    @_changing
    def change_list_recipient(self, recipient_id: int, **values: Any) -> None:
        """Write fields of a row of /listrecipient, such as UnsubscribedAt."""
        row = self.recipients.row(self._recipient(recipient_id), to_write=True)
        row.update(values)

    @_changing
    def change_message(
        self, message_id: int, *, status: str | None = None, state_id: int | None = None
    ) -> None:
        """Change the status of a message, or the reason for its failure."""
        self.messages.change(self._message(message_id), status=status, state=state_id)

    @_changing
    def change_event(
        self,
        kind: str,
        number: int,
        *,
        at: Moment | None = None,
        visible_at: Moment | None = None,
    ) -> None:
        """Change when an event happened or becomes visible."""
        if at is not None:
            self.tables[kind].move(number, seconds_of(at))
        if visible_at is not None:
            self.tables[kind].show_at(number, seconds_of(visible_at))

    @_changing
    def delete_event(self, kind: str, number: int) -> None:
        self.tables[kind].remove(number)

    @_changing
    def delete_message(self, message_id: int) -> None:
        """Remove a message and all its events."""
        handle = self._message(message_id)
        for table in self.tables.values():
            for number in table.of_message(handle):
                table.remove(number)
        self.messages.remove(handle)

    @_changing
    def delete_list_recipient(self, recipient_id: int) -> None:
        """Remove a contact from a list."""
        handle = self._recipient(recipient_id)
        list_id = self.recipients.row(handle)["ListID"]
        self.recipients.remove(handle)
        self.lists[list_id]["SubscriberCount"] -= 1

    @_changing
    def delete_contact(self, contact_id: int) -> None:
        """Remove a contact and its memberships at once."""
        for list_id, handle in self.recipients.of_contact(contact_id).items():
            self.recipients.remove(handle)
            self.lists[list_id]["SubscriberCount"] -= 1
        self.contacts.remove(self._contact(contact_id))

    @_changing
    def erase_contact(self, contact_id: int) -> None:
        """Anonymize a contact, as the GDPR requires; it is removed 30 days later."""
        self.contacts.erase(self._contact(contact_id), int(self.clock()))

    def delete_list(self, list_id: int) -> None:
        """Mark a list as deleted, as Mailjet does."""
        self.change_list(list_id, IsDeleted=True)

    def delete_campaign(self, campaign_id: int) -> None:
        """Mark a campaign as deleted, as Mailjet does."""
        self.change_campaign(campaign_id, IsDeleted=True)

    def delete_segment(self, segment_id: int) -> None:
        """Mark a segment as deleted, as Mailjet does."""
        self.change_segment(segment_id, Status="deleted")

    @_changing
    def touch(self) -> None:
        """Invalidate cached results after a row was changed."""

    # -- Look up ---------------------------------------------------------------------

    def _seconds(self, moment: Moment | None) -> int:
        return int(self.clock()) if moment is None else seconds_of(moment)

    def _message(self, message_id: int) -> int:
        return _known(self.messages.handle_of(message_id), message_id)

    def _contact(self, contact_id: int) -> int:
        return _known(self.contacts.with_id(contact_id), contact_id)

    def _recipient(self, recipient_id: int) -> int:
        return _known(self.recipients.with_id(recipient_id), recipient_id)

    def _is_draft(self, row: Row, draft_id: int, id_type: str) -> bool:
        return (row["IDType"], row["ID"]) == (id_type, draft_id)

    def _draft(self, id_type: str, draft_id: int) -> Row:
        for row in self.campaigns.drafts:
            if self._is_draft(row, draft_id, id_type):
                return row
        raise KeyError((id_type, draft_id))

    @_reading
    def events(
        self, kind: str, after: Moment | None = None, until: Moment | None = None
    ) -> Iterator[StoredEvent]:
        """All events of a kind that REST shows, by time.

        :param after: only those later than this
        :param until: only those not later than this
        """
        numbers = self.numbers(kind, after, until)
        return (self._event(kind, number) for number in numbers)

    @_reading
    def numbers(
        self, kind: str, after: Moment | None = None, until: Moment | None = None
    ) -> Sequence[int]:
        """The numbers of the events that `events` returns."""
        return self.tables[kind].between(
            -_FOREVER if after is None else seconds_of(after),
            _FOREVER if until is None else seconds_of(until),
            self.clock(),
        )

    @_reading
    def event(self, kind: str, number: int) -> StoredEvent:
        """One event, by its number."""
        return self._event(kind, number)

    def _event(self, kind: str, number: int) -> StoredEvent:
        table = self.tables[kind]
        message = table.messages[number]
        return StoredEvent(
            kind=kind,
            number=number,
            message_id=self.messages.id(message),
            at=table.times[number],
            campaign_id=self.campaigns.id(table.campaigns[number]),
            contact_id=self.contacts.id(self.messages.contact(message)),
            agent=self.agents[table.agents[number]],
            url=self.urls[table.urls[number]],
            state_id=table.states[number],
            is_permanent=bool(table.flags[number] & PERMANENT),
            is_blocked=bool(table.flags[number] & BLOCKED),
        )

    def count(
        self, kind: str, after: Moment | None = None, until: Moment | None = None
    ) -> int:
        """The number of events of a kind that REST shows."""
        return len(self.numbers(kind, after, until))

    @_reading
    def count_by_day(self, kind: str) -> dict[date, int]:
        """The number of events of a kind that REST shows, for each day in UTC."""
        times = self.tables[kind].times
        days = Counter(begin_of_day(times[number]) for number in self.numbers(kind))
        return {
            datetime.fromtimestamp(day, timezone.utc).date(): count
            for day, count in sorted(days.items())
        }

    @_reading
    def rows(self, resource: str, **query: Any) -> list[Row]:
        """All rows that REST would return for a query, without paging.

        `rows("campaign", FromTS=0)` is what a reader of all pages should get.
        """
        from .resources import rows_of

        return rows_of(self._store, self._api_key, resource, query)

    # -- For the resources -----------------------------------------------------------

    @_reading
    def today(self) -> int:
        """The last midnight, in UTC."""
        return begin_of_day(self.clock())

    @_reading
    def refresh(self) -> None:
        """Record the mail received over SMTP."""

    @_reading
    def found(self, key: Any, find: Callable[[], Any]) -> Any:
        """Return `find()`, cached until data changes or a late event appears."""
        now = self.clock()
        hidden = [table.hidden_count(now) for table in self.tables.values()]
        senders = [row["Status"] for row in self._senders]
        state = (self.version, self.contacts.over_count(now), *hidden, *senders)
        if state != self._answers_state:
            self._answers.clear()
            self._answers_state = state
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        answer = self._answers[key] = find()
        if len(self._answers) > _ANSWERS:
            self._answers.popitem(last=False)
        return answer

    def add_job(self, row: Row) -> int:
        """Keep the row of a job; return its id."""
        job_id = self._store.next_id(700_000)
        self.jobs[job_id] = (row, self.job_reads)
        return job_id


def _known(handle: int | None, row_id: int) -> int:
    if handle is None:
        raise KeyError(row_id)
    return handle
