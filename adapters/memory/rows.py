"""Rows in dicts, with unique keys and sorted indexes that follow them.

Inside the store a row's key is the integer of its id: it hashes and compares many times faster than
the id itself.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from ports.errors import AlreadyExists, ConcurrencyConflict

R = TypeVar("R")

Key = int | str | tuple[str, str] | tuple[int, str, str]
"""The integer of a row's id, a room service's own id, a request's actor and key, or what a run brought in."""

Place = tuple[datetime, Key]
"""Where a row stands in a sorted list."""

Spot = tuple[Hashable, datetime]
"""Where an index keeps a row: in which group, and at which instant."""


class Unique(Generic[R]):
    """A key that at most one row may have. Rows whose key is None do not take part.

    A taken key is AlreadyExists(name), or ConcurrencyConflict where `is_race` says that only
    somebody who was faster can have taken it.
    """

    def __init__(self, name: str, key: Callable[[R], Hashable | None], *, is_race: bool = False) -> None:
        self.name = name
        self.key = key
        self.is_race = is_race
        self.owners: dict[Hashable, Key] = {}

    def add(self, row: R, owner: Key) -> None:
        """Take a new row's key."""
        taken = self.key(row)
        if taken is not None:
            self.owners[taken] = owner

    def move(self, old: R | None, new: R | None, owner: Key) -> None:
        """Let go of the old row's key and take the new row's."""
        after = None if new is None else self.key(new)
        if old is not None:
            before = self.key(old)
            if before is not None and before != after and self.owners.get(before) == owner:
                del self.owners[before]
        if after is not None:
            self.owners[after] = owner

    def refusal(self) -> AlreadyExists | ConcurrencyConflict:
        """The error for a taken key."""
        return ConcurrencyConflict(f"{self.name} was taken") if self.is_race else AlreadyExists(self.name)


class Index(Generic[R]):
    """Keys of rows by group, sorted by instant and key. `spot` is None for rows to be left out."""

    def __init__(self, spot: Callable[[R], Spot | None]) -> None:
        self._spot = spot
        self._groups: dict[Hashable, list[Place]] = {}

    def add(self, row: R, key: Key) -> None:
        """Find a new row's spot."""
        spot = self._spot(row)
        if spot is not None:
            self._enter(spot, key)

    def move(self, old: R | None, new: R | None, key: Key) -> None:
        """Follow a row from one spot to another."""
        before = None if old is None else self._spot(old)
        after = None if new is None else self._spot(new)
        if before == after:
            return

        if before is not None:
            self._leave(before, key)
        if after is not None:
            self._enter(after, key)

    def ascending(
        self,
        group: Hashable,
        after: Place | None = None,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Key]:
        """The group's keys in [start, end), oldest first, past the place `after`."""
        places = self._groups.get(group, ())
        first = 0 if start is None else bisect_left(places, (start,))
        if after is not None:
            first = max(first, bisect_left(places, after))
        for index in range(first, len(places)):
            place = places[index]
            if end is not None and place[0] >= end:
                return
            if place != after:
                yield place[1]

    def descending(self, group: Hashable, after: Place | None = None) -> Iterator[Key]:
        """The group's keys, newest first, past the place `after`."""
        places = self._groups.get(group, ())
        stop = len(places) if after is None else bisect_left(places, after)
        for index in range(stop - 1, -1, -1):
            yield places[index][1]

    def until(self, group: Hashable, moment: datetime) -> Iterator[Key]:
        """The group's keys up to and including a moment, oldest first."""
        for at, key in self._groups.get(group, ()):
            if at > moment:
                return
            yield key

    def _enter(self, spot: Spot, key: Key) -> None:
        group, at = spot
        place = (at, key)
        places = self._groups.get(group)
        if places is None:
            self._groups[group] = [place]
        elif places[-1] < place:
            places.append(place)
        else:
            places.insert(bisect_left(places, place), place)

    def _leave(self, spot: Spot, key: Key) -> None:
        group, at = spot
        places = self._groups[group]
        del places[bisect_left(places, (at, key))]
        if not places:
            del self._groups[group]


class Table(Generic[R]):
    """Rows by key. `kind` names them in errors."""

    def __init__(
        self,
        kind: str,
        key: Callable[[R], Key],
        *,
        uniques: Sequence[Unique[R]] = (),
        indexes: Sequence[Index[R]] = (),
    ) -> None:
        self.kind = kind
        self.key = key
        self.rows: dict[Key, R] = {}
        self.uniques = tuple(uniques)
        self._followers: tuple[Unique[R] | Index[R], ...] = (*uniques, *indexes)

    def get(self, row_id: UUID) -> R | None:
        """The row with that id."""
        return self.rows.get(row_id.int)

    def at(self, keys: Iterator[Key]) -> Iterator[R]:
        """The rows with these keys, in their order."""
        return map(self.rows.__getitem__, keys)

    def write(self, key: Key, row: R | None) -> None:
        """Put the row in place of the one before; None removes it. Checks nothing."""
        old = self.rows.get(key)
        if old is None and row is not None:
            for follower in self._followers:
                follower.add(row, key)
        else:
            for follower in self._followers:
                follower.move(old, row, key)

        if row is not None:
            self.rows[key] = row
        elif old is not None:
            del self.rows[key]


class Draft(Generic[R]):
    """A table as one commit would leave it; `publish` makes it so and cannot fail."""

    def __init__(self, table: Table[R]) -> None:
        self.table = table
        self.changed: dict[Key, R | None] = {}
        self._owners: dict[tuple[str, Hashable], Key | None] = {}

    def get(self, key: Key) -> R | None:
        """The row as this commit sees it."""
        if key in self.changed:
            return self.changed[key]
        return self.table.rows.get(key)

    def insert(self, row: R) -> None:
        """Add a row, or refuse a taken key."""
        table = self.table
        key = table.key(row)
        if key in self.changed or key in table.rows:
            raise AlreadyExists(table.kind)
        for unique in table.uniques:
            self._take(unique, unique.key(row), key)
        self.changed[key] = row

    def put(self, row: R) -> None:
        """Put a row in place of the one before, or refuse a taken unique key."""
        key = self.table.key(row)
        if self.table.uniques:
            self._claim(key, self.get(key), row)
        self.changed[key] = row

    def drop(self, key: Key) -> None:
        """Remove a row."""
        if self.table.uniques:
            self._claim(key, self.get(key), None)
        self.changed[key] = None

    def publish(self) -> None:
        """Write what has changed."""
        for key, row in self.changed.items():
            self.table.write(key, row)

    def _claim(self, key: Key, old: R | None, new: R | None) -> None:
        for unique in self.table.uniques:
            before = None if old is None else unique.key(old)
            after = None if new is None else unique.key(new)
            if before == after:
                continue
            self._take(unique, after, key)
            if before is not None:
                self._owners[unique.name, before] = None

    def _take(self, unique: Unique[R], taken: Hashable | None, key: Key) -> None:
        if taken is None:
            return
        drafted = (unique.name, taken)
        stands = self._owners[drafted] if drafted in self._owners else unique.owners.get(taken)
        if stands is not None:
            raise unique.refusal()
        self._owners[drafted] = key
