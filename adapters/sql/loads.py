"""The declared loads. Each is one statement, and therefore one snapshot."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from adapters.sql import views
from adapters.sql.rows import (
    ACCOUNT,
    BOOKING,
    EARNINGS,
    ORDER,
    PAYMENT,
    PAYOUT,
    PRACTITIONER,
    REFUND,
    REQUEST,
    ROOM_EVENT,
    SERVICE,
    SESSION,
    WAITLIST,
    Row,
    Shape,
)
from core.domain.bookings import Seat
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import (
    BookingId,
    EarningsId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    ServiceId,
    SessionId,
    UserId,
)
from core.domain.views import (
    CancellationView,
    CheckoutView,
    DeliveryView,
    OrderView,
    PayoutSettlementView,
    PayoutView,
    RefundView,
    ScheduleView,
)

R = TypeVar("R")


def one(shape: Shape[R], row: Row, start: int = 0) -> R:
    """The record whose columns begin at `start`."""
    return shape.read(row[start : start + shape.width])


def maybe(shape: Shape[R], row: Row, start: int) -> R | None:
    """The same, or None where an outer join found nothing."""
    return None if row[start] is None else one(shape, row, start)


def distinct(shape: Shape[R], rows: Iterable[Row], start: int) -> tuple[R, ...]:
    """Each record that begins at `start` in any row, once, in the rows' order."""
    found: dict[object, R] = {}
    for row in rows:
        key = row[start]
        if key is not None and key not in found:
            found[key] = one(shape, row, start)
    return tuple(found.values())


def checkout(
    connection: Connection,
    service_id: ServiceId,
    user_id: UserId,
    start_time: datetime | None,
    session_id: SessionId | None,
) -> CheckoutView | None:
    """See `Store.load_checkout`."""
    wanted = {"service": service_id, "user": user_id, "start": start_time, "session": session_id}
    rows = connection.execute(views.checkout(connection.dialect.name), wanted).all()
    if not rows:
        return None

    service = one(SERVICE, rows[0])
    account = maybe(ACCOUNT, rows[0], views.CHECKOUT_ACCOUNT)
    parts = {part.id: part for part in distinct(SERVICE, rows, views.CHECKOUT_PARTS)}
    return CheckoutView(
        service=service,
        practitioner=one(PRACTITIONER, rows[0], SERVICE.width),
        parts=tuple(parts[i] for i in dict.fromkeys(p.service_id for p in service.parts) if i in parts),
        account=account or CreditAccount(user_id=user_id, currency=service.currency),
        sessions=distinct(SESSION, rows, views.CHECKOUT_SESSIONS),
        busy=distinct(SESSION, rows, views.CHECKOUT_BUSY),
        offer=maybe(WAITLIST, rows[0], views.CHECKOUT_OFFER),
    )


def order(connection: Connection, order_id: OrderId) -> OrderView | None:
    """See `Store.load_order`."""
    return _order_view(connection.execute(views.ORDER_BY_ID, {"order": order_id}).all())


def payment(connection: Connection, payment_id: PaymentId) -> OrderView | None:
    """See `Store.load_payment`."""
    return _order_view(connection.execute(views.ORDER_BY_PAYMENT, {"payment": payment_id}).all())


def _order_view(rows: Sequence[Row]) -> OrderView | None:
    if not rows:
        return None

    sessions = {session.id: session for session in distinct(SESSION, rows, views.ORDER_SESSIONS)}
    bookings = distinct(BOOKING, rows, views.ORDER_BOOKINGS)
    return OrderView(
        order=one(ORDER, rows[0]),
        seats=tuple(Seat(booking=booking, session=sessions[booking.session_id]) for booking in bookings),
        payments=distinct(PAYMENT, rows, views.ORDER_PAYMENTS),
        earnings=distinct(EARNINGS, rows, views.ORDER_EARNINGS),
    )


