"""The faults that the memory store can be made to show are those of a database."""

import asyncio

import pytest

from adapters.memory.faults import Fault, FaultyStore
from core.domain.changes import Changes
from ports.errors import CommitUnknown, ConcurrencyConflict, PortError, Unavailable
from tests.builders import make_idempotency, make_order, stock


@pytest.mark.parametrize(
    ("fault", "error", "written"),
    [
        (Fault.CONFLICT, ConcurrencyConflict, False),
        (Fault.UNAVAILABLE, Unavailable, False),
        (Fault.LOST_BEFORE, CommitUnknown, False),
        (Fault.LOST_AFTER, CommitUnknown, True),
    ],
)
async def test_a_faulty_commit_raises_and_the_next_one_passes(
    fault: Fault, error: type[PortError], written: bool
) -> None:
    store = FaultyStore([None, fault])
    first, second, third = make_order(), make_order(), make_order()
    await stock(store, first)

    with pytest.raises(error):
        await stock(store, second)
    await stock(store, third)

    expected = [first, second, third] if written else [first, third]
    assert expected == [order for order in (first, second, third) if await store.order(order.id)]


async def test_a_guard_that_refuses_is_not_hidden_by_a_lost_connection() -> None:
    store = FaultyStore([None, Fault.LOST_AFTER])
    await stock(store, make_idempotency())

    with pytest.raises(PortError) as refused:
        await stock(store, make_idempotency())

    assert "already_exists" == refused.value.code


async def test_a_slow_commit_is_overtaken() -> None:
    store = FaultyStore([Fault.SLOW])
    order = make_order()

    slow = asyncio.create_task(store.commit(Changes(inserts=(order,))))
    await asyncio.sleep(0)
    await stock(store, make_order())

    assert not slow.done()
    await slow
    assert order == await store.order(order.id)
