"""Giving the remaining sessions of a package to somebody else."""

from collections.abc import Sequence

from core.domain.actors import Actor
from core.domain.errors import Invalid, NotFound
from core.domain.ids import BookingId, OrderId, UserId
from core.domain.transferring import Transferred, held_by
from core.domain.transferring import transfer as decide
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports


async def transfer_package(
    order_id: OrderId,
    *,
    to: UserId,
    booking_ids: Sequence[BookingId] | None,
    actor: Actor,
    ports: Ports,
    claim: Claim[Transferred] | None = None,
) -> Transferred:
    """Give seats that the order's buyer holds to another user, as the buyer or an admin.

    An admin may name seats of any holder. Raises AlreadyBooked where the user has a seat in one of
    the sessions already; see `core.domain.transferring.transfer` for the rest.
    """

    async def attempt() -> Transferred:
        view = await ports.store.load_order(order_id)
        if view is None or not actor.owns(view.order.user_id):
            raise NotFound("order", order_id)
        anybodys = actor.is_admin and booking_ids is not None
        if not anybodys and to == view.order.user_id:
            raise Invalid("/user_id", "is the order's buyer")
        decided = decide(
            view if anybodys else held_by(view, view.order.user_id),
            to=to,
            booking_ids=booking_ids,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        await ports.store.commit(finishing(decided.changes, claim, decided))
        return decided

    return await retrying(attempt, clock=ports.clock)
