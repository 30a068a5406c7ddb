"""Examples of what is sold, booked and bought."""

from datetime import timedelta

from attrs import evolve

from adapters.memory.testing.availability import HOURS
from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
    make_waiting,
)
from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import LARGEST, NOW, new_id
from core.domain.bookings import Attendance, SeatPayment
from core.domain.catalogue import (
    CancellationTier,
    Component,
    Location,
    OnExpiry,
    ServiceStatus,
    ServiceType,
    SessionPricing,
    TypeRate,
    Visibility,
)
from core.domain.ids import PostingId
from core.domain.orders import OrderType, Terms
from core.domain.statuses import (
    BookingStatus,
    OrderStatus,
    SessionStatus,
    WaitlistStatus,
)


def practitioner() -> Example:
    """Somebody who sells, with rates of their own."""
    first = make_practitioner(
        display_name=TEXT,
        timezone="America/Argentina/Buenos_Aires",
        commission_bps=1234,
        type_rates=(
            TypeRate(service_type=ServiceType.WORKSHOP, commission_bps=1000),
            TypeRate(service_type=ServiceType.COURSE, commission_bps=0),
        ),
        stripe_account_id="acct_1",
        availability=HOURS,
        calendar_token_hash="0" * 64,
        carried_cents=-680_000,
        created_at=NOW + timedelta(milliseconds=1),
    )
    second = evolve(first, display_name="", commission_bps=None, type_rates=(), availability=None, version=2)
    return Example(first=first, second=second)


def service() -> Example:
    """A bundle, with the largest price."""
    seller = make_practitioner()
    part = make_service(seller)
    first = make_service(
        seller,
        service_type=ServiceType.BUNDLE,
        name=TEXT,
        description=TEXT,
        price_cents=LARGEST,
        currency="jpy",
        duration_minutes=90,
        max_participants=12,
        location=Location.IN_PERSON,
        visibility=Visibility.UNLISTED,
        validity_days=180,
        session_pricing=SessionPricing.PROPORTIONAL,
        components=(Component(service_id=part.id, quantity=3), Component(service_id=part.id, quantity=2)),
        bundled_service_id=part.id,
        session_count=10,
        cancellation_policy=(CancellationTier(min_notice_hours=48, refund_percent=90),),
        pay_practitioner_on_no_show=True,
        pay_practitioner_on_late_cancel=True,
        complimentary_earnings_cents=2**31 + 1,
        on_expiry=OnExpiry.CREDITS,
        allow_late_entry=True,
    )
    second = evolve(
        first,
        price_cents=0,
        components=(),
        cancellation_policy=(),
        bundled_service_id=None,
        session_count=None,
        validity_days=None,
        allow_late_entry=False,
        status=ServiceStatus.ARCHIVED,
        version=2,
    )
    return Example(needs=(seller, part), first=first, second=second)


def session() -> Example:
    """A course session with some seats taken."""
    seller = make_practitioner()
    course = make_service(seller, service_type=ServiceType.COURSE)
    first = make_session(
        course,
        visibility=Visibility.UNLISTED,
        timezone="Asia/Kathmandu",
        max_participants=7,
        current_participants=3,
        offered_seats=2,
        waiting_count=2**31,
        sequence_number=4,
        needs_review=True,
        next_reminder_at=LATER,
    )
    second = evolve(
        first,
        status=SessionStatus.COMPLETED,
        start_time=LATER,
        end_time=LATER + timedelta(hours=2),
        actual_start_time=LATER + timedelta(milliseconds=1),
        actual_end_time=LATER + timedelta(hours=3),
        needs_review=False,
        called_off=True,
        next_reminder_at=None,
        version=2,
    )
    return Example(needs=(seller, course), first=first, second=second)


def order() -> Example:
    """An unpaid bundle, paid with credits and card."""
    seller = make_practitioner()
    part = make_service(seller)
    bundle = make_service(seller, service_type=ServiceType.BUNDLE, bundled_service_id=part.id)
    first = make_order(
        bundle,
        order_type=OrderType.BUNDLE,
        status=OrderStatus.PENDING_PAYMENT,
        subtotal_amount_cents=LARGEST,
        credits_applied_cents=LARGEST - 2**31,
        total_sessions=5,
        session_value_cents=LARGEST // 5,
        bundled_service_id=part.id,
        terms=Terms(
            cancellation_policy=(CancellationTier(min_notice_hours=12, refund_percent=33),),
            pay_practitioner_on_no_show=True,
            pay_practitioner_on_late_cancel=True,
            complimentary_earnings_cents=LARGEST,
            on_expiry=OnExpiry.CREDITS,
            earnings_hold_hours=72,
        ),
        expires_at=LATER,
        expiry_due_at=NOW + timedelta(days=1),
        hold_expires_at=NOW + timedelta(minutes=15),
        client_notes=TEXT,
        migrated_from_booking_id=2**31,
        migrated_at=LATER,
    )
    second = evolve(
        first,
        status=OrderStatus.PARTIALLY_REFUNDED,
        refunded_credits_cents=2**31,
        refunded_card_cents=2**31 - 1,
        card_to_credits_cents=1,
        sessions_completed=2,
        sessions_canceled=2,
        sessions_expired=1,
        expires_at=None,
        expiry_due_at=None,
        hold_expires_at=None,
        ledger_seq=2**31,
        ledger_head="f" * 64,
        version=2,
    )
    return Example(needs=(seller, part, bundle), first=first, second=second)


def booking() -> Example:
    """An unpaid seat."""
    seller = make_practitioner()
    offer = make_service(seller)
    place = make_session(offer, current_participants=1)
    sold = make_order(offer)
    returned = make_refund(sold)
    first = make_booking(
        sold,
        place,
        status=BookingStatus.PENDING_PAYMENT,
        payment_status=SeatPayment.PENDING,
        price_charged_cents=LARGEST,
        discount_amount_cents=2**31,
        final_amount_cents=LARGEST - 2**31,
        session_value_cents=LARGEST,
        commission_bps=9999,
        service_name_snapshot=TEXT,
        service_description_snapshot=TEXT,
        practitioner_name_snapshot=TEXT,
        client_notes=TEXT,
    )
    second = evolve(
        first,
        status=BookingStatus.CANCELED,
        payment_status=SeatPayment.PARTIALLY_REFUNDED,
        attendance=Attendance.NO_SHOW,
        refunded_cents=2**31,
        refund_id=returned.id,
        credit_usage_transaction_id=PostingId(new_id()),
        cancel_reason=TEXT,
        canceled_at=LATER,
        version=2,
    )
    return Example(needs=(seller, offer, place, sold, returned), first=first, second=second)


def waitlist() -> Example:
    """Somebody who waits, and is offered a seat."""
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    full = make_session(workshop, max_participants=1, current_participants=1, waiting_count=1)
    first = make_waiting(full, created_at=NOW + timedelta(milliseconds=1))
    second = evolve(first, status=WaitlistStatus.OFFERED, offer_expires_at=LATER, updated_at=LATER, version=2)
    return Example(needs=(seller, workshop, full), first=first, second=second)
