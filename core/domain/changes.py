"""The unit of work as a value: everything that one decision wants written, all or nothing."""

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditAccount, CreditChange
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import SessionId, UserId
from core.domain.inbox import InboxItem
from core.domain.ledger import HeadMove, JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.subscriptions import Subscription
from core.domain.time import instant
from core.domain.waitlist import WaitlistEntry

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
    | WaitlistEntry
    | Event
    | Dispatch
    | Dispute
    | InboxItem
    | Contact
    | Subscription
    | Run
)
"""A row that is updated only from the version before. Decisions insert it at version 1."""

NewRecord = Record | CreditAccount | Brought
"""What is inserted as it is: whatever its version, counts and chain's head."""


@frozen(kw_only=True)
class SeatChange:
    """A guarded move of a session's counts (`current_participants` by `seats`, `offered_seats`,
    `waiting_count`); it also moves the session's version.

    No count goes below 0. Taking or offering seats applies only while the session is open (draft or
    scheduled) and both together stay within `max_participants`; taking others than offered ones only
    while nobody waits; beginning to wait only while the session is open and no seat is to be had.
    A miss is SessionFull where seats were to be taken, else ConcurrencyConflict.
    """

    session_id: SessionId
    seats: int
    offered: int = 0
    waiting: int = 0

    def accepts(self, session: ServiceSession) -> bool:
        """Whether the guard holds on a session as it is stored: the rule that every store repeats."""
        is_open = session.status in OPEN_STATUSES
        taken = session.current_participants + self.seats
        offered = session.offered_seats + self.offered
        if min(taken, offered, session.waiting_count + self.waiting) < 0:
            return False
        if max(self.seats, self.offered) > 0 and not (
            is_open and taken + offered <= session.max_participants
        ):
            return False
        if self.seats > 0 and self.seats + self.offered > 0 and session.waiting_count > 0:
            return False
        return self.waiting <= 0 or (is_open and session.free_seats <= 0)


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
    guarded counter (a session's counts, `agenda_version`, a practitioner's ledger head) keep the
    store's value. `removals` delete placeholder sessions. `room_events` are inserted and never
    change.

    `withdrawals` delete rows that a run brought in, with the notes that it did, and apply only to rows
    whose content is still the one that was noted, else ConcurrencyConflict. A row that another one
    names which stays is StillReferenced. Journal entries are deleted in no other way.
    """

    inserts: tuple[NewRecord, ...] = ()
    updates: tuple[Record, ...] = ()
    removals: tuple[SessionId, ...] = ()
    credits: tuple[CreditChange, ...] = ()
    seats: tuple[SeatChange, ...] = ()
    slots: tuple[SlotClaim, ...] = ()
    heads: tuple[HeadMove, ...] = ()
    entries: tuple[JournalEntry, ...] = ()
    events: tuple[Event, ...] = ()
    room_events: tuple[RoomEvent, ...] = ()
    withdrawals: tuple[Brought, ...] = ()


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
        room_events=tuple(e for p in parts for e in p.room_events),
        withdrawals=tuple(w for p in parts for w in p.withdrawals),
    )


def summed_seats(changes: Iterable[SeatChange]) -> tuple[SeatChange, ...]:
    """Seat changes with one sum per session and count, ordered by session id; those of 0 are left out."""
    sums: dict[SessionId, SeatChange] = {}
    for change in changes:
        before = sums.get(change.session_id)
        sums[change.session_id] = change if before is None else _added(before, change)
    return tuple(sums[key] for key in sorted(sums) if _moves(sums[key]))


def _added(first: SeatChange, second: SeatChange) -> SeatChange:
    return SeatChange(
        session_id=first.session_id,
        seats=first.seats + second.seats,
        offered=first.offered + second.offered,
        waiting=first.waiting + second.waiting,
    )


def _moves(change: SeatChange) -> bool:
    return change.seats != 0 or change.offered != 0 or change.waiting != 0
