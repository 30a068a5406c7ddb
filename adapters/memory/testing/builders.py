"""Records with sensible defaults: a test names only what it is about.

Every builder takes the records it belongs to, and overrides by field name. Ids come from one counter,
so they ascend in the order of the calls.
"""

from datetime import datetime, timedelta
from typing import Any

from adapters.memory.testing.ids import NOW, new_id
from core.domain.bookings import Booking, SeatPayment
from core.domain.catalogue import Practitioner, Service, ServiceType, Visibility
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout, payout_key
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
from core.domain.orders import Destination, Order, OrderType, Payment, Refund, Terms, payment_key, refund_key
from core.domain.sessions import SESSION_TYPE_OF, ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
)
from core.domain.waitlist import WaitlistEntry


def make_practitioner(**overrides: Any) -> Practitioner:
    """Somebody who sells, in Lisbon."""
    fields: dict[str, Any] = {
        "id": UserId(new_id()),
        "display_name": "Ana Reis",
        "timezone": "Europe/Lisbon",
        "created_at": NOW,
    }
    return Practitioner(**(fields | overrides))


def make_service(practitioner: Practitioner | None = None, **overrides: Any) -> Service:
    """A public one-to-one session of an hour for 80.00 usd."""
    fields: dict[str, Any] = {
        "id": ServiceId(new_id()),
        "practitioner_id": UserId(new_id()) if practitioner is None else practitioner.id,
        "service_type": ServiceType.SESSION,
        "name": "Breathing",
        "description": "An hour of it.",
        "price_cents": 8000,
        "currency": "usd",
        "created_at": NOW,
    }
    return Service(**(fields | overrides))


def make_session(service: Service, **overrides: Any) -> ServiceSession:
    """A session of the service, scheduled a week ahead: public with ten seats for workshops and
    courses, private with one for everything else.
    """
    kind = SESSION_TYPE_OF.get(service.service_type, SessionType.INDIVIDUAL)
    individual = kind is SessionType.INDIVIDUAL
    start: datetime | None = overrides.get("start_time", NOW + timedelta(days=7))
    fields: dict[str, Any] = {
        "id": SessionId(new_id()),
        "service_id": service.id,
        "practitioner_id": service.practitioner_id,
        "session_type": kind,
        "visibility": Visibility.PRIVATE if individual else Visibility.PUBLIC,
        "status": SessionStatus.SCHEDULED,
        "start_time": start,
        "end_time": None if start is None else start + timedelta(minutes=service.duration_minutes),
        "timezone": "Europe/Lisbon",
        "duration_minutes": service.duration_minutes,
        "max_participants": 1 if individual else 10,
        "created_at": NOW,
    }
    return ServiceSession(**(fields | overrides))


def make_placeholder(service: Service, **overrides: Any) -> ServiceSession:
    """A draft session without a time, as packages make one per seat."""
    fields: dict[str, Any] = {"status": SessionStatus.DRAFT, "start_time": None}
    return make_session(service, **(fields | overrides))


def make_order(service: Service | None = None, **overrides: Any) -> Order:
    """A paid direct order of one seat, paid by card, by somebody new.

    Without a service it buys 100.00 usd of credits.
    """
    subtotal = overrides.get("subtotal_amount_cents", 10_000 if service is None else service.price_cents)
    credits_applied = overrides.get("credits_applied_cents", 0)
    fields: dict[str, Any] = {
        "id": OrderId(new_id()),
        "user_id": UserId(new_id()),
        "service_id": None if service is None else service.id,
        "practitioner_id": None if service is None else service.practitioner_id,
        "order_type": OrderType.CREDIT if service is None else OrderType.DIRECT,
        "status": OrderStatus.PAID,
        "currency": "usd" if service is None else service.currency,
        "subtotal_amount_cents": subtotal,
        "credits_applied_cents": credits_applied,
        "total_amount_cents": subtotal - credits_applied,
        "total_sessions": 0 if service is None else 1,
        "session_value_cents": 0 if service is None else subtotal,
        "terms": Terms(earnings_hold_hours=48),
        "created_at": NOW,
    }
    return Order(**(fields | overrides))


