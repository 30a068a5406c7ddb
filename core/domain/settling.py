"""What a gateway's answer does to an order: confirm it, give everything back, or wait.

The request, the webhook and the repair sweep all decide here; settling twice changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from core.domain import bookings, orders, sessions
from core.domain.availability import Availability
from core.domain.bookings import Seat, SeatPayment
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.confirming import confirm
from core.domain.credits import CreditChange
from core.domain.errors import NotFound, SessionFull
from core.domain.events import EventType, event
from core.domain.gateway import (
    Absent,
    Canceled,
    ChargeOutcome,
    Declined,
    Processing,
    RequiresAction,
    Succeeded,
    Unknown,
)
from core.domain.ids import EntryId, IdSource, PaymentId, RefundId
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    REFUNDS_PAYABLE,
    EntryKind,
    PostingType,
    order_chain,
    posting,
    record,
)
from core.domain.orders import Destination, Order, Payment, Refund, refund_key
from core.domain.planning import claim_of, require_available
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    SessionStatus,
    transition,
)
from core.domain.views import OrderView

MOVE_OF: Mapping[type[ChargeOutcome], str] = {
    Succeeded: "succeed",
    Declined: "fail",
    RequiresAction: "require_action",
    Processing: "process",
    Canceled: "cancel",
    Absent: "cancel",
    Unknown: "lose",
}
"""The status move that each answer means."""

BY_HAND = "canceled_by_hand"
"""The failure code of a payment whose order somebody canceled before it was paid: it must not come back."""

FINAL = (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED)


@frozen(kw_only=True)
class Settlement:
    """The order as it stands after an answer. `refund` is one that must now be sent: the money
    came too late and is going back.
    """

    changes: Changes
    order: Order
    seats: tuple[Seat, ...]
    payment: Payment
    refund: Refund | None = None


def settle(
    view: OrderView,
    payment_id: PaymentId,
    outcome: ChargeOutcome,
    *,
    availability: Availability | None = None,
    by_hand: bool = False,
    now: datetime,
    new_id: IdSource,
) -> Settlement:
    """Apply the gateway's answer. Success on a canceled order (`is_late`) wins its seats and credits back,
    as far as its practitioner's `availability` still allows; but not if somebody canceled it (`by_hand`,
    which the payment remembers): then the money goes back.

    If a session has begun or was called off, this raises SessionFull, OutsideAvailability for a time that
    is no longer offered; if seats are gone, the commit fails with SessionFull, SessionOverlap or
    InsufficientCredits. The caller then decides again with `return_late_payment`.
    """
    payment = payment_of(view, payment_id)
    settled = answered(payment, outcome, now)
    if settled.status is payment.status:
        touched = () if payment.status in FINAL else (settled,)
        return Settlement(
            changes=Changes(updates=touched), order=view.order, seats=view.seats, payment=settled
        )
    unwanted = payment.failure_code == BY_HAND and view.order.status is OrderStatus.CANCELED
    if unwanted and isinstance(outcome, Succeeded):
        return return_late_payment(view, payment_id, outcome, now=now, new_id=new_id)
    if settled.status is PaymentStatus.SUCCEEDED:
        return _succeeded(view, settled, availability=availability, now=now, new_id=new_id)
    if settled.status in FINAL and view.order.status is OrderStatus.PENDING_PAYMENT:
        given_up = _by_hand(settled) if by_hand else settled
        return _given_back(view, given_up, now=now, new_id=new_id)
    return Settlement(
        changes=Changes(updates=(settled,)), order=view.order, seats=view.seats, payment=settled
    )


def is_late(view: OrderView, payment_id: PaymentId, outcome: ChargeOutcome) -> bool:
    """Whether this is the money of an order that was given up, heard of for the first time."""
    return (
        isinstance(outcome, Succeeded)
        and view.order.status is OrderStatus.CANCELED
        and payment_of(view, payment_id).status is not PaymentStatus.SUCCEEDED
    )


def payment_of(view: OrderView, payment_id: PaymentId) -> Payment:
    """The payment of an order with this id."""
    for payment in view.payments:
        if payment.id == payment_id:
            return payment
    raise NotFound("payment", payment_id)


def answered(payment: Payment, outcome: ChargeOutcome, now: datetime) -> Payment:
    """The payment after the gateway's answer; a final one is only ever overruled by success."""
    if payment.status in FINAL and not isinstance(outcome, Succeeded):
        return payment
    moved = evolve(
        payment,
        status=transition(payment.status, MOVE_OF[type(outcome)]),
        updated_at=now,
        version=payment.version + 1,
    )
    if isinstance(outcome, Succeeded | RequiresAction | Processing):
        moved = evolve(moved, gateway_ref=outcome.ref)
    if isinstance(outcome, Declined):
        moved = evolve(moved, failure_code=outcome.code, failure_message=outcome.message)
    if isinstance(outcome, RequiresAction):
        return evolve(moved, client_secret=outcome.client_secret)
    return evolve(moved, client_secret=None) if moved.status in FINAL else moved


