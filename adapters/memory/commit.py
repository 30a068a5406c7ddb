"""One commit: everything is checked on drafts of the tables, then published without a step that can fail.

The order is the one that every store keeps, so that of several broken guards each store names
the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve

from adapters.memory.constraints import REFERENCES, check
from adapters.memory.rows import Draft
from adapters.memory.tables import Tables
from adapters.memory.withdrawals import withdraw
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner
from core.domain.changes import Changes, NewRecord, Record, SeatChange, SlotClaim
from core.domain.credits import CreditAccount, CreditChange, accepts, applied
from core.domain.errors import InsufficientCredits, SessionFull, SessionOverlap
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import SessionId, UserId
from core.domain.ledger import ChainOwner, HeadMove, JournalEntry
from core.domain.presence import RoomEvent
from core.domain.rows import RECORDS
from core.domain.runs import Brought
from core.domain.sessions import ServiceSession, overlaps
from core.domain.statuses import SessionStatus
from ports.errors import ConcurrencyConflict, Inconsistent

SEAT_COUNTS = ("current_participants", "offered_seats", "waiting_count")
"""The counts of a session that only `SeatChange` moves."""

CALLED_OR_OWNED = (IdempotencyRecord, CreditAccount)
"""What is inserted first: a caller's key, and accounts before anything moves their balance."""


def commit(tables: Tables, changes: Changes) -> None:
    """Write everything, or raise and write nothing."""
    unit = _Unit(tables)
    first = [record for record in changes.inserts if type(record) in CALLED_OR_OWNED]
    others = [record for record in changes.inserts if type(record) not in CALLED_OR_OWNED]
    steps: tuple[tuple[Callable[[Any], None], Iterable[Any]], ...] = (
        (unit.insert, first),
        (unit.change_credits, changes.credits),
        (unit.insert, others),
        (unit.update, changes.updates),
        (unit.remove, changes.removals),
        (unit.change_seats, changes.seats),
        (unit.claim, changes.slots),
        (unit.move_head, changes.heads),
        (unit.append, changes.entries),
        (unit.insert, changes.events),
        (unit.insert, changes.room_events),
    )
    for step, items in steps:
        for item in items:
            step(item)

    unit.withdraw(changes.withdrawals)
    unit.check_references()
    unit.publish()