def make_booking(order: Order, session: ServiceSession, **overrides: Any) -> Booking:
    """A confirmed, paid seat of the order in the session; a draft seat in a draft session."""
    draft = session.status is SessionStatus.DRAFT
    fields: dict[str, Any] = {
        "id": BookingId(new_id()),
        "user_id": order.user_id,
        "order_id": order.id,
        "service_id": session.service_id,
        "practitioner_id": session.practitioner_id,
        "session_id": session.id,
        "status": BookingStatus.DRAFT if draft else BookingStatus.CONFIRMED,
        "payment_status": SeatPayment.PAID,
        "price_charged_cents": order.session_value_cents,
        "final_amount_cents": order.session_value_cents,
        "session_value_cents": order.session_value_cents,
        "commission_bps": 1500,
        "service_name_snapshot": "Breathing",
        "service_description_snapshot": "An hour of it.",
        "practitioner_name_snapshot": "Ana Reis",
        "created_at": order.created_at,
    }
    return Booking(**(fields | overrides))


def make_payment(order: Order, **overrides: Any) -> Payment:
    """A succeeded charge of the order's card part."""
    fields: dict[str, Any] = {
        "id": PaymentId(new_id()),
        "order_id": order.id,
        "user_id": order.user_id,
        "status": PaymentStatus.SUCCEEDED,
        "amount_cents": order.total_amount_cents,
        "currency": order.currency,
        "payment_method_id": "pm_card_visa",
        "idempotency_key": payment_key(order.id),
        "created_at": order.created_at,
        "updated_at": order.created_at,
    }
    return Payment(**(fields | overrides))


def make_refund(order: Order, payment: Payment | None = None, **overrides: Any) -> Refund:
    """A pending refund of the whole order to where it came from."""
    refund_id = overrides.get("id", RefundId(new_id()))
    fields: dict[str, Any] = {
        "id": refund_id,
        "order_id": order.id,
        "user_id": order.user_id,
        "payment_id": None if payment is None else payment.id,
        "status": RefundStatus.PENDING,
        "destination": Destination.ORIGINAL,
        "lines": (),
        "refund_value_cents": order.subtotal_amount_cents,
        "credits_cents": order.credits_applied_cents,
        "card_cents": order.total_amount_cents,
        "forfeited_cents": 0,
        "currency": order.currency,
        "idempotency_key": refund_key(refund_id),
        "created_at": order.created_at,
        "updated_at": order.created_at,
    }
    return Refund(**(fields | overrides))


def make_dispute(payment: Payment, **overrides: Any) -> Dispute:
    """An open dispute about all that was paid."""
    dispute_id = overrides.get("id", DisputeId(new_id()))
    fields: dict[str, Any] = {
        "id": dispute_id,
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "gateway_ref": f"dp_{dispute_id}",
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        "reason": "fraudulent",
        "status": DisputeStatus.OPEN,
        "created_at": payment.created_at,
    }
    return Dispute(**(fields | overrides))


def make_earnings(booking: Booking, **overrides: Any) -> Earnings:
    """Pending earnings of the seat's value at 15 %, held for two days."""
    gross = overrides.get("gross_amount_cents", booking.session_value_cents)
    commission = gross * 15 // 100
    fields: dict[str, Any] = {
        "id": EarningsId(new_id()),
        "practitioner_id": booking.practitioner_id,
        "booking_id": booking.id,
        "order_id": booking.order_id,
        "session_id": booking.session_id,
        "gross_amount_cents": gross,
        "commission_bps": 1500,
        "commission_amount_cents": commission,
        "net_amount_cents": gross - commission,
        "currency": "usd",
        "status": EarningsStatus.PENDING,
        "available_after": NOW + timedelta(days=2),
        "created_at": booking.created_at,
    }
    return Earnings(**(fields | overrides))


def make_payout(practitioner: Practitioner, **overrides: Any) -> Payout:
    """A pending transfer of 68.00 usd."""
    payout_id = overrides.get("id", PayoutId(new_id()))
    fields: dict[str, Any] = {
        "id": payout_id,
        "practitioner_id": practitioner.id,
        "status": PayoutStatus.PENDING,
        "amount_cents": 6800,
        "currency": "usd",
        "earnings_count": 1,
        "idempotency_key": payout_key(payout_id),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Payout(**(fields | overrides))


def make_waiting(session: ServiceSession, **overrides: Any) -> WaitlistEntry:
    """Somebody new who waits for a seat in the session."""
    fields: dict[str, Any] = {
        "id": WaitlistId(new_id()),
        "session_id": session.id,
        "service_id": session.service_id,
        "user_id": UserId(new_id()),
        "created_at": NOW,
        "updated_at": overrides.get("created_at", NOW),
    }
    return WaitlistEntry(**(fields | overrides))
