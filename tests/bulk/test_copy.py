"""A copy holds what its source holds, whatever happened on the way."""

import asyncio
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve

from adapters.memory.faults import Fault, FaultyStore
from adapters.memory.store import MemoryStore
from adapters.memory.testing.contacts import make_contact
from adapters.memory.testing.journal import make_credit_change
from core.domain.changes import Changes
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.orders import Order
from core.domain.statuses import RunStatus
from core.usecases.bring_in import Arrival, NotEmpty
from core.usecases.comparing import Difference
from core.usecases.copy_store import copy_store
from core.usecases.ledger import check_ledger
from core.usecases.runs import ATTEMPTS
from core.usecases.store_state import store_state
from ports.errors import PortError, Unavailable
from ports.queries import Page
from ports.store import Store
from tests.builders import make_order, new_user, stock
from tests.bulk.conftest import filling
from tests.bulk.walking import walked
from tests.simulation.studio import Studio
from tests.sql.databases import copied_file, opened


async def copied(source: Store, target: Store, *, label: str = "the old one", batch: int = 50) -> Arrival:
    return await copy_store(source, label=label, target=filling(target), batch=batch)


async def test_it_goes_through_every_store_and_comes_back_the_same(
    studio: Studio, each_store: Sequence[Store], sqlite_template: Path, tmp_path: Path
) -> None:
    """SQLite, PostgreSQL, MongoDB, SQLite: the same hashes, clean books, the same answers."""
    async with opened(copied_file(sqlite_template, tmp_path)) as (again,):
        stores = (studio.store, *each_store, again)
        expected = await store_state(store=studio.store)
        answers = await walked(studio.store, studio.clock)
        for before, after in pairwise(stores):
            arrival = await copied(before, after)

            assert (0, False, RunStatus.FINISHED) == (
                arrival.compared.different,
                arrival.resumed,
                arrival.run.status,
            )
            assert expected == await store_state(store=after)
            assert expected == arrival.compared.left == arrival.compared.right
            assert () == (await check_ledger(ports=evolve(studio.ports, store=after))).violations
            assert answers == await walked(after, studio.clock)

    assert 60 < len([status for status, _ in answers.values() if status == 200])


async def test_the_copy_goes_on_trading_where_the_source_left_off(studio: Studio, postgres: Store) -> None:
    """Chains, counters and versions came along: the next commit finds them as it must."""
    await copied(studio.store, postgres)
    orders = [row async for row in postgres.scan(Kind.ORDER)]
    first = orders[0]
    assert isinstance(first, Order)

    await postgres.commit(Changes(updates=(evolve(first, client_notes="n", version=first.version + 1),)))
    await postgres.commit(Changes(credits=(make_credit_change(new_user(), 5),)))

    assert len(orders) == await postgres.count(Kind.ORDER)


OUTAGES = (Fault.UNAVAILABLE, Fault.LOST_BEFORE)


async def test_broken_off_at_any_commit_the_same_again_comes_to_the_same_end(studio: Studio) -> None:
    expected = await store_state(store=studio.store)
    commits = 0
    while True:
        target = FaultyStore([None] * commits + [OUTAGES[commits % len(OUTAGES)]] * ATTEMPTS)
        try:
            await copied(studio.store, target, batch=400)
        except PortError:
            broken = (await target.runs(Page(limit=9))).items
            arrival = await copied(studio.store, target, batch=300)
        else:
            break
        assert (expected, bool(broken)) == (arrival.compared.right, arrival.resumed)
        assert [RunStatus.FINISHED] == [run.status for run in (await target.runs(Page(limit=9))).items]
        commits += 1
    assert commits > len(PARENTS_FIRST)


async def test_short_outages_and_lost_answers_are_ridden_out(studio: Studio) -> None:
    faults = [Fault.UNAVAILABLE, Fault.LOST_BEFORE, None, Fault.LOST_AFTER] * 50

    arrival = await copied(studio.store, FaultyStore(faults), batch=300)

    assert (False, 0) == (arrival.resumed, arrival.compared.different)
    assert await store_state(store=studio.store) == arrival.compared.right


async def test_a_copy_that_is_through_is_only_compared_again(studio: Studio) -> None:
    target = MemoryStore()
    first = await copied(studio.store, target)

    again = await copied(studio.store, target)

    assert (True, 0, first.run) == (again.resumed, again.compared.different, again.run)


