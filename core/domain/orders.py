"""Orders: purchases and the terms frozen with them; their payments and refunds."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from attrs import evolve, field, frozen

from core.domain.catalogue import CancellationTier, OnExpiry
from core.domain.ids import BookingId, OrderId, PaymentId, RefundId, ServiceId, UserId
from core.domain.statuses import OrderStatus, PaymentStatus, RefundStatus, transition
from core.domain.time import instant, optional_instant

EXPIRY_WARNINGS = (timedelta(days=14), timedelta(days=1))
"""How long before an order expires its holders are told, the earliest first."""


class OrderType(StrEnum):
    DIRECT = "direct"
    COURSE = "course"
    PACKAGE = "package"
    BUNDLE = "bundle"
    CREDIT = "credit"


@frozen(kw_only=True)
class Terms:
    """What was agreed at purchase. Later edits of the service change no past order."""

    cancellation_policy: tuple[CancellationTier, ...] = ()
    pay_practitioner_on_no_show: bool = False
    pay_practitioner_on_late_cancel: bool = False
    complimentary_earnings_cents: int = 0
    on_expiry: OnExpiry = OnExpiry.FORFEIT
    earnings_hold_hours: int


@frozen(kw_only=True)
class PackageMetadata:
    """The purchase record of a package, bundle or course, as clients read it."""

    package_type: OrderType
    total_sessions: int
    sessions_completed: int
    session_value_cents: int
    package_service_id: ServiceId | None = None
    bundle_service_id: ServiceId | None = None
    bundled_service_id: ServiceId | None = None
    course_service_id: ServiceId | None = None
    expires_at: datetime | None = None
    migrated_from_booking_id: int | None = None
    migrated_at: datetime | None = None


@frozen(kw_only=True)
class Order:
    """A purchase. `subtotal` = `credits_applied` + `total` (the card part), always.

    `refunded_credits_cents` and `refunded_card_cents` say where money went back to;
    `card_to_credits_cents` is the part of the former that had been paid by card.
    `disputed_cents` of the card part are in open disputes, `charged_back_cents` of the value went with
    lost ones. `sessions_expired` are those of the `sessions_canceled` that ran out unscheduled;
    `expiry_due_at` is when the sweep must look at the expiry next, None when it never expires or is through.
    `hold_expires_at` ends the hold of an unpaid order. `ledger_seq` and `ledger_head` are
    the head of the order's own chain of journal entries. `migrated_from_booking_id` is the old id of the
    parent booking that the order was in an old system, `migrated_at` when it was brought over from there.
    """

    id: OrderId
    user_id: UserId
    service_id: ServiceId | None
    practitioner_id: UserId | None
    order_type: OrderType
    status: OrderStatus
    currency: str
    subtotal_amount_cents: int
    credits_applied_cents: int
    total_amount_cents: int
    refunded_credits_cents: int = 0
    refunded_card_cents: int = 0
    card_to_credits_cents: int = 0
    disputed_cents: int = 0
    charged_back_cents: int = 0
    total_sessions: int = 0
    sessions_completed: int = 0
    sessions_canceled: int = 0
    sessions_expired: int = 0
    session_value_cents: int = 0
    bundled_service_id: ServiceId | None = None
    terms: Terms
    expires_at: datetime | None = field(default=None, converter=optional_instant)
    expiry_due_at: datetime | None = field(default=None, converter=optional_instant)
    hold_expires_at: datetime | None = field(default=None, converter=optional_instant)
    client_notes: str = ""
    ledger_seq: int = 0
    ledger_head: str = ""
    migrated_from_booking_id: int | None = None
    migrated_at: datetime | None = field(default=None, converter=optional_instant)
    created_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def sessions_remaining(self) -> int:
        """Seats still to be delivered."""
        return self.total_sessions - self.sessions_completed - self.sessions_canceled

    @property
    def refunded_cents(self) -> int:
        """Everything that went back, by whichever way."""
        return self.refunded_credits_cents + self.refunded_card_cents

    @property
    def returned_cents(self) -> int:
        """Everything that the buyer has back: refunded, or taken back by their bank."""
        return self.refunded_cents + self.charged_back_cents

    @property
    def is_disputed(self) -> bool:
        """Whether the buyer's bank may still take money back, so that nothing else may."""
        return self.disputed_cents > 0

    @property
    def package_metadata(self) -> PackageMetadata | None:
        """The purchase record of a package, bundle or course; None for other orders."""
        if self.order_type not in (OrderType.PACKAGE, OrderType.BUNDLE, OrderType.COURSE):
            return None
        return PackageMetadata(
            package_type=self.order_type,
            total_sessions=self.total_sessions,
            sessions_completed=self.sessions_completed,
            session_value_cents=self.session_value_cents,
            package_service_id=self.service_id if self.order_type is OrderType.PACKAGE else None,
            bundle_service_id=self.service_id if self.order_type is OrderType.BUNDLE else None,
            bundled_service_id=self.bundled_service_id,
            course_service_id=self.service_id if self.order_type is OrderType.COURSE else None,
            expires_at=self.expires_at,
            migrated_from_booking_id=self.migrated_from_booking_id,
            migrated_at=self.migrated_at,
        )


