"""Cancelling and refunding: by policy, seat by seat, back in the proportion in which it was paid.

A quote runs the same code as the act, so the two cannot differ.
Source: domain.md, "Cancelling and refunding".
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain import bookings, earnings, orders
from core.domain.bookings import Seat, SeatPayment
from core.domain.catalogue import CancellationTier
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.credits import CreditChange
from core.domain.errors import IllegalTransition, Invalid, NothingToRefund
from core.domain.events import EventType, event
from core.domain.gateway import Declined, Processing, RefundOutcome, RefundRequest, Succeeded
from core.domain.ids import BookingId, EntryId, IdSource, RefundId
from core.domain.ledger import (
    PAYMENT_GATEWAY,
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
from core.domain.money import credit_share, percentage_of
from core.domain.orders import Destination, Order, Payment, Refund, RefundLine, refund_key
from core.domain.settling import canceled_private, changed_sessions
from core.domain.statuses import (
    BookingStatus,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    SessionStatus,
    transition,
)
from core.domain.views import OrderView, RefundView


@frozen(kw_only=True)
class RefundQuote:
    """What canceling seats would give back: `refund_value` = `credits` + `card`; the seats' values
    = `refund_value` + `forfeited`. `card_to_credits_cents` of the credits had been paid by card.
    """

    lines: tuple[RefundLine, ...]
    refund_value_cents: int
    credits_cents: int
    card_cents: int
    forfeited_cents: int
    card_to_credits_cents: int = 0


@frozen(kw_only=True)
class Cancellation:
    """Seats given up. `refund` is None where nothing goes back; it is pending while card money is to move."""

    changes: Changes
    quote: RefundQuote
    order: Order
    seats: tuple[Seat, ...]
    refund: Refund | None


def refund_percent(policy: Sequence[CancellationTier], *, start_time: datetime | None, now: datetime) -> int:
    """The percentage that a cancellation at `now` returns: the best tier whose notice is met.

    An unscheduled seat returns everything; less notice than every tier asks for returns nothing.
    """
    if start_time is None:
        return 100
    notice = start_time - now
    met = [t.refund_percent for t in policy if notice >= timedelta(hours=t.min_notice_hours)]
    return max(met, default=0)


def is_refundable(seat: Seat) -> bool:
    """Whether the seat still has value to give back: paid, not canceled, its session not over."""
    return (
        seat.booking.status in (BookingStatus.DRAFT, BookingStatus.CONFIRMED)
        and seat.booking.payment_status is SeatPayment.PAID
        and seat.session.status is not SessionStatus.COMPLETED
    )


def quote(
    view: OrderView,
    *,
    booking_ids: Collection[BookingId] | None,
    in_full: bool,
    destination: Destination,
    now: datetime,
) -> RefundQuote:
    """What giving up these seats (all of the order's with None) would return.

    `in_full`: the practitioner or the platform cancels, every seat returns 100 %. Completed,
    canceled and refunded seats give nothing and have no line. Raises Invalid for a seat that is
    not the order's.
    """
    seats = chosen(view, booking_ids)
    lines = tuple(_line(view.order, seat, in_full=in_full, now=now) for seat in seats if is_refundable(seat))
    value = sum(line.refund_cents for line in lines)
    in_credits, card = split_refund(view.order, value)
    moved = card if destination is Destination.CREDITS else 0
    return RefundQuote(
        lines=lines,
        refund_value_cents=value,
        credits_cents=in_credits + moved,
        card_cents=card - moved,
        forfeited_cents=sum(line.value_cents for line in lines) - value,
        card_to_credits_cents=moved,
    )


def chosen(view: OrderView, booking_ids: Collection[BookingId] | None) -> tuple[Seat, ...]:
    """The order's seats with these ids, or all of them."""
    if booking_ids is None:
        return view.seats
    known = {seat.booking.id for seat in view.seats}
    for booking_id in booking_ids:
        if booking_id not in known:
            raise Invalid("/booking_ids", f"booking {booking_id} is not part of this order")
    wanted = set(booking_ids)
    return tuple(seat for seat in view.seats if seat.booking.id in wanted)


def _line(order: Order, seat: Seat, *, in_full: bool, now: datetime) -> RefundLine:
    percent = (
        100
        if in_full
        else refund_percent(order.terms.cancellation_policy, start_time=seat.session.start_time, now=now)
    )
    value = seat.booking.session_value_cents
    return RefundLine(
        booking_id=seat.booking.id,
        value_cents=value,
        refund_percent=percent,
        refund_cents=percentage_of(value, percent),
    )


def split_refund(order: Order, value_cents: int) -> tuple[int, int]:
    """The credits and card parts of the order's next refund, in the proportion in which it was paid.

    Cumulative, so that many partial refunds never drift: the credits returned so far are always
    floor(everything returned so far x credits applied / subtotal).
    """
    returned_before = order.refunded_credits_cents - order.card_to_credits_cents
    returned_after = credit_share(
        order.refunded_cents + value_cents,
        credits_cents=order.credits_applied_cents,
        subtotal_cents=order.subtotal_amount_cents,
    )
    in_credits = returned_after - returned_before
    return in_credits, value_cents - in_credits


def refund(
    view: OrderView,
    *,
    booking_ids: Collection[BookingId] | None,
    in_full: bool,
    destination: Destination,
    reason: str | None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Give up seats for their money. Raises NothingToRefund if nothing would come back."""
    require_paid(view.order)
    figures = quote(view, booking_ids=booking_ids, in_full=in_full, destination=destination, now=now)
    if figures.refund_value_cents == 0:
        raise NothingToRefund("none of these seats would give anything back")
    return _give_up(view, figures, destination=destination, reason=reason, now=now, new_id=new_id)


def cancel_seat(
    view: OrderView,
    booking_id: BookingId,
    *,
    in_full: bool,
    reason: str | None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    """Cancel one seat by policy, even if nothing comes back.

    Raises IllegalTransition for a seat that is completed; one that is canceled already stays so
    and changes nothing.
    """
    seat = chosen(view, (booking_id,))[0]
    figures = quote(
        view, booking_ids=(booking_id,), in_full=in_full, destination=Destination.ORIGINAL, now=now
    )
    if seat.booking.status is BookingStatus.CANCELED:
        return Cancellation(changes=Changes(), quote=figures, order=view.order, seats=(seat,), refund=None)
    if not is_refundable(seat):
        raise IllegalTransition("booking", "completed" if seat.completed else seat.booking.status, "cancel")
    return _give_up(view, figures, destination=Destination.ORIGINAL, reason=reason, now=now, new_id=new_id)


def require_paid(order: Order) -> None:
    """IllegalTransition unless money was taken for the order and may go back."""
    if order.status not in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED):
        raise IllegalTransition("order", order.status, "refund")


def _give_up(
    view: OrderView,
    figures: RefundQuote,
    *,
    destination: Destination,
    reason: str | None,
    now: datetime,
    new_id: IdSource,
) -> Cancellation:
    given_up = {line.booking_id: line for line in figures.lines}
    before = tuple(seat for seat in view.seats if seat.booking.id in given_up)
    made = _refund_row(view, figures, destination=destination, reason=reason, now=now, new_id=new_id)
    after = tuple(_canceled(seat, given_up[seat.booking.id], made, reason=reason, now=now) for seat in before)
    entry = _entry(view.order, figures, now=now, new_id=new_id)
    order = _order_after(view.order, figures, entry, seats=len(before))
    changes = Changes(
        inserts=() if made is None else (made,),
        updates=(
            order,
            *(seat.booking for seat in after),
            *changed_sessions(before, after),
            *(earnings.moved(e, "reverse") for e in view.earnings if e.booking_id in given_up),
        ),
        seats=summed_seats(SeatChange(session_id=s.session.id, seats=-1) for s in before if s.occupied),
        credits=_returned_credits(order, figures),
        entries=() if entry is None else (entry,),
        events=tuple(
            event(
                new_id,
                EventType.BOOKING_CANCELED,
                seat.booking.id,
                now,
                user_id=seat.booking.user_id,
                practitioner_id=seat.booking.practitioner_id,
                order_id=order.id,
                refund_cents=seat.booking.refunded_cents,
            )
            for seat in after
        ),
    )
    return Cancellation(changes=changes, quote=figures, order=order, seats=after, refund=made)


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


def _canceled(
    seat: Seat, line: RefundLine, made: Refund | None, *, reason: str | None, now: datetime
) -> Seat:
    if line.refund_cents == 0 and line.value_cents > 0:
        paid = SeatPayment.FORFEITED
    elif line.refund_cents < line.value_cents:
        paid = SeatPayment.PARTIALLY_REFUNDED
    else:
        paid = SeatPayment.REFUNDED
    booking = evolve(
        bookings.moved(seat.booking, "cancel"),
        payment_status=paid,
        refunded_cents=line.refund_cents,
        refund_id=None if made is None else made.id,
        cancel_reason=reason,
        canceled_at=now,
    )
    return Seat(booking=booking, session=canceled_private(seat.session))


def _entry(order: Order, figures: RefundQuote, *, now: datetime, new_id: IdSource) -> JournalEntry | None:
    value = figures.refund_value_cents + figures.forfeited_cents
    if value == 0:
        return None
    entry, _ = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.REFUND if figures.refund_value_cents > 0 else EntryKind.FORFEIT,
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
            posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, figures.forfeited_cents),
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
        after, "refund" if after.refunded_cents == after.subtotal_amount_cents else "refund_partly"
    )


def _returned_credits(order: Order, figures: RefundQuote) -> tuple[CreditChange, ...]:
    if figures.credits_cents == 0:
        return ()
    return (
        CreditChange(
            user_id=order.user_id, currency=order.currency, balance_delta_cents=figures.credits_cents
        ),
    )


def refund_request(made: Refund, payment: Payment) -> RefundRequest:
    """What the gateway is asked for a refund: the same words at every repetition."""
    if payment.gateway_ref is None:
        raise ValueError("a payment without a gateway reference took no money")
    return RefundRequest(
        idempotency_key=made.idempotency_key,
        charge_ref=payment.gateway_ref,
        amount_cents=made.card_cents,
        currency=made.currency,
        metadata={"order_id": str(made.order_id), "refund_id": str(made.id)},
    )


def settle_refund(
    view: RefundView, outcome: RefundOutcome, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    """Apply the gateway's answer to a refund; a settled one stays as it is.

    Success moves the card part from `refunds_payable` to the gateway. A failure leaves it
    payable, for somebody to look at.
    """
    made, order = view.refund, view.order
    if made.status is not RefundStatus.PENDING:
        return Changes(), made
    if isinstance(outcome, Succeeded):
        return _refund_succeeded(made, order, outcome, now=now, new_id=new_id)
    if isinstance(outcome, Declined):
        failed = evolve(
            made,
            status=transition(made.status, "fail"),
            failure_code=outcome.code,
            updated_at=now,
            version=made.version + 1,
        )
        told = event(new_id, EventType.REFUND_FAILED, made.id, now, user_id=made.user_id, order_id=order.id)
        return Changes(updates=(failed,), events=(told,)), failed
    ref = outcome.ref if isinstance(outcome, Processing) else made.gateway_ref
    waiting = evolve(made, gateway_ref=ref, updated_at=now, version=made.version + 1)
    return Changes(updates=(waiting,)), waiting


def _refund_succeeded(
    made: Refund, order: Order, outcome: Succeeded, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.REFUND_SETTLED,
        (
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, -made.card_cents),
            posting(new_id, PAYMENT_GATEWAY, PostingType.REFUND, made.card_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=made.currency,
        occurred_at=now,
        order_id=order.id,
    )
    done = evolve(
        made,
        status=transition(made.status, "succeed"),
        gateway_ref=outcome.ref,
        updated_at=now,
        version=made.version + 1,
    )
    settled = evolve(order, ledger_seq=chain.seq, ledger_head=chain.head, version=order.version + 1)
    told = event(
        new_id,
        EventType.REFUND_SUCCEEDED,
        made.id,
        now,
        user_id=made.user_id,
        order_id=order.id,
        card_cents=made.card_cents,
        credits_cents=made.credits_cents,
    )
    return Changes(updates=(settled, done), entries=(entry,), events=(told,)), done
