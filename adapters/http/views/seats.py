"""Sessions and bookings as clients read them."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.fields import Instant
from core.domain.actors import Actor
from core.domain.bookings import Attendance, Seat, SeatPayment
from core.domain.catalogue import Visibility
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import BookingStatus, SessionStatus

Copied = Annotated[Instant | None, Meta(extra_json_schema={"deprecated": True})]
"""A time that is kept for older clients; the session's own is meant."""


class SessionView(Struct, frozen=True, kw_only=True):
    """A time slot on its own; `duration` in minutes. While somebody waits, no seat is free: what is
    given back is offered to the waitlist first. `needs_review` (customers came and the practitioner never
    did) is for its practitioner and admins alone.
    """

    id: UUID
    service_id: UUID
    practitioner_id: UUID
    session_type: SessionType
    visibility: Visibility
    status: SessionStatus
    start_time: Instant | None
    end_time: Instant | None
    actual_start_time: Instant | None
    actual_end_time: Instant | None
    timezone: str
    duration: int
    max_participants: int
    current_participants: int
    offered_seats: int
    waiting_count: int
    free_seats: int
    sequence_number: int | None
    needs_review: bool | UnsetType = UNSET
    created_at: Instant


class SessionPage(Struct, frozen=True):
    """Sessions, the earliest first."""

    items: list[SessionView]
    next_cursor: str | None


class SlotView(Struct, frozen=True, kw_only=True):
    """The time slot that a booking is a seat in; `duration` in minutes."""

    id: UUID
    session_type: SessionType
    visibility: Visibility
    status: SessionStatus
    start_time: Instant | None
    end_time: Instant | None
    timezone: str
    duration: int
    max_participants: int
    current_participants: int
    sequence_number: int | None


class BookingView(Struct, frozen=True, kw_only=True):
    """A seat. `session_value_cents` is its share of the order; whether it is `completed` its session says."""

    id: UUID
    user_id: UUID
    order_id: UUID
    service_id: UUID
    practitioner_id: UUID
    status: BookingStatus
    payment_status: SeatPayment
    completed: bool
    attendance: Attendance
    service_session: SlotView
    computed_start_time: Instant | None
    computed_end_time: Instant | None
    start_time: Copied
    end_time: Copied
    price_charged_cents: int
    discount_amount_cents: int
    final_amount_cents: int
    session_value_cents: int
    credit_usage_transaction_id: UUID | None
    service_name_snapshot: str
    service_description_snapshot: str
    practitioner_name_snapshot: str
    client_notes: str
    created_at: Instant
    canceled_at: Instant | None
    completed_at: Instant | None


class BookingPage(Struct, frozen=True):
    """Bookings, newest first."""

    items: list[BookingView]
    next_cursor: str | None


def session_view(session: ServiceSession, reader: Actor | None) -> SessionView:
    """The session with what its reader may know of it; None is a visitor."""
    private = reader is not None and reader.owns(session.practitioner_id)
    return SessionView(
        id=session.id,
        service_id=session.service_id,
        practitioner_id=session.practitioner_id,
        session_type=session.session_type,
        visibility=session.visibility,
        status=session.status,
        start_time=session.start_time,
        end_time=session.end_time,
        actual_start_time=session.actual_start_time,
        actual_end_time=session.actual_end_time,
        timezone=session.timezone,
        duration=session.duration_minutes,
        max_participants=session.max_participants,
        current_participants=session.current_participants,
        offered_seats=session.offered_seats,
        waiting_count=session.waiting_count,
        free_seats=session.free_seats,
        sequence_number=session.sequence_number,
        needs_review=session.needs_review if private else UNSET,
        created_at=session.created_at,
    )


def booking_view(seat: Seat) -> BookingView:
    """The seat as its holder and its practitioner see it."""
    booking, session = seat.booking, seat.session
    return BookingView(
        id=booking.id,
        user_id=booking.user_id,
        order_id=booking.order_id,
        service_id=booking.service_id,
        practitioner_id=booking.practitioner_id,
        status=booking.status,
        payment_status=booking.payment_status,
        completed=seat.completed,
        attendance=booking.attendance,
        service_session=slot_view(session),
        computed_start_time=session.start_time,
        computed_end_time=session.end_time,
        start_time=session.start_time,
        end_time=session.end_time,
        price_charged_cents=booking.price_charged_cents,
        discount_amount_cents=booking.discount_amount_cents,
        final_amount_cents=booking.final_amount_cents,
        session_value_cents=booking.session_value_cents,
        credit_usage_transaction_id=booking.credit_usage_transaction_id,
        service_name_snapshot=booking.service_name_snapshot,
        service_description_snapshot=booking.service_description_snapshot,
        practitioner_name_snapshot=booking.practitioner_name_snapshot,
        client_notes=booking.client_notes,
        created_at=booking.created_at,
        canceled_at=booking.canceled_at,
        completed_at=(session.actual_end_time or session.end_time) if seat.completed else None,
    )


def slot_view(session: ServiceSession) -> SlotView:
    """The session as those see it who have a seat in it or wait for one."""
    return SlotView(
        id=session.id,
        session_type=session.session_type,
        visibility=session.visibility,
        status=session.status,
        start_time=session.start_time,
        end_time=session.end_time,
        timezone=session.timezone,
        duration=session.duration_minutes,
        max_participants=session.max_participants,
        current_participants=session.current_participants,
        sequence_number=session.sequence_number,
    )
