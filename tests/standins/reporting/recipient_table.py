"""The members of lists: rows of /listrecipient."""

from collections.abc import Iterator

from ..rows import Row
from .history import History
from .moments import written


class RecipientTable:
    """Members by handle: 0 and up for the history, -1 and down for the others.

    A member of the history gets its own row once it is changed. Rows have no
    `ListName`, which belongs to the list.
    """

    def __init__(self) -> None:
        self.history: History | None = None
        self._rows: dict[int, Row] = {}
        self._next = -1
        self._by_id: dict[int, int] = {}
        self._removed: set[int] = set()

    def add(self, row: Row) -> int:
        """Add a row; return its handle."""
        handle = self._next
        self._next -= 1
        self._rows[handle] = row
        self._by_id[row["ID"]] = handle
        return handle

    def remove(self, handle: int) -> None:
        self._rows.pop(handle, None)
        self._removed.add(handle)

    def handles(self) -> Iterator[int]:
        """All handles by id."""
        count = self.history.recipient_count if self.history else 0
        own = sorted((h for h in self._rows if h < 0), reverse=True)
        return (h for h in (*range(count), *own) if h not in self._removed)

    def with_id(self, recipient_id: int) -> int | None:
        handle = self._by_id.get(recipient_id)
        if handle is None and self.history:
            number = recipient_id - self.history.first_recipient_id
            handle = number if 0 <= number < self.history.recipient_count else None
        return None if handle in self._removed else handle

    def row(self, handle: int, *, to_write: bool = False) -> Row:
        """Its row; with `to_write`, one that keeps changes."""
        row = self._rows.get(handle)
        if row is None:
            history = self.history
            contact = history.recipient_contact(handle)
            row = {
                "ContactID": history.first_contact_id + contact,
                "ID": history.first_recipient_id + handle,
                "IsActive": True,
                "IsUnsubscribed": False,
                "ListID": history.recipient_list(handle),
                "SubscribedAt": written(history.contact_created(contact)),
                "UnsubscribedAt": "",
            }
            if to_write:
                self._rows[handle] = row
        return row

    def of_contact(self, contact_id: int) -> dict[int, int]:
        """The lists of a contact: their ids, with the handle of each membership."""
        found = {}
        if self.history:
            number = contact_id - self.history.first_contact_id
            second = self.history.contact_count + number // 3
            for handle in (number, second):
                known = 0 <= handle < self.history.recipient_count
                if known and self.history.recipient_contact(handle) == number:
                    found[self.row(handle)["ListID"]] = handle
        for handle, row in self._rows.items():
            if row["ContactID"] == contact_id:
                found[row["ListID"]] = handle
        return {list_id: h for list_id, h in found.items() if h not in self._removed}
