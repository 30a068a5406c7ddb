"""Places in the line for a full session, and the offers that a freed seat makes of them."""

from datetime import datetime

from attrs import evolve, field, frozen

from core.domain.ids import ServiceId, SessionId, UserId, WaitlistId
from core.domain.statuses import WaitlistStatus, transition
from core.domain.time import instant, optional_instant

LIVE_STATUSES = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)
"""A customer has at most one place in these per session; stores insist on it."""


@frozen(kw_only=True)
class WaitlistEntry:
    """A customer's place in a session's line, which is ordered by `created_at` and then by id.

    `offer_expires_at` is set with the offer: until then (exclusive) one seat is held for this customer.
    """

    id: WaitlistId
    session_id: SessionId
    service_id: ServiceId
    user_id: UserId
    status: WaitlistStatus = WaitlistStatus.WAITING
    offer_expires_at: datetime | None = field(default=None, converter=optional_instant)
    created_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def is_live(self) -> bool:
        """Whether it may still come to a seat."""
        return self.status in LIVE_STATUSES

    def offers_a_seat(self, now: datetime) -> bool:
        """Whether a seat is held for this customer now."""
        if self.status is not WaitlistStatus.OFFERED or self.offer_expires_at is None:
            return False
        return now < self.offer_expires_at


def moved(entry: WaitlistEntry, move: str, *, now: datetime) -> WaitlistEntry:
    """The place's next version after a status move."""
    return evolve(entry, status=transition(entry.status, move), updated_at=now, version=entry.version + 1)
