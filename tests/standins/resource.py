"""What all REST resources of the stand-in share; rest.py has HTTP itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .rows import Row
from .store import Account, Store


class ApiError(Exception):
    """An error answer in the format of the older half of Mailjet's API."""

    def __init__(self, status: int, message: str, info: Any = "") -> None:
        super().__init__(message)
        self.status, self.message, self.info = status, message, info


class NotModified(Exception):
    """A PUT that changes nothing: 304."""


def invalid_property(name: str) -> ApiError:
    return ApiError(
        400, "Object properties invalid", f"MJ08 Property {name} is invalid"
    )


class Standin(Protocol):
    """What resources need from their server."""

    store: Store
    validate_envelope: bool
    dkim_bits: int
    lookup_txt: Callable[[str], list[str]]
    fetch: Callable[[str], bytes | None]

    def send_activation(self, account: Account, sender: Row) -> None: ...


@dataclass(frozen=True)
class Call:
    """One request to a resource."""

    standin: Standin
    account: Account
    query: Mapping[str, str]  # names in lower case
    body: Mapping[str, Any]  # names in lower case

    @property
    def store(self) -> Store:
        return self.standin.store


Filter = Callable[[Row, str], bool]


def boolean(text: str) -> bool | None:
    """Return a boolean of a query; None, for any other text, means both."""
    return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())


def is_asked(query: Mapping[str, str], name: str) -> bool:
    """Return whether a switch such as countOnly is on."""
    return boolean(query.get(name, "")) is True


def sort_order(query: Mapping[str, str], allowed: Mapping[str, bool]) -> tuple:
    """Return the field to sort on, in lower case, and whether descending.

    `allowed` maps each field to whether DESC is allowed. Raises `ApiError` for other
    fields.
    """
    name, _, direction = query.get("sort", "ID").lower().partition(" ")
    descending = direction == "desc"
    if name not in allowed or (descending and not allowed[name]):
        # As quoted in the settings of PostHog's Mailjet source
        raise ApiError(400, f"Cannot sort on field {name}")
    return name, descending


ActionOfAll = Callable[[Call, str, list[str]], tuple[int, list[Row]]]


def same(name: str) -> Filter:
    """Return a filter that compares a field with the text in a query."""

    def matches(row: Row, value: str) -> bool:
        own = row.get(name)
        if isinstance(own, bool):
            wanted = boolean(value)
            return wanted is None or own == wanted
        return str(own).lower() == value.lower()

    return matches


def same_all(names: str) -> dict[str, Filter]:
    return {name.lower(): same(name) for name in names.split()}


@dataclass(frozen=True)
class Resource:
    """How one resource behaves.

    `rows` are those that can be found by id, `listed` those in lists, if fewer. `sort`
    maps each key to whether DESC is allowed. Actions and `created` run without the
    store's lock, because they may use the network. `of_all` has the actions on the
    whole collection: they take the method and the rest of the path, and return status
    and rows. `is_new` means that the newer half of Mailjet's API serves it.
    """

    name: str
    rows: Callable[[Call], list[Row]]
    listed: Callable[[Call], list[Row]] | None = None
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sort: Mapping[str, bool] = field(default_factory=lambda: {"id": False})
    key: str | None = None
    writable: tuple[str, ...] = ()
    create: Callable[[Call], Row] | None = None
    created: Callable[[Call, Row], None] | None = None
    check_update: Callable[[Call, Row], None] | None = None
    changed: Callable[[Call, Row], None] | None = None
    delete: Callable[[Call, Row], None] | None = None
    actions: Mapping[str, Callable[[Call, Row], Any]] = field(default_factory=dict)
    of_all: Mapping[str, ActionOfAll] = field(default_factory=dict)
    is_new: bool = False

    def find(self, call: Call, key: str) -> Row:
        """Return the row with that id or alternative key; raises `ApiError` 404."""
        for row in self.rows(call):
            alternative = str(row[self.key]) if self.key else None
            if str(row.get("ID")) == key or (alternative or "").lower() == key.lower():
                return row
        raise ApiError(404, "Object not found")

    def select(self, call: Call) -> Sequence[Row]:
        """Return the rows that match a query, sorted; ignores unknown parameters."""
        name, descending = sort_order(call.query, self.sort)
        rows = (self.listed or self.rows)(call)
        for filter_name, matches in self.filters.items():
            if filter_name in call.query:
                value = call.query[filter_name]
                rows = [row for row in rows if matches(row, value)]

        def sort_value(row: Row) -> Any:
            return next((row[own] for own in row if own.lower() == name), 0)

        return sorted(rows, key=sort_value, reverse=descending)

    def update(self, call: Call, row: Row) -> None:
        """Write the writable values; raises `NotModified` if nothing changes."""
        if self.check_update:
            self.check_update(call, row)
        names = {name.lower(): name for name in self.writable}
        known = {name.lower() for name in row}
        for name in call.body:
            if name in known and name not in names and name != "id":
                own = next(own for own in row if own.lower() == name)
                raise ApiError(
                    400, f'MJ19 Setting a value for property "{own}" is not allowed'
                )
        values = {names[name]: call.body[name] for name in call.body if name in names}
        if all(row[name] == value for name, value in values.items()):
            raise NotModified
        row.update(values)
        if self.changed:
            self.changed(call, row)
