"""PostgreSQL through asyncpg, READ COMMITTED."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import greenlet_spawn

from adapters.sql.engine import P, T, Work, attempted
from adapters.sql.errors import DRIVER_ERRORS, Trouble, reason, trouble
from ports.errors import CommitUnknown

STATEMENTS_CACHED = 500
"""Prepared statements kept by each connection; ours are fewer."""

MIGRATION_LOCK = 0x65737475617279
"""The advisory lock that keeps two migrations apart ("estuary" in ASCII)."""

PLANNING: Mapping[str, str] = {"enable_seqscan": "off", "jit": "off"}
"""Every statement of ours has its index. Left to itself the server walks over tables that are
small when a connection first uses them, keeps that plan (foreign keys' checks too) and goes on
walking when they have grown, as they do in an import. Compiling statements this short costs more
than it saves."""


class PostgresEngine:
    """A pool of connections.

    Loads are single statements without a transaction around them, commits are one transaction each.
    Taking a connection, the work and giving it back run in one greenlet: a change of greenlets for
    each of them, as SQLAlchemy's asynchronous connections make it, is dear beside work this short.
    """

    def __init__(
        self,
        url: URL,
        *,
        pool_size: int,
        max_overflow: int,
        pool_timeout_seconds: float,
        connect_timeout_seconds: float,
        settings: Mapping[str, str],
    ) -> None:
        self.where = f"PostgreSQL {url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
        self._engine = create_async_engine(
            _for_asyncpg(url),
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout_seconds,
            pool_use_lifo=True,
            hide_parameters=True,
            json_deserializer=str,  # our own column type reads the text
            connect_args={
                "timeout": connect_timeout_seconds,
                "prepared_statement_cache_size": STATEMENTS_CACHED,
                "server_settings": {**PLANNING, "application_name": "estuary", **settings},
            },
        )
        self._reading = self._engine.sync_engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a load on the primary, as one statement of its own."""

        def once() -> T:
            with self._reading.connect() as connection:
                return work(connection, *args, **kwargs)

        return await attempted(lambda: greenlet_spawn(once), where=self.where)

    async def write(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in one transaction."""

        def once() -> T:
            with self._engine.sync_engine.connect() as connection:
                result = work(connection, *args, **kwargs)
                self._commit(connection)
                return result

        return await attempted(lambda: greenlet_spawn(once), where=self.where)

    async def alter(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a change of the schema, one at a time."""

        def unhurried(connection: Connection) -> T:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            return work(connection, *args, **kwargs)

        return await self.write(unhurried)

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    def _commit(self, connection: Connection) -> None:
        """Commit. Once the order is on its way, a lost connection leaves the outcome open."""
        try:
            connection.commit()
        except DRIVER_ERRORS as error:
            if trouble(error) is Trouble.LOST:
                raise CommitUnknown(f"{self.where} was lost while committing: {reason(error)}") from error
            raise


def _for_asyncpg(url: URL) -> URL:
    """The same address with our driver, and libpq's word for TLS in the driver's spelling."""
    query: dict[str, Any] = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return url.set(drivername="postgresql+asyncpg", query=query)
