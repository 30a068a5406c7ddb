"""Giving seats back: by the whole order, by a choice of its seats, or a single one."""

from collections.abc import Sequence
from typing import TypeVar

from attrs import frozen

from core.domain.actors import Actor
from core.domain.bookings import Seat
from core.domain.cancelling import Cancellation, cancel_seat, charged_payment, require_paid
from core.domain.cancelling import refund as decide
from core.domain.changes import Changes
from core.domain.errors import IllegalTransition, NotFound
from core.domain.ids import BookingId, OrderId
from core.domain.orders import Destination, Refund
from core.domain.refunds import RefundQuote, quote
from core.domain.statuses import OrderStatus, RefundStatus
from core.domain.transferring import held_by
from core.domain.views import History, OrderView
from core.usecases.attempts import retrying
from core.usecases.checkout import give_up_payment
from core.usecases.claims import Claim, finishing, opening
from core.usecases.context import Ports
from core.usecases.histories import load_history
from core.usecases.lines import pass_on
from core.usecases.settle_payment import Receipt
from core.usecases.settle_refund import send_refund

T = TypeVar("T")


@frozen(kw_only=True)
class CanceledSeat:
    """A canceled seat and what came back for it, if anything."""

    seat: Seat
    refund: Refund | None


async def quote_refund(
    order_id: OrderId,
    *,
    actor: Actor,
    booking_ids: Sequence[BookingId] | None,
    destination: Destination,
    ports: Ports,
) -> RefundQuote:
    """What giving up these seats (all that the caller holds with None) would return now. Nothing moves."""
    view = await load_own(order_id, actor, ports)
    require_paid(view.order)
    return quote(
        seats_of(view, actor),
        booking_ids=booking_ids,
        in_full=actor.is_admin,
        destination=destination,
        now=ports.clock.now(),
        delivered_too=_takes_back(actor, booking_ids),
    )


