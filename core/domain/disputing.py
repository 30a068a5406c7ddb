"""The gateway tells of a dispute: its earnings freeze, and are then released or taken back.

Reports come in any order and any number of times. A dispute that is heard of only when it is lost was
opened and then lost; a decided one stays as it is.
Source: domain.md, "Cancelling and refunding" and "The ledger".
"""

from datetime import datetime

from attrs import evolve, frozen

from core.domain.awaiting import refund_awaiting
from core.domain.bookings import Seat
from core.domain.changes import Changes, SeatChange, merged, summed_seats
from core.domain.charging_back import ChargedBack, charge_back, charge_back_credits, refrozen
from core.domain.credits import CreditChange
from core.domain.disputes import Dispute
from core.domain.errors import IllegalTransition, Invalid
from core.domain.events import Event, EventType, event
from core.domain.freezing import (
    freezable_cents,
    frozen_cents,
    moved_to_order,
    opening_id,
    spendable_cents,
)
from core.domain.gateway import DisputeReport
from core.domain.ids import DisputeId, EntryId, IdSource
from core.domain.ledger import (
    DISPUTES,
    PAYMENT_GATEWAY,
    PLATFORM_LOSSES,
    EntryKind,
    JournalEntry,
    Posting,
    PostingType,
    order_chain,
    posting,
    record,
)
from core.domain.orders import Order, OrderType, Payment, Refund, next_look
from core.domain.reversing import carried
from core.domain.settling import changed_sessions
from core.domain.statuses import DisputeStatus, PaymentStatus, transition
from core.domain.views import DisputeView

MOVES = {
    DisputeStatus.WON: "win",
    DisputeStatus.LOST: "lose",
    DisputeStatus.WITHDRAWN: "withdraw",
}


@frozen(kw_only=True)
class Disputed:
    """A dispute as it stands after a report, and what to write. `freed` are the seats it canceled, `refund`
    is what waited for its end.
    """

    changes: Changes
    dispute: Dispute
    freed: tuple[Seat, ...] = ()
    refund: Refund | None = None


def hear_of_dispute(
    view: DisputeView,
    payment: Payment,
    report: DisputeReport,
    status: DisputeStatus,
    *,
    now: datetime,
    new_id: IdSource,
) -> Disputed:
    """Open a dispute, close it, or both. What is known already changes nothing.

    Open: the amount stands on `disputes`, earnings of the order that are not paid are frozen, and so are the
    credits that it bought, as far as they are not spent. Won or withdrawn: as if nothing had been, and what
    waited goes back. Lost: see `charge_back`. Raises IllegalTransition for a payment that
    took no money, Invalid for an amount that it did not take, and PayoutUnderWay.
    """
    known = next((each for each in view.disputes if each.gateway_ref == report.ref), None)
    if known is not None and (known.status is not DisputeStatus.OPEN or status is DisputeStatus.OPEN):
        return Disputed(changes=Changes(), dispute=known)
    _require_taken(payment, report)
    writing = _Writing(order=view.sale.order)
    dispute = known
    if dispute is None:
        dispute = _new(payment, report, DisputeId(new_id()), now)
        writing = _opened(view, writing, dispute, now=now, new_id=new_id)
    if status is not DisputeStatus.OPEN:
        dispute = evolve(dispute, status=transition(dispute.status, MOVES[status]), closed_at=now)
        writing = _closed(view, writing, dispute, now=now, new_id=new_id)
    if known is not None:
        dispute = evolve(dispute, version=known.version + 1)
    return _disputed(view, writing, dispute, is_new=known is None, now=now, new_id=new_id)


@frozen(kw_only=True)
class _Writing:
    """What is written so far; the order's version moves at the end. `credits_cents` are the buyer's."""

    order: Order
    credits_cents: int = 0
    entries: tuple[JournalEntry, ...] = ()
    events: tuple[Event, ...] = ()
    lost: ChargedBack | None = None


def _require_taken(payment: Payment, report: DisputeReport) -> None:
    if payment.status is not PaymentStatus.SUCCEEDED:
        raise IllegalTransition("payment", payment.status, "dispute")
    if report.currency != payment.currency:
        raise Invalid("/currency", f"the payment was made in {payment.currency}")
    if not 0 < report.amount_cents <= payment.amount_cents:
        raise Invalid("/amount_cents", f"must be between 1 and {payment.amount_cents}, what was paid")


def _new(payment: Payment, report: DisputeReport, dispute_id: DisputeId, now: datetime) -> Dispute:
    return Dispute(
        id=dispute_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        gateway_ref=report.ref,
        amount_cents=report.amount_cents,
        currency=payment.currency,
        reason=report.reason,
        status=DisputeStatus.OPEN,
        created_at=now,
    )


def _opened(
    view: DisputeView, writing: _Writing, dispute: Dispute, *, now: datetime, new_id: IdSource
) -> _Writing:
    before = writing.order
    order = evolve(before, disputed_cents=before.disputed_cents + dispute.amount_cents)
    frozen = freezable_cents(before, view.account, dispute.amount_cents)
    postings = (
        *_between_gateway_and_disputes(dispute.amount_cents, new_id),
        *moved_to_order(order, frozen, new_id),
    )
    told = _told(EventType.DISPUTE_OPENED, dispute, order, now=now, new_id=new_id)
    writing = evolve(writing, order=order, credits_cents=-frozen)
    return _booked(writing, postings, told, entry_id=opening_id(dispute), now=now)


