"""Whether a domain is ready for a stricter DMARC policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ..words import Words, _lt
from .source_class import OURS, PASSING_FROM, share

# RFC 9989 sets no figures. These follow what public guides have in common: two to four
# weeks of reports, all of your own senders passing, and no new one for two weeks.
PERIOD_DAYS = 28
MIN_DAYS = 21
MIN_RECEIVERS = 3
MIN_MESSAGES = 500
# Not every receiver reports, but with fewer the reports show too small a part
MIN_REPORTED_SHARE = 20.0
# A source that sends less than both does not matter
SOURCE_MESSAGES = 10
SOURCE_SHARE = 0.5
OURS_TOGETHER = 98.0
OURS_EACH = PASSING_FROM
MAILJET_ALIGNED = 99.0
STABLE_DAYS = 14

NEXT_POLICY = {"": "none", "none": "quarantine", "quarantine": "reject"}
# Names shown in one sentence
_MOST_NAMES = 5


@dataclass(frozen=True)
class Sender:
    """A source in the period; `failing` leaves out forwarded emails."""

    name: str
    source_class: str
    messages: int
    passing: int
    failing: int
    dkim_aligned: int
    first_day: date
    is_decided: bool = False


@dataclass(frozen=True)
class Evidence:
    """What the reports of the last PERIOD_DAYS say.

    `policy` is nothing if no record has been found. `since` is the day on which it was
    first seen, None if unknown. `sent` are the messages that Odoo sent through Mailjet,
    None if unknown.
    """

    today: date
    policy: str
    since: date | None
    days: int
    receivers: int
    sent: int | None
    senders: Sequence[Sender]

    @property
    def messages(self):
        return sum(sender.messages for sender in self.senders)

    def matters(self, sender):
        """Whether a sender sends enough to need a decision."""
        return sender.messages >= SOURCE_MESSAGES or (
            sender.messages > 0
            and share(sender.messages, self.messages) >= SOURCE_SHARE
        )

    @property
    def ours(self):
        return [one for one in self.senders if one.source_class in OURS]


@dataclass(frozen=True)
class Criterion:
    """One condition, whether it is met (None: it does not apply), and its figures.

    Counts and percentages among the values are numbers, for the reader's language.
    """

    code: str
    is_met: bool | None
    rule: Words
    figures: Words | None


@dataclass(frozen=True)
class Readiness:
    """Whether the domain is ready for the next policy.

    `verdict` is one of: not_enough_data, not_yet, ready; no_policy as long as none is
    published, done under p=reject. `next_policy` is nothing under p=reject.
    """

    verdict: str
    next_policy: str
    criteria: tuple[Criterion, ...]

    @property
    def open(self):
        return [one for one in self.criteria if one.is_met is False]


def judge(evidence):
    """Return the `Readiness` for the next policy."""
    data = tuple(rule(evidence) for rule in (_days, _receivers, _messages, _reported))
    rest = tuple(
        rule(evidence)
        for rule in (_decided, _together, _each, _mailjet, _stable, _policy_age)
    )
    criteria = (*data, *(one for one in rest if one))
    next_policy = NEXT_POLICY.get(evidence.policy, "")
    if not next_policy:
        verdict = "done"
    elif not evidence.policy:
        verdict = "no_policy"
    elif any(one.is_met is False for one in data):
        verdict = "not_enough_data"
    elif any(one.is_met is False for one in criteria):
        verdict = "not_yet"
    else:
        verdict = "ready"
    return Readiness(verdict, next_policy, criteria)


def _days(evidence):
    return Criterion(
        "days",
        evidence.days >= MIN_DAYS,
        Words(
            _lt("Reports for at least %(least)s of the last %(period)s days"),
            {"least": MIN_DAYS, "period": PERIOD_DAYS},
        ),
        Words(_lt("%(days)s days"), {"days": evidence.days}),
    )


def _receivers(evidence):
    return Criterion(
        "receivers",
        evidence.receivers >= MIN_RECEIVERS,
        Words(
            _lt("Reports from at least %(least)s receivers"), {"least": MIN_RECEIVERS}
        ),
        Words(_lt("%(receivers)s receivers"), {"receivers": evidence.receivers}),
    )


def _messages(evidence):
    return Criterion(
        "messages",
        evidence.messages >= MIN_MESSAGES,
        Words(_lt("At least %(least)s emails in the reports"), {"least": MIN_MESSAGES}),
        Words(_lt("%(messages)s emails"), {"messages": evidence.messages}),
    )


def _reported(evidence):
    rule = Words(
        _lt(
            "The reports cover at least %(least)s %% of what Odoo sent through Mailjet"
        ),
        {"least": percent(MIN_REPORTED_SHARE)},
    )
    if not evidence.sent:
        return Criterion(
            "reported", None, rule, Words(_lt("Odoo has not counted any sent emails"))
        )
    reported = sum(
        one.messages for one in evidence.senders if one.source_class == "mailjet"
    )
    reached = share(reported, evidence.sent)
    return Criterion(
        "reported",
        reached >= MIN_REPORTED_SHARE,
        rule,
        Words(
            _lt("%(reported)s of %(sent)s emails (%(share)s %%)"),
            {
                "reported": reported,
                "sent": evidence.sent,
                "share": percent(min(reached, 100.0)),
            },
        ),
    )


def _decided(evidence):
    undecided = [
        one
        for one in evidence.senders
        if evidence.matters(one)
        and not one.is_decided
        and one.source_class in ("unknown_failing", "unknown_passing")
    ]
    rule = Words(
        _lt(
            "You have decided on every unknown source with at least %(messages)s "
            "emails or %(share)s %% of all emails"
        ),
        {"messages": SOURCE_MESSAGES, "share": percent(SOURCE_SHARE)},
    )
    return Criterion(
        "decided", not undecided, rule, _named(undecided, _lt("Open: %(names)s"))
    )


def _together(evidence):
    rule = Words(
        _lt("At least %(least)s %% of the emails from your own senders pass DMARC"),
        {"least": percent(OURS_TOGETHER)},
    )
    passing = sum(one.passing for one in evidence.ours)
    failing = sum(one.failing for one in evidence.ours)
    if not passing + failing:
        return Criterion(
            "ours_together", False, rule, Words(_lt("No emails from your own senders"))
        )
    reached = share(passing, passing + failing)
    return Criterion(
        "ours_together",
        reached >= OURS_TOGETHER,
        rule,
        Words(_lt("%(share)s %%"), {"share": percent(reached)}),
    )


def _each(evidence):
    failing = [
        one
        for one in evidence.ours
        if evidence.matters(one)
        and one.passing + one.failing
        and share(one.passing, one.passing + one.failing) < OURS_EACH
    ]
    rule = Words(
        _lt("At least %(least)s %% pass for each of your own senders"),
        {"least": percent(OURS_EACH)},
    )
    return Criterion(
        "ours_each", not failing, rule, _named(failing, _lt("Too low: %(names)s"))
    )


def _mailjet(evidence):
    rule = Words(
        _lt("DKIM is aligned for at least %(least)s %% of Mailjet's emails"),
        {"least": percent(MAILJET_ALIGNED)},
    )
    mailjet = [one for one in evidence.senders if one.source_class == "mailjet"]
    messages = sum(one.messages for one in mailjet)
    if not messages:
        return Criterion(
            "mailjet", None, rule, Words(_lt("No emails from Mailjet in the reports"))
        )
    reached = share(sum(one.dkim_aligned for one in mailjet), messages)
    return Criterion(
        "mailjet",
        reached >= MAILJET_ALIGNED,
        rule,
        Words(_lt("%(share)s %%"), {"share": percent(reached)}),
    )


def _stable(evidence):
    start = evidence.today - timedelta(days=STABLE_DAYS)
    new = [one for one in evidence.ours if one.messages and one.first_day > start]
    rule = Words(
        _lt("None of your own senders is newer than %(days)s days"),
        {"days": STABLE_DAYS},
    )
    return Criterion("stable", not new, rule, _named(new, _lt("New: %(names)s")))


def _policy_age(evidence):
    """Return the condition for p=reject alone: a whole period under p=quarantine."""
    if evidence.policy != "quarantine":
        return None
    rule = Words(
        _lt("The policy has been quarantine for at least %(days)s days"),
        {"days": PERIOD_DAYS},
    )
    age = (evidence.today - (evidence.since or evidence.today)).days
    return Criterion(
        "policy_age",
        age >= PERIOD_DAYS,
        rule,
        Words(_lt("%(days)s days"), {"days": age}),
    )


def _named(senders, source):
    if not senders:
        return None
    ranked = sorted(senders, key=lambda one: -one.messages)
    names = [one.name for one in ranked[:_MOST_NAMES]]
    more = len(ranked) - len(names)
    return Words(source, {"names": ", ".join(names) + (f", +{more}" if more else "")})


def percent(value):
    """Return a percentage to show, rounded down: 97.99 is not 98."""
    rounded = int(value * 10) / 10
    return int(rounded) if rounded == int(rounded) else rounded
