"""Rows as every store keeps them: their keys, the order they are scanned in, what they say and name.

A row's content is one canonical text, and its digest the text's hash: equal wherever the row is kept.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, cast
from uuid import UUID

import attrs

from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditAccount
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.kinds import Kind
from core.domain.ledger import JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import ServiceSession
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry

StoredRecord = (
    Practitioner
    | Service
    | ServiceSession
    | CreditAccount
    | Order
    | Booking
    | Payment
    | Refund
    | Earnings
    | Payout
    | JournalEntry
    | Event
    | RoomEvent
    | Dispatch
    | IdempotencyRecord
    | WaitlistEntry
    | Dispute
    | InboxItem
    | Contact
    | Subscription
    | Run
    | Brought
)
"""Everything that a store keeps as a row of its own."""

RECORDS: Final[Mapping[Kind, type[Any]]] = {
    Kind.PRACTITIONER: Practitioner,
    Kind.SERVICE: Service,
    Kind.SESSION: ServiceSession,
    Kind.ACCOUNT: CreditAccount,
    Kind.ORDER: Order,
    Kind.BOOKING: Booking,
    Kind.PAYMENT: Payment,
    Kind.REFUND: Refund,
    Kind.EARNINGS: Earnings,
    Kind.PAYOUT: Payout,
    Kind.ENTRY: JournalEntry,
    Kind.EVENT: Event,
    Kind.ROOM_EVENT: RoomEvent,
    Kind.DISPATCH: Dispatch,
    Kind.IDEMPOTENCY: IdempotencyRecord,
    Kind.WAITLIST: WaitlistEntry,
    Kind.DISPUTE: Dispute,
    Kind.INBOX: InboxItem,
    Kind.CONTACT: Contact,
    Kind.SUBSCRIPTION: Subscription,
    Kind.RUN: Run,
    Kind.BROUGHT: Brought,
}

KINDS: Final[Mapping[type[Any], Kind]] = {record: kind for kind, record in RECORDS.items()}

REFERENCES: Final[Mapping[Kind, tuple[tuple[str, Kind], ...]]] = {
    Kind.SERVICE: (("practitioner_id", Kind.PRACTITIONER),),
    Kind.SESSION: (("service_id", Kind.SERVICE),),
    Kind.ORDER: (("service_id", Kind.SERVICE),),
    Kind.BOOKING: (("order_id", Kind.ORDER), ("session_id", Kind.SESSION)),
    Kind.PAYMENT: (("order_id", Kind.ORDER),),
    Kind.REFUND: (("order_id", Kind.ORDER),),
    Kind.EARNINGS: (("booking_id", Kind.BOOKING), ("payout_id", Kind.PAYOUT)),
    Kind.PAYOUT: (("practitioner_id", Kind.PRACTITIONER),),
    Kind.ENTRY: (("order_id", Kind.ORDER),),
    Kind.ROOM_EVENT: (("session_id", Kind.SESSION),),
    Kind.DISPUTE: (("payment_id", Kind.PAYMENT), ("order_id", Kind.ORDER)),
    Kind.WAITLIST: (("session_id", Kind.SESSION),),
}
"""Which fields of a kind name a row without which theirs would hang in the air; some may name none."""

KeyPart = UUID | str | int
Columns = tuple[tuple[str, type], ...]

_BY_ID: Final[Columns] = (("id", UUID),)
KEYS: Final[Mapping[Kind, Columns]] = {
    Kind.ACCOUNT: (("user_id", UUID),),
    Kind.CONTACT: (("user_id", UUID),),
    Kind.ROOM_EVENT: (("id", str),),
    Kind.IDEMPOTENCY: (("actor", str), ("key", str)),
    Kind.BROUGHT: (("run_id", UUID), ("kind", str), ("key", str)),
}
"""The fields that are a row's key, with their types, where that is not its `id`."""

PLACES: Final[Mapping[Kind, Columns]] = {Kind.ENTRY: (("chain", str), ("seq", int))}
"""The fields whose values scans follow, where that is not the key."""


def key_of(record: StoredRecord) -> str:
    """A row's key as one text: the value of its only field, or a JSON array of several."""
    return _text(_columns(KEYS, KINDS[type(record)]), record)


def key_parts(kind: Kind, key: str) -> tuple[KeyPart, ...]:
    """The values in a row's key. Raises ValueError for a text that is none."""
    return _parts(_columns(KEYS, kind), key)


def place_of(record: StoredRecord) -> str:
    """Where a row stands in a scan of its kind, as one text: what `scan` goes on after."""
    kind = KINDS[type(record)]
    return _text(_place(kind), record)


def place_parts(kind: Kind, place: str) -> tuple[KeyPart, ...]:
    """The values in a row's place. Raises ValueError for a text that is none."""
    return _parts(_place(kind), place)


def content(record: StoredRecord) -> str:
    """What a row says, as canonical JSON: fields by name, integers as such, instants in RFC 3339."""
    return _encode(record)


def digest(record: StoredRecord) -> str:
    """The SHA-256 of a row's content, in hexadecimal."""
    return sha256(_encode(record).encode()).hexdigest()


def _columns(of: Mapping[Kind, Columns], kind: Kind) -> Columns:
    return of.get(kind, _BY_ID)


def _place(kind: Kind) -> Columns:
    return PLACES[kind] if kind in PLACES else _columns(KEYS, kind)


def _text(columns: Columns, record: object) -> str:
    values = [getattr(record, name) for name, _ in columns]
    if len(values) == 1:
        return str(values[0])
    return json.dumps(values, default=str, ensure_ascii=False, separators=(",", ":"))


def _parts(columns: Columns, text: str) -> tuple[KeyPart, ...]:
    values = [text] if len(columns) == 1 else json.loads(text)
    if not isinstance(values, list) or len(values) != len(columns):
        raise ValueError(f"{text!r} is no key of {len(columns)} parts")
    return tuple(_part(kind, value) for (_, kind), value in zip(columns, values, strict=True))


def _part(kind: type, value: object) -> KeyPart:
    if isinstance(value, str) and kind is not int:
        return UUID(value) if kind is UUID else value
    if isinstance(value, int) and kind is int:
        return value
    raise ValueError(f"{value!r} is not {kind.__name__}")


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    names, values = _fields(cast(Hashable, type(value)))
    return dict(zip(names, values(value), strict=True))


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(field.name for field in attrs.fields(cast("type[Any]", kind)))
    getter = attrgetter(*names)
    return names, getter if len(names) > 1 else lambda value: (getter(value),)


_encode: Final = json.JSONEncoder(
    default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


def _shape() -> str:
    fields = {kind.value: [field.name for field in attrs.fields(record)] for kind, record in RECORDS.items()}
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


SHAPE: Final = _shape()
"""The names of all fields of all records, in short: rows can be read where it is the same."""
