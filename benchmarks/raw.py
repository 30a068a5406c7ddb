"""The databases without Estuary: their own drivers, doing what its commits do to the same tables."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from attrs import evolve, frozen

from adapters.memory.payments import FakeGateway
from benchmarks.market import Market, founded, opened
from benchmarks.measuring import Measured
from benchmarks.raw_mongo import RawMongo
from benchmarks.raw_postgres import RawPostgres
from benchmarks.raw_sqlite import RawSqlite
from benchmarks.stores import Place
from benchmarks.tracing import Flow, Snapshot, traced
from core.domain.gateway import ChargeOutcome, ChargeRequest
from core.usecases.checkout import checkout


class Database(Protocol):
    """A raw connection to the place's database `raw`."""

    async def snapshot(self) -> Snapshot:
        """Every row, by table and key."""
        ...

    def keys(self) -> dict[str, str]:
        """The key of each table, parents before their children."""
        ...

    counters: str
    """The table of balances."""

    async def run(self, flow: Flow, market: Market, *, clients: int, seconds: float) -> Measured:
        """Measure the flow: read service and account, write, commit."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class _WatchedGateway(FakeGateway):
    """Tells when a charge begins: between a card checkout's two commits."""

    def __init__(self, seen: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._seen = seen

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        await self._seen()
        return await super().charge(request)


@frozen(kw_only=True)
class Rival:
    """A raw database with a market of its own, and the flows that a checkout there consists of."""

    database: Database
    market: Market
    credits: Flow
    card: Flow

    async def measure(self, *, card: bool, clients: int, seconds: float) -> Measured:
        """Repeat one of the flows."""
        flow = self.card if card else self.credits
        return await self.database.run(flow, self.market, clients=clients, seconds=seconds)


@asynccontextmanager
async def rival(place: Place) -> AsyncIterator[Rival]:
    """The place's raw database, with its market founded and its flows traced."""
    url = place.url("raw")
    async with opened(url) as ports:
        market = await founded(ports)
        database = await _OPENERS[place.store](url)
        try:
            flows = {}
            for card in (False, True):
                seen = [await database.snapshot()]

                async def look(seen: list[Snapshot] = seen) -> None:
                    seen.append(await database.snapshot())

                watching = evolve(ports, payments=_WatchedGateway(look))
                await checkout(market.order(0, card=card), ports=watching)
                await look()
                flows[card] = traced(
                    seen, buyer=market.buyers[0], keys=database.keys(), counters=database.counters
                )
            yield Rival(database=database, market=market, credits=flows[False], card=flows[True])
        finally:
            await database.close()


async def _sqlite(url: str) -> Database:
    return RawSqlite(url)


async def _mongodb(url: str) -> Database:
    return RawMongo(url)


_OPENERS: Final[dict[str, Callable[[str], Awaitable[Database]]]] = {
    "postgresql": RawPostgres.open,
    "sqlite": _sqlite,
    "mongodb": _mongodb,
}
