"""The unit of work as a value: everything that one decision wants written, all or nothing."""

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditChange
from core.domain.dispatches import Dispatch
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import SessionId, UserId
from core.domain.ledger import HeadMove, JournalEntry
from core.domain.orders import Order, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.time import instant

Record = (
    Practitioner
    | Service
    | ServiceSession
    | Order
    | Booking
    | Payment
    | Refund
    | Earnings
    | Payout
    | IdempotencyRecord
    | Event
    | Dispatch
)
"""A row that is inserted at version 1 and updated only from the version before."""


@frozen(kw_only=True)
class SeatChange:
    """A guarded move of a session's `current_participants`; it also moves the session's version.

    Taking seats applies only while the session is open (draft or scheduled) and the count stays
    within `max_participants`, else SessionFull. Giving back never goes below 0.
    """

    session_id: SessionId
    seats: int


@frozen(kw_only=True)
class SlotClaim:
    """A claim on the practitioner's time: applies only if no other individual session of theirs
    that occupies time overlaps [start_time, end_time), else SessionOverlap. Where the practitioner
    wants a buffer between sessions, it is the session's time and the buffer on both sides.

    The store takes the practitioner's row first (`agenda_version` + 1), so that two claims of
    one practitioner are decided one after the other.
    """

    practitioner_id: UserId
    session_id: SessionId
    start_time: datetime = field(converter=instant)
    end_time: datetime = field(converter=instant)


@frozen(kw_only=True)
class Changes:
    """What to write, in the order in which a store applies it.

    `inserts` fail with AlreadyExists on a taken unique key. `updates` carry their new version and
    apply only from the version before, else ConcurrencyConflict; columns that belong to a
    guarded counter (`current_participants`, `agenda_version`, a practitioner's ledger head) keep
    the store's value. `removals` delete placeholder sessions.
    """

    inserts: tuple[Record, ...] = ()
    updates: tuple[Record, ...] = ()
    removals: tuple[SessionId, ...] = ()
    credits: tuple[CreditChange, ...] = ()
    seats: tuple[SeatChange, ...] = ()
    slots: tuple[SlotClaim, ...] = ()
    heads: tuple[HeadMove, ...] = ()
    entries: tuple[JournalEntry, ...] = ()
    events: tuple[Event, ...] = ()


def merged(parts: Iterable[Changes]) -> Changes:
    """One unit of work out of several; seats of one session are taken as one sum."""
    parts = tuple(parts)
    return Changes(
        inserts=tuple(r for p in parts for r in p.inserts),
        updates=tuple(r for p in parts for r in p.updates),
        removals=tuple(s for p in parts for s in p.removals),
        credits=tuple(c for p in parts for c in p.credits),
        seats=summed_seats(s for p in parts for s in p.seats),
        slots=tuple(s for p in parts for s in p.slots),
        heads=tuple(h for p in parts for h in p.heads),
        entries=tuple(e for p in parts for e in p.entries),
        events=tuple(e for p in parts for e in p.events),
    )


def summed_seats(changes: Iterable[SeatChange]) -> tuple[SeatChange, ...]:
    """Seat changes with one sum per session, ordered by session id; sums of 0 are left out."""
    sums: dict[SessionId, int] = {}
    for change in changes:
        sums[change.session_id] = sums.get(change.session_id, 0) + change.seats
    return tuple(SeatChange(session_id=key, seats=sums[key]) for key in sorted(sums) if sums[key] != 0)