async def refund_order(
    order_id: OrderId,
    *,
    actor: Actor,
    booking_ids: Sequence[BookingId] | None,
    destination: Destination,
    reason: str | None,
    ports: Ports,
    claim: Claim[Refund] | None = None,
) -> Refund:
    """Give up seats for their money: those still held by policy for the buyer, any in full for an admin.

    An admin who names delivered seats gives their money back too, and takes the earnings of them
    back, if need be from the next payout. The credits are back when this returns; the card part is
    succeeded, or pending until the gateway tells. Raises NothingToRefund, or PayoutUnderWay.
    """

    async def attempt() -> tuple[OrderView, Refund, Changes]:
        view = await load_own(order_id, actor, ports)
        decided = decide(
            seats_of(view, actor),
            booking_ids=booking_ids,
            in_full=actor.is_admin,
            destination=destination,
            reason=reason,
            history=await _history(view, ports) if _takes_back(actor, booking_ids) else None,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        made = decided.refund
        if made is None:
            raise AssertionError("a refund of nothing is refused by the decision")
        await ports.store.commit(claimed(decided.changes, claim, made, made))
        return view, made, decided.changes

    view, made, changes = await retrying(attempt, clock=ports.clock)
    await pass_on(changes, (seat.session for seat in view.seats), ports=ports)
    return await send_card_part(view, made, ports=ports, claim=claim)


async def cancel_booking(
    booking_id: BookingId,
    *,
    actor: Actor,
    reason: str | None,
    ports: Ports,
    claim: Claim[CanceledSeat] | None = None,
) -> CanceledSeat:
    """Cancel one seat: by policy for its holder, in full for its practitioner or an admin.

    A seat whose order waits for its payment takes the whole unpaid order with it.
    """

    async def attempt() -> tuple[OrderView, Cancellation | None]:
        seat = await ports.store.seat(booking_id)
        if seat is None:
            raise NotFound("booking", booking_id)
        booking = seat.booking
        if not (actor.owns(booking.user_id) or actor.owns(booking.practitioner_id)):
            raise NotFound("booking", booking_id)
        view = await ports.store.load_order(booking.order_id)
        if view is None:
            raise NotFound("order", booking.order_id)
        if view.order.status is OrderStatus.PENDING_PAYMENT:
            return view, None
        decided = cancel_seat(
            view,
            booking_id,
            in_full=actor.is_admin or actor.user_id != booking.user_id,
            reason=reason,
            by=actor.user_id,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        result = CanceledSeat(seat=decided.seats[0], refund=decided.refund)
        await ports.store.commit(claimed(decided.changes, claim, decided.refund, result))
        return view, decided

    view, decided = await retrying(attempt, clock=ports.clock)
    if decided is None:
        return await _abandon(view, booking_id, ports=ports, claim=claim)
    await pass_on(decided.changes, (seat.session for seat in view.seats), ports=ports)
    seat, made = decided.seats[0], decided.refund
    if made is None:
        return CanceledSeat(seat=seat, refund=None)

    def canceled(refund: Refund) -> CanceledSeat:
        return CanceledSeat(seat=seat, refund=refund)

    adapted = None if claim is None else claim.adapted(canceled)
    sent = await send_card_part(view, made, ports=ports, claim=adapted)
    return canceled(sent)


def _takes_back(actor: Actor, booking_ids: Sequence[BookingId] | None) -> bool:
    """Delivered seats are given back only by the platform, and only by name."""
    return actor.is_admin and booking_ids is not None


async def _history(view: OrderView, ports: Ports) -> History | None:
    """What taking seats back has to know; None for an order that nobody delivers (credits)."""
    seller = view.order.practitioner_id
    return None if seller is None else await load_history(view.order.id, seller, ports)


async def load_own(order_id: OrderId, actor: Actor, ports: Ports) -> OrderView:
    """An order with everything of it, for its buyer or an admin; NotFound for anyone else."""
    view = await ports.store.load_order(order_id)
    if view is None or not actor.owns(view.order.user_id):
        raise NotFound("order", order_id)
    return view


def seats_of(view: OrderView, actor: Actor) -> OrderView:
    """The order with the seats that the caller may give up by it: what was given away is its holder's."""
    return view if actor.is_admin else held_by(view, actor.user_id)


def claimed(changes: Changes, claim: Claim[T] | None, made: Refund | None, result: T) -> Changes:
    """The record of a key waits for its answer while the gateway is still to be asked."""
    if made is not None and made.status is RefundStatus.PENDING:
        return opening(changes, claim, made.id)
    return finishing(changes, claim, result)


async def send_card_part(
    view: OrderView, made: Refund, *, ports: Ports, claim: Claim[Refund] | None
) -> Refund:
    """Send a refund's card part through the gateway, if it has one; the refund as it stands then."""
    payment = charged_payment(view)
    if made.status is not RefundStatus.PENDING or payment is None:
        return made
    return await send_refund(made, payment, ports=ports, claim=claim)


async def give_up_unpaid(view: OrderView, *, ports: Ports) -> Receipt:
    """Give up an unpaid order: its charge first, its seats only on the gateway's word. It does not come back:
    if its charge was made after all, the money goes back.

    Raises IllegalTransition if the order was paid after all, or the gateway cannot tell yet.
    """
    receipt = await give_up_payment(view.payments[0].id, ports=ports, by_hand=True)
    if receipt.order.status is not OrderStatus.CANCELED:
        raise IllegalTransition("order", receipt.order.status, "cancel_unpaid")
    return receipt


async def _abandon(
    view: OrderView, booking_id: BookingId, *, ports: Ports, claim: Claim[CanceledSeat] | None
) -> CanceledSeat:
    receipt = await give_up_unpaid(view, ports=ports)
    seat = next(seat for seat in receipt.seats if seat.booking.id == booking_id)
    result = CanceledSeat(seat=seat, refund=None)
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, result))
    return result
