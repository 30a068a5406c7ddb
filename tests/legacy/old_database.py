"""The old rows in a real database: the old schema with text columns, or with the types that servers have."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import asyncpg
import attrs

from core.domain.legacy.rows import RECORDS, Table
from tests.legacy.old_rows import OldRows

JSON: Final = ("metadata", "package_metadata")
RENAMED: Final = {"commission_percent": "commission_rate"}

TEXT: Final[Mapping[type, str]] = {
    int: "INTEGER",
    str: "TEXT",
    bool: "BOOLEAN",
    datetime: "TIMESTAMP",
    Decimal: "NUMERIC(5,2)",
}
"""The columns of a small installation."""

ALL_TEXT: Final[Mapping[type, str]] = {**TEXT, bool: "INTEGER", datetime: "TEXT", Decimal: "TEXT"}
"""Those of one that was copied out of something else."""

TYPED: Final[Mapping[type, str]] = {
    int: "BIGINT",
    str: "VARCHAR",
    bool: "BOOLEAN",
    datetime: "TIMESTAMPTZ",
    Decimal: "NUMERIC(5,2)",
}
"""Those of a server."""

Kinds = Mapping[type, str]
Columns = Mapping[str, tuple[type, bool]]


def columns_of(table: Table) -> Columns:
    """The columns of a table: their type, and whether they may be without a value."""
    hints = get_type_hints(RECORDS[table])
    found = {}
    for field in attrs.fields(RECORDS[table]):
        parts = get_args(hints[field.name]) or (hints[field.name],)
        kind = next(part for part in parts if part is not type(None))
        found[RENAMED.get(field.name, field.name)] = (kind, type(None) in parts)
    return found


def definitions(kinds: Kinds, *, json: str = "TEXT") -> Iterator[str]:
    """The tables, without references: real ones are broken as well."""
    for table in Table:
        columns = (
            f"{name} {json if name in JSON else kinds[kind]}{'' if null else ' NOT NULL'}"
            for name, (kind, null) in columns_of(table).items()
        )
        yield f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY (id))"


def values_of(row: Any, told: Callable[[Any], Any]) -> list[Any]:
    """A row's values in the order of its columns."""
    return [told(getattr(row, field.name)) for field in attrs.fields(type(row))]


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(value) if isinstance(value, Decimal) else value


def write_file(rows: OldRows, path: Path, kinds: Kinds = TEXT) -> str:
    """An SQLite file with these rows; tells its URL."""
    with closing(sqlite3.connect(path)) as file, file:
        for statement in definitions(kinds):
            file.execute(statement)
        for table, some in rows.tables().items():
            marks = ", ".join("?" for _ in columns_of(table))
            file.executemany(
                f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 - our own names
                [values_of(row, _as_text) for row in some],
            )
    return f"sqlite:///{path}"


async def write_database(rows: OldRows, url: str, kinds: Kinds = TYPED, *, json: str = "JSONB") -> str:
    """The same in an empty PostgreSQL database; its URL."""
    told: Callable[[Any], Any] = _as_text if kinds[datetime] == "TEXT" else lambda value: value
    connection = await asyncpg.connect(url)
    try:
        for statement in definitions(kinds, json=json):
            await connection.execute(statement)
        for table, some in rows.tables().items():
            await connection.copy_records_to_table(
                table.value, records=[_record(table, row, kinds, told) for row in some]
            )
    finally:
        await connection.close()
    return url


def _record(table: Table, row: Any, kinds: Kinds, told: Callable[[Any], Any]) -> Sequence[Any]:
    values = values_of(row, told)
    for place, (kind, _) in enumerate(columns_of(table).values()):
        if kinds[kind] == "INTEGER" and isinstance(values[place], bool):
            values[place] = int(values[place])
        if kinds[kind] == "TIMESTAMP" and isinstance(values[place], datetime):
            values[place] = values[place].replace(tzinfo=None)
    return values