class _Unit:
    """The drafts of one commit."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._drafts: dict[type, Draft[Any]] = {}
        self._entries: list[JournalEntry] = []
        self._withdrawn: list[JournalEntry] = []

    def insert(self, row: NewRecord | JournalEntry | Event | RoomEvent) -> None:
        """Add a row whose keys are all free."""
        check(row)
        self._draft(type(row)).insert(row)

    def append(self, entry: JournalEntry) -> None:
        """Add a journal entry to its chain."""
        self.insert(entry)
        self._entries.append(entry)

    def update(self, row: Record) -> None:
        """Replace the version before; the guarded counters keep the store's value."""
        draft = self._draft(type(row))
        stored = draft.get(draft.table.key(row))
        if stored is None or stored.version != row.version - 1:
            raise ConcurrencyConflict(f"{draft.table.kind} is no longer at version {row.version - 1}")

        kept = _with_stored_counters(row, stored)
        check(kept)
        draft.put(kept)

    def remove(self, session_id: SessionId) -> None:
        """Delete a placeholder session."""
        draft = self._draft(ServiceSession)
        stored = draft.get(session_id.int)
        if stored is None or stored.status is not SessionStatus.DRAFT:
            raise ConcurrencyConflict(f"session {session_id} is no placeholder any more")
        bookings = self._draft(Booking)
        for key in self._tables.sessions_bookings.ascending(session_id.int):
            booking: Booking | None = bookings.get(key)
            if booking is not None and booking.session_id == session_id:
                raise Inconsistent(f"session {session_id} still has bookings")
        draft.drop(session_id.int)

    def change_credits(self, change: CreditChange) -> None:
        """Move a balance, or what is held of it."""
        account = self._account(change.user_id, change.currency)
        if account.currency != change.currency or not accepts(account, change):
            raise InsufficientCredits(change.user_id)
        after = applied(account, change)
        check(after)
        self._draft(CreditAccount).put(after)

    def change_seats(self, change: SeatChange) -> None:
        """Take, offer or wait for seats of an open session, or give some back."""
        draft = self._draft(ServiceSession)
        session: ServiceSession | None = draft.get(change.session_id.int)
        if session is None or not change.accepts(session):
            if change.seats > 0:
                raise SessionFull(change.session_id)
            raise ConcurrencyConflict(f"the seats of session {change.session_id} are not as they were")
        draft.put(
            evolve(
                session,
                current_participants=session.current_participants + change.seats,
                offered_seats=session.offered_seats + change.offered,
                waiting_count=session.waiting_count + change.waiting,
                version=session.version + 1,
            )
        )

    def claim(self, slot: SlotClaim) -> None:
        """Take the practitioner's row, then look for another session at that time."""
        practitioners = self._draft(Practitioner)
        practitioner = practitioners.get(slot.practitioner_id.int)
        if practitioner is None:
            raise ConcurrencyConflict(f"there is no practitioner {slot.practitioner_id} any more")
        practitioners.put(evolve(practitioner, agenda_version=practitioner.agenda_version + 1))

        for session in self._rivals(slot):
            if overlaps(session, slot.start_time, slot.end_time):
                raise SessionOverlap(slot.start_time, slot.end_time)

    def move_head(self, move: HeadMove) -> None:
        """Move the head of a user's or practitioner's chain from where the decision saw it."""
        stored: CreditAccount | Practitioner | None
        if move.owner is ChainOwner.PRACTITIONER:
            stored = self._draft(Practitioner).get(move.owner_id.int)
        elif move.owner is ChainOwner.USER:
            stored = self._account(move.owner_id, move.currency)
        else:
            raise Inconsistent("an order's head moves with the order's own version")
        if stored is None or stored.ledger_seq != move.from_seq:
            raise ConcurrencyConflict(f"the chain of {move.owner} {move.owner_id} has moved on")
        self._draft(type(stored)).put(evolve(stored, ledger_seq=move.to_seq, ledger_head=move.head))

    def withdraw(self, rows: Sequence[Brought]) -> None:
        """Delete what a run brought in."""
        if rows:
            drafts = {kind: self._draft(record) for kind, record in RECORDS.items()}
            gone = withdraw(drafts, rows)
            self._withdrawn += [row for row in gone if isinstance(row, JournalEntry)]

    def check_references(self) -> None:
        """Refuse rows that name another which is not there once everything is written."""
        for kind, references in REFERENCES.items():
            draft = self._drafts.get(kind)
            for row in () if draft is None else draft.changed.values():
                for name, target in () if row is None else references:
                    if self._find(target, getattr(row, name).int) is None:
                        raise Inconsistent(f"the {name} of a {kind.__name__} does not exist")

    def publish(self) -> None:
        """Make the drafts the truth."""
        for draft in self._drafts.values():
            draft.publish()
        for entry in self._entries:
            self._tables.balances.add(entry)
        for entry in self._withdrawn:
            self._tables.balances.remove(entry)

    def _draft(self, kind: type) -> Draft[Any]:
        draft = self._drafts.get(kind)
        if draft is None:
            draft = self._drafts[kind] = Draft(self._tables.of[kind])
        return draft

    def _find(self, kind: type, key: int) -> object | None:
        draft = self._drafts.get(kind)
        return self._tables.of[kind].rows.get(key) if draft is None else draft.get(key)

    def _account(self, user_id: UserId, currency: str) -> CreditAccount:
        found: CreditAccount | None = self._draft(CreditAccount).get(user_id.int)
        return CreditAccount(user_id=user_id, currency=currency) if found is None else found

    def _rivals(self, slot: SlotClaim) -> Iterator[ServiceSession]:
        """The practitioner's other sessions near the slot, as this commit leaves them."""
        draft = self._draft(ServiceSession)
        nearby = self._tables.agenda.near(slot.practitioner_id, slot.start_time, slot.end_time)
        for key in {*nearby, *draft.changed} - {slot.session_id.int}:
            session = draft.get(key)
            if session is not None and session.practitioner_id == slot.practitioner_id:
                yield session


def _with_stored_counters(row: Record, stored: Any) -> Record:
    if isinstance(row, ServiceSession):
        kept = {name: getattr(stored, name) for name in SEAT_COUNTS}
        return row if all(getattr(row, name) == kept[name] for name in SEAT_COUNTS) else evolve(row, **kept)
    if isinstance(row, Practitioner):
        return evolve(
            row,
            agenda_version=stored.agenda_version,
            ledger_seq=stored.ledger_seq,
            ledger_head=stored.ledger_head,
        )
    return row