async def test_the_counts_of_a_run_are_what_it_brought(studio: Studio) -> None:
    target = MemoryStore()

    arrival = await copied(studio.store, target)

    counts = {kind.value: await target.count(kind) for kind in PARENTS_FIRST}
    assert {name: count for name, count in counts.items() if count} == arrival.run.counts


async def test_a_store_that_is_not_empty_is_left_alone(studio: Studio) -> None:
    target = MemoryStore()
    await stock(target, make_contact())

    with pytest.raises(NotEmpty, match="not empty"):
        await copied(studio.store, target)

    assert 1 == sum([await target.count(kind) for kind in Kind])


async def test_a_copy_of_another_source_is_left_alone(studio: Studio) -> None:
    target = FaultyStore([None, None, None, *[Fault.UNAVAILABLE] * ATTEMPTS])
    with pytest.raises(Unavailable):
        await copied(studio.store, target, label="another one")

    with pytest.raises(NotEmpty, match="no copy of the old one"):
        await copied(studio.store, target)


async def test_a_half_copy_that_somebody_has_used_is_left_alone(studio: Studio) -> None:
    target = FaultyStore([None, None, None, *[Fault.UNAVAILABLE] * ATTEMPTS])
    with pytest.raises(Unavailable):
        await copied(studio.store, target)
    await stock(target, make_order())

    with pytest.raises(NotEmpty):
        await copied(studio.store, target)


async def test_of_two_copies_at_once_one_gives_way(studio: Studio) -> None:
    target = MemoryStore(yielding=True)

    outcomes = await asyncio.gather(*(copied(studio.store, target) for _ in range(2)), return_exceptions=True)

    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, PortError)]
    (arrival,) = [outcome for outcome in outcomes if isinstance(outcome, Arrival)]
    assert "already_exists" == refused.code
    assert 0 == arrival.compared.different
    assert (True, 0) == ((again := await copied(studio.store, target)).resumed, again.compared.different)


async def test_a_source_that_changed_meanwhile_is_noticed(studio: Studio) -> None:
    source, target = MemoryStore(), MemoryStore()
    await copied(studio.store, source)
    orders = [row async for row in source.scan(Kind.ORDER) if isinstance(row, Order)]
    changed, new = orders[0], make_order()

    def meanwhile(what: str, done: int, total: int) -> None:
        if what.startswith("bringing in event") and not happened:
            happened.append(what)

    happened: list[str] = []
    await copy_store(source, label="x", target=filling(target), progress=meanwhile)
    await source.commit(Changes(inserts=(new,), updates=(evolve(changed, version=changed.version + 1),)))
    arrival = await copied(source, target, label="x")

    assert happened
    assert (2, 2) == (arrival.compared.different, len(arrival.compared.differences))
    assert {
        Difference(kind=Kind.ORDER, key=str(changed.id), flaw="changed"),
        Difference(kind=Kind.ORDER, key=str(new.id), flaw="missing"),
    } == set(arrival.compared.differences)


async def test_what_only_the_target_has_is_named(studio: Studio) -> None:
    target, extra = MemoryStore(), make_order()
    arrival = await copied(studio.store, target)
    await stock(target, extra)
    await target.commit(
        Changes(
            updates=(
                evolve(
                    arrival.run,
                    counts={**arrival.run.counts, "order": arrival.run.counts["order"] + 1},
                    version=arrival.run.version + 1,
                ),
            )
        )
    )

    again = await copied(studio.store, target)

    expected = Difference(kind=Kind.ORDER, key=str(extra.id), flaw="unexpected")
    assert (1, (expected,)) == (again.compared.different, again.compared.differences)


async def test_memory_does_not_grow_with_the_data(sqlite_template: Path, tmp_path: Path) -> None:
    """Four times as many rows, batch for batch the same memory."""
    peaks = [await _peak_of_copying(orders, sqlite_template, tmp_path) for orders in (200, 800)]

    assert peaks[1] < 1.3 * peaks[0], peaks


async def _peak_of_copying(orders: int, sqlite_template: Path, directory: Path) -> int:
    first, second = copied_file(sqlite_template, directory), copied_file(sqlite_template, directory)
    async with opened(first) as (source,), opened(second) as (measured,):
        for _ in range(orders // 100):
            await stock(source, *(make_order(client_notes="n" * 500) for _ in range(100)))
        tracemalloc.start()
        try:
            await copied(source, measured, batch=20)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
