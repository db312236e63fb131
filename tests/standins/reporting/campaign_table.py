"""The campaigns of an account, and the drafts and A/B tests of its overview."""

from ..rows import Row


class CampaignTable:
    """Rows of /campaign. A handle is a number that messages and events keep."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._handles: dict[int, int] = {}
        self._by_value: dict[str, int] = {}
        self.next_handle = 0
        self.drafts: list[Row] = []  # rows of /campaignoverview

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> int:
        """Add a row; return its handle. Raises `ValueError` for a duplicate."""
        value = row["CustomValue"]
        if row["ID"] in self._handles or (value and self.with_value(value)):
            raise ValueError(f"there is a campaign {row['ID']} or {value}")
        handle = self.next_handle
        self.next_handle += 1
        self._rows[handle] = row
        self._handles[row["ID"]] = handle
        if value:
            self._by_value[value] = handle
        return handle

    def remove(self, campaign_id: int) -> None:
        row = self._rows.pop(self._handles.pop(campaign_id))
        self._by_value.pop(row["CustomValue"], None)

    def handle_of(self, campaign_id: int) -> int:
        """Raises `KeyError` for an unknown id."""
        return self._handles[campaign_id]

    def with_value(self, custom_value: str) -> Row | None:
        """The campaign with that X-Mailjet-Campaign."""
        return self._rows.get(self._by_value.get(custom_value))

    def row(self, handle: int) -> Row | None:
        """The row; None for -1 and for a removed campaign."""
        return self._rows.get(handle)

    def id(self, handle: int) -> int | None:
        row = self._rows.get(handle)
        return row["ID"] if row else None

    def rows(self) -> list[Row]:
        """All rows by id."""
        return sorted(self._rows.values(), key=lambda row: row["ID"])

    def items(self) -> list[tuple[int, Row]]:
        """All handles with their rows."""
        return list(self._rows.items())
