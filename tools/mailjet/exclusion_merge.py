"""Who is right about an address: Odoo's blacklist or Mailjet's exclusion list.

A comparison of three: what was agreed when the two were last the same, Odoo now and
Mailjet now. What has changed on one side goes to the other; if both have, the later
change wins. Excluded wins whenever the times do not tell.
"""

from dataclasses import dataclass
from datetime import datetime

ODOO, MAILJET = "odoo", "mailjet"
# What may be written where
DIRECTIONS = {
    "off": frozenset(),
    "from_mailjet": frozenset({ODOO}),
    "to_mailjet": frozenset({MAILJET}),
    "both": frozenset({ODOO, MAILJET}),
}


@dataclass(frozen=True)
class Side:
    """What one side says of an address, and since when.

    :ivar datetime changed_on: in UTC; None if it is not known, or if it was never
        excluded
    """

    is_excluded: bool
    changed_on: datetime | None = None


@dataclass(frozen=True)
class Agreed:
    """What both sides said when they were last the same, and since when each did."""

    is_excluded: bool
    odoo_changed_on: datetime | None = None
    mailjet_changed_on: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What is to be done about an address.

    :ivar str write: the side to write to: ODOO, MAILJET or "" for none
    :ivar bool is_excluded: what both sides should say
    :ivar str held_by: why they stay different: "direction" (that way is not open),
        "elsewhere" (another account still excludes the address), "forgotten" (Mailjet
        no longer knows somebody that it used to exclude), "" if they are the same then
    """

    write: str
    is_excluded: bool
    held_by: str = ""


def resume(agreed, begun, odoo, mailjet):
    """Return what is agreed after an interruption.

    What we were about to write and what is there now was us, and nobody's change.

    :param Agreed agreed: what was agreed before, or None
    :param bool begun: what we were about to write to Mailjet
    :param Side odoo: the blacklist now
    :param Side mailjet: Mailjet now; None if it does not know the address
    """
    if mailjet is None or mailjet.is_excluded != begun:
        return agreed
    return Agreed(begun, odoo.changed_on, mailjet.changed_on)


def merge(agreed, odoo, mailjet, direction="both", *, elsewhere=False):
    """Return the `Decision` about an address.

    :param Agreed agreed: None if nothing was ever agreed
    :param Side odoo: the blacklist now
    :param Side mailjet: Mailjet now; None if it does not know the address
    :param str direction: one of DIRECTIONS
    :param bool elsewhere: whether another account that writes to Odoo excludes it
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
    """Return the side whose word counts, of two that say different things."""
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
