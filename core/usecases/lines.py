"""Lines move on: freed seats are offered to those who wait, offers lapse, the lines of the past close."""

from collections.abc import Iterable
from contextlib import suppress

from core.domain.changes import Changes
from core.domain.errors import DomainError, NotFound
from core.domain.ids import SessionId, WaitlistId
from core.domain.lines import Advanced, advance, freed
from core.domain.sessions import ServiceSession
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from ports.errors import PortError


async def advance_line(session_id: SessionId, *, ports: Ports) -> Advanced:
    """Lapse the session's offers whose time has passed and offer its free seats to the first in line.

    The line of a session that is over or called off is closed. Nothing to do writes nothing.
    """

    async def attempt() -> Advanced:
        view = await ports.store.load_line(session_id)
        if view is None:
            raise NotFound("session", session_id)
        moved = advance(view, rules=ports.rules, now=ports.clock.now(), new_id=ports.ids)
        if moved.entries:
            await ports.store.commit(moved.changes)
        return moved

    return await retrying(attempt, clock=ports.clock)


async def lapse_offer(entry_id: WaitlistId, *, ports: Ports) -> Advanced:
    """Let the line move on in which an offer's time has passed."""
    entry = await ports.store.waitlist_entry(entry_id)
    if entry is None:
        raise NotFound("waitlist entry", entry_id)
    return await advance_line(entry.session_id, ports=ports)


async def pass_on(changes: Changes, sessions: Iterable[ServiceSession], *, ports: Ports) -> None:
    """Offer what the committed changes have freed in these sessions to those who wait for it."""
    await move_lines(freed(changes, sessions), ports=ports)


async def move_lines(sessions: Iterable[ServiceSession], *, ports: Ports) -> None:
    """Advance the lines of these sessions, as the decisions saw them."""
    for session in sessions:
        if session.has_line:
            await move_line(session.id, ports=ports)


async def move_line(session_id: SessionId, *, ports: Ports) -> None:
    """Advance a line if that can be done now."""
    # What freed the seat is committed and told as done; a line that cannot move now moves with the sweep.
    with suppress(DomainError, PortError):
        await advance_line(session_id, ports=ports)
