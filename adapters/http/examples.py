"""One small story that the API's document tells: a package of five, partly paid by credits."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve
from msgspec import Struct

from adapters.http.views.analytics import (
    PackageUsageList,
    RevenueList,
    package_usage_view,
    revenue_day_view,
)
from adapters.http.views.attendance import attendance_view
from adapters.http.views.calendar import CalendarView, FeedView, calendar_item_view
from adapters.http.views.catalogue import practitioner_view, service_view
from adapters.http.views.disputes import dispute_view
from adapters.http.views.icalendar import icalendar
from adapters.http.views.money import (
    credit_transaction_view,
    credits_view,
    earnings_view,
    payout_view,
    summary_view,
    transaction_view,
)
from adapters.http.views.purchases import order_view, progress_view, receipt_view
from adapters.http.views.refunds import canceled_order_view, canceled_view, quote_view, refund_view
from adapters.http.views.rooms import RoomTokenView
from adapters.http.views.seats import booking_view, session_view
from adapters.http.views.transfers import transfer_view
from adapters.http.views.waitlist import place_view, waitlist_entry_view
from core.domain.actors import Actor, Role
from core.domain.analytics import PackageUsage, RevenueDay
from core.domain.attendance import AttendanceSheet, Participant
from core.domain.bookings import Booking, Seat, SeatPayment
from core.domain.calendar import Attendee, CalendarItem
from core.domain.catalogue import Component, Practitioner, Service, ServiceType, Visibility
from core.domain.changes import Changes
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ids import (
    BookingId,
    DisputeId,
    EarningsId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    ServiceId,
    SessionId,
    UserId,
    WaitlistId,
)
from core.domain.ledger import PostingType, user_credit
from core.domain.orders import Destination, Order, OrderType, Payment, Refund, RefundLine, Terms
from core.domain.refunds import RefundQuote
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.transferring import Transferred
from core.domain.waitlist import WaitlistEntry
from core.usecases.calendar import Feed
from core.usecases.cancel_order import CanceledOrder
from core.usecases.refund import CanceledSeat
from core.usecases.settle_payment import Receipt
from ports.queries import EarningsSummary, Place, Transaction

AT: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _id(number: int) -> UUID:
    """A version 7 UUID that is easy to tell from the others."""
    return UUID(f"0195566d-3000-7000-8000-{number:012d}")


CLIENT: Final = UserId(_id(1))
PRACTITIONER: Final = UserId(_id(2))
SESSION_SERVICE: Final = ServiceId(_id(3))
PACKAGE_SERVICE: Final = ServiceId(_id(4))
BOOKING: Final = BookingId(_id(7))
ORDER: Final = OrderId(_id(8))
FRIEND: Final = UserId(_id(30))

_package = Service(
    id=PACKAGE_SERVICE,
    practitioner_id=PRACTITIONER,
    service_type=ServiceType.PACKAGE,
    name="Five hours of breathing",
    description="Five one-to-one sessions, whenever they suit.",
    price_cents=40_000,
    currency="usd",
    components=(Component(service_id=SESSION_SERVICE, quantity=5),),
    validity_days=180,
    created_at=AT,
)
_slot = ServiceSession(
    id=SessionId(_id(6)),
    service_id=SESSION_SERVICE,
    practitioner_id=PRACTITIONER,
    session_type=SessionType.INDIVIDUAL,
    visibility=Visibility.PRIVATE,
    status=SessionStatus.SCHEDULED,
    start_time=AT + timedelta(days=3),
    end_time=AT + timedelta(days=3, hours=1),
    timezone="Europe/Lisbon",
    duration_minutes=60,
    max_participants=1,
    current_participants=1,
    created_at=AT,
)
_order = Order(
    id=ORDER,
    user_id=CLIENT,
    service_id=PACKAGE_SERVICE,
    practitioner_id=PRACTITIONER,
    order_type=OrderType.PACKAGE,
    status=OrderStatus.PAID,
    currency="usd",
    subtotal_amount_cents=40_000,
    credits_applied_cents=10_000,
    total_amount_cents=30_000,
    total_sessions=5,
    session_value_cents=8000,
    terms=Terms(earnings_hold_hours=48),
    expires_at=AT + timedelta(days=180),
    created_at=AT,
)
_seat = Seat(
    booking=Booking(
        id=BOOKING,
        user_id=CLIENT,
        order_id=ORDER,
        service_id=SESSION_SERVICE,
        practitioner_id=PRACTITIONER,
        session_id=_slot.id,
        status=BookingStatus.CONFIRMED,
        payment_status=SeatPayment.PAID,
        price_charged_cents=0,
        final_amount_cents=0,
        session_value_cents=8000,
        commission_bps=1500,
        service_name_snapshot="Breathing",
        service_description_snapshot="An hour of it.",
        practitioner_name_snapshot="Ana Reis",
        created_at=AT,
    ),
    session=_slot,
)
_payment = Payment(
    id=PaymentId(_id(9)),
    order_id=ORDER,
    user_id=CLIENT,
    status=PaymentStatus.SUCCEEDED,
    amount_cents=30_000,
    currency="usd",
    payment_method_id="pm_card_visa",
    idempotency_key="",
    created_at=AT,
    updated_at=AT,
)
_line = RefundLine(booking_id=BOOKING, value_cents=8000, refund_percent=100, refund_cents=8000)
_refund = Refund(
    id=RefundId(_id(10)),
    order_id=ORDER,
    user_id=CLIENT,
    payment_id=_payment.id,
    status=RefundStatus.SUCCEEDED,
    destination=Destination.ORIGINAL,
    lines=(_line,),
    refund_value_cents=8000,
    credits_cents=2000,
    card_cents=6000,
    forfeited_cents=0,
    currency="usd",
    reason="moving away",
    idempotency_key="",
    created_at=AT,
    updated_at=AT,
)
_usage = Transaction(
    id=_id(11),
    user_id=CLIENT,
    order_id=ORDER,
    booking_id=None,
    type=PostingType.USAGE,
    account=user_credit(CLIENT),
    amount_cents=-10_000,
    currency="usd",
    occurred_at=AT,
    balance_after_cents=0,
)

_practitioner = Practitioner(
    id=PRACTITIONER, display_name="Ana Reis", timezone="Europe/Lisbon", created_at=AT
)
_item = CalendarItem(
    service_session_id=_slot.id,
    service_id=SESSION_SERVICE,
    practitioner_id=PRACTITIONER,
    title="Breathing",
    session_type=SessionType.INDIVIDUAL,
    status=SessionStatus.SCHEDULED,
    start_time=AT + timedelta(days=3),
    end_time=AT + timedelta(days=3, hours=1),
    max_participants=1,
    version=2,
    attendees=(Attendee(user_id=CLIENT, booking_id=BOOKING, status=BookingStatus.CONFIRMED),),
)

practitioner = practitioner_view(_practitioner, private=False)
service = service_view(_package)
session = session_view(_slot, Actor(user_id=PRACTITIONER, roles=frozenset({Role.PRACTITIONER})))
order = order_view(_order)
booking = booking_view(_seat)
receipt = receipt_view(Receipt(order=_order, seats=(_seat,), payment=_payment))
progress = progress_view(_order, (_seat,))
quote = quote_view(
    RefundQuote(
        lines=(_line,), refund_value_cents=8000, credits_cents=2000, card_cents=6000, forfeited_cents=0
    ),
    "usd",
)
refund = refund_view(_refund)
transferred = transfer_view(
    Transferred(
        changes=Changes(),
        order=_order,
        seats=(Seat(booking=evolve(_seat.booking, user_id=FRIEND), session=_slot),),
    ),
    FRIEND,
)
canceled = canceled_view(CanceledSeat(seat=_seat, refund=_refund))
canceled_order = canceled_order_view(CanceledOrder(order=_order, refund=_refund))
credit_account = credits_view(CreditAccount(user_id=CLIENT, currency="usd", balance_cents=2000))
transaction = transaction_view(_usage)
credit_transaction = credit_transaction_view(_usage)
earnings = earnings_view(
    Earnings(
        id=EarningsId(_id(12)),
        practitioner_id=PRACTITIONER,
        booking_id=BOOKING,
        order_id=ORDER,
        session_id=_slot.id,
        gross_amount_cents=8000,
        commission_bps=1500,
        commission_amount_cents=1200,
        net_amount_cents=6800,
        currency="usd",
        status=EarningsStatus.PENDING,
        available_after=AT + timedelta(days=5, hours=1),
        created_at=AT + timedelta(days=3, hours=1),
    )
)
summary = summary_view(
    EarningsSummary(
        currency="usd",
        projected_cents=0,
        pending_cents=6800,
        available_cents=0,
        paid_cents=0,
        reversed_cents=0,
        balance_cents=6800,
    ),
    PRACTITIONER,
)
dispute = dispute_view(
    Dispute(
        id=DisputeId(_id(31)),
        payment_id=PaymentId(_id(9)),
        order_id=ORDER,
        gateway_ref="dp_1",
        amount_cents=30_000,
        currency="usd",
        reason="fraudulent",
        status=DisputeStatus.OPEN,
        created_at=AT + timedelta(days=4),
    )
)

payout = payout_view(
    Payout(
        id=PayoutId(_id(13)),
        practitioner_id=PRACTITIONER,
        status=PayoutStatus.PAID,
        amount_cents=6800,
        currency="usd",
        earnings_count=1,
        destination="acct_ana",
        idempotency_key="",
        created_at=AT + timedelta(days=6),
        updated_at=AT + timedelta(days=6),
    )
)

attendance = attendance_view(
    AttendanceSheet(
        session_id=_slot.id,
        booked=(CLIENT,),
        attended=(CLIENT,),
        no_shows=(),
        participants=(
            Participant(
                user_id=CLIENT,
                joined_at=AT + timedelta(days=3, minutes=-2),
                left_at=AT + timedelta(days=3, hours=1),
                duration_seconds=62 * 60,
            ),
        ),
    )
)
calendar = CalendarView([calendar_item_view(_item)])
_SECRET = "hT0YJ8xkzO7n1bq3mG5sVw2LcR9aEdUf4iPpXjK6oQM"  # noqa: S105 - an example opens nothing
room_token = RoomTokenView(
    token="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",  # noqa: S106 - an example opens nothing
    url="wss://rooms.example.com",
    room=f"estuary-session-{_slot.id}",
    expires_at=AT + timedelta(days=3, hours=1, minutes=15),
)
feed = FeedView(url=f"https://api.example.com/api/v1/calendar.ics?token={_SECRET}", token=_SECRET)
icalendar_file = icalendar(Feed(practitioner=_practitioner, items=(_item,), at=AT)).decode()
_waited_for = WaitlistEntry(
    id=WaitlistId(_id(14)),
    session_id=SessionId(_id(15)),
    service_id=ServiceId(_id(16)),
    user_id=CLIENT,
    status=WaitlistStatus.OFFERED,
    offer_expires_at=AT + timedelta(days=1, hours=1),
    created_at=AT,
    updated_at=AT + timedelta(days=1),
)
_workshop = evolve(
    _slot,
    id=_waited_for.session_id,
    service_id=_waited_for.service_id,
    session_type=SessionType.WORKSHOP,
    visibility=Visibility.PUBLIC,
    max_participants=12,
    current_participants=11,
    offered_seats=1,
)
waitlist_entry = waitlist_entry_view(_waited_for)
place = place_view(Place(entry=_waited_for, session=_workshop, position=None))
package_usage = PackageUsageList(
    [
        package_usage_view(
            PackageUsage(
                service_id=PACKAGE_SERVICE,
                practitioner_id=PRACTITIONER,
                name=_package.name,
                service_type=ServiceType.PACKAGE,
                currency="usd",
                sold=1,
                sold_cents=40_000,
                sessions_total=5,
                sessions_scheduled=1,
                sessions_completed=2,
                sessions_canceled=1,
                breakage_cents=4000,
            )
        )
    ]
)
revenue = RevenueList(
    [
        revenue_day_view(
            RevenueDay(
                day=AT.date(),
                currency="usd",
                gross_sales_cents=40_000,
                card_cents=30_000,
                credits_cents=10_000,
                delivered_cents=8000,
                commission_cents=1200,
                practitioner_net_cents=6800,
            )
        )
    ]
)


class Listed(Struct, frozen=True):
    """A page of examples."""

    items: list[object]
    next_cursor: str | None = None


def listed(item: object) -> Listed:
    """A page with one item."""
    return Listed([item])
