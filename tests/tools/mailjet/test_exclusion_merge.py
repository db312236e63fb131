"""Which side is right about an address, in single cases and random histories."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.exclusion_merge import (
    DIRECTIONS,
    MAILJET,
    ODOO,
    Agreed,
    Decision,
    Side,
    merge,
    resume,
)

EARLY, LATE = datetime(2026, 3, 1), datetime(2026, 3, 2)
# Before the first agreement: what Odoo says, what Mailjet says, and what is done
FIRST_TIME = {
    "nobody": (Side(False), Side(False), Decision("", False)),
    "both": (Side(True, EARLY), Side(True, LATE), Decision("", True)),
    "only Odoo": (Side(True, EARLY), Side(False), Decision(MAILJET, True)),
    "unknown to Mailjet": (Side(True, EARLY), None, Decision(MAILJET, True)),
    "only Mailjet": (Side(False), Side(True, EARLY), Decision(ODOO, True)),
    "unblocked later": (
        Side(False, LATE),
        Side(True, EARLY),
        Decision(MAILJET, False),
    ),
    "unblocked before": (Side(False, EARLY), Side(True, LATE), Decision(ODOO, True)),
    "included later": (Side(True, EARLY), Side(False, LATE), Decision(ODOO, False)),
    "included before": (Side(True, LATE), Side(False, EARLY), Decision(MAILJET, True)),
    "the same second": (Side(True, LATE), Side(False, LATE), Decision(MAILJET, True)),
    "who knows when": (Side(False, LATE), Side(True), Decision(ODOO, True)),
}


@pytest.mark.parametrize("name", FIRST_TIME)
def test_nothing_agreed_yet(name):
    odoo, mailjet, decision = FIRST_TIME[name]
    assert merge(None, odoo, mailjet) == decision


@pytest.mark.parametrize("was_excluded", [True, False])
def test_a_change_on_one_side_wins_whatever_the_clocks_say(was_excluded):
    agreed = Agreed(was_excluded, LATE, LATE)
    same, changed = Side(was_excluded, LATE), Side(not was_excluded, EARLY)
    assert merge(agreed, changed, same) == Decision(MAILJET, not was_excluded)
    assert merge(agreed, same, changed) == Decision(ODOO, not was_excluded)


@pytest.mark.parametrize("was_excluded", [True, False])
def test_changing_back_is_a_change(was_excluded):
    agreed = Agreed(was_excluded, None, None)
    back, changed = Side(was_excluded, LATE), Side(not was_excluded, EARLY)
    assert merge(agreed, back, changed) == Decision(MAILJET, was_excluded)
    assert merge(agreed, changed, back) == Decision(ODOO, was_excluded)


def test_a_forgotten_contact_is_neither_unblocked_nor_sent_to_mailjet():
    agreed = Agreed(True, EARLY, EARLY)
    assert merge(agreed, Side(True, EARLY), None) == Decision("", True, "forgotten")
    assert merge(agreed, Side(False, LATE), None) == Decision("", False)


def test_another_account_still_excludes():
    agreed = Agreed(True, EARLY, EARLY)
    sides = Side(True, EARLY), Side(False, LATE)
    held = merge(agreed, *sides, elsewhere=True)
    assert held == Decision("", False, "elsewhere")
    assert merge(agreed, *sides) == Decision(ODOO, False)
    blocked = merge(None, Side(False), Side(True, EARLY), elsewhere=True)
    assert blocked == Decision(ODOO, True)
    # A change in Odoo is another matter
    unblocked = merge(agreed, Side(False, LATE), Side(True, EARLY), elsewhere=True)
    assert unblocked == Decision(MAILJET, False)


def test_a_direction_that_is_off():
    only_odoo, only_mailjet = (Side(True), Side(False)), (Side(False), Side(True))
    for sides, loser in ((only_odoo, MAILJET), (only_mailjet, ODOO)):
        for direction, open_ways in DIRECTIONS.items():
            decision = merge(None, *sides, direction)
            if loser in open_ways:
                assert decision == Decision(loser, True)
            else:
                assert decision == Decision("", True, "direction")


def test_our_own_write_is_not_a_change():
    """Interrupted once Mailjet had it, and unblocked in Odoo before that or deleted."""
    excluded = Side(True, LATE)
    for unblocked in (Side(False, EARLY), Side(False)):
        agreed = resume(None, True, unblocked, excluded)
        assert merge(agreed, unblocked, excluded) == Decision(MAILJET, False)


def test_a_write_that_failed_changes_nothing():
    before = Agreed(False, EARLY, EARLY)
    for mailjet in (Side(False, LATE), None):
        for agreed in (before, None):
            assert resume(agreed, True, Side(True, LATE), mailjet) is agreed


# -- Histories -----------------------------------------------------------------------

SIDES = st.builds(Side, st.booleans(), st.none() | st.sampled_from([EARLY, LATE]))


@given(
    agreed=st.none()
    | st.builds(
        Agreed,
        st.booleans(),
        st.sampled_from([None, EARLY, LATE]),
        st.sampled_from([None, EARLY, LATE]),
    ),
    odoo=SIDES,
    mailjet=st.none() | SIDES,
    direction=st.sampled_from(sorted(DIRECTIONS)),
    elsewhere=st.booleans(),
)
def test_only_allowed_writes_and_none_without_a_cause(
    agreed, odoo, mailjet, direction, elsewhere
):
    decision = merge(agreed, odoo, mailjet, direction, elsewhere=elsewhere)
    said = {ODOO: odoo.is_excluded, MAILJET: bool(mailjet and mailjet.is_excluded)}
    if decision.write:
        assert decision.write in DIRECTIONS[direction] and not decision.held_by
        assert said[decision.write] != decision.is_excluded
        # Nobody is unblocked unless a person did it
        if not decision.is_excluded:
            freeing = mailjet if decision.write == ODOO else odoo
            assert not freeing.is_excluded
            assert agreed or freeing.changed_on
        assert not (elsewhere and decision == Decision(ODOO, False))
    elif not decision.held_by:
        assert said == {ODOO: decision.is_excluded, MAILJET: decision.is_excluded}


class World:
    """One address on both sides, and an exchange that may be killed halfway."""

    def __init__(self):
        self.now = EARLY
        self.sides = {ODOO: Side(False), MAILJET: Side(False)}
        self.agreed = self.begun = None
        self.expected = False  # by the last change that a person made

    def tick(self):
        self.now += timedelta(minutes=1)

    def set(self, side, is_excluded):
        if self.sides[side].is_excluded != is_excluded:
            self.tick()
            self.sides[side] = Side(is_excluded, self.now)
            return True
        return False

    def act(self, side, is_excluded):
        """A person excludes or includes the address."""
        if self.set(side, is_excluded):
            self.expected = is_excluded

    def exchange(self, killed="", meanwhile=()):
        """Return whether anything was written; `meanwhile` are acts during it."""
        odoo, mailjet = self.sides[ODOO], self.sides[MAILJET]
        if self.begun is not None:
            self.agreed = resume(self.agreed, self.begun, odoo, mailjet)
            self.begun = None
        decision = merge(self.agreed, odoo, mailjet)
        assert not decision.held_by
        for act in meanwhile:
            self.act(*act)
        if decision.write == ODOO:
            if self.sides[ODOO] != odoo:
                return True  # the database refuses: it changed since it was read
            self.set(ODOO, decision.is_excluded)
            odoo = self.sides[ODOO]
        elif decision.write == MAILJET:
            self.begun = decision.is_excluded
            if killed == "before":
                return True
            if self.set(MAILJET, decision.is_excluded):
                mailjet = self.sides[MAILJET]
            if killed == "after":
                return True
        self.begun = None
        self.agreed = Agreed(decision.is_excluded, odoo.changed_on, mailjet.changed_on)
        return bool(decision.write)


ACTS = st.tuples(st.sampled_from([ODOO, MAILJET]), st.booleans())
IN_ODOO = st.tuples(st.just(ODOO), st.booleans())


@given(st.lists(ACTS | st.none(), max_size=25))
def test_the_last_change_of_a_person_wins(history):
    """None stands for an exchange without interference."""
    world = World()
    for act in [*history, None]:
        if act:
            world.act(*act)
        else:
            world.exchange()
            assert {s.is_excluded for s in world.sides.values()} == {world.expected}
            assert not world.exchange(), "it alternates forever"


@given(
    st.lists(
        st.tuples(
            st.lists(ACTS, max_size=3),
            st.sampled_from(["before", "after"]),
            st.lists(IN_ODOO, max_size=2),
            st.lists(IN_ODOO, max_size=2),
        ),
        max_size=8,
    )
)
def test_killed_in_the_middle(history):
    """What people do in Odoo while and after an exchange is killed counts all the same.

    Mailjet's own list stays alone until the next exchange: what somebody changes there
    and back cannot be told from what we did.
    """
    world = World()
    for acts, killed, meanwhile, later in history:
        for act in acts:
            world.act(*act)
        world.exchange(killed, meanwhile)
        for act in later:
            world.act(*act)
        for _until_settled in range(3):
            world.exchange()
        assert {s.is_excluded for s in world.sides.values()} == {world.expected}
        assert not world.exchange()


@given(
    st.lists(
        ACTS | st.tuples(st.sampled_from(["", "before", "after"]), st.lists(ACTS)),
        max_size=20,
    )
)
def test_both_sides_always_end_the_same(history):
    world = World()
    for first, second in history:
        if first in (ODOO, MAILJET):
            world.act(first, second)
        else:
            world.exchange(first, second)
    for _until_settled in range(3):
        world.exchange()
    assert world.sides[ODOO].is_excluded == world.sides[MAILJET].is_excluded
    assert not world.exchange()
