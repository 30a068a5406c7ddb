"""The memory store keeps the store's contract."""

from uuid import RFC_4122

import pytest
from attrs import evolve

from adapters.memory.store import MemoryStore
from adapters.memory.testing.contract import StoreContract
from core.domain.changes import Changes
from core.domain.statuses import BookingStatus
from ports.errors import AlreadyExists, Inconsistent
from tests.builders import SequentialIds, make_booking, make_order, make_placeholder, make_sale, stock


class TestMemoryStore(StoreContract):
    """With other tasks running before each call, as with a database."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """An empty store."""
        return MemoryStore(yielding=True)


async def test_a_row_that_names_another_needs_it() -> None:
    """As with a foreign key, which MongoDB lacks: hence not part of the contract."""
    store = MemoryStore()
    sale = make_sale()

    for row in (sale.service, sale.session, sale.booking):
        with pytest.raises(Inconsistent):
            await stock(store, row)


async def test_a_session_with_bookings_cannot_be_removed() -> None:
    store = MemoryStore()
    sale = make_sale()
    placeholder = make_placeholder(sale.service)
    await stock(store, *sale.rows, placeholder, make_booking(sale.order, placeholder))

    with pytest.raises(Inconsistent):
        await store.commit(Changes(removals=(placeholder.id,)))


async def test_a_seat_that_one_update_frees_is_taken_by_the_next() -> None:
    """Databases may apply a commit's updates of one table in any order: hence not part of the contract."""
    store = MemoryStore()
    sale = make_sale()
    again = make_order(sale.service, user_id=sale.order.user_id)
    waiting = make_booking(again, sale.session, status=BookingStatus.DRAFT)
    await stock(store, *sale.rows, again, waiting)
    freed = evolve(sale.booking, status=BookingStatus.CANCELED, version=2)
    taken = evolve(waiting, status=BookingStatus.CONFIRMED, version=2)

    await store.commit(Changes(updates=(freed, taken)))

    with pytest.raises(AlreadyExists):
        await store.commit(Changes(updates=(evolve(freed, status=BookingStatus.CONFIRMED, version=3),)))


async def test_the_schema_is_always_up_to_date() -> None:
    store = MemoryStore()

    await store.check_schema()
    await store.ping()
    assert () == await store.migrate()


def test_ids_of_builders_ascend_and_are_version_seven() -> None:
    ids = SequentialIds()
    made = [ids() for _ in range(1000)]

    assert sorted(set(made)) == made
    assert {(7, RFC_4122)} == {(one.version, one.variant) for one in made}
    assert made == [again() for again in [SequentialIds()] for _ in range(1000)]


def test_ids_of_builders_ascend_past_every_carry() -> None:
    ids = SequentialIds(start=2**62 - 2)

    made = [ids() for _ in range(4)]

    assert sorted(set(made)) == made
    assert {7} == {one.version for one in made}
