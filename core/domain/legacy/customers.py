"""A customer with everything of theirs: credits, purchases by time, and who was in which room.

A purchase is brought over whole or not at all: what breaks an invariant takes its order, bookings,
transactions and earnings with it, each named.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from core.domain.legacy import words
from core.domain.legacy.buying import Bought, bought
from core.domain.legacy.crediting import Credits
from core.domain.legacy.findings import Outcome, Reason, Unfit, left_out
from core.domain.legacy.known import Known
from core.domain.legacy.ordering import row_of
from core.domain.legacy.pieces import Frame, Lost, Piece
from core.domain.legacy.placing import Purchase, place, rows_in
from core.domain.legacy.presence import told_of
from core.domain.legacy.rows import Customer, Table
from core.domain.legacy.seating import counted_in


def brought_over(customer: Customer, frame: Frame) -> tuple[Piece, ...]:
    """Everything of a customer, the credit account first; empty for one who never had anything."""
    known = Known(customer, frame)
    placed = place(customer, frame.rules.currency)
    wallet = Credits(customer, placed, frame)
    sessions: set[int] = set()
    pieces: list[Piece] = []
    for purchase in wallet.givers_first(placed.purchases):
        try:
            made = bought(purchase, known)
            _require_single_seats(purchase, made, sessions)
            wallet.move(purchase, made.balance_cents)
        except Unfit as unfit:
            pieces.append(_quarantined(purchase, unfit))
        else:
            sessions.update(made.sessions)
            pieces.append(made.piece)
    pieces = [wallet.account(), *pieces, told_of(customer.presences, known)]
    pieces.append(Piece(findings=placed.findings))
    shifts = _seat_shifts(customer, sessions)
    if shifts:
        pieces.append(Piece(seat_shifts=shifts))
    lost = tuple(_lost(customer, pieces))
    if lost:
        pieces.append(Piece(lost=lost))
    return tuple(piece for piece in pieces if piece != Piece())


def _require_single_seats(purchase: Purchase, made: Bought, sessions: set[int]) -> None:
    """A customer has one seat in a session."""
    own = Counter(made.sessions)
    twice = [session for session in own if own[session] > 1 or session in sessions]
    if twice:
        detail = f"a second seat of user {purchase.order.user_id} in session {twice[0]}"
        raise Unfit(*row_of(purchase), Reason.SEAT_TWICE, detail)


def _quarantined(purchase: Purchase, unfit: Unfit) -> Piece:
    """Everything of a purchase, left out for what is wrong with one row of it."""
    with_it = f"goes with {unfit.table} {unfit.id}"
    return Piece(
        findings=tuple(
            left_out(table, old_id, unfit.reason, unfit.detail if _is(unfit, table, old_id) else with_it)
            for table, old_id in rows_in(purchase)
        )
    )


def _is(unfit: Unfit, table: Table, old_id: int) -> bool:
    return (unfit.table, unfit.id) == (table, old_id)


def _seat_shifts(customer: Customer, sessions: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """By how much more seats the customer takes in each session than the old system counts."""
    shift: Counter[int] = Counter(sessions)
    for booking in customer.bookings:
        counted = counted_in(booking)
        if counted is not None:
            shift[counted] -= 1
    return tuple(sorted((session, by) for session, by in shift.items() if by != 0))


def _lost(customer: Customer, pieces: Iterable[Piece]) -> Iterator[Lost]:
    """Earnings that a payout took and that are left out."""
    left_behind = {
        found.id
        for piece in pieces
        for found in piece.findings
        if found.table is Table.EARNINGS and found.outcome is Outcome.QUARANTINED
    }
    for row in customer.earnings:
        if row.payout_id is not None and row.id in left_behind and row.status != words.REVERSED:
            yield Lost(payout_id=row.payout_id, net_cents=row.net_amount_cents)