@frozen(kw_only=True)
class Payment:
    """One attempt to charge an order's card part.

    `idempotency_key` is derived from the order, so that a repeated request charges once.
    `client_secret` lets the customer finish a payment that needs them, and goes when it is final.
    """

    id: PaymentId
    order_id: OrderId
    user_id: UserId
    status: PaymentStatus
    amount_cents: int
    currency: str
    payment_method_id: str
    idempotency_key: str
    gateway_ref: str | None = None
    client_secret: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    created_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    version: int = 1


class Destination(StrEnum):
    """Where a refund goes: back the way it was paid, or all of it to credits."""

    ORIGINAL = "original"
    CREDITS = "credits"


@frozen(kw_only=True)
class RefundLine:
    """What one seat gives back: `refund_cents` = floor(value x percent / 100)."""

    booking_id: BookingId
    value_cents: int
    refund_percent: int
    refund_cents: int


@frozen(kw_only=True)
class Refund:
    """Money going back for seats of one order. `card_cents` leaves through the gateway.

    One that failed may be tried again, at `retried_at` and under another `idempotency_key`.
    """

    id: RefundId
    order_id: OrderId
    user_id: UserId
    payment_id: PaymentId | None
    status: RefundStatus
    destination: Destination
    lines: tuple[RefundLine, ...]
    refund_value_cents: int
    credits_cents: int
    card_cents: int
    forfeited_cents: int
    currency: str
    reason: str | None = None
    idempotency_key: str
    gateway_ref: str | None = None
    failure_code: str | None = None
    retried_at: datetime | None = field(default=None, converter=optional_instant)
    created_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def asked_at(self) -> datetime:
        """When the gateway was first asked under the present key."""
        return self.created_at if self.retried_at is None else self.retried_at


def moved(order: Order, move: str) -> Order:
    """The order's next version after a status move."""
    return evolve(order, status=transition(order.status, move), version=order.version + 1)


def next_look(expires_at: datetime, now: datetime) -> datetime:
    """When an order that expires must be looked at after `now`: at its next warning, else at its end."""
    warnings = (expires_at - notice for notice in EXPIRY_WARNINGS)
    return next((moment for moment in warnings if moment > now), expires_at)


def payment_key(order_id: OrderId, attempt: int = 1) -> str:
    """The gateway's idempotency key for an attempt to charge an order."""
    return f"pi:{order_id}:{attempt}"


def refund_key(attempt_id: UUID) -> str:
    """The gateway's idempotency key for an attempt to send a refund: the first has the refund's own id."""
    return f"rf:{attempt_id}"
