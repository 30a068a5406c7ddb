"""A marketplace with a past: enough rows for a planner to choose an index for its own good."""

from collections.abc import Iterator
from datetime import timedelta

from attrs import evolve

from adapters.memory.testing.inbox_reading import make_notice
from adapters.memory.testing.subscriptions import make_subscription
from adapters.sql import SqlStore
from core.domain.bookings import Booking
from core.domain.catalogue import Service, ServiceType
from core.domain.changes import Changes, Record
from core.domain.earnings import Earnings
from core.domain.ids import PayoutId, UserId
from core.domain.inbox import InboxItem, applied, parked
from core.domain.ledger import PAYMENT_GATEWAY, PostingType, order_value, user_credit
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    DispatchStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.waitlist import WaitlistEntry
from tests.builders import (
    NOW,
    make_booking,
    make_dispatch,
    make_earnings,
    make_event,
    make_idempotency,
    make_order,
    make_payment,
    make_payout,
    make_posting,
    make_practitioner,
    make_purchase,
    make_refund,
    make_service,
    make_session,
    make_waiting,
    new_id,
    new_user,
)

SELLERS = 60
SALES = 60
"""Of each seller. One in twelve is still under way."""

USERS = [new_user() for _ in range(300)]


async def fill(store: SqlStore) -> None:
    """Store it, and refresh the planner's statistics."""
    for number in range(SELLERS):
        await store.commit(_practice(number))
    await store.migrate()


def _practice(number: int) -> Changes:
    """One seller with three services and what they sold, an hour a day."""
    seller = make_practitioner()
    services = [make_service(seller, created_at=NOW - timedelta(days=number, minutes=i)) for i in range(3)]
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    meetings = [
        make_session(workshop, start_time=NOW + timedelta(days=day), waiting_count=int(day == 0))
        for day in range(20)
    ]
    rows: list[Record] = [seller, *services, workshop, *meetings, *_lines(meetings), *_notices()]
    entries, events = [], []
    for day in range(SALES):
        user = USERS[(number * SALES + day * 7) % len(USERS)]
        order = _order(services[day % 3], user, day)
        rows += [order, *_rest(order, services[day % 3], day)]
        credit = make_posting(user_credit(user), 5, type=PostingType.GRANT, user_id=user)
        value = make_posting(order_value(order.id), 3, user_id=user)
        entries.append(make_purchase(order, value, credit, make_posting(PAYMENT_GATEWAY, -8)))
        published = None if day == 0 else NOW
        told = make_event(order.id, occurred_at=order.created_at, published_at=published)
        events.append(told)
        rows.append(make_dispatch(told, status=DispatchStatus.WAITING if day == 0 else DispatchStatus.SENT))
    rows += [make_subscription(created_at=NOW - timedelta(minutes=i)) for i in range(40)]
    return Changes(inserts=tuple(rows), entries=tuple(entries), events=tuple(events))


def _lines(meetings: list[ServiceSession]) -> Iterator[WaitlistEntry]:
    """Forty who have waited for each session: four still do, and one is offered a seat."""
    for session in meetings:
        for number, user in enumerate(USERS[:40]):
            status = WaitlistStatus.WAITING if number < 4 else WaitlistStatus.LAPSED
            yield make_waiting(
                session,
                user_id=user,
                status=WaitlistStatus.OFFERED if number == 0 else status,
                offer_expires_at=session.start_time,
                created_at=NOW - timedelta(minutes=number),
            )


def _notices() -> Iterator[InboxItem]:
    """What webhooks told: nearly all of it is through."""
    for number in range(60):
        item = make_notice(received_at=NOW - timedelta(minutes=number))
        if number == 0:
            yield item
        elif number == 1:
            yield evolve(parked(item, "dispute"), version=1)
        else:
            yield evolve(applied(item), version=1)


def _is_open(day: int) -> bool:
    """Whether that day's sale is still under way."""
    return day % 12 == 0


def _order(service: Service, user: UserId, day: int) -> Order:
    when = NOW - timedelta(days=day + 1)
    if not _is_open(day):
        due_at = NOW - timedelta(days=1) if day == 1 else None
        return make_order(service, user_id=user, created_at=when, expiry_due_at=due_at)
    return make_order(
        service,
        user_id=user,
        created_at=when,
        status=OrderStatus.PENDING_PAYMENT,
        hold_expires_at=when + timedelta(hours=1),
    )


def _rest(order: Order, service: Service, day: int) -> Iterator[Record]:
    """Everything that hangs on an order."""
    under_way = _is_open(day)
    session = make_session(
        service,
        start_time=order.created_at,
        status=SessionStatus.SCHEDULED if under_way else SessionStatus.COMPLETED,
    )
    booking = make_booking(order, session)
    payment = make_payment(order, status=PaymentStatus.UNKNOWN if under_way else PaymentStatus.SUCCEEDED)
    yield from (session, booking, payment, _earnings(booking, day))
    refunded = RefundStatus.PENDING if under_way else RefundStatus.SUCCEEDED
    yield make_refund(order, payment, status=refunded)
    yield make_payout(
        make_practitioner(id=service.practitioner_id),
        status=PayoutStatus.PENDING if under_way else PayoutStatus.PAID,
        created_at=order.created_at,
    )
    yield make_idempotency(key=str(order.id), expires_at=NOW + timedelta(days=SALES - 1 - day))


def _earnings(booking: Booking, day: int) -> Earnings:
    if _is_open(day):
        return make_earnings(booking, status=EarningsStatus.PENDING)
    if day % 12 == 1:
        return make_earnings(booking, status=EarningsStatus.AVAILABLE)
    return make_earnings(booking, status=EarningsStatus.PAID, payout_id=PayoutId(new_id()))
