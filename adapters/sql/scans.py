"""Every row of a kind, batch by batch, in the order of the primary key (entries by chain and number)."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.rows import ENTRY_COLUMNS, POSTING_COLUMNS, SHAPES_BY_KIND, read_entries
from adapters.sql.tables import entries, postings
from core.domain.ledger import JournalEntry
from ports.store import Kind, StoredRecord

Place = tuple[Any, ...]
"""The key of the last row that was seen."""


def batch(
    connection: Connection, kind: Kind, after: Place | None, size: int
) -> tuple[Sequence[StoredRecord], Place | None]:
    """The next `size` rows, and the place to go on from; None where there are no more."""
    wanted: dict[str, Any] = {"size": size}
    for position, value in enumerate(after or ()):
        wanted[f"after_{position}"] = value
    rows = connection.execute(_statement(kind, after is not None), wanted).all()
    if kind is Kind.ENTRY:
        journal = read_entries(rows)
        return journal, _place_of(journal[-1]) if len(journal) == size else None

    shape = SHAPES_BY_KIND[kind]
    records = shape.read_all(rows)
    key = [shape.names.index(name) for name in shape.key]
    return records, tuple(rows[-1][index] for index in key) if len(rows) == size else None


def _place_of(entry: JournalEntry) -> Place:
    return entry.chain, entry.seq


@cache
def _statement(kind: Kind, continued: bool) -> sa.Select[Any]:
    if kind is not Kind.ENTRY:
        shape = SHAPES_BY_KIND[kind]
        return _slice(shape.table, [shape.table.c[name] for name in shape.key], continued)

    page = _slice(entries, [entries.c.chain, entries.c.seq], continued).subquery("page")
    return (
        sa.select(*[page.c[name] for name in ENTRY_COLUMNS], *[postings.c[name] for name in POSTING_COLUMNS])
        .select_from(page)
        .outerjoin(postings, postings.c.entry_id == page.c.id)
        .order_by(page.c.chain, page.c.seq, postings.c.position)
    )


def _slice(table: sa.Table, key: Sequence[sa.Column[Any]], continued: bool) -> sa.Select[Any]:
    statement = sa.select(table).order_by(*key).limit(sa.bindparam("size"))
    if not continued:
        return statement
    seen = [sa.bindparam(f"after_{position}", type_=column.type) for position, column in enumerate(key)]
    return statement.where(sa.tuple_(*key) > sa.tuple_(*seen) if len(key) > 1 else key[0] > seen[0])
