"""Generate a history: plausible when small, fast to generate when large."""

import random
import time
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from ..rows import new_campaign, new_list, new_overview, new_segment
from .event_table import BLOCKED, PERMANENT
from .history import History
from .message_table import STATUS_NUMBERS
from .moments import DAY, Moment, seconds_of, written

if TYPE_CHECKING:
    from .statistics import Statistics

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Mobile Safari/537.36",
    # Agents that fetch images even if nobody opened the email
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com"
    " GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
)
SENDERS = (
    ("news@company.example", "Company"),
    ("hello@shop.example", "The Shop"),
    ("events@club.example", "The Club"),
)
SUBJECTS = (
    "News of the month",
    "New in the shop",
    "You are invited",
    "Our offers of the week",
    "Thank you for your order",
    "What we have learned this year",
)
LIST_NAMES = ("Customers", "Newsletter", "Events", "Partners", "Press", "Staff")
LINKS = 5  # in each campaign
_FIRST_LIST = 20_000  # its id
# Reasons for permanent and temporary failures; frequent ones are repeated
HARD_STATES = (1, 1, 1, 1, 2, 4, 5, 6)
SOFT_STATES = (3, 3, 3, 9, 10, 12, 13, 13)
BLOCKED_STATES = (14, 14, 16, 20, 21)
_UNDELIVERED = STATUS_NUMBERS["blocked"]  # and what stands behind it


