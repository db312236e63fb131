"""Rows that are only created when a page needs them."""

from collections.abc import Callable, Iterator, Sequence

from ..rows import Row


class LazyRows(Sequence[Row]):
    """The rows that `make` returns for each of `keys`."""

    def __init__(self, keys: Sequence[int], make: Callable[[int], Row]) -> None:
        self._keys = keys
        self._make = make

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self._make(key) for key in self._keys[place]]
        return self._make(self._keys[place])

    def __iter__(self) -> Iterator[Row]:
        return (self._make(key) for key in self._keys)
