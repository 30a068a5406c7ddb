"""An old purchase as what it is now: an order with its seats, its payment, its earnings and its books."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import orders
from core.domain.bookings import Booking
from core.domain.changes import Changes, NewRecord
from core.domain.legacy import words
from core.domain.legacy.findings import Finding, Outcome, Reason, adjusted, left_out
from core.domain.legacy.giving_back import card_moved_to_credits
from core.domain.legacy.journal import OrderJournal
from core.domain.legacy.known import Known
from core.domain.legacy.naming import ids_from
from core.domain.legacy.ordering import (
    canceled_at,
    is_credit,
    opened,
    paid_by_card,
    refund_of,
    require_sound,
    row_of,
)
from core.domain.legacy.pieces import Piece, Tally
from core.domain.legacy.placing import Purchase, rows_in
from core.domain.legacy.rows import Table
from core.domain.legacy.seating import sit
from core.domain.legacy.seats import Seated, booked, booking_id, seated
from core.domain.orders import Order, OrderType, Payment, Refund

_TALLY_OF = {
    OrderType.PACKAGE: (Tally.PACKAGES,),
    OrderType.BUNDLE: (Tally.BUNDLES,),
    OrderType.COURSE: (Tally.COURSES,),
}


@frozen(kw_only=True)
class Bought:
    """A purchase that can be brought over. `balance_cents` is what it moves on its buyer's credits, and
    `sessions` are the old sessions in which it takes a seat.
    """

    piece: Piece
    balance_cents: int
    sessions: tuple[int, ...]


@frozen(kw_only=True)
class _Made:
    """What a purchase becomes, row by row."""

    order: Order
    bookings: tuple[Booking, ...]
    payment: Payment | None
    refund: Refund | None
    journal: OrderJournal


def bought(purchase: Purchase, known: Known) -> Bought:
    """Everything of an old purchase. Raises Unfit."""
    paid = require_sound(purchase, known)
    sittings = tuple(sit(old, known, given_up=not paid) for old in purchase.seats)
    order = opened(purchase, sittings, known, paid=paid)
    seats = seated(purchase, order, sittings, known, paid=paid)
    made = _made(purchase, order, seats, known, paid=paid)
    return Bought(
        piece=_piece(purchase, made, seats),
        balance_cents=_balance(made.order) if paid else 0,
        sessions=tuple(
            seat.sitting.old.service_session_id
            for seat in seats
            if seat.sitting.old.service_session_id is not None
            and not seat.sitting.own_session
            and not seat.sitting.is_canceled
        ),
    )


def _made(purchase: Purchase, order: Order, seats: tuple[Seated, ...], known: Known, *, paid: bool) -> _Made:
    table, old_id = row_of(purchase)
    journal = OrderJournal(order, ids_from(table, old_id, "order" if purchase.synthetic else ""))
    payment = paid_by_card(purchase, order) if paid else None
    refund = refund_of(purchase, order, payment, seats)
    if paid:
        direct = order.order_type is OrderType.DIRECT and seats
        journal.buy(booking_id(seats[0].sitting.old) if direct else None)
    bookings = tuple(
        booked(order, seat, refund=refund, usage=journal.usage, paid=paid, known=known) for seat in seats
    )
    if paid:
        _tell(journal, seats, bookings, refund)
    final = _closed(purchase, order, seats, refund, journal)
    return _Made(order=final, bookings=bookings, payment=payment, refund=refund, journal=journal)


def _tell(
    journal: OrderJournal, seats: Sequence[Seated], bookings: Sequence[Booking], refund: Refund | None
) -> None:
    """What happened to each seat, by time."""
    for at, _, seat, booking in sorted(
        ((_moment(seat), number, seat, bookings[number]) for number, seat in enumerate(seats)),
        key=lambda told: told[:2],
    ):
        earnings = seat.earned.earnings
        if seat.is_delivered and earnings is not None:
            journal.deliver(booking, earnings, at)
        elif seat.back is not None and seat.back.refunded_cents == 0 and seat.value_cents > 0:
            journal.forfeit(booking, earnings if seat.earned.kept else None, at)
    if refund is not None:
        returned = [seat for seat in seats if seat.back is not None and seat.back.refunded_cents > 0]
        kept = [s.earned.earnings for s in returned if s.earned.kept and s.earned.earnings is not None]
        journal.refund(refund, kept, refund.created_at)


def _moment(seat: Seated) -> datetime:
    return seat.sitting.delivered_at or canceled_at(seat.sitting)


def _closed(
    purchase: Purchase,
    order: Order,
    seats: Sequence[Seated],
    refund: Refund | None,
    journal: OrderJournal,
) -> Order:
    """The order after everything that happened to it. It stands at its first version."""
    backs = {seat.sitting.old.id: seat.back for seat in seats if seat.back is not None}
    seq, head = journal.head
    kept = any(seat.earned.kept for seat in seats)
    after = evolve(
        order,
        terms=evolve(order.terms, pay_practitioner_on_late_cancel=kept),
        total_sessions=len(seats),
        sessions_completed=sum(seat.sitting.delivered_at is not None for seat in seats),
        sessions_canceled=sum(seat.sitting.is_canceled for seat in seats),
        session_value_cents=seats[0].value_cents if seats else 0,
        refunded_credits_cents=0 if refund is None else refund.credits_cents,
        refunded_card_cents=0 if refund is None else refund.card_cents,
        card_to_credits_cents=card_moved_to_credits(purchase, backs),
        ledger_seq=seq,
        ledger_head=head,
    )
    if refund is None:
        return after
    in_full = after.returned_cents == after.subtotal_amount_cents
    return evolve(orders.moved(after, "refund" if in_full else "refund_partly"), version=after.version)


def _balance(order: Order) -> int:
    """What the order moves on its buyer's credits."""
    if order.order_type is OrderType.CREDIT:
        return order.subtotal_amount_cents
    return order.refunded_credits_cents - order.credits_applied_cents


