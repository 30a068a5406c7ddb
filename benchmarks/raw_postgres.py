"""PostgreSQL by asyncpg: prepared statements in transactions, a connection for each client."""

from typing import Any

import asyncpg

from benchmarks.market import Market
from benchmarks.measuring import Measured, measure
from benchmarks.raw_sql import COUNTERS, READS, arity, by_key, first_keys, insert, primary_keys, update
from benchmarks.tracing import Flow, Inserted, Snapshot, Write


class RawPostgres:
    """A connection that looks, and connections for the time of a measurement."""

    counters = COUNTERS

    def __init__(self, url: str, connection: Any) -> None:
        self._url = url
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "RawPostgres":
        """Connect."""
        return cls(url, await asyncpg.connect(url))

    def keys(self) -> dict[str, str]:
        """See `Database.keys`."""
        return first_keys()

    async def snapshot(self) -> Snapshot:
        """See `Database.snapshot`."""
        found = {}
        for table in primary_keys():
            rows = await self._connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own tables
            found[table] = by_key(table, [dict(row) for row in rows])
        return found

    async def run(self, flow: Flow, market: Market, *, clients: int, seconds: float) -> Measured:
        """See `Database.run`."""
        pool = [await _Client.open(self._url, flow, market, number) for number in range(clients)]
        try:
            return await measure(lambda number: pool[number].checkout(), clients=clients, seconds=seconds)
        finally:
            for client in pool:
                await client.close()

    async def close(self) -> None:
        """See `Database.close`."""
        await self._connection.close()


class _Client:
    """One connection with its statements prepared."""

    def __init__(self, connection: Any, flow: Flow, market: Market, number: int) -> None:
        self._connection = connection
        self._flow = flow
        self._market = market
        self._number = number
        self._reads: list[Any] = []
        self._writes: list[list[tuple[Write, Any]]] = []

    @classmethod
    async def open(cls, url: str, flow: Flow, market: Market, number: int) -> "_Client":
        connection = await asyncpg.connect(url, server_settings={"jit": "off"})
        client = cls(connection, flow, market, number)
        client._reads = [await connection.prepare(read.format("$1")) for read in READS]
        client._writes = [
            [(write, await connection.prepare(_statement(write))) for write in commit]
            for commit in flow.commits
        ]
        return client

    async def checkout(self) -> None:
        """Read, then write and commit, as many times as the flow has commits."""
        ids = self._flow.ids(self._market.buyer(self._number))
        for number, commit in enumerate(self._writes):
            async with self._connection.transaction():
                if number == 0:
                    await self._reads[0].fetchrow(self._market.package_id)
                    await self._reads[1].fetchrow(ids[0])
                for write, statement in commit:
                    await _send(write, statement, write.values(ids))

    async def close(self) -> None:
        await self._connection.close()


async def _send(write: Write, statement: Any, rows: list[list[Any]]) -> None:
    if isinstance(write, Inserted):
        await statement.fetch(*[value for row in rows for value in row])
    elif len(rows) == 1:
        await statement.fetch(*rows[0])
    else:
        await statement.executemany(rows)


def _statement(write: Write) -> str:
    if isinstance(write, Inserted):
        return insert(write, [f"${i + 1}" for i in range(len(write.columns) * len(write.rows))])
    return update(write, [f"${i + 1}" for i in range(arity(write))])
