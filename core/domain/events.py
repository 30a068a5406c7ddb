"""Domain events: what happened, for whoever wants to know. Written to the outbox with their cause."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import field, frozen

from core.domain.ids import EventId, IdSource
from core.domain.time import instant, optional_instant


class EventType(StrEnum):
    ORDER_PAID = "order.paid"
    ORDER_CANCELED = "order.canceled"
    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_CANCELED = "booking.canceled"
    SESSION_STARTED = "session.started"
    SESSION_COMPLETED = "session.completed"
    REFUND_CREATED = "refund.created"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    EARNINGS_AVAILABLE = "earnings.available"
    PAYOUT_CREATED = "payout.created"
    PAYOUT_PAID = "payout.paid"
    PAYOUT_FAILED = "payout.failed"
    PAYOUT_REVERSED = "payout.reversed"
    CREDITS_GRANTED = "credits.granted"
    SESSION_CANCELED = "session.canceled"
    SESSION_RESCHEDULED = "session.rescheduled"
    BOOKING_RESCHEDULED = "booking.rescheduled"
    BOOKING_REFUNDED = "booking.refunded"
    ATTENDANCE_NOTED = "attendance.noted"
    SESSION_REMINDER = "session.reminder"
    SESSION_REVIEW_NEEDED = "session.review_needed"
    WAITLIST_JOINED = "waitlist.joined"
    WAITLIST_OFFERED = "waitlist.offered"
    WAITLIST_LAPSED = "waitlist.lapsed"
    WAITLIST_CLOSED = "waitlist.closed"
    PACKAGE_EXPIRING = "package.expiring"
    PACKAGE_EXPIRED = "package.expired"
    PACKAGE_TRANSFERRED = "package.transferred"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_WON = "dispute.won"
    DISPUTE_LOST = "dispute.lost"


@frozen(kw_only=True)
class Event:
    """One fact about one thing. `payload` holds ids, amounts and instants as plain JSON values.

    `published_at` stays None until the relay has planned what has to be sent because of it. Until
    then it is due from `next_attempt_at` on, unless it is parked or a relay has claimed it
    (`claimed_by` is that claim). Source of the moves: `core.domain.relaying`.
    """

    id: EventId
    type: EventType
    subject_id: UUID
    payload: Mapping[str, str | int | None]
    occurred_at: datetime = field(converter=instant)
    published_at: datetime | None = field(default=None, converter=optional_instant)
    attempts: int = 0
    next_attempt_at: datetime = field(converter=instant)
    claimed_by: UUID | None = None
    claimed_until: datetime | None = field(default=None, converter=optional_instant)
    parked_at: datetime | None = field(default=None, converter=optional_instant)
    last_error: str | None = None
    version: int = 1

    @next_attempt_at.default
    def _at_once(self) -> datetime:
        return self.occurred_at


def event(
    new_id: IdSource,
    kind: EventType,
    subject_id: UUID,
    now: datetime,
    **payload: UUID | datetime | str | int | None,
) -> Event:
    """An event with its payload made plain."""
    return Event(
        id=EventId(new_id()),
        type=kind,
        subject_id=subject_id,
        payload={key: plain(value) for key, value in payload.items()},
        occurred_at=now,
    )


def plain(value: UUID | datetime | str | int | None) -> str | int | None:
    """A payload's value: ids as text, instants in RFC 3339."""
    if isinstance(value, datetime):
        return instant(value).isoformat(timespec="milliseconds")
    return str(value) if isinstance(value, UUID) else value
