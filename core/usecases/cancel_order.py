"""Cancelling all that is left of an order."""

from attrs import frozen

from core.domain.actors import Actor
from core.domain.cancelling import Cancellation
from core.domain.cancelling import cancel_order as decide
from core.domain.changes import Changes
from core.domain.errors import NotFound
from core.domain.ids import OrderId
from core.domain.orders import Destination, Order, Refund
from core.domain.statuses import OrderStatus
from core.domain.views import OrderView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.lines import pass_on
from core.usecases.refund import claimed, give_up_unpaid, seats_of, send_card_part


@frozen(kw_only=True)
class CanceledOrder:
    """An order with none of its seats left to come, and what came back for them, if anything."""

    order: Order
    refund: Refund | None


async def cancel_order(
    order_id: OrderId,
    *,
    actor: Actor,
    destination: Destination,
    reason: str | None,
    ports: Ports,
    claim: Claim[CanceledOrder] | None = None,
) -> CanceledOrder:
    """Cancel every seat of an order that can be: those still held by policy for its buyer, any in full for
    its practitioner or an admin; even if nothing comes back.

    An unpaid order is given up. The credits are back when this returns; the card part is succeeded,
    or pending until the gateway tells. A second time changes nothing.
    """

    async def attempt() -> tuple[OrderView, Cancellation | None]:
        view = await _load(order_id, actor, ports)
        if view.order.status is OrderStatus.PENDING_PAYMENT:
            return view, None
        by_buyer = actor.user_id == view.order.user_id
        decided = decide(
            seats_of(view, actor) if by_buyer else view,
            in_full=actor.is_admin or not by_buyer,
            destination=destination,
            reason=reason,
            by=actor.user_id,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        result = CanceledOrder(order=decided.order, refund=decided.refund)
        await ports.store.commit(claimed(decided.changes, claim, decided.refund, result))
        return view, decided

    view, decided = await retrying(attempt, clock=ports.clock)
    if decided is None:
        return await _abandon(view, ports=ports, claim=claim)
    await pass_on(decided.changes, (seat.session for seat in view.seats), ports=ports)
    order, made = decided.order, decided.refund
    if made is None:
        return CanceledOrder(order=order, refund=None)

    def canceled(refund: Refund) -> CanceledOrder:
        return CanceledOrder(order=order, refund=refund)

    adapted = None if claim is None else claim.adapted(canceled)
    return canceled(await send_card_part(view, made, ports=ports, claim=adapted))


async def _load(order_id: OrderId, actor: Actor, ports: Ports) -> OrderView:
    view = await ports.store.load_order(order_id)
    if view is None or not (actor.owns(view.order.user_id) or actor.owns(view.order.practitioner_id)):
        raise NotFound("order", order_id)
    return view


async def _abandon(view: OrderView, *, ports: Ports, claim: Claim[CanceledOrder] | None) -> CanceledOrder:
    receipt = await give_up_unpaid(view, ports=ports)
    result = CanceledOrder(order=receipt.order, refund=None)
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, result))
    return result
