"""Orders, their payments and progress, and the receipt of a checkout."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from adapters.http.fields import Instant
from adapters.http.views.seats import BookingView, booking_view
from core.domain.bookings import Attendance, Seat
from core.domain.orders import Order, OrderType, PackageMetadata, Payment
from core.domain.statuses import OrderStatus, PaymentStatus
from core.usecases.settle_payment import Receipt


class PackageView(Struct, frozen=True, kw_only=True):
    """The purchase record of a package, bundle or course; the ids are those of its kind. The last two are
    set where it came over from an old system: the id of its parent booking there, and when it came.
    """

    package_type: OrderType
    total_sessions: int
    sessions_completed: int
    session_value_cents: int
    package_service_id: UUID | None
    bundle_service_id: UUID | None
    bundled_service_id: UUID | None
    course_service_id: UUID | None
    expires_at: Instant | None
    migrated_from_booking_id: int | None
    migrated_at: Instant | None


class OrderView(Struct, frozen=True, kw_only=True):
    """A purchase; `sessions_remaining` are the seats still to be delivered, `sessions_expired` those that
    ran out before they were given a time. `disputed_cents` are in open disputes, `charged_back_cents` went
    with lost ones.
    """

    id: UUID
    user_id: UUID
    service_id: UUID | None
    practitioner_id: UUID | None
    order_type: OrderType
    status: OrderStatus
    currency: str
    subtotal_amount_cents: int
    credits_applied_cents: int
    total_amount_cents: int
    refunded_credits_cents: int
    refunded_card_cents: int
    disputed_cents: int
    charged_back_cents: int
    total_sessions: int
    sessions_completed: int
    sessions_remaining: int
    sessions_expired: int
    session_value_cents: int
    package_metadata: PackageView | None
    expires_at: Instant | None
    hold_expires_at: Instant | None
    client_notes: str
    created_at: Instant


class OrderPage(Struct, frozen=True):
    """Orders, newest first."""

    items: list[OrderView]
    next_cursor: str | None


class PaymentView(Struct, frozen=True, kw_only=True):
    """A card charge. `client_secret` lets the customer finish one that requires them."""

    id: UUID
    status: PaymentStatus
    amount_cents: int
    currency: str
    client_secret: str | UnsetType = UNSET


class ReceiptView(Struct, frozen=True, kw_only=True):
    """What a purchase came to; `payment` is null when credits or nothing paid for it."""

    order: OrderView
    bookings: list[BookingView]
    payment: PaymentView | None


class ProgressView(Struct, frozen=True, kw_only=True):
    """How far an order has been delivered; `completion_rate` from 0 to 1, to four digits."""

    total_sessions: int
    completed: int
    attended: int
    missed: int
    completion_rate: float


def order_view(order: Order) -> OrderView:
    """The order as its buyer sees it."""
    package = order.package_metadata
    return OrderView(
        id=order.id,
        user_id=order.user_id,
        service_id=order.service_id,
        practitioner_id=order.practitioner_id,
        order_type=order.order_type,
        status=order.status,
        currency=order.currency,
        subtotal_amount_cents=order.subtotal_amount_cents,
        credits_applied_cents=order.credits_applied_cents,
        total_amount_cents=order.total_amount_cents,
        refunded_credits_cents=order.refunded_credits_cents,
        refunded_card_cents=order.refunded_card_cents,
        disputed_cents=order.disputed_cents,
        charged_back_cents=order.charged_back_cents,
        total_sessions=order.total_sessions,
        sessions_completed=order.sessions_completed,
        sessions_remaining=order.sessions_remaining,
        sessions_expired=order.sessions_expired,
        session_value_cents=order.session_value_cents,
        package_metadata=None if package is None else _package(package),
        expires_at=order.expires_at,
        hold_expires_at=order.hold_expires_at,
        client_notes=order.client_notes,
        created_at=order.created_at,
    )


def receipt_view(receipt: Receipt) -> ReceiptView:
    """The receipt as its buyer sees it."""
    return ReceiptView(
        order=order_view(receipt.order),
        bookings=[booking_view(seat) for seat in receipt.seats],
        payment=None if receipt.payment is None else payment_view(receipt.payment),
    )


def payment_view(payment: Payment) -> PaymentView:
    """The payment; its secret only while the customer has something to do."""
    waiting = payment.status is PaymentStatus.REQUIRES_ACTION
    return PaymentView(
        id=payment.id,
        status=payment.status,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        client_secret=payment.client_secret if waiting and payment.client_secret is not None else UNSET,
    )


def progress_view(order: Order, seats: Sequence[Seat]) -> ProgressView:
    """The order's seats, counted. A completed seat without word of attendance counts as attended."""
    completed = [seat for seat in seats if seat.completed]
    missed = sum(seat.booking.attendance is Attendance.NO_SHOW for seat in completed)
    return ProgressView(
        total_sessions=order.total_sessions,
        completed=len(completed),
        attended=len(completed) - missed,
        missed=missed,
        completion_rate=completion_rate(len(completed), order.total_sessions),
    )


def completion_rate(completed: int, total: int) -> float:
    """The part that is done, rounded half up to four digits; 0 of nothing.

    >>> completion_rate(2, 3)
    0.6667
    """
    if total == 0:
        return 0.0
    return (20_000 * completed + total) // (2 * total) / 10_000


def _package(package: PackageMetadata) -> PackageView:
    return PackageView(
        package_type=package.package_type,
        total_sessions=package.total_sessions,
        sessions_completed=package.sessions_completed,
        session_value_cents=package.session_value_cents,
        package_service_id=package.package_service_id,
        bundle_service_id=package.bundle_service_id,
        bundled_service_id=package.bundled_service_id,
        course_service_id=package.course_service_id,
        expires_at=package.expires_at,
        migrated_from_booking_id=package.migrated_from_booking_id,
        migrated_at=package.migrated_at,
    )
