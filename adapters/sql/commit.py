"""One commit: everything is written in one transaction, in one order, each guard checked by the database.

Rows are always locked in the same order (practitioners whose time is claimed, accounts, orders,
sessions, bookings, the rest; ids ascending), so that two commits do not wait for each other in a
ring. The practitioner comes before the sessions because PostgreSQL's exclusion constraint would
otherwise let two of them wait for each other.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from adapters.sql import guards, writes
from adapters.sql.rows import SHAPES, Shape, entry_row, posting_rows
from adapters.sql.tables import entries, postings
from adapters.sql.withdrawals import withdraw
from core.domain.changes import Changes, Record
from core.domain.errors import SessionOverlap
from core.domain.ids import SessionId
from core.domain.ledger import ChainOwner, HeadMove, JournalEntry
from core.domain.sessions import ServiceSession
from ports.errors import ConcurrencyConflict, Inconsistent


def apply(connection: Connection, changes: Changes) -> None:
    """Write everything, or raise; the caller ends the transaction accordingly."""
    user_heads, practitioner_heads = _heads(changes.heads)

    of_new_practitioners = guards.take_practitioners(connection, changes.slots)
    writes.insert(connection, _new_rows(changes))
    if guards.take_practitioners(connection, of_new_practitioners):
        raise ConcurrencyConflict("there is no practitioner any more whose time was claimed")
    guards.move_practitioner_heads(connection, practitioner_heads)
    guards.change_credits(connection, changes.credits)
    guards.move_user_heads(connection, user_heads)
    _update(connection, changes.updates)
    _remove(connection, changes.removals)
    guards.change_seats(connection, changes.seats)
    guards.check_slots(connection, changes.slots)
    withdraw(connection, changes.withdrawals)


def overlap(changes: Changes) -> Exception | None:
    """What to tell of changes that PostgreSQL's exclusion constraint refused: whose time was taken."""
    for slot in changes.slots:
        return SessionOverlap(slot.start_time, slot.end_time)
    for record in (*changes.inserts, *changes.updates):
        if isinstance(record, ServiceSession) and record.start_time and record.end_time:
            return SessionOverlap(record.start_time, record.end_time)
    return None


def _heads(heads: Iterable[HeadMove]) -> tuple[list[HeadMove], list[HeadMove]]:
    """The moves of users' and of practitioners' chains."""
    by_owner: dict[ChainOwner, list[HeadMove]] = {owner: [] for owner in ChainOwner}
    for head in sorted(heads, key=lambda head: head.owner_id):
        by_owner[head.owner].append(head)
    if by_owner[ChainOwner.ORDER]:
        raise Inconsistent("an order's head moves with the order's own version")
    return by_owner[ChainOwner.USER], by_owner[ChainOwner.PRACTITIONER]


def _new_rows(changes: Changes) -> list[writes.NewRows]:
    """The new rows by table: callers' keys first, the outbox and the journal last."""
    batches = [
        writes.NewRows(shape.table, records)
        for shape, records in _by_shape((*changes.inserts, *changes.events, *changes.room_events))
    ]
    if changes.entries:
        _check_sums(changes.entries)
        lines = [row for entry in changes.entries for row in posting_rows(entry)]
        batches.append(writes.NewRows(entries, [entry_row(entry) for entry in changes.entries]))
        batches.append(writes.NewRows(postings, lines))
    return batches


def _by_shape(records: Iterable[Any]) -> list[tuple[Shape[Any], list[Any]]]:
    """The records by table, both in their fixed order."""
    by_type: dict[type, list[Any]] = {}
    for record in records:
        by_type.setdefault(type(record), []).append(record)
    return [
        (shape, sorted(by_type[kind], key=shape.key_of)) for kind, shape in SHAPES.items() if kind in by_type
    ]


def _check_sums(journal: Iterable[JournalEntry]) -> None:
    for entry in journal:
        if sum([posting.amount_cents for posting in entry.postings]) != 0:
            raise Inconsistent(f"the postings of entry {entry.id} do not sum to zero")


def _update(connection: Connection, records: Iterable[Record]) -> None:
    for shape, missed in writes.update(connection, _by_shape(records)):
        if missed:
            raise ConcurrencyConflict(f"{missed} of {shape.table.name} are no longer at the version before")


def _remove(connection: Connection, removals: Sequence[SessionId]) -> None:
    """Delete placeholder sessions."""
    if removals and writes.remove_drafts(connection, removals) != len(removals):
        raise ConcurrencyConflict("a session to be removed is no placeholder any more")
