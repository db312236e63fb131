"""All contacts of an account: generated ones, and those added one by one."""

from collections.abc import Iterator

from ..rows import Row
from .history import History
from .moments import DAY, written

# An erased contact is anonymized at once and removed after this time
# https://github.com/mailjet/api-documentation/blob/master/guides/_contacts-delete.md
ERASED_SECONDS = 30 * DAY


class ContactTable:
    """Contacts by handle: 0 and up for the history, -1 and down for the others.

    A contact of the history gets its own row once it is changed.
    """

    def __init__(self) -> None:
        self.history: History | None = None
        self._rows: dict[int, Row] = {}
        self._next = -1
        self._by_email: dict[str, int] = {}
        self._by_id: dict[int, int] = {}
        self._erased: dict[int, int] = {}  # since when, by handle
        self._removed: set[int] = set()

    def add(self, row: Row) -> int:
        """Add a row; return its handle. Raises `ValueError` for an existing address."""
        if self.with_email(row["Email"]) is not None:
            raise ValueError(f"there is a contact {row['Email']}")
        handle = self._next
        self._next -= 1
        self._rows[handle] = row
        self._by_email[row["Email"].lower()] = handle
        self._by_id[row["ID"]] = handle
        return handle

    def with_email(self, email: str) -> int | None:
        """The handle of the contact with that address, whatever its case."""
        email = email.lower()
        handle = self._by_email.get(email)
        if handle is None and self.history:
            handle = self.history.contact_with(email)
        is_gone = handle in self._erased or handle in self._removed
        return None if is_gone else handle

    def with_id(self, contact_id: int) -> int | None:
        handle = self._by_id.get(contact_id)
        if handle is None and self.history:
            number = contact_id - self.history.first_contact_id
            handle = number if 0 <= number < self.history.contact_count else None
        return None if handle in self._removed else handle

    def handles(self, now: float, *, with_erased: bool = False) -> Iterator[int]:
        """All handles by id; erased contacts only on request, and for 30 days."""
        count = self.history.contact_count if self.history else 0
        own = sorted((h for h in self._rows if h < 0), reverse=True)
        for handle in (*range(count), *own):
            if handle in self._removed or self.is_over(handle, now):
                continue
            if with_erased or handle not in self._erased:
                yield handle

    def is_erased(self, handle: int) -> bool:
        return handle in self._erased

    def is_over(self, handle: int, now: float) -> bool:
        """Whether it was erased so long ago that it is removed."""
        return handle in self._erased and now >= self._erased[handle] + ERASED_SECONDS

    def over_count(self, now: float) -> int:
        return sum(self.is_over(handle, now) for handle in self._erased)

    def id(self, handle: int) -> int:
        if handle >= 0:
            return self.history.first_contact_id + handle
        return self._rows[handle]["ID"]

    def email(self, handle: int) -> str:
        if handle in self._rows:
            return self._rows[handle]["Email"]
        return self.history.contact_email(handle)

    def domain(self, handle: int) -> str:
        return self.email(handle).rpartition("@")[2]

    def row(self, handle: int, *, to_write: bool = False) -> Row:
        """Its row; with `to_write`, one that keeps changes."""
        row = self._rows.get(handle)
        if row is None:
            row = self._row_of_history(handle)
            if to_write:
                self._rows[handle] = row
        return row

    def _row_of_history(self, number: int) -> Row:
        history = self.history
        created = written(history.contact_created(number))
        is_excluded = history.is_excluded(number)
        return {
            "CreatedAt": created,
            "DeliveredCount": history.delivered[number],
            "Email": history.contact_email(number),
            "ExclusionFromCampaignsUpdatedAt": created if is_excluded else "",
            "ID": history.first_contact_id + number,
            "IsExcludedFromCampaigns": is_excluded,
            "IsOptInPending": False,
            "IsSpamComplaining": False,
            "LastActivityAt": written(history.active[number]),
            "LastUpdateAt": created,
            "Name": history.contact_name(number),
            "UnsubscribedAt": "",
            "UnsubscribedBy": "",
        }

    def note_delivery(self, handle: int) -> None:
        if handle >= 0:
            self.history.delivered[handle] += 1
        if handle in self._rows:
            self._rows[handle]["DeliveredCount"] += 1

    def note_activity(self, handle: int, at: int) -> None:
        if handle >= 0:
            self.history.active[handle] = max(self.history.active[handle], at)
        row = self._rows.get(handle)
        if row:
            row["LastActivityAt"] = max(row["LastActivityAt"], written(at))

    def erase(self, handle: int, at: int) -> None:
        """Anonymize the name and the address, as the GDPR requires."""
        row = self.row(handle, to_write=True)
        self._by_email.pop(row["Email"].lower(), None)
        row["Email"] = f"\\x{row['ID']:032x}@domain.invalid"
        row["Name"] = "Anonymized"
        row["LastUpdateAt"] = written(at)
        self._erased[handle] = at

    def remove(self, handle: int) -> None:
        """Remove a contact completely."""
        row = self._rows.pop(handle, None)
        if row:
            self._by_email.pop(row["Email"].lower(), None)
        self._removed.add(handle)
