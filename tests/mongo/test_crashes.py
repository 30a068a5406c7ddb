"""The server dies under load, and nothing that was acknowledged is lost or done twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from attrs import define, field

from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import make_account, make_credit_change, make_event, make_idempotency
from adapters.memory.testing.sales import make_sale
from adapters.mongo.store import MongoStore
from core.domain.changes import Changes
from core.domain.ids import OrderId, UserId
from core.domain.orders import Order
from ports.errors import CommitUnknown, Unavailable
from ports.store import Kind
from tests.mongo.databases import new_name, opened
from tests.servers import MongoServer, mongod

CLIENTS: Final = 8
ENOUGH: Final = 15


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    """A server of our own: it will be killed."""
    with mongod() as server:
        yield server


@pytest.fixture
async def store(server: MongoServer) -> AsyncIterator[MongoStore]:
    settings = {"connect_seconds": 1.0, "read_seconds": 2.0, "commit_seconds": 2.0}
    async with opened(server, new_name(), **settings) as store:
        await store.migrate()
        yield store


@define
class Load:
    """Clients that buy without end. What they were told is kept apart from what is the case."""

    store: MongoStore
    tipped: UserId = field(factory=new_user)
    acknowledged: list[OrderId] = field(factory=list)
    unknown: list[OrderId] = field(factory=list)
    refused: int = 0
    news: asyncio.Condition = field(factory=asyncio.Condition)
    over: bool = False

    async def run(self) -> None:
        """Buy until it is over."""
        while not self.over:
            await self._buy()
            async with self.news:
                self.news.notify_all()

    async def until(self, what: str, count: int) -> None:
        """Wait until that many more things of a kind have happened."""
        target = self._count(what) + count
        async with self.news:
            await self.news.wait_for(lambda: self._count(what) >= target)

    async def _buy(self) -> None:
        sale = make_sale()
        changes = Changes(
            inserts=(*sale.rows, make_idempotency(key=str(sale.order.id))),
            credits=(make_credit_change(self.tipped, 1),),
            events=(make_event(sale.order.id),),
        )
        try:
            await self.store.commit(changes)
        except CommitUnknown:
            self.unknown.append(sale.order.id)
        except Unavailable:
            self.refused += 1
        else:
            self.acknowledged.append(sale.order.id)

    def _count(self, what: str) -> int:
        return len(self.acknowledged) if what == "acknowledged" else self.refused + len(self.unknown)


async def test_a_killed_server_loses_nothing_that_was_acknowledged(
    server: MongoServer, store: MongoStore
) -> None:
    load = Load(store)
    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(load.run())
        for _ in range(2):
            await load.until("acknowledged", ENOUGH)
            server.kill()
            await load.until("failed", CLIENTS)
            server.start()
            await load.until("acknowledged", ENOUGH)
        load.over = True

    orders = {row.id async for row in store.scan(Kind.ORDER) if isinstance(row, Order)}
    acknowledged, unknown = set(load.acknowledged), set(load.unknown)
    assert acknowledged <= orders
    assert orders <= acknowledged | unknown
    assert make_account(load.tipped, balance_cents=len(orders)) == await store.credit_account(load.tipped)
    for kind in (Kind.BOOKING, Kind.EVENT, Kind.IDEMPOTENCY):
        assert len(orders) == len([row async for row in store.scan(kind)]), kind


async def test_what_became_of_an_unknown_commit_is_told_by_its_key(
    server: MongoServer, store: MongoStore
) -> None:
    load = Load(store)
    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(load.run())
        await load.until("acknowledged", ENOUGH)
        server.restart()
        await load.until("acknowledged", ENOUGH)
        load.over = True

    for order_id in (*load.acknowledged, *load.unknown):
        known = await store.find_idempotency("user:1", str(order_id))
        assert (known is None) == (await store.order(order_id) is None)
