"""A deployment that an old database is brought into, and what is asked of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from attrs import frozen

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.audit import Auditor, Violation
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.legacy.accounting import Account, Book
from core.domain.legacy.appointments import Diary
from core.domain.legacy.catalogue import contact, offered, type_rates
from core.domain.legacy.customers import brought_over
from core.domain.legacy.findings import Finding
from core.domain.legacy.meetings import held
from core.domain.legacy.payees import payee
from core.domain.legacy.pieces import Frame, Piece
from core.domain.orders import Order, Payment, Refund
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.usecases.context import Ports
from core.usecases.import_legacy import rows_in
from ports.store import Store
from tests.builders import SequentialIds
from tests.legacy.old_rows import OldRows

T = TypeVar("T")

AT = datetime(2025, 11, 15, tzinfo=UTC)
"""When everything is brought over: a day after the old data end."""


def deployment(store: Store | None = None) -> Ports:
    """A marketplace of its own, on an empty memory unless told otherwise."""
    return Ports(
        store=MemoryStore() if store is None else store,
        payments=FakeGateway(),
        clock=MovableClock(AT),
        ids=SequentialIds(1 << 64),
        rules=Rules(),
    )


@frozen(kw_only=True)
class Outcome:
    """What old rows have become, without any store."""

    pieces: tuple[Piece, ...]
    account: Account

    @property
    def findings(self) -> list[Finding]:
        """Everything that is said about rows."""
        return [found for piece in self.pieces for found in piece.findings]

    def reasons(self) -> set[tuple[str, int, str]]:
        """The findings, short: table, id, reason."""
        return {(found.table.value, found.id, found.reason.value) for found in self.findings}

    def every(self, kind: type[T]) -> list[T]:
        """The rows of a kind."""
        rows = (row for piece in self.pieces for row in rows_in(piece.changes))
        return [row for row in rows if isinstance(row, kind)]

    def only(self, kind: type[T]) -> T:
        """The one row of a kind."""
        (row,) = self.every(kind)
        return row

    def violations(self) -> tuple[Violation, ...]:
        """What the ledger check would say of them."""
        auditor = Auditor()
        for entry in sorted(self.every(JournalEntry), key=lambda entry: (entry.chain, entry.seq)):
            auditor.entry(entry)
        for kind, read in _readers(auditor).items():
            for row in self.every(kind):
                read(row)
        return auditor.violations()


def _readers(auditor: Auditor) -> Mapping[type[Any], Callable[[Any], None]]:
    return {
        ServiceSession: auditor.session,
        Booking: auditor.booking,
        Payment: auditor.payment,
        Refund: auditor.refund,
        Earnings: auditor.earnings,
        Payout: auditor.payout,
        Order: auditor.order,
        Practitioner: auditor.practitioner,
        CreditAccount: auditor.account,
    }


def transformed(rows: OldRows) -> Outcome:
    """Turn all old rows into what they are now."""
    frame, pieces = _frame(rows)
    customers = [one for user in rows.people for one in brought_over(rows.customer(user), frame)]
    book = Book()
    book.add(customers)
    lost = {payout: tuple(gone) for payout, gone in book.lost.items()}
    pieces += [contact(user) for user in rows.people]
    pieces += [payee(rows.payee(one), lost, frame) for one in rows.practitioners]
    pieces += [offered(offer, frame) for one in rows.services if (offer := rows.offer(one.id))]
    pieces += [held(rows.meeting(one), book.seat_shifts[one.id], frame) for one in rows.sessions]
    pieces += customers
    return Outcome(pieces=tuple(pieces), account=_account(rows, pieces))


def _frame(rows: OldRows) -> tuple[Frame, list[Piece]]:
    diary = Diary()
    for appointment in rows.busy():
        diary.note(appointment)
    rates, piece = type_rates(tuple(rows.types))
    frame = Frame(
        rules=Rules(),
        at=AT,
        type_rates=rates,
        unscheduled_sessions=diary.sessions,
        unscheduled_bookings=diary.bookings,
    )
    return frame, [piece]


def _account(rows: OldRows, pieces: Iterable[Piece]) -> Account:
    whole = Book()
    whole.add(pieces)
    return whole.closed(Counter({table: len(found) for table, found in rows.tables().items()}))
