"""Which order a booking belongs to, where the old system does not say.

Four strategies, in this order: the parent's order; the order of a credit transaction that names the
booking; an order of the same user and service within ten minutes that nobody else claims; else an order
made up from the booking. A child goes where its parent goes, whatever it says itself.
Source: domain.md, "Legacy import".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

from attrs import frozen

from core.domain.legacy import words
from core.domain.legacy.findings import Finding, Reason, left_out
from core.domain.legacy.pieces import Tally
from core.domain.legacy.rows import Customer, OldBooking, OldEarnings, OldOrder, OldTransaction, Table

NEARBY = timedelta(minutes=10)


@frozen(kw_only=True)
class Purchase:
    """An order with everything of it: seats, earnings and transactions by id. `parent` is what a package or
    bundle was bought as; `parents` counts them. A synthetic order has the id of the booking that it was
    made up from.
    """

    order: OldOrder
    synthetic: bool = False
    parents: tuple[OldBooking, ...] = ()
    seats: tuple[OldBooking, ...] = ()
    transactions: tuple[OldTransaction, ...] = ()
    earnings: tuple[OldEarnings, ...] = ()
    tally: tuple[Tally, ...] = ()

    @property
    def parent(self) -> OldBooking | None:
        """The parent booking, if there is one."""
        return self.parents[0] if self.parents else None


@frozen(kw_only=True)
class Placed:
    """A customer's rows by purchase, by the orders' time; `own` are credit transactions of no order, and
    `findings` tell of rows that belong nowhere.
    """

    purchases: tuple[Purchase, ...]
    own: tuple[OldTransaction, ...]
    findings: tuple[Finding, ...]


@frozen(kw_only=True)
class _Place:
    """Where a booking goes: an order's id, or for a synthetic one that of the booking it is made from."""

    id: int
    synthetic: bool = False


def place(customer: Customer, currency: str) -> Placed:
    """Find the order of every row. `currency` is that of synthetic orders."""
    return _Placing(customer, currency).placed()


