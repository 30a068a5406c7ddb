"""Calendars as clients read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.calendar import Attendee, CalendarItem
from core.domain.sessions import SessionType
from core.domain.statuses import BookingStatus, SessionStatus


class AttendeeView(Struct, frozen=True, kw_only=True):
    """Who holds a seat; `pending_payment` while it is not paid."""

    user_id: UUID
    booking_id: UUID
    status: BookingStatus


class CalendarItemView(Struct, frozen=True, kw_only=True):
    """A session, once for all who come. A canceled one has nobody left."""

    service_session_id: UUID
    service_id: UUID
    practitioner_id: UUID
    title: str
    session_type: SessionType
    status: SessionStatus
    start_time: Instant
    end_time: Instant
    max_participants: int
    attendee_count: int
    attendees: list[AttendeeView]


class CalendarView(Struct, frozen=True):
    """Sessions by start."""

    items: list[CalendarItemView]


class FeedView(Struct, frozen=True, kw_only=True):
    """Where calendar programs find the feed. Whoever knows the token reads it; it is told only once."""

    url: str
    token: str


def calendar_item_view(item: CalendarItem) -> CalendarItemView:
    """A session as its practitioner sees it."""
    return CalendarItemView(
        service_session_id=item.service_session_id,
        service_id=item.service_id,
        practitioner_id=item.practitioner_id,
        title=item.title,
        session_type=item.session_type,
        status=item.status,
        start_time=item.start_time,
        end_time=item.end_time,
        max_participants=item.max_participants,
        attendee_count=len(item.attendees),
        attendees=[_attendee(attendee) for attendee in item.attendees],
    )


def _attendee(attendee: Attendee) -> AttendeeView:
    return AttendeeView(user_id=attendee.user_id, booking_id=attendee.booking_id, status=attendee.status)
