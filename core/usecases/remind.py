"""Reminders of sessions, made when the sweep finds that one is due."""

from core.domain.errors import NotFound
from core.domain.ids import SessionId
from core.domain.reminders import remind
from core.usecases.attempts import retrying
from core.usecases.context import Ports


async def remind_of_session(session_id: SessionId, *, ports: Ports) -> int:
    """Tell of the session's reminder that is due, once; tells how many were told."""

    async def attempt() -> int:
        session = await ports.store.session(session_id)
        if session is None:
            raise NotFound("session", session_id)
        changes = remind(session, now=ports.clock.now(), new_id=ports.ids)
        if changes.updates:
            await ports.store.commit(changes)
        return len(changes.events)

    return await retrying(attempt, clock=ports.clock)
