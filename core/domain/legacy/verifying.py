"""Old figures beside what they have become: money per order, per user and in total, and seats.

The old figures are taken from the old rows alone. Only of those that are brought over is anything
expected; the sums count all of them, so that what was left out does not disappear from both sides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from attrs import frozen

from core.domain.bookings import Booking
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.legacy import words
from core.domain.legacy.findings import Reason
from core.domain.legacy.naming import new_id
from core.domain.legacy.pieces import Piece, Row
from core.domain.legacy.rows import Customer, OldTotals, OldTransaction, Payee, Table
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus

TOTALS: Final = (
    "order_subtotal_cents",
    "order_credits_cents",
    "order_card_cents",
    "transactions_cents",
    "earnings_gross_cents",
    "earnings_net_cents",
    "payouts_cents",
)


@frozen(kw_only=True, order=True)
class Difference:
    """Something that is not as it should be: which rule, of what, and the figures."""

    rule: str
    subject: str
    detail: str


class _Made:
    """What a group has become, by id."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.mapped: set[Row] = set()
        self.waiting: set[int] = set()
        self.rows: dict[UUID, object] = {}
        self.seats: dict[UUID, list[Booking]] = defaultdict(list)
        self.balance_cents = 0
        for piece in pieces:
            self.mapped.update(piece.mapped)
            self.waiting.update(
                found.id for found in piece.findings if found.reason is Reason.EARNED_AT_DELIVERY
            )
            for row in piece.changes.inserts:
                self._note(row)

    def _note(self, row: object) -> None:
        if isinstance(row, CreditAccount):
            self.balance_cents += row.balance_cents
        elif isinstance(row, Order | Booking | Earnings | Payout | ServiceSession):
            self.rows[row.id] = row
        if isinstance(row, Booking):
            self.seats[row.order_id].append(row)


