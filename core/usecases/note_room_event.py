"""The room service speaks: its events are kept, and move the session they are about."""

from core.domain.actors import Actor
from core.domain.changes import Changes
from core.domain.delivery import Delivered
from core.domain.errors import NotFound
from core.domain.listening import hear
from core.domain.presence import RoomEvent
from core.domain.sessions import ServiceSession
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner
from ports.errors import ROOM_EVENT, AlreadyExists
from ports.rooms import RoomReport


async def note_room_event(
    report: RoomReport, *, actor: Actor | None, ports: Ports, claim: Claim[ServiceSession] | None = None
) -> ServiceSession:
    """Keep what a room service tells, and start or complete the session if that is what it means.

    With no actor it is the service itself; else the session's practitioner or an admin plays it. A
    report with a known id changes nothing. Raises NotFound, and IllegalTransition for a session
    without a time.
    """

    async def attempt() -> ServiceSession:
        decided = await _decide(report, actor, ports)
        try:
            await ports.store.commit(finishing(decided.changes, claim, decided.session))
        except AlreadyExists as error:
            if error.constraint != ROOM_EVENT:
                raise
            # Its repetition was faster, and has done what there was to do.
            return await _known(report, claim, ports)
        return decided.session

    return await retrying(attempt, clock=ports.clock)


async def _decide(report: RoomReport, actor: Actor | None, ports: Ports) -> Delivered:
    view = await ports.store.load_delivery(report.session_id)
    if view is None:
        raise NotFound("session", report.session_id)
    if actor is not None:
        require_practitioner(view.session, actor)
    now = ports.clock.now()
    event = RoomEvent(
        id=report.id,
        session_id=report.session_id,
        user_id=report.user_id,
        kind=report.kind,
        occurred_at=report.occurred_at,
        received_at=now,
    )
    return hear(view, event, room_opens=ports.rules.room_opens, now=now, new_id=ports.ids)


async def _known(report: RoomReport, claim: Claim[ServiceSession] | None, ports: Ports) -> ServiceSession:
    session = await ports.store.session(report.session_id)
    if session is None:
        raise NotFound("session", report.session_id)
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, session))
    return session
