"""Seats given up: bookings canceled, money on its way back, the rest forfeited.

Source: domain.md, "Cancelling and refunding".
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import bookings, orders
from core.domain.bookings import Seat, SeatPayment
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.credits import CreditChange
from core.domain.earnings import Earnings
from core.domain.errors import IllegalTransition, NothingToRefund, PackageExpired, PaymentDisputed
from core.domain.events import Event, EventType, event
from core.domain.forfeiting import earnings_after, kept_postings
from core.domain.ids import BookingId, EntryId, IdSource, RefundId, UserId
from core.domain.ledger import (
    PLATFORM_FORFEITS,
    REFUNDS_PAYABLE,
    EntryKind,
    JournalEntry,
    PostingType,
    order_chain,
    order_value,
    posting,
    record,
    user_credit,
)
from core.domain.orders import Destination, Order, Payment, Refund, RefundLine, refund_key
from core.domain.refunds import RefundQuote, awaits_refund, chosen, has_run_out, is_refundable, quote
from core.domain.reversing import take_back_delivered
from core.domain.settling import canceled_private, changed_sessions, counted, never_again
from core.domain.statuses import (
    BookingStatus,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
)
from core.domain.views import History, OrderView


@frozen(kw_only=True)
class Cancellation:
    """Seats given up. `refund` is None where nothing goes back; it is pending while card money is to move."""

    changes: Changes
    quote: RefundQuote
    order: Order
    seats: tuple[Seat, ...]
    refund: Refund | None


def refund(
    view: OrderView,
    *,
    booking_ids: Collection[BookingId] | None,
    in_full: bool,
    destination: Destination,
    reason: str | None,
    history: History | None = None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Give up seats for their money. Raises NothingToRefund if nothing would come back.

    With a `history`, seats that were delivered are taken back too: their earnings are reversed, or
    clawed back from the next payout; raises PayoutUnderWay while one with them is undecided.
    """
    require_paid(view.order)
    figures = quote(
        view,
        booking_ids=booking_ids,
        in_full=in_full,
        destination=destination,
        now=now,
        delivered_too=history is not None,
    )
    if figures.refund_value_cents == 0:
        raise NothingToRefund("none of these seats would give anything back")
    return _give_up(
        view, figures, destination=destination, reason=reason, history=history, now=now, new_id=new_id
    )


