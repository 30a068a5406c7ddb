"""SQLite in WAL mode: one thread that writes, a few that read."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy import Engine as SyncEngine

from adapters.sql.engine import P, T, Work, attempted
from adapters.sql.errors import DRIVER_ERRORS, Trouble, reason, trouble
from ports.errors import CommitUnknown


class SqliteEngine:
    """A file on a local disk.

    All commits of this process go through one thread, one after the other, which spares them the
    wait for each other's locks; other processes are waited for.
    """

    def __init__(self, url: URL, *, readers: int, synchronous: str, busy_timeout_seconds: float) -> None:
        self.where = f"SQLite file {url.database}"
        busy = int(busy_timeout_seconds * 1000)
        common = ("PRAGMA foreign_keys = ON", f"PRAGMA busy_timeout = {busy}")
        self._writing = _engine(
            url,
            connections=1,
            pragmas=(*common, "PRAGMA journal_mode = WAL", f"PRAGMA synchronous = {synchronous}"),
        )
        self._reading = _engine(url, connections=readers, pragmas=(*common, "PRAGMA query_only = ON"))
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="sqlite-reader")

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a load in a read transaction, on a thread for readers."""

        def once() -> T:
            with self._reading.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                return work(connection, *args, **kwargs)

        return await self._attempted(self._readers, once)

    async def write(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in one transaction, on the thread that writes.

        Once begun it is carried through, even if nobody waits for it any more.
        """

        def once() -> T:
            with self._writing.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = work(connection, *args, **kwargs)
                self._commit(connection)
                return result

        return await self._attempted(self._writer, once)

    async def alter(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a change of the schema: a commit like any other, there are no time limits."""
        return await self.write(work, *args, **kwargs)

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        for threads, engine in ((self._readers, self._reading), (self._writer, self._writing)):
            await asyncio.get_running_loop().run_in_executor(threads, engine.dispose)
            threads.shutdown()

    async def _attempted(self, threads: ThreadPoolExecutor, once: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await attempted(lambda: loop.run_in_executor(threads, once), where=self.where)

    def _commit(self, connection: Connection) -> None:
        """Commit. A disk that fails half-way leaves the outcome open."""
        try:
            connection.commit()
        except DRIVER_ERRORS as error:
            if trouble(error) is Trouble.LOST:
                raise CommitUnknown(f"{self.where} failed while committing: {reason(error)}") from error
            raise


def _engine(url: URL, *, connections: int, pragmas: tuple[str, ...]) -> SyncEngine:
    """An engine whose transactions are begun by us; the driver's own way begins them too late."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    return engine