def _piece(purchase: Purchase, made: _Made, seats: Sequence[Seated]) -> Piece:
    findings = _findings(purchase, made, seats)
    gone = {(one.table, one.id) for one in findings if one.outcome is Outcome.QUARANTINED}
    inserts: tuple[NewRecord, ...] = (
        made.order,
        *(seat.sitting.session for seat in seats if seat.sitting.own_session),
        *made.bookings,
        *(() if made.payment is None else (made.payment,)),
        *(() if made.refund is None else (made.refund,)),
        *(seat.earned.earnings for seat in seats if seat.earned.earnings is not None),
    )
    return Piece(
        changes=Changes(inserts=inserts, entries=tuple(made.journal.entries)),
        mapped=tuple(row for row in rows_in(purchase) if row not in gone),
        findings=findings,
        tally=_tally(purchase, made, seats),
    )


def _findings(purchase: Purchase, made: _Made, seats: Sequence[Seated]) -> tuple[Finding, ...]:
    parents = {parent.id for parent in purchase.parents}
    of_parents = tuple(
        left_out(
            Table.EARNINGS,
            row.id,
            Reason.EARNED_BY_PARENT,
            f"booking {row.booking_id} is a {made.order.order_type}: its seats earn, one by one",
        )
        for row in purchase.earnings
        if row.booking_id in parents
    )
    of_seats = tuple(found for seat in seats for found in (*seat.sitting.findings, *seat.earned.findings))
    return (*of_parents, *of_seats, *_purchase_findings(purchase))


def _purchase_findings(purchase: Purchase) -> tuple[Finding, ...]:
    """What a transaction says was bought, where the order says otherwise. The order is believed."""
    if is_credit(purchase):
        return ()
    subtotal = purchase.order.subtotal_amount_cents
    return tuple(
        adjusted(
            Table.TRANSACTIONS,
            row.id,
            Reason.PURCHASE_DIFFERS,
            f"a purchase of {row.amount_cents}, the order says {subtotal}",
        )
        for row in purchase.transactions
        if row.transaction_type == words.PURCHASE and row.amount_cents != subtotal
    )


def _tally(purchase: Purchase, made: _Made, seats: Sequence[Seated]) -> tuple[Tally, ...]:
    forfeited = sum(s.back is not None and s.back.refunded_cents == 0 and s.value_cents > 0 for s in seats)
    return (
        *purchase.tally,
        *_TALLY_OF.get(made.order.order_type, ()),
        *(one for seat in seats for one in (*seat.sitting.tally, *seat.earned.tally)),
        *((Tally.REFUNDS_MADE,) if made.refund is not None else ()),
        *((Tally.SEATS_FORFEITED,) * forfeited),
    )