class _Placing:
    """One customer's rows, looked up by id."""

    def __init__(self, customer: Customer, currency: str) -> None:
        self._customer = customer
        self._currency = currency
        self._orders = {order.id: order for order in customer.orders}
        self._bookings = {booking.id: booking for booking in customer.bookings}
        self._courses = {
            offer.service.id
            for offer in customer.offers
            if offer.type is not None and offer.type.code == "course"
        }
        self._named: dict[int, int] = {}
        for row in customer.transactions:
            if row.booking_id is not None and row.order_id in self._orders:
                self._named.setdefault(row.booking_id, row.order_id)
        self._claimed = {b.order_id for b in customer.bookings if b.order_id in self._orders}
        self._claimed |= set(self._named.values())
        self._claimed |= {order.id for order in customer.orders if order.order_type == words.CREDIT_ORDER}
        self._of_service: dict[int | None, list[OldOrder]] = defaultdict(list)
        for order in customer.orders:
            self._of_service[order.service_id].append(order)
        self._places: dict[int, _Place] = {}
        self._tally: dict[_Place, list[Tally]] = defaultdict(list)
        self._findings: list[Finding] = []

    def placed(self) -> Placed:
        """Everything in its place."""
        parents_first = sorted(self._customer.bookings, key=lambda b: (not b.is_parent, b.id))
        for booking in parents_first:
            self._place(booking)
        transactions, own = self._placed_transactions()
        earnings = self._placed_earnings()
        here: dict[_Place, list[OldBooking]] = {_Place(id=order.id): [] for order in self._customer.orders}
        for old_id in sorted(self._places):
            here.setdefault(self._places[old_id], []).append(self._bookings[old_id])
        purchases = [
            self._purchase(place, bookings, transactions.get(place, []), earnings.get(place, []))
            for place, bookings in here.items()
        ]
        purchases.sort(key=lambda p: (p.order.created_at, p.synthetic, p.order.id))
        return Placed(purchases=tuple(purchases), own=tuple(own), findings=tuple(self._findings))

    def _place(self, booking: OldBooking) -> None:
        if not booking.is_parent and booking.parent_booking_id is not None:
            found = self._with_parent(booking, booking.parent_booking_id)
        else:
            found = self._by_itself(booking)
        if found is not None:
            self._places[booking.id] = found

    def _with_parent(self, booking: OldBooking, parent_id: int) -> _Place | None:
        parent = self._bookings.get(parent_id)
        if parent is not None and parent.is_parent and parent.id in self._places:
            place = self._places[parent.id]
            if booking.order_id is None:
                self._tally[place].append(Tally.ORDERS_OF_PARENTS)
            return place
        if booking.order_id is not None:
            return self._by_itself(booking)
        if parent is None or parent.is_parent:
            self._leave_out(booking, Reason.ROW_MISSING, f"its parent {parent_id} is not brought over")
        else:
            detail = f"its parent {parent_id} is no package or bundle"
            self._leave_out(booking, Reason.ORPHANED_CHILD, detail)
        return None

    def _by_itself(self, booking: OldBooking) -> _Place | None:
        if booking.order_id is not None:
            if booking.order_id in self._orders:
                return _Place(id=booking.order_id)
            detail = f"order {booking.order_id} is missing or another user's"
            self._leave_out(booking, Reason.ORDER_OF_ANOTHER, detail)
            return None
        if booking.id in self._named:
            return self._counted(_Place(id=self._named[booking.id]), Tally.ORDERS_OF_TRANSACTIONS)
        near = self._nearby(booking)
        if near is not None:
            self._claimed.add(near.id)
            return self._counted(_Place(id=near.id), Tally.ORDERS_NEARBY)
        return self._counted(_Place(id=booking.id, synthetic=True), Tally.ORDERS_SYNTHETIC)

    def _counted(self, place: _Place, tally: Tally) -> _Place:
        self._tally[place].append(tally)
        return place

    def _nearby(self, booking: OldBooking) -> OldOrder | None:
        """The nearest order in time that it could be; a course's order takes all of its classes."""
        shared = booking.service_id in self._courses
        near = [
            order
            for order in self._of_service[booking.service_id]
            if abs(order.created_at - booking.created_at) <= NEARBY
            and (shared or order.id not in self._claimed)
        ]
        return min(
            near, key=lambda order: (abs(order.created_at - booking.created_at), order.id), default=None
        )

    def _placed_transactions(self) -> tuple[dict[_Place, list[OldTransaction]], list[OldTransaction]]:
        placed: dict[_Place, list[OldTransaction]] = defaultdict(list)
        own: list[OldTransaction] = []
        for row in self._customer.transactions:
            place = self._place_of(row)
            by_itself = row.transaction_type in (*words.GRANTS, *words.EXPIRIES)
            if by_itself or (row.order_id is None and row.booking_id is None):
                own.append(row)
            elif place is not None:
                placed[place].append(row)
            else:
                detail = (
                    f"order {row.order_id}, booking {row.booking_id}: not brought over, or another user's"
                )
                self._findings.append(left_out(Table.TRANSACTIONS, row.id, Reason.ORDER_OF_ANOTHER, detail))
        return placed, own

    def _place_of(self, row: OldTransaction) -> _Place | None:
        if row.order_id is not None:
            return _Place(id=row.order_id) if row.order_id in self._orders else None
        return None if row.booking_id is None else self._places.get(row.booking_id)

    def _placed_earnings(self) -> dict[_Place, list[OldEarnings]]:
        placed: dict[_Place, list[OldEarnings]] = defaultdict(list)
        for row in self._customer.earnings:
            place = self._places.get(row.booking_id)
            if place is None:
                detail = f"booking {row.booking_id} is not brought over"
                self._findings.append(left_out(Table.EARNINGS, row.id, Reason.ROW_MISSING, detail))
            else:
                placed[place].append(row)
        return placed

    def _purchase(
        self,
        place: _Place,
        here: list[OldBooking],
        transactions: list[OldTransaction],
        earnings: list[OldEarnings],
    ) -> Purchase:
        order = self._made_up(self._bookings[place.id], transactions) if place.synthetic else None
        return Purchase(
            order=order or self._orders[place.id],
            synthetic=place.synthetic,
            parents=tuple(booking for booking in here if booking.is_parent),
            seats=tuple(booking for booking in here if not booking.is_parent),
            transactions=tuple(transactions),
            earnings=tuple(earnings),
            tally=tuple(self._tally[place]),
        )

    def _made_up(self, booking: OldBooking, transactions: Iterable[OldTransaction]) -> OldOrder:
        """An order for what the booking cost; credits are what its transactions say were used for it."""
        used = -sum(row.amount_cents for row in transactions if row.transaction_type == words.USAGE)
        paid = booking.payment_status not in ("pending", "unpaid", "failed")
        return OldOrder(
            id=booking.id,
            user_id=booking.user_id,
            service_id=booking.service_id,
            order_type="direct",
            status="completed" if paid else "pending",
            subtotal_amount_cents=booking.final_amount_cents,
            credits_applied_cents=used,
            total_amount_cents=booking.final_amount_cents - used,
            currency=self._currency,
            stripe_payment_intent_id=None,
            package_metadata=None,
            created_at=booking.created_at,
        )

    def _leave_out(self, booking: OldBooking, reason: Reason, detail: str) -> None:
        self._findings.append(left_out(Table.BOOKINGS, booking.id, reason, detail))


def rows_in(purchase: Purchase) -> Iterator[tuple[Table, int]]:
    """Every old row of a purchase."""
    if not purchase.synthetic:
        yield Table.ORDERS, purchase.order.id
    for booking in (*purchase.parents, *purchase.seats):
        yield Table.BOOKINGS, booking.id
    for transaction in purchase.transactions:
        yield Table.TRANSACTIONS, transaction.id
    for row in purchase.earnings:
        yield Table.EARNINGS, row.id
