"""A marketplace with something of everything."""

from datetime import timedelta

from attrs import frozen

from adapters.memory.testing.builders import (
    make_booking,
    make_earnings,
    make_order,
    make_payment,
    make_payout,
    make_placeholder,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
    make_waiting,
)
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.journal import (
    make_credit_change,
    make_dispatch,
    make_event,
    make_idempotency,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.sales import make_sale
from adapters.memory.testing.subscriptions import make_subscription
from core.domain.bookings import Booking
from core.domain.catalogue import Component, Practitioner, Service, ServiceType
from core.domain.changes import Changes, Record
from core.domain.earnings import Earnings, Payout
from core.domain.ids import DispatchId, EarningsId, EventId, UserId
from core.domain.ledger import PAYMENT_GATEWAY, JournalEntry, PostingType, order_value, user_credit
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    OrderStatus,
    PaymentStatus,
)
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.store import Store

SEATS = 5
MANY = 50
FEED = "f" * 64


@frozen(kw_only=True)
class Busy:
    """What is stored: an unpaid package of five seats, a workshop and a course with as many, a line of
    fifty for the workshop with the package's buyer first in it, and fifty delivered seats of one order
    with their earnings.
    """

    practitioner: Practitioner
    service: Service
    package: Service
    course: Service
    user: UserId
    order: Order
    placeholders: tuple[ServiceSession, ...]
    seats: tuple[Booking, ...]
    payment: Payment
    refund: Refund
    workshop_session: ServiceSession
    visitors: tuple[Order, ...]
    visits: tuple[Booking, ...]
    line: tuple[WaitlistEntry, ...]
    course_sessions: tuple[ServiceSession, ...]
    earned: tuple[Earnings, ...]
    payout: Payout
    event_ids: tuple[EventId, ...]
    dispatch_ids: tuple[DispatchId, ...]
    subscription: Subscription

    @property
    def seat(self) -> Booking:
        """The package's first seat."""
        return self.seats[0]

    @property
    def earnings_ids(self) -> tuple[EarningsId, ...]:
        """The ids of all the earnings."""
        return tuple(earned.id for earned in self.earned)


async def busy_marketplace(store: Store) -> Busy:
    """Store all of it, and tell what it is."""
    seller = make_practitioner(calendar_token_hash=FEED)
    service = make_service(seller)
    part = Component(service_id=service.id, quantity=SEATS)
    package = make_service(seller, service_type=ServiceType.PACKAGE, components=(part,), price_cents=40_000)
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    course = make_service(seller, service_type=ServiceType.COURSE)
    user = new_user()
    order = make_order(
        package,
        user_id=user,
        order_type=OrderType.PACKAGE,
        status=OrderStatus.PENDING_PAYMENT,
        hold_expires_at=NOW,
        total_sessions=SEATS,
        session_value_cents=8000,
        credits_applied_cents=10_000,
    )
    placeholders = tuple(make_placeholder(service) for _ in range(SEATS))
    seats = tuple(make_booking(order, session) for session in placeholders)
    payment = make_payment(order, status=PaymentStatus.PROCESSING)
    refund = make_refund(order, payment)
    payout = make_payout(seller)
    meeting = make_session(workshop, current_participants=SEATS, waiting_count=MANY)
    line = (make_waiting(meeting, user_id=user), *(make_waiting(meeting) for _ in range(MANY - 1)))
    visitors = [make_order(workshop) for _ in range(SEATS)]
    visits = [make_booking(visitor, meeting) for visitor in visitors]
    lessons = tuple(
        make_session(course, start_time=NOW + timedelta(days=day), sequence_number=day)
        for day in range(SEATS)
    )
    sale = make_sale(practitioner=seller, service=service, seats=MANY)
    earned = tuple(make_earnings(seat) for seat in sale.bookings)
    events = tuple(make_event(order.id) for _ in range(MANY))
    dispatches = tuple(make_dispatch(event) for event in events)

    rows: list[Record] = [seller, service, package, workshop, course, order, payment, refund, payout, meeting]
    rows += [*placeholders, *seats, *visitors, *visits, *line, *lessons, *sale.purchase, *earned]
    subscriptions = [make_subscription(owner_id=seller.id) for _ in range(MANY)]
    subscriptions += [make_subscription() for _ in range(MANY)]
    rows += [*dispatches, *subscriptions]
    rows += [make_idempotency(key=f"k-{number}") for number in range(MANY)]
    await store.commit(
        Changes(
            inserts=tuple(rows),
            credits=(make_credit_change(user, 100_000, held=10_000),),
            entries=tuple(bought(visitor) for visitor in visitors),
            events=events,
        )
    )
    return Busy(
        practitioner=seller,
        service=service,
        package=package,
        course=course,
        user=user,
        order=order,
        placeholders=placeholders,
        seats=seats,
        payment=payment,
        refund=refund,
        workshop_session=meeting,
        visitors=tuple(visitors),
        visits=tuple(visits),
        line=line,
        course_sessions=lessons,
        earned=earned,
        payout=payout,
        event_ids=tuple(event.id for event in events),
        dispatch_ids=tuple(one.id for one in dispatches),
        subscription=subscriptions[0],
    )


def bought(order: Order) -> JournalEntry:
    """The entry of an order's purchase."""
    value = make_posting(
        order_value(order.id),
        order.subtotal_amount_cents,
        type=PostingType.PURCHASE,
        user_id=order.user_id,
    )
    usage = make_posting(
        user_credit(order.user_id),
        -order.credits_applied_cents,
        type=PostingType.USAGE,
        user_id=order.user_id,
    )
    return make_purchase(order, value, usage, make_posting(PAYMENT_GATEWAY, -order.total_amount_cents))