@dataclass(kw_only=True)
class Fill:
    """The options of a history.

    `events` is the exact number of opens (70 %), clicks (20 %) and bounces (10 %).
    Complaints, unsubscriptions and blocked messages are extra. `late` is the share of
    opens and clicks that become visible hours after they happened.
    """

    events: int = 1_000_000
    messages: int | None = None  # default: twice as many as events
    campaigns: int = 200
    contacts: int | None = None  # default: a few more than the largest campaign needs
    lists: int = 6
    days: int = 365  # from the start to the end
    start: Moment | None = None  # default: that many days before the end
    end: Moment | None = None  # default: now
    late: float = 0.0
    seed: int = 1
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.end = int(time.time()) if self.end is None else seconds_of(self.end)
        first = self.end - self.days * DAY
        self.start = first if self.start is None else seconds_of(self.start)
        self.messages = self.messages or 2 * self.events
        if self.messages * 5 < self.events:
            raise ValueError("there are too few messages for so many events")
        self._random = random.Random(self.seed)

    def write(self, statistics: "Statistics") -> None:
        """Add the history to an account's statistics; raises if it already has one."""
        if statistics.messages.history:
            raise RuntimeError("there is a history already")
        list_ids = [_FIRST_LIST + number for number in range(self.lists)]
        history = self._history(statistics, list_ids)
        self._write_lists(statistics)
        for table in (statistics.messages, statistics.contacts, statistics.recipients):
            table.history = history
        self._write_campaigns(statistics, history)
        self._write_segments_and_drafts(statistics, history)
        _Happenings(self, statistics, history, self._random).write()

    # -- Lists, contacts, campaigns --------------------------------------------------

    def _write_lists(self, statistics: "Statistics") -> None:
        """The lists, and a deleted one."""
        created = written(self.start)
        for number in range(self.lists + 1):
            name = LIST_NAMES[number % len(LIST_NAMES)]
            if number >= len(LIST_NAMES):
                name = f"{name} {number // len(LIST_NAMES) + 1}"
            list_id = _FIRST_LIST + number
            statistics.lists[list_id] = new_list(list_id, name, created)
        statistics.lists[_FIRST_LIST + self.lists]["IsDeleted"] = True

    def _history(self, statistics: "Statistics", list_ids: list[int]) -> History:
        rand = self._random.random
        gap = (self.end - self.start) / self.campaigns
        starts = [
            int(self.start + gap * (c + rand() / 2)) for c in range(self.campaigns)
        ]
        shares = [0, *accumulate(0.5 + rand() for _ in starts)]
        firsts = [round(self.messages * share / shares[-1]) for share in shares]
        largest = max(b - a for a, b in zip(firsts, firsts[1:], strict=False))
        contacts = self.contacts or max(largest * 5 // 4, 100)
        if contacts < largest:
            raise ValueError(f"a campaign has {largest} messages, so many contacts")
        account = statistics.apikey_id
        return History(
            begin=self.start,
            contact_count=contacts,
            list_ids=list_ids,
            first_campaign=statistics.campaigns.next_handle,
            # Nineteen digits, different in each account, and below those of other mail;
            # odd, so that a float cannot represent any
            first_message_id=10**18 + account * 10**13 + 123,
            first_contact_id=3 * 10**9 + account * 10**7,
            first_recipient_id=6 * 10**9 + account * 10**8,
            firsts=array("L", firsts),
            starts=array("L", starts),
            offsets=array("L", [int(rand() * contacts) for _ in starts]),
            seconds=max(1, min(3600, int(gap / 4))),
            status=bytearray([STATUS_NUMBERS["sent"]]) * self.messages,
            states=bytearray(self.messages),
            delivered=array("L", bytes(8 * contacts)),
            active=array("L", bytes(8 * contacts)),
        )

    def _write_campaigns(self, statistics: "Statistics", history: History) -> None:
        for number, start in enumerate(history.starts):
            is_newsletter = number % 3 != 2  # the others were sent over SMTP
            draft = 50_000 + number
            custom_value = f"mj.nl={draft}" if is_newsletter else f"history {number}"
            row = new_campaign(
                20 * 10**9 + statistics.apikey_id * 10**6 + number,
                custom_value,
                written(start),
            )
            sender = number % len(SENDERS)
            address, name = SENDERS[sender]
            row.update(
                CampaignType=2 if is_newsletter else 1,
                FirstMessageID=history.message_id(history.firsts[number]),
                FromEmail=address,
                FromID=46_935 + sender,
                FromName=name,
                IsDeleted=number % 17 == 5,
                IsStarred=number % 11 == 3,
                NewsLetterID=draft if is_newsletter else 0,
                SendEndAt=written(start + history.seconds),
                Subject=SUBJECTS[number % len(SUBJECTS)],
            )
            if is_newsletter:
                row["ListID"] = history.list_ids[number % len(history.list_ids)]
            if is_newsletter and number % 4 == 1:
                row["SegmentationID"] = 1_001
            statistics.campaigns.add(row)

    def _write_segments_and_drafts(
        self, statistics: "Statistics", history: History
    ) -> None:
        for number, (name, status) in enumerate(
            (
                ("Clicked within a month", "used"),
                ("Never opened", "unused"),
                ("Last year's customers", "deleted"),
            )
        ):
            statistics.segments[1_001 + number] = new_segment(
                1_001 + number, name, status
            )
        first_id = statistics.campaigns.id(history.first_campaign)
        for row_id, id_type, title, status in (
            # The id of a campaign: ids are only unique together with their type
            (first_id, "NL", "Next month's news", 0),
            (60_001, "NL", "Invitation, to be sent on Monday", 1),
            (60_002, "NL", "Old draft", -1),
            (60_003, "AX", "Which subject is better?", 3),
        ):
            row = new_overview(row_id, id_type, title, status)
            row["SendTimeStart"] = self.end + 3 * DAY if status == 1 else 0
            statistics.campaigns.drafts.append(row)


class _Happenings:
    """What happened to the messages of a history."""

    def __init__(
        self,
        fill: Fill,
        statistics: "Statistics",
        history: History,
        random_numbers: random.Random,
    ) -> None:
        self.statistics = statistics
        self.history = history
        self.end = fill.end
        self.late = fill.late
        self.random = random_numbers
        self.clicks = fill.events * 2 // 10
        self.bounces = fill.events // 10
        self.opens = fill.events - self.clicks - self.bounces

    def write(self) -> None:
        self._write_failures()
        opened = self._write_opens()
        self._write_clicks(opened)
        complaints = self._write_some("spam", opened, 2000)
        unsubscriptions = self._write_some("unsub", opened, 300)
        self._count_deliveries()
        self._note_complaints(complaints, unsubscriptions)

    def _write_failures(self) -> None:
        """Bounces, and one in a hundred messages that is blocked before it is sent."""
        history, rand = self.history, self.random.random
        blocked = history.message_count // 100
        chosen = self.random.sample(
            range(history.message_count), self.bounces + blocked
        )
        events = []
        for number in chosen[: self.bounces]:
            is_hard = rand() < 0.6
            reasons = HARD_STATES if is_hard else SOFT_STATES
            state = reasons[int(rand() * len(reasons))]
            self._fail(number, "hardbounced" if is_hard else "softbounced", state)
            delay = 1 + int(rand() * 30) if is_hard else int(rand() * 2 * DAY)
            at = min(history.arrived(number) + delay, self.end)
            flags = (PERMANENT | BLOCKED) if is_hard else 0
            events.append((at, number, 0, 0, state, flags))
        self._extend("bounce", events)
        for number in chosen[self.bounces :]:
            state = BLOCKED_STATES[int(rand() * len(BLOCKED_STATES))]
            self._fail(number, "blocked", state)

    def _fail(self, number: int, status: str, state: int) -> None:
        self.history.status[number] = STATUS_NUMBERS[status]
        self.history.states[number] = state

    def _write_opens(self) -> list[tuple]:
        """Opens, most of them soon; returns them as (time, message, agent)."""
        history, rand, end = self.history, self.random.random, self.end
        status, count = history.status, history.message_count
        opened = STATUS_NUMBERS["opened"]
        agents = [self.statistics.agents.number_of(agent) for agent in AGENTS]
        events = []
        while len(events) < self.opens:
            number = int(rand() * count)
            if status[number] >= _UNDELIVERED:
                continue
            status[number] = opened
            at = history.arrived(number) + 20 + int(14 * DAY * rand() ** 8)
            agent = agents[int(rand() * len(agents))]
            events.append((min(at, end), number, agent, 0, 0, 0))
        self._extend("open", events)
        return events

    def _write_clicks(self, opened: list[tuple]) -> None:
        """Clicks, each a little after an open of the same message."""
        history, rand = self.history, self.random.random
        clicked = STATUS_NUMBERS["clicked"]
        urls = [
            [
                self.statistics.urls.number_of(
                    f"https://www.shop.example/{campaign}/offer-{link}?utm_medium=email"
                )
                for link in range(LINKS)
            ]
            for campaign in range(len(history.starts))
        ]
        events = []
        for _ in range(self.clicks):
            at, number, agent, *_ = opened[int(rand() * len(opened))]
            history.status[number] = clicked
            url = urls[history.campaign_of(number)][int(rand() ** 2 * LINKS)]
            at = min(at + 3 + int(rand() * 300), self.end)
            events.append((at, number, agent, url, 0, 0))
        self._extend("click", events)

    def _write_some(self, kind: str, opened: list[tuple], share: int) -> list[tuple]:
        """Add the event to one in so many messages, each of them opened."""
        count = min(self.history.message_count // share, len(opened))
        chosen = {}
        for at, number, *_ in self.random.sample(opened, count):
            self.history.status[number] = STATUS_NUMBERS[kind]
            chosen[number] = (min(at + 60, self.end), number, 0, 0, 0, 0)
        self._extend(kind, chosen.values())
        return list(chosen.values())

    def _note_complaints(
        self, complaints: list[tuple], unsubscriptions: list[tuple]
    ) -> None:
        """Apply the events to the contacts and their memberships."""
        for _at, number, *_ in complaints:
            contact = self.history.contact_of(number)
            row = self.statistics.contacts.row(contact, to_write=True)
            row["IsSpamComplaining"] = True
        for at, number, *_ in unsubscriptions:
            # The handle of a contact's first membership is the contact's number
            contact = self.history.contact_of(number)
            row = self.statistics.recipients.row(contact, to_write=True)
            row.update(IsUnsubscribed=True, UnsubscribedAt=written(at))

    def _extend(self, kind: str, events: Collection[tuple]) -> None:
        if not events:
            return
        at, message, agent, url, state, flags = zip(*sorted(events), strict=True)
        history = self.history
        first = history.first_campaign
        numbers = self.statistics.tables[kind].extend(
            message=message,
            campaign=[first + history.campaign_of(number) for number in message],
            at=at,
            agent=agent,
            url=url,
            state=state,
            flags=flags,
        )
        if kind in ("open", "click"):
            self._note_activity(message, at)
            self._hide_late(kind, numbers, at)

    def _note_activity(self, messages: Iterable[int], times: Iterable[int]) -> None:
        active, contact_of = self.history.active, self.history.contact_of
        for number, at in zip(messages, times, strict=True):
            contact = contact_of(number)
            active[contact] = max(active[contact], at)

    def _hide_late(self, kind: str, numbers: range, times: tuple[int, ...]) -> None:
        if not self.late:
            return
        rand = self.random.random
        late = [
            (at + 60 + int(12 * 3600 * rand()), number)
            for number, at in zip(numbers, times, strict=True)
            if rand() < self.late
        ]
        self.statistics.tables[kind].show_many_at(late)

    def _count_deliveries(self) -> None:
        history = self.history
        delivered, status = history.delivered, history.status
        for campaign in range(len(history.starts)):
            for number in range(history.firsts[campaign], history.firsts[campaign + 1]):
                if status[number] < _UNDELIVERED:
                    delivered[history.contact_in(campaign, number)] += 1
        for number in range(history.recipient_count):
            row = self.statistics.lists[history.recipient_list(number)]
            row["SubscriberCount"] += 1
