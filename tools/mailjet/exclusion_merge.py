"""Decide which side is right about an address: Odoo's blacklist or Mailjet's list.

A three-way merge of the state both last agreed on, Odoo now and Mailjet now. A change
on one side goes to the other; if both changed, the later change wins. If the times do
not settle it, excluded wins.
"""

from dataclasses import dataclass
from datetime import datetime

ODOO, MAILJET = "odoo", "mailjet"
# The sides that may be written to
DIRECTIONS = {
    "off": frozenset(),
    "from_mailjet": frozenset({ODOO}),
    "to_mailjet": frozenset({MAILJET}),
    "both": frozenset({ODOO, MAILJET}),
}


@dataclass(frozen=True)
class Side:
    """What one side says about an address, and since when.

    :ivar datetime changed_on: in UTC; None if unknown or never excluded
    """

    is_excluded: bool
    changed_on: datetime | None = None


@dataclass(frozen=True)
class Agreed:
    """What both sides last agreed on, and since when each said so."""

    is_excluded: bool
    odoo_changed_on: datetime | None = None
    mailjet_changed_on: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What to do about an address.

    :ivar str write: the side to write to: ODOO, MAILJET or "" for none
    :ivar bool is_excluded: what both sides should say
    :ivar str held_by: why they stay different: "direction" (the exchange does not go
        that way), "elsewhere" (another account still excludes the address), "forgotten"
        (Mailjet no longer knows a contact it used to exclude), "" if they do not
    """

    write: str
    is_excluded: bool
    held_by: str = ""


def resume(agreed, begun, odoo, mailjet):
    """Return what both sides agree on after an interrupted write.

    If Mailjet says what we were about to write, our write succeeded: the difference is
    not a change somebody made there.

    :param Agreed agreed: what was agreed on before, or None
    :param bool begun: what we were about to write to Mailjet
    :param Side odoo: the blacklist now
    :param Side mailjet: Mailjet now; None if it does not know the address
    """
    if mailjet is None or mailjet.is_excluded != begun:
        return agreed
    return Agreed(begun, odoo.changed_on, mailjet.changed_on)


def merge(agreed, odoo, mailjet, direction="both", *, elsewhere=False):
    """Return the `Decision` about an address.

    :param Agreed agreed: None if the two never agreed
    :param Side odoo: the blacklist now
    :param Side mailjet: Mailjet now; None if it does not know the address
    :param str direction: one of DIRECTIONS
    :param bool elsewhere: whether another account that may write to Odoo excludes it
    """
    if agreed and agreed.is_excluded and odoo.is_excluded and mailjet is None:
        return Decision("", True, "forgotten")
    mailjet = mailjet or Side(False)
    if odoo.is_excluded == mailjet.is_excluded:
        return Decision("", odoo.is_excluded)
    winner = _winner(agreed, odoo, mailjet)
    loser, is_excluded = (
        (MAILJET, odoo.is_excluded) if winner == ODOO else (ODOO, mailjet.is_excluded)
    )
    if loser not in DIRECTIONS[direction]:
        return Decision("", is_excluded, "direction")
    if loser == ODOO and not is_excluded and elsewhere:
        return Decision("", is_excluded, "elsewhere")
    return Decision(loser, is_excluded)


def _winner(agreed, odoo, mailjet):
    """Return the side that wins, of two that disagree."""
    if agreed:
        odoo_moved = odoo != Side(agreed.is_excluded, agreed.odoo_changed_on)
        mailjet_moved = mailjet != Side(agreed.is_excluded, agreed.mailjet_changed_on)
        if odoo_moved != mailjet_moved:
            return ODOO if odoo_moved else MAILJET
    excluding, freeing = (odoo, mailjet) if odoo.is_excluded else (mailjet, odoo)
    is_freed_later = (
        excluding.changed_on
        and freeing.changed_on
        and freeing.changed_on > excluding.changed_on
    )
    return ODOO if (freeing if is_freed_later else excluding) is odoo else MAILJET
