"""What people are told by mail, where they are reached, and what they would rather not hear."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from core.domain.ids import UserId
from core.domain.time import instant


class NotificationKind(StrEnum):
    """Each has a template of its own. Seats that are booked, moved or canceled, and reviews, are told to
    the practitioner.
    """

    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_RESCHEDULED = "booking_rescheduled"
    BOOKING_CANCELED = "booking_canceled"
    SESSION_CANCELED = "session_canceled"
    SESSION_REMINDER = "session_reminder"
    REVIEW_REQUEST = "review_request"
    PACKAGE_EXPIRING = "package_expiring"
    PACKAGE_TRANSFERRED = "package_transferred"
    WAITLIST_OFFERED = "waitlist_offered"
    EARNINGS_RELEASED = "earnings_released"
    PAYOUT_SENT = "payout_sent"
    SEAT_BOOKED = "seat_booked"
    SEAT_MOVED = "seat_moved"
    SEAT_CANCELED = "seat_canceled"
    SESSION_REVIEW = "session_review"


class OptionalKind(StrEnum):
    """What somebody may do without: nothing that confirms a deal of theirs is among it."""

    SESSION_REMINDER = NotificationKind.SESSION_REMINDER.value
    REVIEW_REQUEST = NotificationKind.REVIEW_REQUEST.value
    PACKAGE_EXPIRING = NotificationKind.PACKAGE_EXPIRING.value
    EARNINGS_RELEASED = NotificationKind.EARNINGS_RELEASED.value
    SEAT_BOOKED = NotificationKind.SEAT_BOOKED.value
    SEAT_MOVED = NotificationKind.SEAT_MOVED.value
    SEAT_CANCELED = NotificationKind.SEAT_CANCELED.value


def _each_once(kinds: Iterable[OptionalKind]) -> tuple[OptionalKind, ...]:
    return tuple(sorted(set(kinds)))


@frozen(kw_only=True)
class Contact:
    """Where a user is reached. Times in their mail are by the clock of `timezone`, an IANA zone.

    `unwanted` are the notifications that they do not want, each once, sorted.
    """

    user_id: UserId
    email: str
    display_name: str | None = None
    timezone: str
    unwanted: tuple[OptionalKind, ...] = field(default=(), converter=_each_once)
    updated_at: datetime = field(converter=instant)
    version: int = 1

    def wants(self, kind: NotificationKind) -> bool:
        """Whether to send it: everything but what they do not want."""
        return kind.value not in self.unwanted
