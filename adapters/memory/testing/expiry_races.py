"""Contract: however many sweeps look at a package that runs out, it expires once."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle

import pytest
from attrs import evolve

from adapters.memory.testing.budget_scenes import bought
from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_service,
)
from adapters.memory.testing.ids import NOW, new_id
from adapters.memory.testing.sales import stock
from adapters.memory.testing.waiting import waiting_events
from core.domain.catalogue import OnExpiry, ServiceType
from core.domain.changes import Changes
from core.domain.events import EventType
from core.domain.expiring import look
from core.domain.orders import Order, OrderType, Terms
from core.domain.statuses import BookingStatus
from ports.errors import ConcurrencyConflict
from ports.store import DueKind, Kind, Store

SEATS, SWEEPS = 3, 16


class ExpiryRaces:
    """Several sweeps over one database."""

    @pytest.mark.parametrize("on_expiry", OnExpiry)
    async def test_a_package_expires_once(self, stores: Sequence[Store], on_expiry: OnExpiry) -> None:
        store = stores[0]
        order = await _sold(store, on_expiry)

        won = await asyncio.gather(
            *(_sweep(each, order) for each, _ in zip(cycle(stores), range(SWEEPS), strict=False))
        )

        assert 1 == sum(won)
        view = await store.load_order(order.id)
        assert view is not None
        assert (SEATS, SEATS, None) == (
            view.order.sessions_canceled,
            view.order.sessions_expired,
            view.order.expiry_due_at,
        )
        assert {BookingStatus.CANCELED} == {seat.booking.status for seat in view.seats}
        assert [] == list(await store.due(DueKind.EXPIRIES, NOW + timedelta(days=999), 10))
        assert 2 == len(await store.order_entries(order.id))
        credited = await store.credit_account(order.user_id)
        returned = on_expiry is OnExpiry.CREDITS
        assert (24_000 if returned else 0) == (0 if credited is None else credited.balance_cents)
        assert int(returned) == len([row async for row in store.scan(Kind.REFUND)])
        told = [event.type for event in await waiting_events(store)]
        assert 1 == told.count(EventType.PACKAGE_EXPIRED)


async def _sold(store: Store, on_expiry: OnExpiry) -> Order:
    """A paid package of three unscheduled seats that runs out now."""
    seller = make_practitioner()
    part = make_service(seller)
    package = make_service(seller, service_type=ServiceType.PACKAGE, price_cents=24_000)
    order = make_order(
        package,
        order_type=OrderType.PACKAGE,
        total_sessions=SEATS,
        session_value_cents=8000,
        terms=Terms(earnings_hold_hours=48, on_expiry=on_expiry),
        expires_at=NOW,
        expiry_due_at=NOW,
    )
    entry = bought(order)
    order = evolve(order, ledger_seq=entry.seq, ledger_head=entry.hash)
    sessions = [make_placeholder(part) for _ in range(SEATS)]
    await stock(
        store,
        seller,
        part,
        package,
        order,
        *sessions,
        *(make_booking(order, session) for session in sessions),
    )
    await store.commit(Changes(entries=(entry,)))
    return order


async def _sweep(store: Store, order: Order) -> bool:
    """Whether this sweep is the one that expired the order."""
    view = await store.load_order(order.id)
    assert view is not None
    done = look(view, now=NOW, new_id=new_id)
    if not done.changes.updates:
        return False
    try:
        await store.commit(done.changes)
    except ConcurrencyConflict:
        return False
    return True
