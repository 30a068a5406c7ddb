"""The proof that places are counted right: seats, lines, and the practitioners' time.

A part of the `Auditor` of `audit`, which shows it the rows.
Source: domain.md, "The ledger", invariants 4 and 7.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from attrs import frozen

from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner
from core.domain.ids import SessionId, UserId
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession, SessionType
from core.domain.statuses import BookingStatus, WaitlistStatus
from core.domain.waitlist import WaitlistEntry

OCCUPIED = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)

Blame = Callable[[str, str, str], None]
"""Names a violation: the rule, of what, and the figures that do not agree."""


@frozen(kw_only=True)
class _Slot:
    start_time: datetime
    end_time: datetime
    session_id: SessionId


class PlaceAudit:
    """Sees sessions, bookings, lines and practitioners once each, in this order."""

    def __init__(self, blame: Blame) -> None:
        self._blame = blame
        self._sessions: dict[SessionId, ServiceSession] = {}
        self._offered: Counter[SessionId] = Counter()
        self._waiting: Counter[SessionId] = Counter()
        self._slots: dict[UserId, list[_Slot]] = defaultdict(list)
        self._occupied: Counter[SessionId] = Counter()

    def session(self, session: ServiceSession) -> None:
        """Collect counts and, for individual sessions, the practitioner's time."""
        self._sessions[session.id] = session
        occupies = session.session_type is SessionType.INDIVIDUAL and session.status in OCCUPYING_STATUSES
        if occupies and session.start_time is not None and session.end_time is not None:
            self._slots[session.practitioner_id].append(
                _Slot(start_time=session.start_time, end_time=session.end_time, session_id=session.id)
            )

    def booking(self, booking: Booking) -> None:
        """Collect who sits where."""
        if booking.status in OCCUPIED:
            self._occupied[booking.session_id] += 1

    def waitlist(self, entry: WaitlistEntry) -> None:
        """Collect who waits and who is offered a seat."""
        if entry.status is WaitlistStatus.OFFERED:
            self._offered[entry.session_id] += 1
        if entry.status is WaitlistStatus.WAITING:
            self._waiting[entry.session_id] += 1

    def practitioner(self, practitioner: Practitioner) -> None:
        """Rule 7: their individual sessions follow one another."""
        slots = sorted(self._slots[practitioner.id], key=lambda s: (s.start_time, s.end_time))
        for before, after in pairwise(slots):
            if after.start_time < before.end_time:
                self._blame(
                    "individual sessions do not overlap",
                    f"session {after.session_id}",
                    f"overlaps session {before.session_id}",
                )

    def check(self) -> None:
        """Rule 4, when all rows were seen: seats counted = seats occupied, within capacity; so are lines."""
        for session_id, session in self._sessions.items():
            occupied, most = self._occupied[session_id], session.max_participants
            current, offered = session.current_participants, session.offered_seats
            if current != occupied or not 0 <= current <= current + offered <= most:
                self._blame(
                    "seats are counted and within capacity",
                    f"session {session_id}",
                    f"counts {current} and {offered} offered of {most}, bookings {occupied}",
                )
            line = (self._offered[session_id], self._waiting[session_id])
            if (offered, session.waiting_count) != line:
                self._blame(
                    "the line is counted",
                    f"session {session_id}",
                    f"counts {offered} offered and {session.waiting_count} waiting, entries {line}",
                )
