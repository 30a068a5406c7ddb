"""Giving a paid seat its time."""

from datetime import datetime

from core.domain.actors import Actor
from core.domain.bookings import Seat
from core.domain.errors import NotFound
from core.domain.ids import BookingId, SessionId
from core.domain.scheduling import schedule as decide
from core.usecases.attempts import buffered, retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports


async def schedule(
    booking_id: BookingId,
    *,
    actor: Actor,
    start_time: datetime | None = None,
    session_id: SessionId | None = None,
    ports: Ports,
    claim: Claim[Seat] | None = None,
) -> Seat:
    """Schedule the caller's own draft seat at a time, or into a public session."""

    async def attempt() -> Seat:
        view = await ports.store.load_schedule(booking_id, start_time=start_time, session_id=session_id)
        if view is None or not actor.owns(view.seat.booking.user_id):
            raise NotFound("booking", booking_id)
        decided = decide(
            view, start_time=start_time, session_id=session_id, now=ports.clock.now(), new_id=ports.ids
        )
        with buffered(view.availability):
            await ports.store.commit(finishing(decided.changes, claim, decided.seat))
        return decided.seat

    return await retrying(attempt, clock=ports.clock)
