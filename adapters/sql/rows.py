"""Records and rows. The columns of a table stand in the order of its record's fields."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from attrs import field, frozen

from adapters.sql import tables
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditAccount
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.ledger import JournalEntry, Posting
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import ServiceSession
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.store import Kind

R = TypeVar("R")
Row = Sequence[Any]


@frozen(eq=False)
class Shape(Generic[R]):
    """How one kind of record lies in its table.

    `guarded` are the columns that updates leave alone, `changing` those that they write; `values`
    and `key_of` tell a record's columns and primary key.
    """

    record: Callable[..., R]
    table: sa.Table
    kind: Kind
    guarded: frozenset[str] = frozenset()
    names: tuple[str, ...] = field(init=False)
    key: tuple[str, ...] = field(init=False)
    changing: tuple[str, ...] = field(init=False)
    values: Callable[[R], tuple[Any, ...]] = field(init=False)
    key_of: Callable[[R], Any] = field(init=False)

    @names.default
    def _names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table.c)

    @values.default
    def _values(self) -> Callable[[R], tuple[Any, ...]]:
        getter: Callable[[R], tuple[Any, ...]] = attrgetter(*self.names)
        return getter

    @key.default
    def _key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table.primary_key)

    @changing.default
    def _changing(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in self.guarded and name not in self.key)

    @key_of.default
    def _key_of(self) -> Callable[[R], Any]:
        return attrgetter(*self.key)

    @property
    def width(self) -> int:
        return len(self.names)

    def read(self, row: Row) -> R:
        """The record of a row that holds its columns and nothing else."""
        return self.record(**dict(zip(self.names, row, strict=True)))

    def read_all(self, rows: Iterable[Row]) -> tuple[R, ...]:
        return tuple(map(self.read, rows))

    def write(self, record: R) -> dict[str, Any]:
        """The row of a record, by column."""
        return dict(zip(self.names, self.values(record), strict=True))


PRACTITIONER = Shape(
    Practitioner,
    tables.practitioners,
    Kind.PRACTITIONER,
    frozenset({"agenda_version", "ledger_seq", "ledger_head"}),
)
SERVICE = Shape(Service, tables.services, Kind.SERVICE)
SESSION = Shape(
    ServiceSession,
    tables.sessions,
    Kind.SESSION,
    frozenset({"current_participants", "offered_seats", "waiting_count"}),
)
ACCOUNT = Shape(CreditAccount, tables.credit_accounts, Kind.ACCOUNT)
ORDER = Shape(Order, tables.orders, Kind.ORDER)
BOOKING = Shape(Booking, tables.bookings, Kind.BOOKING)
PAYMENT = Shape(Payment, tables.payments, Kind.PAYMENT)
REFUND = Shape(Refund, tables.refunds, Kind.REFUND)
DISPUTE = Shape(Dispute, tables.disputes, Kind.DISPUTE)
EARNINGS = Shape(Earnings, tables.earnings, Kind.EARNINGS)
PAYOUT = Shape(Payout, tables.payouts, Kind.PAYOUT)
WAITLIST = Shape(WaitlistEntry, tables.waitlist, Kind.WAITLIST)
INBOX = Shape(InboxItem, tables.inbox, Kind.INBOX)
CONTACT = Shape(Contact, tables.contacts, Kind.CONTACT)
EVENT = Shape(Event, tables.events, Kind.EVENT)
ROOM_EVENT = Shape(RoomEvent, tables.room_events, Kind.ROOM_EVENT)
DISPATCH = Shape(Dispatch, tables.dispatches, Kind.DISPATCH)
SUBSCRIPTION = Shape(Subscription, tables.subscriptions, Kind.SUBSCRIPTION)
REQUEST = Shape(IdempotencyRecord, tables.requests, Kind.IDEMPOTENCY)
RUN = Shape(Run, tables.runs, Kind.RUN)
BROUGHT = Shape(Brought, tables.brought, Kind.BROUGHT)

SHAPES: Mapping[type, Shape[Any]] = {
    IdempotencyRecord: REQUEST,
    Practitioner: PRACTITIONER,
    CreditAccount: ACCOUNT,
    Service: SERVICE,
    Order: ORDER,
    ServiceSession: SESSION,
    Booking: BOOKING,
    Payment: PAYMENT,
    Refund: REFUND,
    Dispute: DISPUTE,
    Earnings: EARNINGS,
    Payout: PAYOUT,
    WaitlistEntry: WAITLIST,
    InboxItem: INBOX,
    Contact: CONTACT,
    Event: EVENT,
    RoomEvent: ROOM_EVENT,
    Dispatch: DISPATCH,
    Subscription: SUBSCRIPTION,
    Run: RUN,
    Brought: BROUGHT,
}
"""What commits insert and update, in the order in which it is written: callers' keys first, parents
before their children, and always the same, so that two commits do not wait for each other in a ring."""

SHAPES_BY_KIND: Mapping[Kind, Shape[Any]] = {shape.kind: shape for shape in SHAPES.values()}
"""Everything but journal entries, which lie in two tables."""

ENTRY_COLUMNS = tuple(column.name for column in tables.entries.c)
_entry_values = attrgetter(*ENTRY_COLUMNS)

POSTING_COLUMNS = ("id", "account", "type", "amount_cents", "user_id", "booking_id")
_posting_values = attrgetter(*POSTING_COLUMNS)


def entry_row(entry: JournalEntry) -> dict[str, Any]:
    """An entry's own row."""
    return dict(zip(ENTRY_COLUMNS, _entry_values(entry), strict=True))


def posting_rows(entry: JournalEntry) -> Iterable[dict[str, Any]]:
    """The rows of an entry's postings."""
    for position, posting in enumerate(entry.postings):
        yield {
            "entry_id": entry.id,
            "position": position,
            "currency": entry.currency,
            "occurred_at": entry.occurred_at,
            **dict(zip(POSTING_COLUMNS, _posting_values(posting), strict=True)),
        }


def read_entries(rows: Iterable[Row]) -> list[JournalEntry]:
    """Entries out of rows of an entry's columns and one posting's, an entry's rows one after the other."""
    width = len(ENTRY_COLUMNS)
    found: dict[Any, tuple[Row, list[Posting]]] = {}
    for row in rows:
        _, postings = found.setdefault(row[0], (row[:width], []))
        if row[width] is not None:
            postings.append(Posting(**dict(zip(POSTING_COLUMNS, row[width:], strict=True))))
    return [
        JournalEntry(**dict(zip(ENTRY_COLUMNS, head, strict=True)), postings=tuple(postings))
        for head, postings in found.values()
    ]
