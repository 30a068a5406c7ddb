"""Calendars: what a practitioner's days hold, and the secret that lets a calendar program read them."""

from datetime import datetime, timedelta
from hashlib import sha256

from attrs import evolve, field, frozen

from core.domain.catalogue import Practitioner
from core.domain.errors import Invalid
from core.domain.ids import BookingId, ServiceId, SessionId, UserId
from core.domain.offering import MAX_DURATION_MINUTES
from core.domain.sessions import SessionType
from core.domain.statuses import BookingStatus, SessionStatus
from core.domain.time import instant

LONGEST_CALENDAR = timedelta(days=62)
"""The longest span that one request may ask for: two months."""

FEED_BEFORE = timedelta(days=90)
FEED_AHEAD = timedelta(days=365)

LONGEST_SESSION = timedelta(minutes=MAX_DURATION_MINUTES)
"""No session lasts longer, so one that reaches into a span starts at most so long before it."""


@frozen(kw_only=True)
class Attendee:
    """Who holds a seat, confirmed or still to be paid."""

    user_id: UserId
    booking_id: BookingId
    status: BookingStatus


@frozen(kw_only=True)
class CalendarItem:
    """A session with a time, under its service's name, with those who hold its seats by booking id."""

    service_session_id: SessionId
    service_id: ServiceId
    practitioner_id: UserId
    title: str
    session_type: SessionType
    status: SessionStatus
    start_time: datetime = field(converter=instant)
    end_time: datetime = field(converter=instant)
    max_participants: int
    version: int
    attendees: tuple[Attendee, ...] = ()


@frozen(kw_only=True)
class Span:
    """[start, end) of time."""

    start: datetime = field(converter=instant)
    end: datetime = field(converter=instant)


def calendar_span(start: datetime, end: datetime) -> Span:
    """What a calendar may show at once. Raises Invalid unless the span is of 1 ms to 62 days."""
    span = Span(start=start, end=end)
    if span.end <= span.start:
        raise Invalid("/to", "must be after `from`")
    if span.end - span.start > LONGEST_CALENDAR:
        raise Invalid("/to", f"must be at most {LONGEST_CALENDAR.days} days after `from`")
    return span


def feed_span(now: datetime) -> Span:
    """What a calendar program is told: a quarter back, a year ahead."""
    return Span(start=now - FEED_BEFORE, end=now + FEED_AHEAD)


def token_hash(token: str) -> str:
    """What is kept of a feed's token: SHA-256, which is enough for a secret of 256 random bits."""
    return sha256(token.encode()).hexdigest()


def with_feed(practitioner: Practitioner, token: str) -> Practitioner:
    """The practitioner's next version, whose calendar this token opens and no earlier one."""
    return evolve(practitioner, calendar_token_hash=token_hash(token), version=practitioner.version + 1)


def without_feed(practitioner: Practitioner) -> Practitioner:
    """The practitioner's next version, whose calendar no token opens."""
    return evolve(practitioner, calendar_token_hash=None, version=practitioner.version + 1)
