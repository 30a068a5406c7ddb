"""Builders of credits, journal entries, events, dispatches and requests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from adapters.memory.testing.ids import NOW, new_id
from core.domain.credits import CreditAccount, CreditChange
from core.domain.dispatches import Channel, Dispatch, Lease
from core.domain.events import Event, EventType
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import DispatchId, EntryId, EventId, PostingId, UserId
from core.domain.ledger import Chain, EntryKind, JournalEntry, Posting, PostingType, order_chain, record
from core.domain.orders import Order
from core.domain.statuses import DispatchStatus


def make_account(user_id: UserId, **overrides: Any) -> CreditAccount:
    """An empty account in usd, as a store should return it."""
    fields: dict[str, Any] = {"user_id": user_id, "currency": "usd"}
    return CreditAccount(**(fields | overrides))


def make_credit_change(user_id: UserId, balance: int = 0, held: int = 0) -> CreditChange:
    """A move of a user's credits in usd."""
    return CreditChange(user_id=user_id, currency="usd", balance_delta_cents=balance, held_delta_cents=held)


def make_posting(account: str, amount_cents: int, **overrides: Any) -> Posting:
    """A posting on nobody's behalf."""
    fields: dict[str, Any] = {
        "id": PostingId(new_id()),
        "account": account,
        "type": PostingType.CHARGE,
        "amount_cents": amount_cents,
    }
    return Posting(**(fields | overrides))


def make_entries(
    chain: Chain, *groups: Sequence[Posting], kind: EntryKind = EntryKind.PURCHASE, **overrides: Any
) -> tuple[JournalEntry, ...]:
    """Entries that continue a chain, one for each group of postings, hashed as they ought to be."""
    entries = []
    for postings in groups:
        fields: dict[str, Any] = {
            "entry_id": EntryId(new_id()),
            "currency": "usd",
            "occurred_at": NOW,
        }
        entry, chain = record(chain, kind, postings, **(fields | overrides))
        entries.append(entry)
    return tuple(entries)


def make_purchase(order: Order, *postings: Posting, **overrides: Any) -> JournalEntry:
    """The first entry of an order's chain."""
    fields: dict[str, Any] = {"order_id": order.id, "occurred_at": order.created_at}
    (entry,) = make_entries(order_chain(order.id, 0, ""), postings, **(fields | overrides))
    return entry


def make_event(subject_id: UUID | None = None, **overrides: Any) -> Event:
    """The fact that an order was paid, not yet handed on."""
    fields: dict[str, Any] = {
        "id": EventId(new_id()),
        "type": EventType.ORDER_PAID,
        "subject_id": new_id() if subject_id is None else subject_id,
        "payload": {},
        "occurred_at": NOW,
    }
    return Event(**(fields | overrides))


def make_dispatch(event: Event | None = None, **overrides: Any) -> Dispatch:
    """A mail to somebody that has not been sent yet, due NOW."""
    cause = make_event() if event is None else event
    fields: dict[str, Any] = {
        "id": DispatchId(new_id()),
        "event_id": cause.id,
        "event_type": cause.type.value,
        "channel": Channel.MAIL,
        "recipient": "somebody",
        "subject_id": cause.subject_id,
        "payload": {},
        "status": DispatchStatus.WAITING,
        "next_attempt_at": NOW,
        "created_at": NOW,
    }
    return Dispatch(**(fields | overrides))


def make_lease(**overrides: Any) -> Lease:
    """A claim of its own on what is due NOW, for a minute."""
    at = overrides.pop("at", NOW)
    fields: dict[str, Any] = {"id": new_id(), "at": at, "until": at + timedelta(minutes=1)}
    return Lease(**(fields | overrides))


def make_idempotency(actor: str = "user:1", key: str = "k-1", **overrides: Any) -> IdempotencyRecord:
    """A request under a key that has not been answered yet; kept for a day."""
    fields: dict[str, Any] = {
        "actor": actor,
        "key": key,
        "request_hash": "0" * 64,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
    }
    return IdempotencyRecord(**(fields | overrides))
