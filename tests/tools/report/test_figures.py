import pytest
from mail_mailjet.tools.report import figures
from mail_mailjet.tools.report.figures import Fate

STATUSES = (
    *("outgoing", "process", "pending", "sent", "open", "reply", "bounce"),
    *("error", "cancel"),
)


def counts_of(**numbers):
    return figures.count({Fate(name): number for name, number in numbers.items()})


def test_each_status_is_a_fate():
    fates = {figures.fate_of(status) for status in STATUSES}
    fates |= {figures.fate_of("error", how) for how in ("soft", "blocked", "hard")}
    assert fates == set(Fate)


def test_each_recipient_is_in_one_part_of_the_bar():
    for fate in set(Fate) - {Fate.CANCELLED}:
        assert [part for part, fates in figures.PARTS.items() if fate in fates], fate
    assert sum(map(len, figures.PARTS.values())) == len(figures.COUNTED["expected"])
    numbers = dict.fromkeys(Fate, 1)
    assert sum(figures.parts(numbers).values()) == figures.count(numbers)["expected"]


def test_what_is_waiting_or_failed_here_counts_in_no_rate():
    few = counts_of(delivered=8, hard_bounced=2)
    more = counts_of(delivered=8, hard_bounced=2, waiting=90, failed=5, under_way=7)
    for figure in ("delivered", "bounced", "blocked", "opened", "replied"):
        assert figures.rate(figure, few) == figures.rate(figure, more)
    assert figures.rate("delivered", few) == 80


def test_opens_are_of_the_delivered():
    counts = counts_of(delivered=1, opened=2, replied=1, hard_bounced=4)
    assert figures.rate("opened", counts) == 75
    assert figures.rate("replied", counts) == 25
    assert figures.rate("bounced", counts) == 50


def test_of_nothing_there_is_no_rate():
    assert figures.rate("opened", counts_of(hard_bounced=3)) is None


@pytest.mark.parametrize(
    ("counts", "known"),
    [
        ({"delivered": 0, "processed": 9, "under_way": 1}, False),
        ({"delivered": 0, "processed": 9, "under_way": 0}, True),
        ({"delivered": 1, "processed": 10, "under_way": 900}, True),
        ({"delivered": 430, "processed": 100_000, "unfollowed": 99_570}, False),
        ({"delivered": 95, "processed": 100, "unfollowed": 10}, True),
        ({"delivered": 95, "processed": 100, "unfollowed": 11}, False),
    ],
)
def test_failures_alone_make_no_rates(counts, known):
    assert figures.knows_deliveries(counts) is known


@pytest.mark.parametrize(
    ("rate", "decimals"),
    [(0, 2), (33.3333, 2), (100, 2), (0.1, 2), (0.0432, 3), (0.0043, 4), (1e-9, 6)],
)
def test_two_digits_that_say_something(rate, decimals):
    assert figures.decimals(rate) == decimals
