"""What Estuary's own commits write, seen from outside: tables before and after, as stamps for more of it.

A checkout is done once by the use case, on the very database that the raw driver writes to next. The
rows it left are then written again and again, with new ids and another customer in the places of the
old ones, by statements that know nothing of Estuary.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from uuid_utils.compat import uuid7

Row = Mapping[str, Any]
Table = Mapping[Any, Row]
Snapshot = Mapping[str, Table]
"""Rows by primary key, by table."""

Maker = Callable[[Sequence[UUID]], Any]
"""Makes a value out of the ids of one checkout; the customer's comes first."""

UUID_TEXT: Final = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])"
)


@frozen(kw_only=True)
class Inserted:
    """New rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Maker, ...], ...]

    def values(self, ids: Sequence[UUID]) -> list[list[Any]]:
        """The rows of one checkout."""
        return [[make(ids) for make in row] for row in self.rows]


@frozen(kw_only=True)
class Updated:
    """Rows of one table that changed, by `key`: `columns` are set, to `deltas` something is added."""

    table: str
    key: str
    columns: tuple[str, ...]
    deltas: tuple[str, ...]
    rows: tuple[tuple[Maker, ...], ...]

    def values(self, ids: Sequence[UUID]) -> list[list[Any]]:
        """For each row the columns' values, the deltas, and last the key."""
        return [[make(ids) for make in row] for row in self.rows]


Write = Inserted | Updated


@frozen(kw_only=True)
class Flow:
    """The commits of one checkout. `fresh` ids are needed besides the customer's."""

    commits: tuple[tuple[Write, ...], ...]
    fresh: int

    def ids(self, buyer: UUID) -> list[UUID]:
        """The ids of one more checkout: the customer's, then new ones of Estuary's own kind (UUIDv7)."""
        return [buyer, *(uuid7() for _ in range(self.fresh))]

    @property
    def statements(self) -> int:
        """How many tables are written, over all commits."""
        return sum(len(commit) for commit in self.commits)


def traced(snapshots: Sequence[Snapshot], *, buyer: UUID, keys: Mapping[str, str], counters: str) -> Flow:
    """The commits between snapshots. `counters` is the table whose numbers move by amounts.

    `keys` names each table's primary key where rows are changed, in the order in which to write.
    """
    known = {found for table in snapshots[0].values() for row in table.values() for found in _ids(row)}
    born: dict[UUID, int] = {buyer: 0}
    for table in snapshots[-1].values():
        for row in table.values():
            for found in _ids(row):
                if found not in known:
                    born.setdefault(found, len(born))
    commits = [
        tuple(_difference(before, after, born, keys, counters)) for before, after in pairwise(snapshots)
    ]
    return Flow(commits=tuple(commits), fresh=len(born) - 1)


def _difference(
    before: Snapshot, after: Snapshot, born: Mapping[UUID, int], keys: Mapping[str, str], counters: str
) -> Iterator[Write]:
    for table, key in keys.items():
        old, new = before[table], after[table]
        added = [row for at, row in new.items() if at not in old]
        if added:
            rows = tuple(tuple(maker(value, born) for value in row.values()) for row in added)
            yield Inserted(table=table, columns=tuple(added[0]), rows=rows)
        changed = [(old[at], row) for at, row in new.items() if at in old and old[at] != row]
        if changed:
            yield _updated(table, key, changed, born, moves=table == counters)


def _updated(
    table: str, key: str, changed: Sequence[tuple[Row, Row]], born: Mapping[UUID, int], *, moves: bool
) -> Updated:
    names = [name for name in changed[0][1] if any(old[name] != new[name] for old, new in changed)]
    columns, deltas = ([], names) if moves else (names, [])
    rows = tuple(
        (
            *(maker(new[name], born) for name in columns),
            *(maker(new[name] - old[name], born) for name in deltas),
            maker(new[key], born),
        )
        for old, new in changed
    )
    return Updated(table=table, key=key, columns=tuple(columns), deltas=tuple(deltas), rows=rows)


def maker(value: Any, born: Mapping[UUID, int]) -> Maker:
    """Makes the value anew: ids that were born with the checkout become those of another one."""
    if isinstance(value, UUID) and value in born:
        place = born[value]
        return lambda ids: ids[place]
    if isinstance(value, str):
        return _text_maker(value, born)
    if isinstance(value, list):
        items = [maker(item, born) for item in value]
        return lambda ids: [make(ids) for make in items]
    if isinstance(value, dict):
        fields = {name: maker(item, born) for name, item in value.items()}
        return lambda ids: {name: make(ids) for name, make in fields.items()}
    return lambda _: value


def _text_maker(text: str, born: Mapping[UUID, int]) -> Maker:
    found = [match for match in UUID_TEXT.finditer(text) if UUID(match[0]) in born]
    if not found:
        return lambda _: text
    if len(found) == 1 and len(text) == 32:
        place = born[UUID(text)]
        return lambda ids: ids[place].hex

    pieces: list[Maker] = []
    end = 0
    for match in found:
        pieces += [_constant(text[end : match.start()]), _spelled(born[UUID(match[0])], match[0])]
        end = match.end()
    pieces.append(_constant(text[end:]))
    return lambda ids: "".join([piece(ids) for piece in pieces])


def _constant(text: str) -> Maker:
    return lambda _: text


def _spelled(place: int, like: str) -> Maker:
    return (lambda ids: str(ids[place])) if "-" in like else (lambda ids: ids[place].hex)


def _ids(value: Any) -> Iterable[UUID]:
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, str):
        yield from (UUID(found) for found in UUID_TEXT.findall(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)
