"""From a unit of work to the few writes that carry it out. Pure: nothing here talks to a server.

The order is fixed. What many commits want at once comes first (accounts, sessions, agendas), because
in MongoDB the second writer of a document starts again: the earlier it learns that, the less is lost.
Inserts of a kind come before its updates, and seats are taken after their sessions' updates.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from attrs import frozen
from bson import Int64
from pymongo import UpdateOne

from adapters.mongo.documents import Document, request_key, to_document, version_after
from adapters.mongo.indexes import WAITED_FOR, one_of
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.changes import Changes, NewRecord, Record, SeatChange, SlotClaim
from core.domain.credits import CreditAccount, CreditChange, accepts
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.errors import InsufficientCredits, SessionFull
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import SessionId, UserId
from core.domain.inbox import InboxItem
from core.domain.ledger import ChainOwner, HeadMove, JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.errors import ConcurrencyConflict

R = TypeVar("R")

UNCONTENDED: Final = (
    Service,
    Order,
    Booking,
    Payment,
    Refund,
    Dispute,
    Earnings,
    Payout,
    WaitlistEntry,
    InboxItem,
    Contact,
)


@frozen
class Guarded:
    """An update whose filter is its guard: if it finds nothing, `refusal` is why nothing is written."""

    operation: UpdateOne
    refusal: Exception


@frozen
class Insert:
    """New documents."""

    kind: type[Any]
    documents: Sequence[Document]


@frozen
class Update:
    """Guarded updates, in order."""

    kind: type[Any]
    guarded: Sequence[Guarded]


@frozen
class Removal:
    """Placeholder sessions to delete; each must still be one."""

    ids: Sequence[SessionId]


@frozen
class FreeSlots:
    """A check that no other session is in the way of these, once the agendas are taken."""

    claims: Sequence[SlotClaim]


@frozen
class Withdrawal:
    """What a run brought in, to be deleted with the notes that it did."""

    rows: Sequence[Brought]


Write = Insert | Update | Removal | FreeSlots | Withdrawal


def writes_of(changes: Changes) -> tuple[Write, ...]:
    """The writes of a unit of work, in order; none is empty."""
    inserts, updates = _by_kind(changes.inserts), _by_kind(changes.updates)
    return tuple(write for write in _ordered(changes, inserts, updates) if not _is_empty(write))


def _ordered(
    changes: Changes, inserts: Mapping[type, list[NewRecord]], updates: Mapping[type, list[Record]]
) -> Iterator[Write]:
    def insert(kind: type[Any]) -> Insert:
        return Insert(kind, [to_document(record) for record in inserts.get(kind, ())])

    def update(kind: type[Any], *counters: Iterable[Guarded]) -> Update:
        versions = (_next_version(record) for record in updates.get(kind, ()))
        return Update(kind, [guarded for part in (versions, *counters) for guarded in part])

    yield insert(IdempotencyRecord)
    yield insert(CreditAccount)
    yield Update(CreditAccount, [*_credits(changes.credits), *_heads(changes.heads, ChainOwner.USER)])
    yield insert(ServiceSession)
    yield update(ServiceSession, (_seats(change) for change in changes.seats))
    yield Removal(changes.removals)
    yield insert(Practitioner)
    yield update(Practitioner, _agendas(changes.slots), _heads(changes.heads, ChainOwner.PRACTITIONER))
    yield FreeSlots(changes.slots)
    for kind in UNCONTENDED:
        yield insert(kind)
        yield update(kind)
    yield update(IdempotencyRecord)
    yield Insert(JournalEntry, [to_document(entry) for entry in changes.entries])
    new_events = [*inserts.get(Event, ()), *changes.events]
    yield Insert(Event, [to_document(event) for event in new_events])
    yield update(Event)
    yield insert(Dispatch)
    yield update(Dispatch)
    yield insert(Subscription)
    yield update(Subscription)
    yield Insert(RoomEvent, [to_document(told) for told in changes.room_events])
    yield insert(Run)
    yield update(Run)
    yield insert(Brought)
    yield Withdrawal(changes.withdrawals)


def _by_kind(records: Iterable[R]) -> dict[type, list[R]]:
    found: dict[type, list[R]] = {}
    for record in records:
        found.setdefault(type(record), []).append(record)
    return found


def _is_empty(write: Write) -> bool:
    match write:
        case Insert():
            return not write.documents
        case Update():
            return not write.guarded
        case Removal():
            return not write.ids
        case FreeSlots():
            return not write.claims
        case Withdrawal():
            return not write.rows


def _next_version(record: Record) -> Guarded:
    """Replace the version before."""
    key = _key_of(record)
    before = record.version - 1
    return Guarded(
        UpdateOne({"_id": key, "version": Int64(before)}, {"$set": version_after(record)}),
        ConcurrencyConflict(f"{type(record).__name__} is no longer at version {before}"),
    )


def _key_of(record: Record) -> Any:
    if isinstance(record, IdempotencyRecord):
        return request_key(record.actor, record.key)
    return record.user_id if isinstance(record, Contact) else record.id


def _credits(changes: Iterable[CreditChange]) -> Iterator[Guarded]:
    for change in changes:
        empty = CreditAccount(user_id=change.user_id, currency=change.currency)
        if accepts(empty, change):
            yield _existing(empty)
        balance, held = Int64(change.balance_delta_cents), Int64(change.held_delta_cents)
        after_balance, after_held = {"$add": ["$balance_cents", balance]}, {"$add": ["$held_cents", held]}
        guard = {"$and": [{"$gte": [after_held, 0]}, {"$lte": [after_held, after_balance]}]}
        yield Guarded(
            UpdateOne(
                {"_id": change.user_id, "currency": change.currency, "$expr": guard},
                {"$inc": {"balance_cents": balance, "held_cents": held}},
            ),
            InsufficientCredits(change.user_id),
        )


def _existing(empty: CreditAccount) -> Guarded:
    """Make the account if there is none: it counts as empty, and a guard needs a document."""
    document = to_document(empty)
    key = document.pop("_id")
    return Guarded(
        UpdateOne({"_id": key}, {"$setOnInsert": document}, upsert=True),
        ConcurrencyConflict("the account came and went"),
    )


def _heads(moves: Iterable[HeadMove], owner: ChainOwner) -> Iterator[Guarded]:
    """Move the heads that this kind of row keeps, each from where the decision saw it."""
    for move in moves:
        if move.owner is not owner:
            continue
        where: Document = {"_id": move.owner_id, "ledger_seq": Int64(move.from_seq)}
        if owner is ChainOwner.USER:
            where["currency"] = move.currency
            if move.from_seq == 0:
                yield _existing(CreditAccount(user_id=move.owner_id, currency=move.currency))
        yield Guarded(
            UpdateOne(where, {"$set": {"ledger_seq": Int64(move.to_seq), "ledger_head": move.head}}),
            ConcurrencyConflict(f"the chain of {owner} {move.owner_id} has moved on"),
        )


def _seats(change: SeatChange) -> Guarded:
    counts = {
        "current_participants": change.seats,
        "offered_seats": change.offered,
        "waiting_count": change.waiting,
    }
    refusal = (
        SessionFull(change.session_id)
        if change.seats > 0
        else ConcurrencyConflict(f"the seats of session {change.session_id} are not as they were")
    )
    return Guarded(
        UpdateOne(
            {"_id": change.session_id, "$and": [*_enough(counts), *_seat_guards(change)]},
            {"$inc": {**{name: Int64(by) for name, by in counts.items()}, "version": Int64(1)}},
        ),
        refusal,
    )


def _enough(counts: Mapping[str, int]) -> Iterator[Document]:
    """No count goes below 0."""
    for name, by in counts.items():
        if by < 0:
            yield {name: {"$gte": Int64(-by)}}


def _seat_guards(change: SeatChange) -> Iterator[Document]:
    """What `SeatChange.accepts` asks beside counts that are not negative, in its order."""
    claimed = ["$current_participants", "$offered_seats"]
    if change.seats > 0 or change.offered > 0:
        after = {"$add": [*claimed, Int64(change.seats + change.offered)]}
        yield {"status": one_of(OPEN_STATUSES), "$expr": {"$lte": [after, "$max_participants"]}}
    if change.seats > 0 and change.seats + change.offered > 0:
        yield {"waiting_count": Int64(0)}
    if change.waiting > 0:
        is_full = {"$expr": {"$gte": [{"$add": claimed}, "$max_participants"]}}
        yield {"status": one_of(OPEN_STATUSES), "$or": [WAITED_FOR, is_full]}


def _agendas(claims: Iterable[SlotClaim]) -> Iterator[Guarded]:
    """Take each practitioner's agenda, so that claims on it are decided one after the other."""
    owners: set[UserId] = {claim.practitioner_id for claim in claims}
    for practitioner_id in sorted(owners):
        yield Guarded(
            UpdateOne({"_id": practitioner_id}, {"$inc": {"agenda_version": Int64(1)}}),
            ConcurrencyConflict(f"there is no practitioner {practitioner_id} any more"),
        )
