"""SQLite by the standard library: one writer, WAL, every commit flushed to the disk."""

import asyncio
import sqlite3

from benchmarks.market import Market
from benchmarks.measuring import Measured, measure_alone
from benchmarks.raw_sql import COUNTERS, READS, arity, by_key, first_keys, insert, primary_keys, update
from benchmarks.tracing import Flow, Inserted, Snapshot, Write

PRAGMAS = ("foreign_keys = ON", "busy_timeout = 10000", "journal_mode = WAL", "synchronous = FULL")


class RawSqlite:
    """The one connection. Several clients would only wait for it, so there is one whatever was asked."""

    counters = COUNTERS

    def __init__(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def keys(self) -> dict[str, str]:
        """See `Database.keys`."""
        return first_keys()

    async def snapshot(self) -> Snapshot:
        """See `Database.snapshot`."""
        found = {}
        for table in primary_keys():
            cursor = self._connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own tables
            names = [column[0] for column in cursor.description]
            found[table] = by_key(table, [dict(zip(names, row, strict=True)) for row in cursor])
        return found

    async def run(self, flow: Flow, market: Market, *, clients: int, seconds: float) -> Measured:
        """See `Database.run`."""
        del clients
        commits = [[(write, _statement(write)) for write in commit] for commit in flow.commits]
        turn = 0

        def checkout() -> None:
            nonlocal turn
            turn += 1
            self._checkout(flow, commits, market, turn)

        return await asyncio.to_thread(measure_alone, checkout, seconds=seconds)

    def _checkout(
        self, flow: Flow, commits: list[list[tuple[Write, str]]], market: Market, turn: int
    ) -> None:
        ids = flow.ids(market.buyer(turn))
        execute = self._connection.execute
        for number, commit in enumerate(commits):
            execute("BEGIN IMMEDIATE")
            if number == 0:
                execute(READS[0].format("?"), (market.package_id.hex,)).fetchone()
                execute(READS[1].format("?"), (ids[0].hex,)).fetchone()
            for write, statement in commit:
                rows = write.values(ids)
                if isinstance(write, Inserted):
                    execute(statement, [value for row in rows for value in row])
                else:
                    self._connection.executemany(statement, rows)
            execute("COMMIT")

    async def close(self) -> None:
        """See `Database.close`."""
        self._connection.close()


def _statement(write: Write) -> str:
    if isinstance(write, Inserted):
        return insert(write, ["?"] * (len(write.columns) * len(write.rows)))
    return update(write, ["?"] * arity(write))
