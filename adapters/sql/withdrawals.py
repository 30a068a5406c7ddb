"""Taking back what a run brought in: a few statements for each kind, however many rows."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.dml import Delete

from adapters.sql.dialects import record_set
from adapters.sql.rows import BROUGHT, ENTRY_COLUMNS, POSTING_COLUMNS, SHAPES_BY_KIND, read_entries
from adapters.sql.tables import brought, entries, postings
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import REFERENCES, StoredRecord, digest, key_of, key_parts
from core.domain.runs import Brought
from ports.errors import ConcurrencyConflict, StillReferenced

KEYS = "keys"
"""The parameter that holds the keys, as a JSON array of objects."""


def withdraw(connection: Connection, wanted: Sequence[Brought]) -> None:
    """Delete the rows, children before what they name, and then the notes that they were brought in."""
    if not wanted:
        return

    by_kind: dict[Kind, list[Brought]] = {}
    for one in wanted:
        by_kind.setdefault(one.kind, []).append(one)
    for kind in reversed(PARENTS_FIRST):
        notes = by_kind.pop(kind, None)
        if notes is not None:
            _withdraw(connection, kind, notes)
    if by_kind:
        raise ConcurrencyConflict(f"nothing of {', '.join(by_kind)} is ever brought in")
    if connection.execute(_notes(connection.dialect.name), {KEYS: wanted}).rowcount != len(wanted):
        raise ConcurrencyConflict("something of it is not noted as brought in any more")


def _withdraw(connection: Connection, kind: Kind, notes: Sequence[Brought]) -> None:
    keys = [dict(zip(_names(kind), key_parts(kind, note.key), strict=True)) for note in notes]
    _require_unchanged(connection, kind, notes, keys)
    _require_unnamed(connection, kind, keys)
    for delete in _deletes(kind, connection.dialect.name):
        connection.execute(delete, {KEYS: keys})


def _require_unchanged(
    connection: Connection, kind: Kind, notes: Iterable[Brought], keys: Sequence[Mapping[str, Any]]
) -> None:
    rows = connection.execute(_found(kind, connection.dialect.name), {KEYS: keys}).all()
    records: Sequence[StoredRecord]
    records = read_entries(rows) if kind is Kind.ENTRY else SHAPES_BY_KIND[kind].read_all(rows)
    digests = {key_of(record): digest(record) for record in records}
    for note in notes:
        if digests.get(note.key) != note.digest:
            raise ConcurrencyConflict(f"{kind} {note.key} is no longer as the run brought it in")


def _require_unnamed(connection: Connection, kind: Kind, keys: Sequence[Mapping[str, Any]]) -> None:
    for child, references in REFERENCES.items():
        for name, target in references:
            if target is kind:
                look = naming(child, name, connection.dialect.name)
                row = connection.execute(look, {KEYS: keys}).first()
                if row is not None:
                    raise StillReferenced(f"{kind} {row[0]}", f"{child} {row[1]}")


def _table(kind: Kind) -> sa.Table:
    return entries if kind is Kind.ENTRY else SHAPES_BY_KIND[kind].table


def _names(kind: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in _table(kind).primary_key)


def _keys(columns: Iterable[sa.Column[Any]], dialect: str) -> sa.Select[Any]:
    wanted = record_set(KEYS, list(columns), dialect, name="wanted")
    return sa.select(*wanted.c)


def _is_wanted(table: sa.Table, dialect: str) -> sa.ColumnElement[bool]:
    key: list[sa.Column[Any]] = list(table.primary_key)
    return (sa.tuple_(*key) if len(key) > 1 else key[0]).in_(_keys(key, dialect))


@cache
def _found(kind: Kind, dialect: str) -> sa.Select[Any]:
    """The rows, locked where the database locks rows."""
    table = _table(kind)
    if kind is not Kind.ENTRY:
        return sa.select(table).where(_is_wanted(table, dialect)).with_for_update(of=table)
    columns = [*[entries.c[name] for name in ENTRY_COLUMNS], *[postings.c[name] for name in POSTING_COLUMNS]]
    return (
        sa.select(*columns)
        .select_from(entries)
        .outerjoin(postings, postings.c.entry_id == entries.c.id)
        .where(_is_wanted(entries, dialect))
        .order_by(entries.c.id, postings.c.position)
        .with_for_update(of=entries)
    )


@cache
def naming(child: Kind, name: str, dialect: str) -> sa.Select[Any]:
    """A row that names one of the keys: the key, and the row's own."""
    table = _table(child)
    field = table.c[name]
    (own,) = table.primary_key
    named = sa.and_(field.is_not(sa.null()), field.in_(_keys([sa.Column("id", sa.Uuid())], dialect)))
    return sa.select(field, own).where(named).limit(sa.literal_column("1"))


@cache
def _deletes(kind: Kind, dialect: str) -> tuple[Delete, ...]:
    table = _table(kind)
    own = sa.delete(table).where(_is_wanted(table, dialect))
    if kind is not Kind.ENTRY:
        return (own,)
    lines = sa.delete(postings).where(postings.c.entry_id.in_(_keys([sa.Column("id", sa.Uuid())], dialect)))
    return (lines, own)


@cache
def _notes(dialect: str) -> Delete:
    columns = [brought.c[name] for name in BROUGHT.names]
    return sa.delete(brought).where(sa.tuple_(*columns).in_(_keys(columns, dialect)))
