"""The filters that /campaign, messages and events share.

https://dev.mailjet.com/email/reference/statistics
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..resource import boolean
from ..rows import Row
from .moments import begin_of_day, read
from .query import moment, number

if TYPE_CHECKING:
    from .statistics import Statistics

# In /campaign, messages and events alike
FAMILY = (
    "CampaignID CampaignStatus ContactsList ContactsListID CustomCampaign From"
    " FromDomain FromID FromTS FromType IsDeleted IsNewsletterTool IsStarred Period"
    " ToTS"
)
Test = Callable[[Row], bool]


def sent_window(query: Mapping[str, str], now: float) -> tuple[float, float]:
    """FromTS (exclusive) and ToTS (inclusive) as Unix seconds.

    The default is today: Airbyte's issues 24570 and 24744, and Mailjet's guide for
    events. For /message that is a guess.
    """
    first_moment = _begin_of_period(query.get("period", ""), now) - 1
    return (
        moment(query, "fromts", first_moment),
        moment(query, "tots", float("inf")),
    )


def event_window(query: Mapping[str, str]) -> tuple[float, float]:
    """EventFromTs (exclusive) and EventToTs (inclusive) as Unix seconds."""
    return (
        moment(query, "eventfromts", -float("inf")),
        moment(query, "eventtots", float("inf")),
    )


def _begin_of_period(period: str, now: float) -> int:
    """The midnight, in UTC, at which a Period begins; the default is Day."""
    midnight = begin_of_day(now)
    today = datetime.fromtimestamp(midnight, timezone.utc)
    if period.lower() == "week":
        return midnight - today.weekday() * 86_400
    if period.lower() == "month":
        return int(today.replace(day=1).timestamp())
    if period.lower() == "year":
        return int(today.replace(month=1, day=1).timestamp())
    return midnight


class CampaignFilter:
    """The campaigns that a query selects, and the messages without one."""

    def __init__(self, statistics: "Statistics", query: Mapping[str, str]) -> None:
        self._statistics = statistics
        self.after, self.until = sent_window(query, statistics.clock())
        tests = _tests(query)
        self._takes_loose = not tests
        self.handles = {
            handle
            for handle, row in statistics.campaigns.items()
            if self._in_time(read(row["SendStartAt"]))
            and all(test(row) for test in tests)
        }
        self._takes_all = len(self.handles) == len(statistics.campaigns)

    def _in_time(self, moment_: float) -> bool:
        return self.after < moment_ <= self.until

    def takes_loose(self, message: int) -> bool:
        """Whether a message without a campaign passes, by its own time."""
        # Mailjet's reference does not mention events of such messages [unknown]
        return self._takes_loose and self._in_time(
            self._statistics.messages.arrived(message)
        )

    def takes(self, campaign: int, message: int) -> bool:
        """Whether a message passes; both are handles."""
        if campaign < 0:
            return self.takes_loose(message)
        return campaign in self.handles

    def takes_everything(self, has_loose: bool) -> bool:
        """Whether every campaign passes, so that none has to be checked."""
        return self._takes_all and not has_loose


def _tests(query: Mapping[str, str]) -> list[Test]:
    """The conditions on a campaign's row, except its time."""
    tests: list[Test] = []
    for names, field in (
        (("campaignid",), "ID"),
        (("contactslist", "contactslistid"), "ListID"),
        (("fromid",), "FromID"),
        (("fromtype",), "CampaignType"),
        (("campaignstatus",), "Status"),
        (("workflowid",), "WorkflowID"),
    ):
        wanted = number(query, *names)
        if wanted is not None:
            tests.append(_equals(field, wanted))
    if query.get("customcampaign"):
        tests.append(_equals("CustomValue", query["customcampaign"]))
    if query.get("from"):
        sender = query["from"].lower()
        tests.append(lambda row: row["FromEmail"].lower() == sender)
    if query.get("fromdomain"):
        domain = f"@{query['fromdomain'].lower()}"
        tests.append(lambda row: row["FromEmail"].lower().endswith(domain))
    tests.extend(_flag_tests(query))
    return tests


def _flag_tests(query: Mapping[str, str]) -> list[Test]:
    """The conditions of boolean filters; a missing one accepts both values."""
    tests: list[Test] = []
    for name, is_so in (
        ("isdeleted", lambda row: row["IsDeleted"]),
        ("isstarred", lambda row: row["IsStarred"]),
        ("isnewslettertool", lambda row: bool(row["NewsLetterID"])),
    ):
        wanted = boolean(query.get(name, ""))
        if wanted is not None:
            tests.append(lambda row, is_so=is_so, wanted=wanted: is_so(row) == wanted)
    return tests


def _equals(field: str, wanted: object) -> Test:
    return lambda row: row.get(field) == wanted
