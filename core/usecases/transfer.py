"""Giving the remaining sessions of a package to somebody else."""

from collections.abc import Sequence
from contextlib import suppress

from core.domain.actors import Actor
from core.domain.errors import DomainError, Invalid, NotFound
from core.domain.ids import BookingId, OrderId, UserId
from core.domain.transferring import Transferred, held_by
from core.domain.transferring import transfer as decide
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.waitlist import give_up_place
from ports.errors import PortError


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

    An admin may name seats of any holder. Who has a place in the line of such a session gives it up.
    Raises AlreadyBooked where the user has a seat in one of the sessions already; see
    `core.domain.transferring.transfer` for the rest.
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

    given = await retrying(attempt, clock=ports.clock)
    for seat in given.seats:
        if seat.session.has_line:
            # Who has a seat now waits for none. The transfer is done, whatever becomes of their place.
            with suppress(DomainError, PortError):
                await give_up_place(seat.session.id, to, ports=ports)
    return given
