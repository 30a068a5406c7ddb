"""Moving a seat, or a whole session, to another time."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from core.domain.actors import Actor
from core.domain.bookings import Seat
from core.domain.catalogue import Service
from core.domain.changes import Changes, merged
from core.domain.errors import NotFound
from core.domain.ids import BookingId, SessionId
from core.domain.rescheduling import reschedule_seat
from core.domain.rescheduling import reschedule_session as decide
from core.domain.scheduling import Scheduled
from core.domain.sessions import ServiceSession, SessionType
from core.domain.views import ScheduleView
from core.usecases.attempts import buffered, retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner
from core.usecases.lines import pass_on


async def reschedule_booking(
    booking_id: BookingId,
    *,
    actor: Actor,
    start_time: datetime | None = None,
    session_id: SessionId | None = None,
    ports: Ports,
    claim: Claim[Seat] | None = None,
) -> Seat:
    """Move the caller's own scheduled seat; an admin is not held to the policy's notice."""

    async def attempt() -> tuple[ScheduleView, Scheduled]:
        view = await ports.store.load_schedule(booking_id, start_time=start_time, session_id=session_id)
        if view is None or not actor.owns(view.seat.booking.user_id):
            raise NotFound("booking", booking_id)
        decided = reschedule_seat(
            view,
            start_time=start_time,
            session_id=session_id,
            by_policy=not actor.is_admin,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        with buffered(view.availability):
            await ports.store.commit(finishing(decided.changes, claim, decided.seat))
        return view, decided

    view, decided = await retrying(attempt, clock=ports.clock)
    await pass_on(decided.changes, (view.seat.session,), ports=ports)
    return decided.seat


async def reschedule_session(
    session_id: SessionId,
    *,
    start_time: datetime,
    end_time: datetime | None = None,
    actor: Actor,
    ports: Ports,
    claim: Claim[ServiceSession] | None = None,
) -> ServiceSession:
    """Move a session with all of its seats, as its practitioner or an admin."""

    async def attempt() -> ServiceSession:
        view = await ports.store.load_delivery(session_id)
        if view is None:
            raise NotFound("session", session_id)
        require_practitioner(view.session, actor)
        course, classes = await _course_of(view.session, ports)
        decided = decide(
            view,
            start_time=start_time,
            end_time=end_time,
            classes=classes,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        # Two classes moved at once must not share a number: the service's version decides.
        numbering = Changes(updates=course if decided.changes.updates else ())
        await ports.store.commit(finishing(merged((decided.changes, numbering)), claim, decided.session))
        return decided.session

    return await retrying(attempt, clock=ports.clock)


async def _course_of(
    session: ServiceSession, ports: Ports
) -> tuple[tuple[Service, ...], Sequence[ServiceSession]]:
    """A class's course, to be written with it, and the other classes; nothing for another session."""
    if session.session_type is not SessionType.COURSE_SESSION:
        return (), ()
    view = await ports.store.load_checkout(session.service_id, session.practitioner_id)
    if view is None:
        raise NotFound("service", session.service_id)
    others = [other for other in view.sessions if other.id != session.id]
    return (evolve(view.service, version=view.service.version + 1),), others
