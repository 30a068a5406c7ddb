"""An old database is brought over, looked at, and taken back: whole, cut short, and again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.clock import MovableClock
from adapters.memory.faults import Fault, FaultyStore
from core.domain.changes import Changes
from core.domain.errors import Conflict
from core.domain.ids import OrderId
from core.domain.kinds import Kind
from core.domain.legacy.accounting import Account
from core.domain.legacy.findings import Finding
from core.domain.legacy.naming import new_id, user_id
from core.domain.legacy.pieces import Tally
from core.domain.legacy.rows import Table
from core.domain.orders import Destination
from core.domain.runs import Run
from core.domain.statuses import RunStatus
from core.usecases.context import Ports
from core.usecases.import_legacy import last_run, migrate_legacy, try_migration
from core.usecases.import_legacy_rollback import Depended, roll_back_migration
from core.usecases.import_legacy_verifying import verify_migration
from core.usecases.ledger import check_ledger
from core.usecases.payout import pay_out
from core.usecases.refund import refund_order
from core.usecases.runs import ATTEMPTS
from core.usecases.store_state import KindState, store_state
from core.usecases.sweep import sweep
from ports.errors import Unavailable
from ports.store import Store
from tests.builders import make_order, make_service
from tests.domain.market import ADMIN
from tests.legacy.old_rows import OldRows
from tests.legacy.old_studio import old_studio
from tests.legacy.world import AT, deployment

State = Mapping[Kind, KindState]

OUTAGE = (Fault.UNAVAILABLE,) * ATTEMPTS
"""Longer than anybody waits."""


@pytest.fixture(scope="module")
def sample() -> OldRows:
    return old_studio()


@pytest.fixture(scope="module")
def small() -> OldRows:
    return old_studio(packages=1, bundles=1, direct=3, workshops=1, courses=0, broken=True)


async def state(store: Store) -> State:
    return await store_state(store=store)


def figures(account: Account) -> dict[str, int]:
    """What was counted, without what did not occur."""
    return {tally.value: count for tally, count in account.tally.items() if count}


async def test_the_sample_comes_over_whole(sample: OldRows) -> None:
    done = await migrate_legacy(sample, ports=deployment())

    assert {} == done.account.quarantined
    assert 23 == done.account.tally[Tally.PACKAGES] + done.account.tally[Tally.BUNDLES]
    assert {
        "packages": 15,
        "bundles": 8,
        "courses": 9,
        "bookings_placed_by_parent": 30,
        "bookings_placed_by_transaction": 14,
        "sessions_made_for_bookings": 187,
        "earnings_made_for_delivered_seats": 71,
        "earnings_made_for_seats_to_come": 54,
        "pending_earnings_now_projected": 15,
        "seats_forfeited": 12,
    } == figures(done.account)


async def test_of_the_broken_sample_nothing_is_dropped_silently(small: OldRows) -> None:
    told: list[Finding] = []
    done = await migrate_legacy(old_studio(broken=True), ports=deployment(), told=told.append)

    assert {
        ("bookings_booking", 313, "orphaned_child"),
        ("bookings_booking", 314, "orphaned_child"),
        ("payments_order", 119, "childless_parent"),
        ("bookings_booking", 311, "childless_parent"),
        ("payments_usercredittransaction", 80, "childless_parent"),
    } == {(one.table.value, one.id, one.reason.value) for one in told if one.outcome.value == "quarantined"}
    assert (16, 8) == (done.account.tally[Tally.PACKAGES], done.account.tally[Tally.BUNDLES])
    assert (1, 2) == (
        done.account.tally[Tally.ORDERS_NEARBY],
        done.account.tally[Tally.ORDERS_SYNTHETIC],
    )
    assert done.account.is_complete


async def test_what_was_brought_over_is_what_there_was(sample: OldRows) -> None:
    ports = deployment()
    await migrate_legacy(sample, ports=ports)

    found = await verify_migration(sample, ports=ports)
    assert ((), ()) == (found.differences, found.violations)


async def test_a_second_time_changes_nothing(sample: OldRows) -> None:
    ports = deployment()
    first = await migrate_legacy(sample, ports=ports)
    before = await state(ports.store)

    again = await migrate_legacy(sample, ports=ports)
    assert (0, first.account) == (again.rows, again.account)
    assert before == await state(ports.store)


async def test_a_trial_tells_the_same_and_writes_nothing(small: OldRows) -> None:
    ports = deployment()
    empty = await state(ports.store)
    tried: list[Finding] = []
    told: list[Finding] = []
    trial = await try_migration(small, ports=ports, told=tried.append)
    assert empty == await state(ports.store)

    done = await migrate_legacy(small, ports=ports, told=told.append)
    assert (done.account, told) == (trial.account, tried)


async def test_a_rollback_leaves_the_store_as_it_was(sample: OldRows) -> None:
    ports = deployment()
    await ports.store.commit(Changes(inserts=(make_order(),)))
    before = await state(ports.store)
    done = await migrate_legacy(sample, ports=ports)

    gone = await roll_back_migration(None, ports=ports)
    assert (done.run_id, done.rows) == (gone.run_id, gone.rows)
    assert before == await state(ports.store)


async def test_after_a_rollback_everything_may_come_again(small: OldRows) -> None:
    ports = deployment()
    first = await migrate_legacy(small, ports=ports, at=AT)
    came = await state(ports.store)
    await roll_back_migration(first.run_id, ports=ports)

    await migrate_legacy(small, ports=ports, at=AT)
    assert came == await state(ports.store)


async def whole(rows: OldRows) -> State:
    ports = deployment()
    await migrate_legacy(rows, ports=ports, at=AT)
    return await state(ports.store)


async def finished(rows: OldRows, ports: Ports, *, batch: int) -> None:
    """Start again until it is through."""
    while True:
        try:
            await migrate_legacy(rows, ports=ports, at=AT, batch=batch)
        except Unavailable:
            continue
        else:
            return


async def test_cut_short_at_every_commit_it_comes_to_the_same(small: OldRows) -> None:
    """Before each third commit the store is gone for good, also in the midst of a user."""
    expected = await whole(small)
    faults = (fault for _ in range(500) for fault in (None, None, *OUTAGE))
    ports = deployment(FaultyStore(faults))

    await finished(small, ports, batch=40)
    assert expected == await state(ports.store)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_neither_a_short_outage_nor_a_lost_answer_ends_doubles_or_loses_anything(
    small: OldRows, fault: Fault
) -> None:
    expected = await whole(small)
    store = FaultyStore(each for _ in range(500) for each in (fault, fault, None))
    ports = deployment(store)
    empty = await state(store)

    await migrate_legacy(small, ports=ports, at=AT, batch=40)
    assert expected == await state(store)
    await roll_back_migration(None, ports=ports)
    assert empty == await state(store)


async def test_what_came_of_a_run_cut_short_goes_back_too(small: OldRows) -> None:
    ports = deployment(FaultyStore((None,) * 9 + OUTAGE))
    empty = await state(ports.store)
    with pytest.raises(Unavailable):
        await migrate_legacy(small, ports=ports, batch=20)
    assert empty != await state(ports.store)

    await roll_back_migration(None, ports=ports)
    assert empty == await state(ports.store)


async def test_a_rollback_cut_short_is_started_again(sample: OldRows) -> None:
    store = FaultyStore(())
    ports = deployment(store)
    empty = await state(store)
    await migrate_legacy(sample, ports=ports)
    store._faults = iter((None, None, *OUTAGE))
    with pytest.raises(Unavailable):
        await roll_back_migration(None, ports=ports)
    with pytest.raises(Conflict, match="is being rolled back"):
        await migrate_legacy(sample, ports=ports)

    await roll_back_migration(None, ports=ports)
    assert empty == await state(store)


async def test_what_newer_activity_depends_on_stays_and_is_named(small: OldRows) -> None:
    ports = deployment()
    await migrate_legacy(small, ports=ports)
    service = make_service(id=new_id(Table.SERVICES, 1), practitioner_id=new_id(Table.USERS, 1))
    order = make_order(service)
    await ports.store.commit(Changes(inserts=(order,)))
    before = await state(ports.store)

    with pytest.raises(Depended) as refusal:
        await roll_back_migration(None, ports=ports)
    assert (f"service {service.id} is named by order {order.id}",) == refusal.value.rows
    assert before == await state(ports.store)


async def test_a_row_that_changed_since_is_named_by_rollback_and_verify(small: OldRows) -> None:
    ports = deployment()
    await migrate_legacy(small, ports=ports)
    contact = await ports.store.contact(new_id(Table.USERS, 9))  # type: ignore[arg-type] # a user's id
    assert contact is not None
    await ports.store.commit(Changes(updates=(evolve(contact, email="new@example.com", version=2),)))

    with pytest.raises(Depended, match=f"contact {contact.user_id} has changed since"):
        await roll_back_migration(None, ports=ports)
    found = await verify_migration(small, ports=ports)
    assert [("rows are as they came", f"contact {contact.user_id}", "has changed since")] == [
        (one.rule, one.subject, one.detail) for one in found.differences
    ]


async def test_verify_names_what_the_source_has_and_the_store_has_not(small: OldRows) -> None:
    """As if a row had been lost on the way, note and all."""
    ports = deployment()
    await migrate_legacy(small, ports=ports)
    run = await last_run(small.name, ports=ports)
    assert run is not None
    (note, *_) = await ports.store.brought(run.id, Kind.CONTACT)
    await ports.store.commit(Changes(withdrawals=(note,)))

    found = await verify_migration(small, ports=ports)
    assert [("rows are what the source has", f"contact {note.key}", "did not come")] == [
        (one.rule, one.subject, one.detail) for one in found.differences
    ]


def changed(rows: OldRows, **tables: Any) -> OldRows:
    """The same database with other rows."""
    return OldRows(
        **{name: getattr(rows, name) for name in OldRows.__slots__ if not name.startswith("_")} | tables
    )


async def test_a_source_that_has_changed_is_neither_gone_on_with_nor_verified(small: OldRows) -> None:
    ports = deployment()
    await migrate_legacy(small, ports=ports)
    fewer = changed(small, presences=[], people=small.people[:-1])

    with pytest.raises(Conflict, match="users_user"):
        await migrate_legacy(fewer, ports=ports)
    found = await verify_migration(fewer, ports=ports)
    assert ("the source is as it was", "users_user") in {(one.rule, one.subject) for one in found.differences}


async def test_nothing_is_verified_that_was_not_migrated(small: OldRows) -> None:
    with pytest.raises(Conflict, match="no migration of memory is finished: there is none"):
        await verify_migration(small, ports=deployment())


async def test_there_is_nothing_to_take_back_twice(small: OldRows) -> None:
    ports = deployment()
    done = await migrate_legacy(small, ports=ports)
    await roll_back_migration(None, ports=ports)

    with pytest.raises(Conflict, match="no migration to roll back"):
        await roll_back_migration(None, ports=ports)
    with pytest.raises(Conflict, match="rolled back already"):
        await roll_back_migration(done.run_id, ports=ports)


async def test_a_run_keeps_its_account(small: OldRows) -> None:
    ports = deployment()
    done = await migrate_legacy(small, ports=ports)
    run = await last_run("memory", ports=ports)

    assert isinstance(run, Run)
    assert (done.run_id, RunStatus.FINISHED) == (run.id, run.status)
    assert dict(done.account.figures()) | {"rows": done.rows} == dict(run.counts)


async def test_what_came_over_lives_on(sample: OldRows) -> None:
    """Sessions end, earnings are paid out with what old payouts carried, packages are refunded."""
    ports = deployment()
    await migrate_legacy(sample, ports=ports)
    ports = evolve(ports, clock=MovableClock(AT + timedelta(days=40)))

    swept = await sweep(ports=ports)
    paid = [await pay_out(user_id(row.user_id), actor=ADMIN, ports=ports) for row in sample.practitioners]
    open_parents = {row.parent_booking_id for row in sample.bookings if row.status == "draft"}
    for row in sample.bookings:
        if row.id in open_parents and row.order_id is not None:
            await refund_order(
                OrderId(new_id(Table.ORDERS, row.order_id)),
                actor=ADMIN,
                booking_ids=None,
                destination=Destination.CREDITS,
                reason=None,
                ports=ports,
            )

    assert () == swept.failures
    assert (43, 152) == (swept.sessions_completed, swept.earnings_released)
    assert any(payout.carried_cents != 0 for payout in paid)
    assert () == (await check_ledger(ports=ports)).violations
