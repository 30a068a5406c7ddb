"""Frozen marketplaces: rows of SQL tables and MongoDB's documents, as a release of that time wrote them.

A row is kept as SQLite keeps it, whichever database it is put into: ids as hexadecimal digits, instants in
milliseconds, JSON as text. The files are never edited.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from bson import json_util
from bson.binary import UuidRepresentation
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

FROZEN: Final = Path(__file__).parent
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EXTENDED: Final = json_util.JSONOptions(
    json_mode=json_util.JSONMode.CANONICAL,
    uuid_representation=UuidRepresentation.STANDARD,
    tz_aware=True,
    tzinfo=UTC,
)
ALEMBIC: Final = "alembic_version"

T = TypeVar("T")
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def write(path: Path, things: Iterable[str]) -> None:
    """Write a file that is not there yet."""
    with path.open("xb") as file:
        file.write(gzip.compress("".join(f"{thing}\n" for thing in things).encode(), mtime=0))


def lines(path: Path) -> list[str]:
    """What was written."""
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def frozen_rows(revision: str) -> Rows:
    """The rows of a release, by table."""
    loaded: Rows = json.loads("\n".join(lines(FROZEN / f"{revision}.json.gz")))
    return loaded


def frozen_documents(step: str) -> dict[str, list[Row]]:
    """The documents of a release, by collection."""
    text = "\n".join(lines(FROZEN / f"{step}.mongo.json.gz"))
    loaded: dict[str, list[Row]] = json_util.loads(text, json_options=EXTENDED)
    return loaded


async def directly(url: str, work: Callable[..., T], *args: object) -> T:
    """Do work on a database in a transaction. A store's own connection would not know the tables' types."""
    if url.startswith("sqlite"):
        file = sa.create_engine(url)
        with file.begin() as connection:
            done = work(connection, *args)
        file.dispose()
        return done
    server = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with server.begin() as bridge:
        done = await bridge.run_sync(work, *args)
    await server.dispose()
    return done


def fill(connection: Connection, rows: Mapping[str, list[Row]]) -> None:
    """Put rows into the tables as they are now, those first that others refer to."""
    for table in _tables(connection).sorted_tables:
        values = {column.name: _bound(column) for column in table.columns}
        native = [
            {name: _native(table.c[name], value) for name, value in row.items()}
            for row in rows.get(table.name, [])
        ]
        if native:
            connection.execute(table.insert().values({name: values[name] for name in native[0]}), native)


def rows_of(connection: Connection) -> Rows:
    """Every row of every table, as it would be frozen, in the order of its keys."""
    found: Rows = {}
    for table in _tables(connection).sorted_tables:
        columns = [_told(column) for column in table.columns]
        rows = connection.execute(sa.select(*columns).order_by(*table.primary_key.columns)).mappings()
        found[table.name] = [{name: _neutral(value) for name, value in row.items()} for row in rows]
    return found


def kept(before: Rows, after: Rows) -> Rows:
    """What is still to be seen of earlier rows: the same tables with the same columns."""
    return {
        table: [{name: row.get(name, "gone") for name in (rows or [row])[0]} for row in after.get(table, [])]
        for table, rows in before.items()
    }


def _tables(connection: Connection) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(connection, resolve_fks=False)
    found.remove(found.tables[ALEMBIC])
    return found


def _bound(column: sa.Column[Any]) -> Any:
    """The parameter for a column; JSON is given as the text that it is."""
    if isinstance(column.type, sa.JSON):
        return sa.cast(sa.bindparam(column.name, type_=sa.Text()), sa.JSON)
    return sa.bindparam(column.name, type_=column.type)


def _told(column: sa.Column[Any]) -> Any:
    return sa.cast(column, sa.Text()).label(column.name) if isinstance(column.type, sa.JSON) else column


def _native(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.Uuid):
        return UUID(value)
    if isinstance(column.type, sa.DateTime):
        return EPOCH + timedelta(milliseconds=value)
    return bool(value) if isinstance(column.type, sa.Boolean) else value


def _neutral(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(milliseconds=1)
    return int(value) if isinstance(value, bool) else value