def schedule(
    connection: Connection,
    booking_id: BookingId,
    start_time: datetime | None,
    session_id: SessionId | None,
) -> ScheduleView | None:
    """See `Store.load_schedule`."""
    wanted = {"booking": booking_id, "start": start_time, "session": session_id}
    rows = connection.execute(views.schedule(connection.dialect.name), wanted).all()
    if not rows:
        return None

    first = rows[0]
    return ScheduleView(
        seat=Seat(booking=one(BOOKING, first), session=one(SESSION, first, views.SCHEDULE_SESSION)),
        order=one(ORDER, first, views.SCHEDULE_ORDER),
        service=one(SERVICE, first, views.SCHEDULE_SERVICE),
        practitioner=one(PRACTITIONER, first, views.SCHEDULE_PRACTITIONER),
        busy=distinct(SESSION, rows, views.SCHEDULE_BUSY),
        target=maybe(SESSION, first, views.SCHEDULE_TARGET),
        earnings=maybe(EARNINGS, first, views.SCHEDULE_EARNINGS),
        offer=maybe(WAITLIST, first, views.SCHEDULE_OFFER),
    )


def delivery(connection: Connection, session_id: SessionId) -> DeliveryView | None:
    """See `Store.load_delivery`."""
    rows = connection.execute(views.DELIVERY, {"session": session_id}).all()
    if not rows:
        return None

    session = one(SESSION, rows[0])
    bookings = distinct(BOOKING, rows, SESSION.width)
    return DeliveryView(
        session=session,
        seats=tuple(Seat(booking=booking, session=session) for booking in bookings),
        orders=distinct(ORDER, rows, views.DELIVERY_ORDERS),
        earnings=distinct(EARNINGS, rows, views.DELIVERY_EARNINGS),
        room_events=distinct(ROOM_EVENT, rows, views.DELIVERY_ROOM_EVENTS),
    )


def cancellation(connection: Connection, session_id: SessionId) -> CancellationView | None:
    """See `Store.load_cancellation`."""
    rows = connection.execute(views.CANCELLATION, {"session": session_id}).all()
    if not rows:
        return None

    session = one(SESSION, rows[0])
    bookings = distinct(BOOKING, rows, SESSION.width)
    return CancellationView(
        session=session,
        seats=tuple(Seat(booking=booking, session=session) for booking in bookings),
        orders=distinct(ORDER, rows, views.DELIVERY_ORDERS),
        payments=distinct(PAYMENT, rows, views.DELIVERY_PAYMENTS),
        earnings=distinct(EARNINGS, rows, views.DELIVERY_EARNINGS),
    )


def refund(connection: Connection, refund_id: RefundId) -> RefundView | None:
    """See `Store.load_refund`."""
    row = connection.execute(views.REFUND, {"refund": refund_id}).first()
    if row is None:
        return None
    return RefundView(
        refund=one(REFUND, row),
        order=one(ORDER, row, REFUND.width),
        payment=maybe(PAYMENT, row, REFUND.width + ORDER.width),
    )


def payable(connection: Connection, practitioner_id: UserId) -> PayoutView | None:
    """See `Store.load_payable`."""
    rows = connection.execute(views.PAYABLE, {"practitioner": practitioner_id}).all()
    if not rows:
        return None
    return PayoutView(
        practitioner=one(PRACTITIONER, rows[0]), earnings=distinct(EARNINGS, rows, PRACTITIONER.width)
    )


def payout(connection: Connection, payout_id: PayoutId) -> PayoutSettlementView | None:
    """See `Store.load_payout`."""
    rows = connection.execute(views.PAYOUT, {"payout": payout_id}).all()
    if not rows:
        return None
    return PayoutSettlementView(
        payout=one(PAYOUT, rows[0]),
        practitioner=one(PRACTITIONER, rows[0], PAYOUT.width),
        earnings=distinct(EARNINGS, rows, PAYOUT.width + PRACTITIONER.width),
    )


def earnings(connection: Connection, ids: Sequence[EarningsId]) -> Sequence[Earnings]:
    """See `Store.load_earnings`."""
    rows = connection.execute(views.earnings_by_id(connection.dialect.name), {"ids": list(ids)})
    return EARNINGS.read_all(rows)


def idempotency(connection: Connection, actor: str, key: str) -> IdempotencyRecord | None:
    """See `Store.find_idempotency`."""
    row = connection.execute(views.REQUEST, {"actor": actor, "key": key}).first()
    return None if row is None else REQUEST.read(row)