def _closed(
    view: DisputeView, writing: _Writing, dispute: Dispute, *, now: datetime, new_id: IdSource
) -> _Writing:
    amount = dispute.amount_cents
    order = _looked_at_again(evolve(writing.order, disputed_cents=writing.order.disputed_cents - amount), now)
    frozen = frozen_cents(dispute, (*view.entries, *writing.entries))
    if dispute.status is not DisputeStatus.LOST:
        told = _told(EventType.DISPUTE_WON, dispute, order, now=now, new_id=new_id)
        postings = (
            *_between_gateway_and_disputes(-amount, new_id),
            *moved_to_order(order, -frozen, new_id),
        )
        writing = evolve(writing, order=order, credits_cents=writing.credits_cents + frozen)
        return _booked(writing, postings, told, entry_id=EntryId(new_id()), now=now)

    if order.order_type is OrderType.CREDIT:
        spendable = spendable_cents(order, view.account) + writing.credits_cents
        lost = charge_back_credits(
            order, amount, frozen_cents=frozen, spendable_cents=spendable, new_id=new_id
        )
    else:
        lost = charge_back(evolve(view.sale, order=order), amount, now=now, new_id=new_id)
    told = _told(EventType.DISPUTE_LOST, dispute, lost.order, now=now, new_id=new_id)
    postings = (posting(new_id, DISPUTES, PostingType.DISPUTE, amount), *lost.postings)
    missing = sum(each.amount_cents for each in postings)
    loss = posting(new_id, PLATFORM_LOSSES, PostingType.DISPUTE, -missing)
    credited = writing.credits_cents + lost.credits_cents
    writing = evolve(writing, order=lost.order, lost=lost, credits_cents=credited)
    return _booked(writing, (*postings, loss), told, entry_id=EntryId(new_id()), now=now)


def _looked_at_again(order: Order, now: datetime) -> Order:
    """The order, due for the look at its expiry that its dispute may have held up."""
    if order.is_disputed or order.expires_at is None or order.expiry_due_at is not None:
        return order
    return evolve(order, expiry_due_at=next_look(order.expires_at, now))


def _between_gateway_and_disputes(cents: int, new_id: IdSource) -> tuple[Posting, ...]:
    """The gateway has taken the money back for now, or with a minus has given it again."""
    return (
        posting(new_id, PAYMENT_GATEWAY, PostingType.DISPUTE, cents),
        posting(new_id, DISPUTES, PostingType.DISPUTE, -cents),
    )


def _booked(
    writing: _Writing,
    postings: tuple[Posting, ...],
    told: Event,
    *,
    entry_id: EntryId,
    now: datetime,
) -> _Writing:
    order = writing.order
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.DISPUTE,
        postings,
        entry_id=entry_id,
        currency=order.currency,
        occurred_at=now,
        order_id=order.id,
    )
    return evolve(
        writing,
        order=evolve(order, ledger_seq=chain.seq, ledger_head=chain.head),
        entries=(*writing.entries, entry),
        events=(*writing.events, told),
    )


def _disputed(
    view: DisputeView, writing: _Writing, dispute: Dispute, *, is_new: bool, now: datetime, new_id: IdSource
) -> Disputed:
    returned = None
    if writing.lost is None:
        returned = refund_awaiting(evolve(view.sale, order=writing.order), now=now, new_id=new_id)
    order = evolve(writing.order, version=view.sale.order.version + 1)
    lost = writing.lost or ChargedBack(order=order)
    updated = {row.id: row for row in lost.earnings}
    earnings = refrozen(view.sale.earnings, updated, frozen=order.is_disputed)
    clawed_back = () if view.practitioner is None else carried(view.practitioner, lost.carried_cents)
    changes = Changes(
        inserts=(dispute,) if is_new else (),
        updates=(
            *((order,) if returned is None else ()),
            *(() if is_new else (dispute,)),
            *(seat.booking for seat in lost.after),
            *changed_sessions(lost.before, lost.after),
            *earnings,
            *clawed_back,
        ),
        seats=summed_seats(
            SeatChange(session_id=seat.session.id, seats=-1) for seat in lost.canceled if seat.occupied
        ),
        credits=_credits(order, writing.credits_cents),
        entries=writing.entries,
        events=(*writing.events, *_canceled(lost, now=now, new_id=new_id)),
    )
    if returned is None:
        return Disputed(changes=changes, dispute=dispute, freed=lost.canceled)
    return Disputed(changes=merged((changes, returned.changes)), dispute=dispute, refund=returned.refund)


def _credits(order: Order, cents: int) -> tuple[CreditChange, ...]:
    if cents == 0:
        return ()
    return (CreditChange(user_id=order.user_id, currency=order.currency, balance_delta_cents=cents),)


def _canceled(lost: ChargedBack, *, now: datetime, new_id: IdSource) -> tuple[Event, ...]:
    ids = {seat.booking.id for seat in lost.canceled}
    return tuple(
        event(
            new_id,
            EventType.BOOKING_CANCELED,
            seat.booking.id,
            now,
            user_id=seat.booking.user_id,
            practitioner_id=seat.booking.practitioner_id,
            order_id=seat.booking.order_id,
            refund_cents=seat.booking.refunded_cents,
        )
        for seat in lost.after
        if seat.booking.id in ids
    )


def _told(kind: EventType, dispute: Dispute, order: Order, *, now: datetime, new_id: IdSource) -> Event:
    return event(
        new_id,
        kind,
        dispute.id,
        now,
        order_id=order.id,
        user_id=order.user_id,
        practitioner_id=order.practitioner_id,
        amount_cents=dispute.amount_cents,
        currency=dispute.currency,
        status=dispute.status.value,
    )
