"""A row of the tables of advice, and what several rows share."""

from dataclasses import dataclass

from ..words import _lt

SERVER, SENDERS, DOMAIN = "server", "senders", "domain"
API_KEYS = "https://app.mailjet.com/account/apikeys"
_HELP = "https://documentation.mailjet.com/hc/en-us/articles/"
# The secret is shown once, and a replaced one keeps working for an hour
HELP_KEYS = f"{_HELP}360043227053"
# An hourly limit for seven days after bad statistics
HELP_THROTTLED = f"{_HELP}360043101633"
# 200 a day and 6,000 a month on the free plan
HELP_FREE_PLAN = f"{_HELP}8625025643803"
# Reasons for a blocked recipient
HELP_BLOCKED = f"{_HELP}360043102273"

TRY_LATER = _lt("Try again in a few minutes.")
READ_REPLY = _lt("Read the server's own words below; they may say what to change.")


@dataclass(frozen=True)
class Advice:
    """A row: what happened, why, what to do, and a page or screen for it."""

    title: str
    reason: str
    cure: str
    link: str | None = None
