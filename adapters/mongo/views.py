"""The domain's views out of the documents that the loads' pipelines give."""

from collections.abc import Sequence

from adapters.mongo.documents import Document, to_record
from adapters.mongo.lookups import in_order_of, to_seat
from core.domain.bookings import Booking, Seat
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ids import OrderId, PaymentId, UserId
from core.domain.orders import Order, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.views import (
    CancellationView,
    CheckoutView,
    DeliveryView,
    OrderView,
    PayoutSettlementView,
    RefundView,
    ScheduleView,
)
from core.domain.waitlist import WaitlistEntry


def pop_one(document: Document, field: str) -> Document | None:
    """The one document of a looked-up list, taken out; None if the list is empty."""
    found: list[Document] = document.pop(field)
    return found[0] if found else None


def checkout_view(document: Document, user_id: UserId) -> CheckoutView | None:
    """What a purchase takes; None for a service that nobody sells."""
    del document["course"], document["agenda"]
    practitioner, account = pop_one(document, "practitioner"), pop_one(document, "account")
    parts = [to_record(Service, part) for name in ("components_of", "bundled") for part in document.pop(name)]
    course = [to_record(ServiceSession, found) for found in document.pop("course_sessions")]
    chosen = [to_record(ServiceSession, found) for found in document.pop("chosen", ())]
    in_the_way = tuple(to_record(ServiceSession, found) for found in document.pop("busy", ()))
    offer = _pop_offer(document)
    service = to_record(Service, document)
    if practitioner is None:
        return None

    empty = CreditAccount(user_id=user_id, currency=service.currency)
    timed = [session for session in course if session.start_time is not None]
    untimed = [session for session in course if session.start_time is None]
    return CheckoutView(
        service=service,
        practitioner=to_record(Practitioner, practitioner),
        parts=in_order_of((part.service_id for part in service.parts), {part.id: part for part in parts}),
        account=empty if account is None else to_record(CreditAccount, account),
        sessions=tuple(chosen if service.service_type is ServiceType.WORKSHOP else (*timed, *untimed)),
        busy=in_the_way,
        offer=offer,
    )


def order_view(document: Document) -> OrderView:
    """An order with its seats, payments and earnings."""
    seats = tuple(to_seat(seat) for seat in document.pop("seats"))
    payments = tuple(to_record(Payment, payment) for payment in document.pop("payments"))
    earnings = [to_record(Earnings, row) for row in document.pop("earnings")]
    by_booking = {row.booking_id: row for row in earnings}
    return OrderView(
        order=to_record(Order, document),
        seats=seats,
        payments=payments,
        earnings=in_order_of((seat.booking.id for seat in seats), by_booking),
    )


def refund_view(document: Document) -> RefundView:
    """A refund with its order and payment."""
    order, payment = pop_one(document, "order"), pop_one(document, "payment")
    refund = to_record(Refund, document)
    paid = None if refund.payment_id is None else to_record(Payment, payment)
    return RefundView(refund=refund, order=to_record(Order, order), payment=paid)


def payout_view(document: Document, earnings: Sequence[Earnings]) -> PayoutSettlementView:
    """A payout with its practitioner and what it took."""
    practitioner = to_record(Practitioner, pop_one(document, "practitioner"))
    payout = to_record(Payout, document)
    return PayoutSettlementView(payout=payout, practitioner=practitioner, earnings=tuple(earnings))


def schedule_view(document: Document) -> ScheduleView:
    """A seat with all that scheduling it takes."""
    order, service = pop_one(document, "order"), pop_one(document, "service")
    practitioner, earned = pop_one(document, "practitioner"), pop_one(document, "earnings")
    in_the_way = tuple(to_record(ServiceSession, found) for found in document.pop("busy", ()))
    target = [to_record(ServiceSession, found) for found in document.pop("target", ())]
    offer = _pop_offer(document)
    return ScheduleView(
        seat=to_seat(document),
        order=to_record(Order, order),
        service=to_record(Service, service),
        practitioner=to_record(Practitioner, practitioner),
        busy=in_the_way,
        target=target[0] if target else None,
        earnings=None if earned is None else to_record(Earnings, earned),
        offer=offer,
    )


def _pop_offer(document: Document) -> WaitlistEntry | None:
    """The offer that was looked up, if any was, taken out."""
    found = [to_record(WaitlistEntry, row) for row in document.pop("offer", ())]
    return found[0] if found else None


def delivery_view(session: ServiceSession, bookings: Sequence[Document]) -> DeliveryView:
    """A session with its seats, each booking with its order and earnings in it."""
    orders: dict[OrderId, Order] = {}
    earnings: list[Earnings] = []
    seats: list[Seat] = []
    for document in bookings:
        order = to_record(Order, document.pop("order", None))
        orders[order.id] = order
        earnings.extend(to_record(Earnings, row) for row in document.pop("earnings"))
        seats.append(Seat(booking=to_record(Booking, document), session=session))
    return DeliveryView(
        session=session, seats=tuple(seats), orders=tuple(orders.values()), earnings=tuple(earnings)
    )


def cancellation_view(session: ServiceSession, bookings: Sequence[Document]) -> CancellationView:
    """A session with its seats, each booking with its order, the order's payments and its earnings in it."""
    payments: dict[PaymentId, Payment] = {}
    for document in bookings:
        for row in document.pop("payments"):
            payment = to_record(Payment, row)
            payments[payment.id] = payment
    delivered = delivery_view(session, bookings)
    return CancellationView(
        session=session,
        seats=delivered.seats,
        orders=delivered.orders,
        payments=tuple(payments.values()),
        earnings=delivered.earnings,
    )
