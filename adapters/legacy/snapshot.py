"""One connection to the old database that sees one moment of it and cannot write."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from ports.errors import PortError, Unavailable
from ports.legacy_source import Unreadable

T = TypeVar("T")
Row = Sequence[Any]

BATCH: Final = 500
"""Rows that are fetched at a time."""

CONNECT_SECONDS: Final = 10


class Snapshot(Protocol):
    """Statements on the old database, all of which see the same rows. `dialect` is sqlite or postgresql,
    `name` its URL without user and password, `where` what people call it.
    """

    where: str
    name: str
    dialect: str

    async def rows(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Row]:
        """All rows of a statement that has few."""
        ...

    def stream(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> AsyncGenerator[Row, None]:
        """Row after row; a few are held at a time. Several streams may be under way."""
        ...

    async def columns(self, table: str) -> Mapping[str, str]:
        """The columns of a table; none of one that is not there."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


class SqliteSnapshot:
    """A file, opened in a way in which it cannot be written."""

    dialect = "sqlite"

    def __init__(self, file: Path) -> None:
        self.where = f"SQLite file {file}"
        self.name = f"sqlite:///{file}"
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="legacy-reader")
        self._engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, hide_parameters=True
        )
        self._connection: sa.Connection | None = None

    async def rows(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Row]:
        return await self._run(lambda: self._opened().execute(statement).all())

    async def stream(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> AsyncGenerator[Row, None]:
        result = await self._run(lambda: self._opened().execute(statement))
        try:
            while batch := await self._run(lambda: result.fetchmany(BATCH)):
                for row in batch:
                    yield row
        finally:
            if self._connection is not None:
                await self._run(result.close)

    async def columns(self, table: str) -> Mapping[str, str]:
        told = sa.text("SELECT name, type FROM pragma_table_info(:name)").bindparams(name=table)
        return {row.name: row.type for row in await self._run(lambda: self._opened().execute(told).all())}

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._run(connection.close)
        self._thread.shutdown()

    def _connect(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self._file))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _opened(self) -> sa.Connection:
        if self._connection is None:
            connection = self._engine.connect()
            # Until this transaction ends, nothing that others write is seen.
            connection.exec_driver_sql("BEGIN")
            self._connection = connection
        return self._connection

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (DBAPIError, sqlite3.Error) as error:
            raise self._translated(_origin(error)) from None

    def _translated(self, error: BaseException) -> PortError:
        if isinstance(error, sqlite3.OperationalError):
            return Unavailable(f"{self.where} is not available: {error}")
        return Unreadable(f"{self.where} cannot be read: {error}")


class PostgresSnapshot:
    """A database in a read-only transaction that sees one moment of it."""

    dialect = "postgresql"

    def __init__(self, url: sa.URL) -> None:
        place = f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
        self.where = f"PostgreSQL {place}"
        self.name = f"postgresql://{place}"
        query: dict[str, Any] = dict(url.query)
        if "sslmode" in query:
            query["ssl"] = query.pop("sslmode")
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg", query=query),
            poolclass=NullPool,
            hide_parameters=True,
            json_deserializer=str,  # jsonb is wanted as the text that it is in SQLite
            connect_args={
                "timeout": CONNECT_SECONDS,
                "server_settings": {
                    "application_name": "estuary legacy",
                    "default_transaction_read_only": "on",
                    "timezone": "UTC",
                    # A reading takes as long as it takes, and waits for whoever writes what was read.
                    "statement_timeout": "0",
                    "idle_in_transaction_session_timeout": "0",
                },
            },
        )
        self._connection: AsyncConnection | None = None

    async def rows(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Row]:
        async with self._translating():
            connection = await self._opened()
            return list((await connection.execute(statement)).all())

    async def stream(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> AsyncGenerator[Row, None]:
        async with self._translating():
            result = await (await self._opened()).stream(statement)
        try:
            while True:
                async with self._translating():
                    batch = await result.fetchmany(BATCH)
                if not batch:
                    return
                for row in batch:
                    yield row
        finally:
            if self._connection is not None:
                await result.close()

    async def columns(self, table: str) -> Mapping[str, str]:
        told = sa.text(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
        ).bindparams(name=table)
        async with self._translating():
            found = (await (await self._opened()).execute(told)).all()
        return {str(name): str(kind) for name, kind in found}

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        await self._engine.dispose()

    async def _opened(self) -> AsyncConnection:
        if self._connection is None:
            connection = await self._engine.connect()
            self._connection = await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        return self._connection

    @asynccontextmanager
    async def _translating(self) -> AsyncIterator[None]:
        try:
            yield
        except (DBAPIError, asyncpg.PostgresError, OSError, TimeoutError) as error:
            raise self._translated(_origin(error)) from None

    def _translated(self, error: BaseException) -> PortError:
        line = (str(error).splitlines() or [type(error).__name__])[0] or type(error).__name__
        if isinstance(error, asyncpg.DataError | asyncpg.SyntaxOrAccessError):
            return Unreadable(f"{self.where} cannot be read: {line}")
        return Unavailable(f"{self.where} is not available: {line}")


def open_snapshot(url: str) -> Snapshot:
    """The database at `sqlite:///FILE` or `postgresql://…`, not yet connected; ValueError for others."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ValueError("the URL cannot be read") from None
    backend = address.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return PostgresSnapshot(address)
    if backend == "sqlite" and address.database not in (None, "", ":memory:"):
        return SqliteSnapshot(Path(str(address.database)))
    raise ValueError("must be sqlite:///FILE or postgresql://…")


def _origin(error: BaseException) -> BaseException:
    """The driver's own error."""
    found = error
    if isinstance(found, DBAPIError) and found.orig is not None:
        found = found.orig
    return found.__cause__ if isinstance(found.__cause__, asyncpg.PostgresError) else found
