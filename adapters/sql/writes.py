"""Inserts and version-guarded updates: few statements for any number of rows, all of them `ready`.

PostgreSQL takes all inserts of a commit in one statement and all updates in another, the rows as
one JSON parameter per table: a round trip costs more there than anything else. SQLite has no
round trips, and is fastest with one `executemany` per table.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy import Connection
from sqlalchemy.sql.dml import Delete, Insert, ReturningUpdate, Update

from adapters.sql.dialects import POSTGRESQL, is_one_of, record_set
from adapters.sql.literals import is_word
from adapters.sql.ready import ready
from adapters.sql.rows import Shape
from adapters.sql.tables import sessions
from core.domain.ids import SessionId
from core.domain.statuses import SessionStatus


@frozen
class NewRows:
    """Rows for one table: records that have its columns as fields, or mappings."""

    table: sa.Table
    records: Sequence[Any]


def insert(connection: Connection, batches: Sequence[NewRows]) -> None:
    """Insert rows, table by table."""
    if not batches:
        return
    if connection.dialect.name == POSTGRESQL:
        statement = ready(_insert_all(tuple(batch.table for batch in batches)), connection.dialect)
        statement.execute(connection, {batch.table.name: batch.records for batch in batches})
        return

    for batch in batches:
        ready(_insert_each(batch.table), connection.dialect).execute_each(connection, batch.records)


@cache
def _insert_each(table: sa.Table) -> Insert:
    return sa.insert(table)


@cache
def _insert_all(tables: tuple[sa.Table, ...]) -> Insert:
    """One statement for several tables. The first one's rows are the statement's own: written first."""
    first, *others = (_insert_set(table) for table in tables)
    if not others:
        return first
    return first.add_cte(*(_insert_set(table).cte(f"insert_{table.name}") for table in tables[1:]))


def _insert_set(table: sa.Table) -> Insert:
    rows = record_set(table.name, list(table.c), POSTGRESQL, name=f"new_{table.name}")
    return sa.insert(table).from_select([column.name for column in table.c], sa.select(*rows.c))


def update(
    connection: Connection, batches: Sequence[tuple[Shape[Any], Sequence[Any]]]
) -> list[tuple[Shape[Any], int]]:
    """Update rows from the version before theirs; tells for each table how many were not at it."""
    if not batches:
        return []
    if connection.dialect.name == POSTGRESQL:
        statement = ready(_update_all(tuple(shape for shape, _ in batches)), connection.dialect)
        counts = statement.execute(connection, {shape.table.name: rows for shape, rows in batches}).one()
        return [(shape, len(rows) - count) for (shape, rows), count in zip(batches, counts, strict=True)]

    missed = []
    for shape, rows in batches:
        statement = ready(_update_each(shape), connection.dialect)
        found = statement.execute_each(connection, [_guarded_row(shape, row) for row in rows])
        missed.append((shape, len(rows) - found.rowcount))
    return missed


@cache
def _update_each(shape: Shape[Any]) -> Update:
    table = shape.table
    same_row = [table.c[name] == sa.bindparam(f"key_{name}") for name in shape.key]
    version_before = table.c.version == sa.bindparam("from_version")
    values: dict[str, Any] = {name: sa.bindparam(name) for name in shape.changing}
    return sa.update(table).where(*same_row, version_before).values(values)


def _guarded_row(shape: Shape[Any], record: Any) -> dict[str, Any]:
    row = shape.write(record)
    keys = {f"key_{name}": row[name] for name in shape.key}
    return {**{name: row[name] for name in shape.changing}, **keys, "from_version": record.version - 1}


@cache
def _update_all(shapes: tuple[Shape[Any], ...]) -> sa.Select[Any]:
    """One statement for several tables; its answer is the number of rows that each update found."""
    updates = [_update_set(shape).cte(f"update_{shape.table.name}") for shape in shapes]
    return sa.select(*[sa.select(sa.func.count()).select_from(u).scalar_subquery() for u in updates])


def _update_set(shape: Shape[Any]) -> ReturningUpdate[Any]:
    table = shape.table
    columns = [table.c[name] for name in (*shape.key, *shape.changing)]
    rows = record_set(table.name, columns, POSTGRESQL, name=f"new_{table.name}")
    same_row = [table.c[name] == rows.c[name] for name in shape.key]
    version_before = table.c.version == rows.c.version - sa.literal_column("1")
    values = {name: rows.c[name] for name in shape.changing}
    return sa.update(table).where(*same_row, version_before).values(values).returning(table.c.version)


def remove_drafts(connection: Connection, ids: Sequence[SessionId]) -> int:
    """Delete those of the sessions that are drafts; tells how many."""
    return connection.execute(_removal(connection.dialect.name), {"ids": sorted(ids)}).rowcount


@cache
def _removal(dialect: str) -> Delete:
    is_draft = is_word(sessions.c.status, SessionStatus.DRAFT)
    return sa.delete(sessions).where(is_one_of(sessions.c.id, "ids", dialect), is_draft)