def cancel_seat(
    view: OrderView,
    booking_id: BookingId,
    *,
    in_full: bool,
    reason: str | None,
    by: UserId | None = None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Cancel one seat by policy, even if nothing comes back; `by` somebody, if a person did it.

    Raises IllegalTransition for a seat that is completed, PaymentDisputed, and PackageExpired for an
    unscheduled one whose package has run out, unless `in_full`; one that is canceled already stays so
    (`never_again`).
    """
    seat = chosen(view, (booking_id,))[0]
    figures = quote(
        view, booking_ids=(booking_id,), in_full=in_full, destination=Destination.ORIGINAL, now=now
    )
    if seat.booking.status is BookingStatus.CANCELED:
        return Cancellation(
            changes=never_again(view), quote=figures, order=view.order, seats=(seat,), refund=None
        )
    if not in_full and view.order.expires_at is not None and has_run_out(view.order, seat, now):
        raise PackageExpired(view.order.expires_at)
    if not is_refundable(seat, in_full=in_full):
        raise IllegalTransition("booking", "completed" if seat.completed else seat.booking.status, "cancel")
    require_undisputed(view.order)
    return _give_up(
        view, figures, destination=Destination.ORIGINAL, reason=reason, by=by, now=now, new_id=new_id
    )


def cancel_order(
    view: OrderView,
    *,
    in_full: bool,
    destination: Destination,
    reason: str | None,
    by: UserId | None = None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Cancel every seat of a paid order that can be, each by policy, even if nothing comes back;
    `by` somebody, if a person did it.

    A second time changes nothing (but see `never_again`). Raises PaymentDisputed, and IllegalTransition for
    an order that has nothing left to cancel because it was delivered, or that bought no seats.
    """
    figures = quote(view, booking_ids=None, in_full=in_full, destination=destination, now=now)
    if figures.lines:
        require_undisputed(view.order)
        return _give_up(view, figures, destination=destination, reason=reason, by=by, now=now, new_id=new_id)
    if not any(seat.booking.status is BookingStatus.CANCELED for seat in view.seats):
        raise IllegalTransition("order", "delivered" if view.seats else view.order.status, "cancel")
    return Cancellation(
        changes=never_again(view), quote=figures, order=view.order, seats=view.seats, refund=None
    )


def cancel_in_full(view: OrderView, *, reason: str | None, now: datetime, new_id: IdSource) -> Cancellation:
    """Cancel every seat of the view that can be, for all of its money: its practitioner calls it off."""
    figures = quote(view, booking_ids=None, in_full=True, destination=Destination.ORIGINAL, now=now)
    return _give_up(view, figures, destination=Destination.ORIGINAL, reason=reason, now=now, new_id=new_id)


def cancel_as_quoted(
    view: OrderView,
    figures: RefundQuote,
    *,
    destination: Destination,
    reason: str | None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Cancel the seats that the figures list, for just that much: whoever made them has decided.

    Of seats that are canceled already only the money moves.
    """
    return _give_up(view, figures, destination=destination, reason=reason, now=now, new_id=new_id)


def require_paid(order: Order) -> None:
    """IllegalTransition unless the order was paid; NothingToRefund if all of it went back already, and
    PaymentDisputed while the buyer's bank may take it back.
    """
    if order.status is OrderStatus.REFUNDED:
        raise NothingToRefund("everything has been refunded already")
    if order.status not in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED):
        raise IllegalTransition("order", order.status, "refund")
    require_undisputed(order)


def require_undisputed(order: Order) -> None:
    """PaymentDisputed while the order's money is on its way back through the buyer's bank."""
    if order.is_disputed:
        raise PaymentDisputed("the buyer disputes this payment with their bank, which decides on it first")


def _give_up(
    view: OrderView,
    figures: RefundQuote,
    *,
    destination: Destination,
    reason: str | None,
    by: UserId | None = None,
    history: History | None = None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    given_up = {line.booking_id: line for line in figures.lines}
    before = tuple(seat for seat in view.seats if seat.booking.id in given_up)
    made = _refund_row(view, figures, destination=destination, reason=reason, now=now, new_id=new_id)
    after = tuple(_given_up(seat, given_up[seat.booking.id], made, reason=reason, now=now) for seat in before)

    returned = take_back_delivered(view, before, history=history, now=now, new_id=new_id)
    live = tuple(seat for seat in before if not _stands(seat))
    earned = earnings_after(view, live, given_up, now=now, new_id=new_id)
    entry = _entry(returned.order, figures, earned.kept, now=now, new_id=new_id)
    order = _order_after(returned.order, figures, entry, seats=len(live))
    changes = Changes(
        inserts=(*(() if made is None else (made,)), *earned.inserts),
        updates=(
            order,
            *(seat.booking for seat in after),
            *changed_sessions(before, after),
            *earned.updates,
            *returned.updates,
        ),
        seats=summed_seats(SeatChange(session_id=s.session.id, seats=-1) for s in live if s.occupied),
        credits=_returned_credits(order, figures),
        entries=(*returned.entries, *(() if entry is None else (entry,))),
        events=tuple(
            told_of_seat(new, stands=_stands(old), by=by, now=now, new_id=new_id)
            for old, new in zip(before, after, strict=True)
        ),
    )
    return Cancellation(
        changes=changes, quote=figures, order=order, seats=counted(before, after), refund=made
    )


def told_of_seat(
    seat: Seat, *, stands: bool = False, by: UserId | None = None, now: datetime, new_id: IdSource
) -> Event:
    """The event of a seat that was given up; of money alone where the seat `stands` as it did.

    `by_practitioner`: 1 if its practitioner did it (`by`), who then need not be told.
    """
    booking = seat.booking
    return event(
        new_id,
        EventType.BOOKING_REFUNDED if stands else EventType.BOOKING_CANCELED,
        booking.id,
        now,
        user_id=booking.user_id,
        practitioner_id=booking.practitioner_id,
        order_id=booking.order_id,
        refund_cents=booking.refunded_cents,
        by_practitioner=int(by == booking.practitioner_id),
    )


def _refund_row(
    view: OrderView,
    figures: RefundQuote,
    *,
    destination: Destination,
    reason: str | None,
    now: datetime,
    new_id: IdSource,
) -> Refund | None:
    if figures.refund_value_cents == 0:
        return None
    refund_id = RefundId(new_id())
    charged = charged_payment(view)
    return Refund(
        id=refund_id,
        order_id=view.order.id,
        user_id=view.order.user_id,
        payment_id=None if charged is None else charged.id,
        status=RefundStatus.PENDING if figures.card_cents > 0 else RefundStatus.SUCCEEDED,
        destination=destination,
        lines=figures.lines,
        refund_value_cents=figures.refund_value_cents,
        credits_cents=figures.credits_cents,
        card_cents=figures.card_cents,
        forfeited_cents=figures.forfeited_cents,
        currency=view.order.currency,
        reason=reason,
        idempotency_key=refund_key(refund_id),
        created_at=now,
        updated_at=now,
    )


def charged_payment(view: OrderView) -> Payment | None:
    """The payment that took the order's card money."""
    return next((p for p in view.payments if p.status is PaymentStatus.SUCCEEDED), None)


def _given_up(
    seat: Seat, line: RefundLine, made: Refund | None, *, reason: str | None, now: datetime
) -> Seat:
    """The seat after its refund: canceled, or if it was over before as it was but for its money."""
    refunded = evolve(
        seat.booking,
        payment_status=_payment_status(line),
        refunded_cents=line.refund_cents,
        refund_id=None if made is None else made.id,
    )
    if _stands(seat):
        return Seat(booking=evolve(refunded, version=refunded.version + 1), session=seat.session)
    booking = evolve(bookings.moved(refunded, "cancel"), cancel_reason=reason, canceled_at=now)
    return Seat(booking=booking, session=canceled_private(seat.session))


def _stands(seat: Seat) -> bool:
    """Whether only the money of a seat moves: it was delivered, or canceled when that still had to wait."""
    return seat.completed or awaits_refund(seat)


def _payment_status(line: RefundLine) -> SeatPayment:
    if line.refund_cents == 0 and line.value_cents > 0:
        return SeatPayment.FORFEITED
    return SeatPayment.PARTIALLY_REFUNDED if line.refund_cents < line.value_cents else SeatPayment.REFUNDED


def _entry(
    order: Order, figures: RefundQuote, kept: Sequence[Earnings], *, now: datetime, new_id: IdSource
) -> JournalEntry | None:
    """The seats' value leaves the order: back to the customer, and what is forfeited to the platform, or
    to the practitioner as the earnings `kept`.
    """
    value = figures.refund_value_cents + figures.forfeited_cents
    if value == 0:
        return None
    to_platform = figures.forfeited_cents - sum(row.gross_amount_cents for row in kept)
    entry, _ = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.REFUND if figures.refund_value_cents > 0 else figures.forfeit_as,
        (
            posting(new_id, order_value(order.id), PostingType.REVERSAL, -value),
            posting(
                new_id,
                user_credit(order.user_id),
                PostingType.REFUND,
                figures.credits_cents,
                user_id=order.user_id,
            ),
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, figures.card_cents),
            posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, to_platform),
            *(earned for row in kept for earned in kept_postings(row, new_id)),
        ),
        entry_id=EntryId(new_id()),
        currency=order.currency,
        occurred_at=now,
        order_id=order.id,
    )
    return entry


def _order_after(order: Order, figures: RefundQuote, entry: JournalEntry | None, *, seats: int) -> Order:
    after = evolve(
        order,
        refunded_credits_cents=order.refunded_credits_cents + figures.credits_cents,
        refunded_card_cents=order.refunded_card_cents + figures.card_cents,
        card_to_credits_cents=order.card_to_credits_cents + figures.card_to_credits_cents,
        sessions_canceled=order.sessions_canceled + seats,
        ledger_seq=order.ledger_seq if entry is None else entry.seq,
        ledger_head=order.ledger_head if entry is None else entry.hash,
    )
    if figures.refund_value_cents == 0:
        return evolve(after, version=order.version + 1)
    return orders.moved(
        after, "refund" if after.returned_cents == after.subtotal_amount_cents else "refund_partly"
    )


def _returned_credits(order: Order, figures: RefundQuote) -> tuple[CreditChange, ...]:
    if figures.credits_cents == 0:
        return ()
    return (
        CreditChange(
            user_id=order.user_id, currency=order.currency, balance_delta_cents=figures.credits_cents
        ),
    )
