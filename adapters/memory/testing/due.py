"""Contract: what the sweep finds, and when."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen

from adapters.memory.testing.builders import (
    make_earnings,
    make_order,
    make_payment,
    make_payout,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
    make_waiting,
)
from adapters.memory.testing.ids import NOW, moments
from adapters.memory.testing.journal import make_idempotency
from adapters.memory.testing.sales import make_sale, stock
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, Record
from core.domain.statuses import (
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from ports.store import DueKind, Kind, Overdue, Store

TICK = timedelta(milliseconds=1)


@frozen(kw_only=True)
class Item:
    """Rows of which one is due from a moment on, if its status is among the waiting ones."""

    id: UUID
    rows: tuple[Record, ...]


def _session(status: SessionStatus, at: datetime) -> Item:
    seller = make_practitioner()
    service = make_service(seller)
    session = make_session(service, status=status, start_time=at - timedelta(hours=1), end_time=at)
    return Item(id=session.id, rows=(seller, service, session))


def _reminder(status: SessionStatus, at: datetime) -> Item:
    seller = make_practitioner()
    service = make_service(seller)
    session = make_session(service, status=status, start_time=at + timedelta(days=1), next_reminder_at=at)
    return Item(id=session.id, rows=(seller, service, session))


def _hold(status: OrderStatus, at: datetime) -> Item:
    order = make_order(status=status, hold_expires_at=at)
    payment = make_payment(order, status=PaymentStatus.REQUIRES_ACTION)
    return Item(id=payment.id, rows=(order, payment))


def _expiry(status: OrderStatus, at: datetime) -> Item:
    order = make_order(status=status, expires_at=at + timedelta(days=1), expiry_due_at=at)
    return Item(id=order.id, rows=(order,))


def _earnings(status: EarningsStatus, at: datetime) -> Item:
    sale = make_sale()
    earned = make_earnings(sale.booking, status=status, available_after=at)
    return Item(id=earned.id, rows=(*sale.rows, earned))


def _payment(status: PaymentStatus, at: datetime) -> Item:
    order = make_order()
    payment = make_payment(order, status=status, updated_at=at)
    return Item(id=payment.id, rows=(order, payment))


def _refund(status: RefundStatus, at: datetime) -> Item:
    order = make_order()
    refund = make_refund(order, status=status, updated_at=at)
    return Item(id=refund.id, rows=(order, refund))


def _payout(status: PayoutStatus, at: datetime) -> Item:
    seller = make_practitioner()
    payout = make_payout(seller, status=status, updated_at=at)
    return Item(id=payout.id, rows=(seller, payout))


def _offer(status: WaitlistStatus, at: datetime) -> Item:
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop)
    offer = make_waiting(session, status=status, offer_expires_at=at)
    return Item(id=offer.id, rows=(seller, workshop, session, offer))


_S, _P, _T = SessionStatus, PaymentStatus, PayoutStatus
Waiting = tuple[Callable[..., Item], Sequence[object], type]
WAITING: dict[DueKind, Waiting] = {
    DueKind.SESSIONS: (_session, (_S.SCHEDULED, _S.IN_PROGRESS), SessionStatus),
    DueKind.HOLDS: (_hold, (OrderStatus.PENDING_PAYMENT,), OrderStatus),
    DueKind.EXPIRIES: (_expiry, tuple(OrderStatus), OrderStatus),
    DueKind.EARNINGS: (_earnings, (EarningsStatus.PENDING,), EarningsStatus),
    DueKind.PAYMENTS: (_payment, (_P.CREATED, _P.REQUIRES_ACTION, _P.PROCESSING, _P.UNKNOWN), PaymentStatus),
    DueKind.REFUNDS: (_refund, (RefundStatus.PENDING,), RefundStatus),
    DueKind.PAYOUTS: (_payout, (_T.PENDING, _T.IN_TRANSIT), PayoutStatus),
    DueKind.REMINDERS: (_reminder, (_S.SCHEDULED,), SessionStatus),
    DueKind.OFFERS: (_offer, (WaitlistStatus.OFFERED,), WaitlistStatus),
}
"""How to make an item of each kind, the statuses in which it waits, and all its statuses."""


class DueItems:
    """Due is due at the very millisecond, oldest first."""

    @pytest.mark.parametrize("kind", WAITING)
    async def test_items_in_a_waiting_status_are_due(self, store: Store, kind: DueKind) -> None:
        make, waiting, statuses = WAITING[kind]
        items = {status: make(status, NOW) for status in statuses}  # type: ignore[attr-defined] # an enum
        for item in items.values():
            await stock(store, *item.rows)

        expected = {items[status].id for status in waiting}
        assert expected == set(await store.due(kind, NOW, 100))
        assert [] == list(await store.due(kind, NOW - TICK, 100))

    @pytest.mark.parametrize("kind", WAITING)
    async def test_the_oldest_come_first_and_no_more_than_asked_for(
        self, store: Store, kind: DueKind
    ) -> None:
        make, waiting, _ = WAITING[kind]
        items = [make(waiting[-1], at) for at in moments(4)]
        for item in reversed(items):
            await stock(store, *item.rows)

        expected = [item.id for item in items]
        assert expected[:3] == list(await store.due(kind, NOW + timedelta(minutes=2), 100))
        assert expected[:2] == list(await store.due(kind, NOW + timedelta(hours=1), 2))

    @pytest.mark.parametrize("kind", WAITING)
    async def test_what_is_due_is_counted_and_the_oldest_is_told(self, store: Store, kind: DueKind) -> None:
        make, waiting, _ = WAITING[kind]
        for at in moments(4):
            await stock(store, *make(waiting[-1], at).rows)

        first, _, third, last = moments(4)
        assert Overdue(count=0, oldest_at=None) == await store.overdue(kind, first - TICK)
        assert Overdue(count=3, oldest_at=first) == await store.overdue(kind, third)
        assert Overdue(count=4, oldest_at=first) == await store.overdue(kind, last)

    @pytest.mark.parametrize("kind", DueKind)
    async def test_nothing_is_due_of_an_empty_store(self, store: Store, kind: DueKind) -> None:
        assert Overdue(count=0, oldest_at=None) == await store.overdue(kind, NOW)

    async def test_what_was_done_is_no_longer_due(self, store: Store) -> None:
        order = make_order()
        payment = make_payment(order, status=PaymentStatus.UNKNOWN)
        await stock(store, order, payment)

        done = evolve(payment, status=PaymentStatus.SUCCEEDED, version=2)
        await store.commit(Changes(updates=(done,)))

        assert [] == list(await store.due(DueKind.PAYMENTS, NOW, 10))

    async def test_what_was_tried_again_is_due_later(self, store: Store) -> None:
        order = make_order()
        payment = make_payment(order, status=PaymentStatus.UNKNOWN)
        await stock(store, order, payment)

        tried = evolve(payment, updated_at=NOW + TICK, version=2)
        await store.commit(Changes(updates=(tried,)))

        assert [] == list(await store.due(DueKind.PAYMENTS, NOW, 10))
        assert [payment.id] == list(await store.due(DueKind.PAYMENTS, NOW + TICK, 10))

    async def test_an_order_whose_expiry_is_through_is_never_due(self, store: Store) -> None:
        order = make_order(expires_at=NOW, expiry_due_at=NOW)
        await stock(store, order, make_order(), make_order(expires_at=NOW))

        await store.commit(Changes(updates=(evolve(order, expiry_due_at=None, version=2),)))

        assert [] == list(await store.due(DueKind.EXPIRIES, NOW + timedelta(days=1000), 10))

    async def test_a_session_without_a_time_is_never_due(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller)
        await stock(store, seller, service, make_session(service, start_time=None))

        assert [] == list(await store.due(DueKind.SESSIONS, NOW + timedelta(days=1000), 10))

    async def test_a_session_whose_reminders_were_told_is_not_due(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller)
        session = make_session(service, next_reminder_at=NOW)
        await stock(store, seller, service, session)

        await store.commit(Changes(updates=(evolve(session, next_reminder_at=None, version=2),)))

        assert [] == list(await store.due(DueKind.REMINDERS, NOW + timedelta(days=1000), 10))


class Requests:
    """Requests are remembered for as long as they say."""

    async def test_expired_requests_are_forgotten_a_batch_at_a_time(self, store: Store) -> None:
        records = [make_idempotency(key=f"k-{index}", expires_at=at) for index, at in enumerate(moments(5))]
        await stock(store, *records)

        moment = records[3].expires_at
        assert 3 == await store.forget_idempotency(moment, 3)
        assert 1 == await store.forget_idempotency(moment, 3)
        assert 0 == await store.forget_idempotency(moment, 3)
        assert records[4:] == [row async for row in store.scan(Kind.IDEMPOTENCY)]

    async def test_a_forgotten_key_is_free_again(self, store: Store) -> None:
        await stock(store, make_idempotency(expires_at=NOW))
        await store.forget_idempotency(NOW, 10)

        again = make_idempotency(request_hash="2" * 64)
        await stock(store, again)

        assert again == await store.find_idempotency(again.actor, again.key)
