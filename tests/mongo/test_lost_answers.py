"""Answers that are lost on the wire, after the server did what it was asked: nothing happens twice."""

from collections.abc import AsyncIterator

import pytest
from attrs import evolve, frozen

from adapters.memory.testing.journal import make_account, make_idempotency
from adapters.memory.testing.sales import make_sale
from adapters.mongo.store import MongoStore
from core.domain.changes import Changes
from ports.store import Kind
from tests.mongo.databases import new_name, opened
from tests.mongo.faults import LossyProxy
from tests.mongo.sold import sold
from tests.servers import MongoServer


@frozen
class Lossy:
    """A store behind a proxy that loses answers."""

    store: MongoStore
    proxy: LossyProxy


@pytest.fixture
async def lossy(mongo_server: MongoServer) -> AsyncIterator[Lossy]:
    proxy, name = LossyProxy(mongo_server.port), new_name()
    async with opened(mongo_server, name) as store:
        await store.migrate()
    async with proxy.listening() as port:
        options = "directConnection=true&serverMonitoringMode=poll"
        store = MongoStore.open(f"mongodb://127.0.0.1:{port}/{name}?{options}")
        try:
            yield Lossy(store, proxy)
        finally:
            await store.close()


@pytest.mark.parametrize("wanted", [b"commitTransaction\0", b"\x02insert\0", b"\x02update\0"])
async def test_answers_lost_on_the_wire_repeat_nothing(lossy: Lossy, wanted: bytes) -> None:
    sales = [make_sale() for _ in range(3)]

    for sale in sales:
        lossy.proxy.lose(wanted, times=1)
        await lossy.store.commit(sold(sale))

    assert len(sales) == lossy.proxy.lost
    for sale in sales:
        expected = make_account(sale.order.user_id, balance_cents=10)
        assert expected == await lossy.store.credit_account(sale.order.user_id)
    orders = [order async for order in lossy.store.scan(Kind.ORDER)]
    assert [sale.order for sale in sales] == orders


async def test_an_answer_to_a_single_write_lost_on_the_wire_repeats_nothing(lossy: Lossy) -> None:
    request = make_idempotency()
    answer = evolve(request, status_code=201, body="{}", version=2)

    lossy.proxy.lose(b"\x02insert\0", times=1)
    await lossy.store.commit(Changes(inserts=(request,)))
    lossy.proxy.lose(b"\x02update\0", times=1)
    await lossy.store.commit(Changes(updates=(answer,)))

    assert 2 == lossy.proxy.lost
    assert answer == await lossy.store.find_idempotency(request.actor, request.key)