class MoneyCheck:
    """Sees every group once, as it was and as it has become."""

    def __init__(self) -> None:
        self.found: list[Difference] = []
        self._totals: Counter[str] = Counter()

    def customer(self, customer: Customer, pieces: Sequence[Piece]) -> None:
        """A customer's orders, seats, credits and earnings."""
        made = _Made(pieces)
        self._add_up(customer)
        self._check_orders(customer, made)
        self._check_bookings(customer, made)
        self._check_earnings(customer, made)
        expected = _credits(customer, made.mapped)
        self._same(
            "users have the credits they had", f"user {customer.user.id}", expected, made.balance_cents
        )
        for row in made.rows.values():
            if isinstance(row, Order):
                self._check_order(row, made.seats[row.id])

    def payee(self, payee: Payee, piece: Piece) -> None:
        """A practitioner's payouts."""
        made = _Made((piece,))
        for settlement in payee.settlements:
            old = settlement.payout
            self._totals["payouts_cents"] += old.amount_cents
            if (Table.PAYOUTS, old.id) in made.mapped:
                new = made.rows.get(new_id(Table.PAYOUTS, old.id))
                now = new.amount_cents if isinstance(new, Payout) else None
                self._same("payouts transferred what they did", f"payout {old.id}", old.amount_cents, now)

    def totals(self, old: OldTotals) -> None:
        """The database's own sums, beside those of the groups."""
        for name in TOTALS:
            self._same("groups add up to the tables", name, getattr(old, name), self._totals[name])

    def _add_up(self, customer: Customer) -> None:
        totals = self._totals
        for order in customer.orders:
            totals["order_subtotal_cents"] += order.subtotal_amount_cents
            totals["order_credits_cents"] += order.credits_applied_cents
            totals["order_card_cents"] += order.total_amount_cents
        totals["transactions_cents"] += sum(row.amount_cents for row in customer.transactions)
        totals["earnings_gross_cents"] += sum(row.gross_amount_cents for row in customer.earnings)
        totals["earnings_net_cents"] += sum(row.net_amount_cents for row in customer.earnings)

    def _check_orders(self, customer: Customer, made: _Made) -> None:
        for old in customer.orders:
            if (Table.ORDERS, old.id) not in made.mapped:
                continue
            was = (old.subtotal_amount_cents, old.credits_applied_cents, old.total_amount_cents)
            new = made.rows.get(new_id(Table.ORDERS, old.id))
            now = (
                (new.subtotal_amount_cents, new.credits_applied_cents, new.total_amount_cents)
                if isinstance(new, Order)
                else None
            )
            self._same("orders cost what they did", f"order {old.id}", was, now)

    def _check_bookings(self, customer: Customer, made: _Made) -> None:
        """Every booking has an order, parents are orders themselves, nobody confirmed lacks a time."""
        parents = Counter(
            row.migrated_from_booking_id for row in made.rows.values() if isinstance(row, Order)
        )
        for old in customer.bookings:
            if (Table.BOOKINGS, old.id) not in made.mapped:
                continue
            subject = f"booking {old.id}"
            if old.is_parent:
                self._same("parents are an order's package_metadata", subject, 1, parents[old.id])
                continue
            new = made.rows.get(new_id(Table.BOOKINGS, old.id))
            if not isinstance(new, Booking):
                self._blame("no booking is lost", subject, "it is not there")
                continue
            if new.order_id not in made.rows:
                self._blame("no booking is without an order", subject, f"no order {new.order_id}")
            session = made.rows.get(new.session_id)
            own = isinstance(session, ServiceSession) and session.start_time is None
            if new.status is BookingStatus.CONFIRMED and own:
                self._blame("confirmed bookings have a time", subject, "it has none")

    def _check_earnings(self, customer: Customer, made: _Made) -> None:
        delivered = _delivered(customer)
        for old in customer.earnings:
            if (Table.EARNINGS, old.id) not in made.mapped or old.id in made.waiting:
                continue
            new = made.rows.get(new_id(Table.EARNINGS, old.id))
            now = new.net_amount_cents if isinstance(new, Earnings) else None
            subject = f"earnings {old.id}"
            self._same("practitioners are owed what they were", subject, old.net_amount_cents, now)
            pending = isinstance(new, Earnings) and new.status is EarningsStatus.PENDING
            if pending and old.booking_id not in delivered:
                self._blame("no earnings of undelivered bookings are pending", subject, old.status)

    def _check_order(self, order: Order, seats: Sequence[Booking]) -> None:
        subject = f"order {order.id}"
        self._same("orders hold all of their sessions", subject, order.total_sessions, len(seats))
        if seats:
            values = sum(seat.session_value_cents for seat in seats)
            self._same("seat values sum to the subtotal", subject, order.subtotal_amount_cents, values)

    def _same(self, rule: str, subject: str, was: object, now: object) -> None:
        if was != now:
            self._blame(rule, subject, f"was {was}, is {now}")

    def _blame(self, rule: str, subject: str, detail: str) -> None:
        self.found.append(Difference(rule=rule, subject=subject, detail=detail))


def _delivered(customer: Customer) -> set[int]:
    """The bookings that the old system delivered, by themselves or with their session."""
    over = {
        one.session.id for one in customer.meetings if one.completed > 0 or one.session.status == "completed"
    }
    return {
        booking.id
        for booking in customer.bookings
        if booking.status in words.DELIVERED or booking.service_session_id in over
    }


def _credits(customer: Customer, mapped: set[Row]) -> int:
    """What the user has by their old transactions. What an order bought is no credit, but credits are."""
    sold = {order.id for order in customer.orders if order.order_type == words.CREDIT_ORDER}

    def moves(row: OldTransaction) -> bool:
        bought = row.transaction_type == words.PURCHASE
        return (Table.TRANSACTIONS, row.id) in mapped and (not bought or row.order_id in sold)

    return sum(row.amount_cents for row in customer.transactions if moves(row))
