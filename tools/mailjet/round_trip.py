"""Wait until Mailjet reports what happened to an email."""

import time
from dataclasses import dataclass
from enum import Enum

from ... import const
from .delivery_failure import Failure, Kind, explain_failure
from .errors import MailjetApiError, RateLimitedError, UnavailableError

# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
_DELIVERED = ("sent", "opened", "clicked", "unsub", "spam")
_FAILED = ("blocked", "bounce", "hardbounced", "softbounced")
# Seconds between two polls: short at first, as most emails arrive quickly
PAUSES = (1, 1, 2, 2, 3)
LONGEST_PAUSE = 5


class Verdict(Enum):
    """The outcome of the wait."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNDER_WAY = "under_way"  # Mailjet has it and has not delivered it yet
    NO_TRACE = "no_trace"  # Mailjet does not list it
    NOT_ASKED = "not_asked"  # Mailjet could not be asked


@dataclass(frozen=True)
class RoundTrip:
    """What happened to an email, and after how many seconds.

    `failure` is why it failed; `error` is why Mailjet could not be asked.
    """

    verdict: Verdict
    seconds: float
    failure: Failure | None = None
    error: MailjetApiError | None = None


def wait_for_delivery(
    client, custom_id, since, seconds, *, sleep=time.sleep, clock=time.monotonic
):
    """Poll for an email until its fate is known or time runs out.

    :param MailjetApi client: of the account that sent it
    :param str custom_id: its X-MJ-CustomID
    :param datetime since: in UTC, before it was sent
    :param float seconds: how long to wait at most
    :return: a `RoundTrip`
    """
    began = clock()
    asked = 0
    while True:
        found = _ask(client, custom_id, since, clock() - began)
        if found.verdict in (Verdict.DELIVERED, Verdict.FAILED):
            return found
        refused = found.error and not isinstance(
            found.error, UnavailableError | RateLimitedError
        )
        pause = PAUSES[asked] if asked < len(PAUSES) else LONGEST_PAUSE
        if refused or clock() - began + pause > seconds:
            return found
        sleep(pause)
        asked += 1


def _ask(client, custom_id, since, seconds):
    try:
        message = next(client.messages_of(custom_id, since), None)
    except MailjetApiError as error:
        return RoundTrip(Verdict.NOT_ASKED, seconds, error=error)
    if message is None:
        return RoundTrip(Verdict.NO_TRACE, seconds)
    if message.status in _DELIVERED:
        return RoundTrip(Verdict.DELIVERED, seconds)
    if message.status in _FAILED:
        is_hard = {"hardbounced": True, "softbounced": False}.get(message.status)
        error = const.MESSAGE_STATES.get(message.state_id, "")
        failure = explain_failure(error=error, is_hard=is_hard)
        if failure.kind is not Kind.DEFERRED:
            return RoundTrip(Verdict.FAILED, seconds, failure)
    return RoundTrip(Verdict.UNDER_WAY, seconds)
