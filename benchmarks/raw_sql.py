"""The tables and statements that both raw SQL databases share."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sql.tables import metadata
from benchmarks.tracing import Inserted, Updated

COUNTERS: Final = "credit_accounts"

READS: Final = (
    "SELECT * FROM services WHERE id = {}",
    "SELECT * FROM credit_accounts WHERE user_id = {}",
)
"""What a checkout reads, the service's id and the customer's given."""


def primary_keys() -> dict[str, tuple[str, ...]]:
    """Every table's primary key, parents before their children."""
    return {table.name: tuple(table.primary_key.columns.keys()) for table in metadata.sorted_tables}


def first_keys() -> dict[str, str]:
    """The first column of each table's primary key."""
    return {table: columns[0] for table, columns in primary_keys().items()}


def by_key(table: str, rows: Sequence[Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    """Rows by their primary key."""
    columns = primary_keys()[table]
    return {tuple(row[column] for column in columns): row for row in rows}


def insert(write: Inserted, marks: Sequence[str]) -> str:
    """One insert of all its rows, with as many parameters as it has values."""
    width = len(write.columns)
    rows = [f"({', '.join(marks[i * width : (i + 1) * width])})" for i in range(len(write.rows))]
    return f"INSERT INTO {write.table} ({', '.join(write.columns)}) VALUES {', '.join(rows)}"  # noqa: S608 - names of our own tables


def update(write: Updated, marks: Sequence[str]) -> str:
    """An update of one row, by its key."""
    sets = [f"{name} = {mark}" for name, mark in zip(write.columns, marks, strict=False)]
    moves = zip(write.deltas, marks[len(write.columns) :], strict=False)
    sets += [f"{name} = {name} + {mark}" for name, mark in moves]
    return f"UPDATE {write.table} SET {', '.join(sets)} WHERE {write.key} = {marks[-1]}"  # noqa: S608 - names of our own tables


def arity(write: Updated) -> int:
    """The parameters of `update`."""
    return len(write.columns) + len(write.deltas) + 1