def never_again(view: OrderView) -> Changes:
    """Somebody cancels an order that was given up already: its money, if it still comes, goes back."""
    if view.order.status is not OrderStatus.CANCELED:
        return Changes()
    undecided = (
        each
        for each in view.payments
        if each.status is not PaymentStatus.SUCCEEDED and each.failure_code is None
    )
    return Changes(updates=tuple(evolve(_by_hand(each), version=each.version + 1) for each in undecided))


def _by_hand(payment: Payment) -> Payment:
    return evolve(payment, failure_code=BY_HAND, failure_message="the order was canceled before it was paid")


def _succeeded(
    view: OrderView,
    payment: Payment,
    *,
    availability: Availability | None,
    now: datetime,
    new_id: IdSource,
) -> Settlement:
    if view.order.status is OrderStatus.CANCELED:
        return _reinstated(view, payment, availability=availability, now=now, new_id=new_id)
    confirmed = confirm(view.order, view.seats, credits_were_held=True, now=now, new_id=new_id)
    changes = Changes(
        inserts=confirmed.earnings,
        updates=(confirmed.order, *(s.booking for s in confirmed.seats), payment),
        credits=confirmed.credits,
        entries=confirmed.entries,
        events=confirmed.events,
    )
    return Settlement(changes=changes, order=confirmed.order, seats=confirmed.seats, payment=payment)


def _given_back(view: OrderView, payment: Payment, *, now: datetime, new_id: IdSource) -> Settlement:
    """Cancel an unpaid order: seats, times and credits are free again."""
    order = evolve(
        orders.moved(view.order, "cancel"), hold_expires_at=None, sessions_canceled=len(view.seats)
    )
    seats = tuple(
        Seat(
            booking=evolve(
                bookings.moved(seat.booking, "cancel"), payment_status=SeatPayment.FAILED, canceled_at=now
            ),
            session=canceled_private(seat.session),
        )
        for seat in view.seats
    )
    changes = Changes(
        updates=(order, *(s.booking for s in seats), *changed_sessions(view.seats, seats), payment),
        seats=summed_seats(SeatChange(session_id=s.session.id, seats=-1) for s in view.seats if s.occupied),
        credits=_released(view.order),
        events=(event(new_id, EventType.ORDER_CANCELED, order.id, now, user_id=order.user_id),),
    )
    return Settlement(changes=changes, order=order, seats=counted(view.seats, seats), payment=payment)


def counted(before: tuple[Seat, ...], after: tuple[Seat, ...]) -> tuple[Seat, ...]:
    """The seats with their sessions' counts as the store will have moved them."""
    return tuple(
        evolve(
            new,
            session=evolve(
                new.session,
                current_participants=new.session.current_participants + new.occupied - old.occupied,
            ),
        )
        for old, new in zip(before, after, strict=True)
    )


def canceled_private(session: ServiceSession) -> ServiceSession:
    """A private session goes with its only seat; a public or finished one stays."""
    over = session.status in (SessionStatus.COMPLETED, SessionStatus.CANCELED)
    if session.session_type is not SessionType.INDIVIDUAL or over:
        return session
    return sessions.moved(session, "cancel")


def changed_sessions(before: tuple[Seat, ...], after: tuple[Seat, ...]) -> tuple[ServiceSession, ...]:
    """The sessions that a decision changed."""
    return tuple(
        new.session for old, new in zip(before, after, strict=True) if new.session is not old.session
    )


def _released(order: Order) -> tuple[CreditChange, ...]:
    if order.credits_applied_cents == 0:
        return ()
    return (
        CreditChange(
            user_id=order.user_id, currency=order.currency, held_delta_cents=-order.credits_applied_cents
        ),
    )


