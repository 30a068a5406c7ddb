"""Time ends a session: its room is asked who is there, which repairs lost events, and it is completed."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.catalogue import Location
from core.domain.ids import SessionId
from core.domain.listening import complete_as_told
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.sessions import ServiceSession
from core.usecases.context import Ports
from core.usecases.deliver import move_session
from ports.errors import ROOM_EVENT, AlreadyExists, Unavailable
from ports.rooms import Participant


async def end_session(session_id: SessionId, *, ports: Ports) -> ServiceSession:
    """Complete a session whose end has passed, as the platform does, or leave it for review.

    Raises Unavailable while the room service does not answer, but not for longer than the rules'
    `room_answer` after the session's end: then it is completed by what is known. Else raises as
    `complete_session` does.
    """
    told = await _told(session_id, ports)
    try:
        return await _complete(session_id, told, ports)
    except AlreadyExists as error:
        if error.constraint != ROOM_EVENT:
            raise
        # Another sweep asked too, and was faster: what was told is known by now.
        return await _complete(session_id, told, ports)


async def _complete(session_id: SessionId, told: Sequence[RoomEvent], ports: Ports) -> ServiceSession:
    return await move_session(
        session_id,
        lambda view: complete_as_told(
            view, told, room_opens=ports.rules.room_opens, now=ports.clock.now(), new_id=ports.ids
        ),
        actor=None,
        ports=ports,
    )


async def _told(session_id: SessionId, ports: Ports) -> Sequence[RoomEvent]:
    """Who is in the room, as events; nothing where there is no room, or no answer to wait for any more."""
    if ports.rooms is None:
        return ()
    session = await ports.store.session(session_id)
    if session is None or session.end_time is None or not await _is_online(session, ports):
        return ()
    now = ports.clock.now()
    try:
        found = await ports.rooms.participants(session_id)
    except Unavailable:
        if now < session.end_time + ports.rules.room_answer:
            raise
        return ()
    return [_joined(participant, session_id, now) for participant in found]


async def _is_online(session: ServiceSession, ports: Ports) -> bool:
    service = await ports.store.service(session.service_id)
    return service is not None and service.location is Location.ONLINE


def _joined(participant: Participant, session_id: SessionId, now: datetime) -> RoomEvent:
    """Its id is the stay's, so that asking twice adds nothing."""
    return RoomEvent(
        id=f"in_room:{participant.id}",
        session_id=session_id,
        user_id=participant.user_id,
        kind=RoomEventKind.PARTICIPANT_JOINED,
        occurred_at=participant.joined_at,
        received_at=now,
    )
