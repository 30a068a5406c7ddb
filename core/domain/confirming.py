"""An order becomes paid: seats confirmed, money booked, earnings projected."""

from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain import ledger
from core.domain.bookings import Booking, Seat, SeatPayment
from core.domain.credits import CreditChange
from core.domain.earnings import Earnings, earnings_for, earns, projects_earnings
from core.domain.events import Event, EventType, event
from core.domain.ids import EarningsId, EntryId, IdSource, PostingId
from core.domain.ledger import EntryKind, JournalEntry, Posting, PostingType, order_chain, posting
from core.domain.orders import Order, OrderType, next_look
from core.domain.statuses import BookingStatus, EarningsStatus, transition


@frozen(kw_only=True)
class Confirmed:
    """A paid order with its seats, and all that comes with the payment."""

    order: Order
    seats: tuple[Seat, ...]
    earnings: tuple[Earnings, ...]
    credits: tuple[CreditChange, ...]
    entries: tuple[JournalEntry, ...]
    events: tuple[Event, ...]


def confirm(
    order: Order,
    seats: tuple[Seat, ...],
    *,
    credits_were_held: bool,
    now: datetime,
    new_id: IdSource,
    move: str = "pay",
) -> Confirmed:
    """Pay an order. A seat with a time is confirmed; one without stays a draft, paid.

    `move` is `pay`, or `reinstate` for an order whose money came after it was canceled.
    """
    entry = _purchase_entry(order, seats, now=now, new_id=new_id)
    paid = evolve(
        order,
        status=transition(order.status, move),
        hold_expires_at=None,
        expiry_due_at=None if order.expires_at is None else next_look(order.expires_at, now),
        ledger_seq=order.ledger_seq if entry is None else entry.seq,
        ledger_head=order.ledger_head if entry is None else entry.hash,
        version=order.version + 1,
    )
    usage = _usage_posting(entry) if order.order_type is OrderType.DIRECT else None
    confirmed = tuple(Seat(booking=_paid_booking(seat, usage), session=seat.session) for seat in seats)
    return Confirmed(
        order=paid,
        seats=confirmed,
        earnings=_projected(paid, confirmed, now=now, new_id=new_id),
        credits=_credit_changes(order, credits_were_held=credits_were_held),
        entries=() if entry is None else (entry,),
        events=_events(paid, confirmed, now=now, new_id=new_id),
    )


def _purchase_entry(
    order: Order, seats: tuple[Seat, ...], *, now: datetime, new_id: IdSource
) -> JournalEntry | None:
    """The purchase as one entry: value received, credits used, card charged. None for a free order."""
    if order.subtotal_amount_cents == 0:
        return None
    is_credit = order.order_type is OrderType.CREDIT
    booking_id = seats[0].booking.id if order.order_type is OrderType.DIRECT else None
    account = ledger.user_credit(order.user_id) if is_credit else ledger.order_value(order.id)
    postings: list[Posting] = [
        posting(
            new_id,
            account,
            PostingType.PURCHASE,
            order.subtotal_amount_cents,
            user_id=order.user_id,
            booking_id=booking_id,
        ),
        posting(
            new_id,
            ledger.user_credit(order.user_id),
            PostingType.USAGE,
            -order.credits_applied_cents,
            user_id=order.user_id,
            booking_id=booking_id,
        ),
        posting(new_id, ledger.PAYMENT_GATEWAY, PostingType.CHARGE, -order.total_amount_cents),
    ]
    entry, _ = ledger.record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.CREDIT_PURCHASE if is_credit else EntryKind.PURCHASE,
        postings,
        entry_id=EntryId(new_id()),
        currency=order.currency,
        occurred_at=now,
        order_id=order.id,
    )
    return entry


def _usage_posting(entry: JournalEntry | None) -> PostingId | None:
    if entry is None:
        return None
    return next((p.id for p in entry.postings if p.type is PostingType.USAGE), None)


def _paid_booking(seat: Seat, usage: PostingId | None) -> Booking:
    booking = seat.booking
    if seat.session.start_time is None:
        return evolve(booking, payment_status=SeatPayment.PAID, version=booking.version + 1)
    return evolve(
        booking,
        status=transition(booking.status, "confirm"),
        payment_status=SeatPayment.PAID,
        credit_usage_transaction_id=usage,
        version=booking.version + 1,
    )


def _projected(
    order: Order, seats: tuple[Seat, ...], *, now: datetime, new_id: IdSource
) -> tuple[Earnings, ...]:
    """Direct and course seats show their earnings at once, due after the session's end plus the hold."""
    if not projects_earnings(order):
        return ()
    hold = timedelta(hours=order.terms.earnings_hold_hours)
    return tuple(
        earnings_for(
            order,
            seat.booking,
            earnings_id=EarningsId(new_id()),
            status=EarningsStatus.PROJECTED,
            available_after=seat.session.end_time + hold,
            now=now,
        )
        for seat in seats
        if seat.session.end_time is not None and earns(order, seat.booking)
    )


def _credit_changes(order: Order, *, credits_were_held: bool) -> tuple[CreditChange, ...]:
    if order.order_type is OrderType.CREDIT:
        delta, held = order.subtotal_amount_cents, 0
    else:
        delta = -order.credits_applied_cents
        held = delta if credits_were_held else 0
    if delta == 0:
        return ()
    return (
        CreditChange(
            user_id=order.user_id, currency=order.currency, balance_delta_cents=delta, held_delta_cents=held
        ),
    )


def _events(order: Order, seats: tuple[Seat, ...], *, now: datetime, new_id: IdSource) -> tuple[Event, ...]:
    paid = event(
        new_id,
        EventType.ORDER_PAID,
        order.id,
        now,
        user_id=order.user_id,
        order_type=order.order_type.value,
        subtotal_amount_cents=order.subtotal_amount_cents,
        currency=order.currency,
    )
    confirmed = tuple(
        booking_confirmed(seat, now=now, new_id=new_id)
        for seat in seats
        if seat.booking.status is BookingStatus.CONFIRMED
    )
    return (paid, *confirmed)


def booking_confirmed(seat: Seat, *, now: datetime, new_id: IdSource) -> Event:
    """The event that tells a seat is certain and when it takes place."""
    return event(
        new_id,
        EventType.BOOKING_CONFIRMED,
        seat.booking.id,
        now,
        user_id=seat.booking.user_id,
        practitioner_id=seat.booking.practitioner_id,
        order_id=seat.booking.order_id,
        session_id=seat.session.id,
        start_time=seat.session.start_time,
    )