def _reinstated(
    view: OrderView,
    payment: Payment,
    *,
    availability: Availability | None,
    now: datetime,
    new_id: IdSource,
) -> Settlement:
    """The money came after the hold lapsed: take seats, times and credits again and pay the order.

    Raises SessionFull or OutsideAvailability for a session that could not be sold now.
    """
    for seat in view.seats:
        _require_sellable(seat.session, availability, now)
    drafts = tuple(_reopened(seat) for seat in view.seats)
    order = evolve(view.order, sessions_canceled=0)
    confirmed = confirm(order, drafts, credits_were_held=False, now=now, new_id=new_id, move="reinstate")
    seats = tuple(
        Seat(
            booking=evolve(new.booking, version=old.booking.version + 1, canceled_at=None),
            session=new.session,
        )
        for old, new in zip(view.seats, confirmed.seats, strict=True)
    )
    changes = Changes(
        inserts=confirmed.earnings,
        updates=(confirmed.order, *(s.booking for s in seats), *changed_sessions(view.seats, seats), payment),
        seats=summed_seats(
            SeatChange(session_id=s.session.id, seats=1)
            for s in seats
            if s.booking.status is BookingStatus.CONFIRMED
        ),
        slots=tuple(
            claim_of(s.session, availability)
            for s in seats
            if s.session.session_type is SessionType.INDIVIDUAL and s.session.start_time is not None
        ),
        credits=confirmed.credits,
        entries=confirmed.entries,
        events=confirmed.events,
    )
    return Settlement(
        changes=changes, order=confirmed.order, seats=counted(view.seats, seats), payment=payment
    )


def _require_sellable(session: ServiceSession, availability: Availability | None, now: datetime) -> None:
    """The checks of a purchase, but for the notice: the buyer gave that when they chose the time.

    Who else is there is checked by the commit.
    """
    begun = session.start_time is not None and session.start_time <= now
    if begun or session.called_off:
        raise SessionFull(session.id)
    if availability is not None and session.session_type is SessionType.INDIVIDUAL:
        require_available(evolve(availability, min_notice_minutes=0), (), session, now=now)


def _reopened(seat: Seat) -> Seat:
    session = seat.session
    if session.status is SessionStatus.CANCELED and session.session_type is SessionType.INDIVIDUAL:
        session = sessions.moved(session, "reinstate_draft" if session.start_time is None else "reinstate")
    return Seat(booking=bookings.moved(seat.booking, "reinstate"), session=session)


def return_late_payment(
    view: OrderView, payment_id: PaymentId, outcome: Succeeded, *, now: datetime, new_id: IdSource
) -> Settlement:
    """Send back in full what was charged for an order that can no longer be served."""
    payment = answered(payment_of(view, payment_id), outcome, now)
    entry, chain = record(
        order_chain(view.order.id, view.order.ledger_seq, view.order.ledger_head),
        EntryKind.LATE_PAYMENT,
        (
            posting(new_id, PAYMENT_GATEWAY, PostingType.CHARGE, -payment.amount_cents),
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, payment.amount_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=payment.currency,
        occurred_at=now,
        order_id=view.order.id,
    )
    order = evolve(
        view.order,
        refunded_card_cents=view.order.refunded_card_cents + payment.amount_cents,
        ledger_seq=chain.seq,
        ledger_head=chain.head,
        version=view.order.version + 1,
    )
    refund = late_refund(order, payment, RefundId(new_id()), now)
    changes = Changes(inserts=(refund,), updates=(order, payment), entries=(entry,))
    return Settlement(changes=changes, order=order, seats=view.seats, payment=payment, refund=refund)


def late_refund(order: Order, payment: Payment, refund_id: RefundId, now: datetime) -> Refund:
    """A full refund of a payment that came too late; it gives back no seat."""
    return Refund(
        id=refund_id,
        order_id=order.id,
        user_id=order.user_id,
        payment_id=payment.id,
        status=RefundStatus.PENDING,
        destination=Destination.ORIGINAL,
        lines=(),
        refund_value_cents=payment.amount_cents,
        credits_cents=0,
        card_cents=payment.amount_cents,
        forfeited_cents=0,
        currency=payment.currency,
        reason="the payment arrived after the order had been given up",
        idempotency_key=refund_key(refund_id),
        created_at=now,
        updated_at=now,
    )
