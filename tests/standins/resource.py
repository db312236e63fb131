"""What every REST resource of the stand-in has in common; HTTP itself is in rest.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .rows import Row
from .store import Account, Store


class ApiError(Exception):
    """An error answer in the form of Mailjet's older half."""

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
    """What resources need of the server around them."""

    store: Store
    validate_envelope: bool
    dkim_bits: int
    lookup_txt: Callable[[str], list[str]]
    fetch: Callable[[str], bytes | None]

    def send_activation(self, account: Account, sender: Row) -> None: ...


@dataclass(frozen=True)
class Call:
    """One request to a resource, its names in any case."""

    standin: Standin
    account: Account
    query: Mapping[str, str]  # names in lower case
    body: Mapping[str, Any]  # names in lower case

    @property
    def store(self) -> Store:
        return self.standin.store


Filter = Callable[[Row, str], bool]


def boolean(text: str) -> bool | None:
    """A boolean of a query; None, for what is neither, asks for both."""
    return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())


def is_asked(query: Mapping[str, str], name: str) -> bool:
    """Whether a switch such as countOnly is on."""
    return boolean(query.get(name, "")) is True


def sort_order(query: Mapping[str, str], allowed: Mapping[str, bool]) -> tuple:
    """Return the field to sort on, in lower case, and whether it goes down.

    `allowed` says for each field whether DESC is. Raises `ApiError` for another one.
    """
    name, _, direction = query.get("sort", "ID").lower().partition(" ")
    descending = direction == "desc"
    if name not in allowed or (descending and not allowed[name]):
        # The text as quoted in PostHog's settings of its Mailjet source
        raise ApiError(400, f"Cannot sort on field {name}")
    return name, descending


ActionOfAll = Callable[[Call, str, list[str]], tuple[int, list[Row]]]


def same(name: str) -> Filter:
    """A filter that compares texts, numbers and booleans as a query writes them."""

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

    `rows` is what can be found by id, `listed` what a list shows if that is less.
    `sort` says for each key whether DESC is allowed. Actions and `created` run without
    the store's lock, because they may use the network. `of_all` has the actions on the
    whole collection: method and the rest of the path in, status and rows out. A
    resource `is_new` if it is served by Mailjet's newer half.
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
        """The row with that id or alternative key; raises `ApiError` 404."""
        for row in self.rows(call):
            alternative = str(row[self.key]) if self.key else None
            if str(row.get("ID")) == key or (alternative or "").lower() == key.lower():
                return row
        raise ApiError(404, "Object not found")

    def select(self, call: Call) -> Sequence[Row]:
        """All rows that the query asks for, in its order; names unknown are ignored."""
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
        """Write what may be written; raises `NotModified` if that changes nothing."""
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
