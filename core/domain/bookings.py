"""Bookings: one user's seat in one service session, always part of an order."""

from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from core.domain.ids import BookingId, OrderId, PostingId, RefundId, ServiceId, SessionId, UserId
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus, transition
from core.domain.time import instant, optional_instant


class SeatPayment(StrEnum):
    """How far a seat has been paid or paid back."""

    PENDING = "pending"
    PAID = "paid"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    FORFEITED = "forfeited"
    FAILED = "failed"
    CHARGED_BACK = "charged_back"


class Attendance(StrEnum):
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Booking:
    """A seat. `session_value_cents` is its exact share of the order's subtotal.

    `price_charged_cents` is what the seat itself cost: the price for a direct booking, 0 for a
    seat of a package, bundle or course. `commission_bps` is the rate frozen at purchase.
    `refunded_cents` is the part of its value that went back; what a lost dispute took (`charged_back`) is
    no part of it. `attendance_reason` is what was said
    when the attendance was last set by hand.
    """

    id: BookingId
    user_id: UserId
    order_id: OrderId
    service_id: ServiceId
    practitioner_id: UserId
    session_id: SessionId
    status: BookingStatus
    payment_status: SeatPayment
    attendance: Attendance = Attendance.UNKNOWN
    attendance_reason: str | None = None
    price_charged_cents: int
    discount_amount_cents: int = 0
    final_amount_cents: int
    session_value_cents: int
    commission_bps: int
    refunded_cents: int = 0
    refund_id: RefundId | None = None
    credit_usage_transaction_id: PostingId | None = None
    service_name_snapshot: str
    service_description_snapshot: str
    practitioner_name_snapshot: str
    client_notes: str = ""
    cancel_reason: str | None = None
    created_at: datetime = field(converter=instant)
    canceled_at: datetime | None = field(default=None, converter=optional_instant)
    version: int = 1


@frozen(kw_only=True)
class Seat:
    """A booking together with the session it is a seat in."""

    booking: Booking
    session: ServiceSession

    @property
    def completed(self) -> bool:
        """Whether the seat has been delivered: confirmed, and its session is over."""
        return (
            self.booking.status is BookingStatus.CONFIRMED and self.session.status is SessionStatus.COMPLETED
        )

    @property
    def occupied(self) -> bool:
        """Whether the seat counts among its session's participants."""
        return self.booking.status in (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)


def moved(booking: Booking, move: str) -> Booking:
    """The booking's next version after a status move."""
    return evolve(booking, status=transition(booking.status, move), version=booking.version + 1)
