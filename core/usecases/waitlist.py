"""Waiting for a seat in a full workshop."""

from core.domain.actors import Actor, Role
from core.domain.errors import NotFound
from core.domain.ids import SessionId, UserId, WaitlistId
from core.domain.lines import Placed
from core.domain.lines import decline as decide_decline
from core.domain.lines import join as decide_join
from core.domain.lines import leave as decide_leave
from core.domain.statuses import WaitlistStatus
from core.domain.views import PlaceView
from core.domain.waitlist import WaitlistEntry
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner
from core.usecases.lines import move_line
from ports.queries import Items, Page


async def join_waitlist(
    session_id: SessionId, *, actor: Actor, ports: Ports, claim: Claim[WaitlistEntry] | None = None
) -> WaitlistEntry:
    """Wait for a seat in a full workshop session; see `core.domain.lines.join` for what is refused."""
    actor.require(Role.CLIENT)

    async def attempt() -> WaitlistEntry:
        view = await _place(session_id, actor.user_id, ports)
        placed = decide_join(view, actor.user_id, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(finishing(placed.changes, claim, placed.entry))
        return placed.entry

    return await retrying(attempt, clock=ports.clock)


async def leave_waitlist(session_id: SessionId, *, actor: Actor, ports: Ports) -> None:
    """Stop waiting, or decline what is offered. A second time changes nothing."""
    actor.require(Role.CLIENT)
    await give_up_place(session_id, actor.user_id, ports=ports)


async def give_up_place(session_id: SessionId, user_id: UserId, *, ports: Ports) -> None:
    """Take somebody out of a line, whether they wait or are offered a seat. Without a place: nothing."""

    async def attempt() -> PlaceView:
        view = await _place(session_id, user_id, ports)
        if view.entry is not None:
            placed = decide_leave(view.entry, now=ports.clock.now())
            await ports.store.commit(placed.changes)
        return view

    view = await retrying(attempt, clock=ports.clock)
    if view.entry is not None and view.entry.status is WaitlistStatus.OFFERED:
        await move_line(session_id, ports=ports)


async def decline_offer(
    entry_id: WaitlistId, *, actor: Actor, ports: Ports, claim: Claim[WaitlistEntry] | None = None
) -> WaitlistEntry:
    """Refuse an offered seat, which is passed on. A second time changes nothing."""

    async def attempt() -> Placed:
        entry = await ports.store.waitlist_entry(entry_id)
        if entry is None or not actor.owns(entry.user_id):
            raise NotFound("waitlist entry", entry_id)
        placed = decide_decline(entry, now=ports.clock.now())
        await ports.store.commit(finishing(placed.changes, claim, placed.entry))
        return placed

    placed = await retrying(attempt, clock=ports.clock)
    if placed.changes.seats:
        await move_line(placed.entry.session_id, ports=ports)
    return placed.entry


async def read_line(session_id: SessionId, page: Page, *, actor: Actor, ports: Ports) -> Items[WaitlistEntry]:
    """Who waits for a seat or is offered one, in order; for the session's practitioner and admins."""
    session = await ports.store.session(session_id)
    if session is None:
        raise NotFound("session", session_id)
    require_practitioner(session, actor)
    return await ports.store.line(page, session_id=session_id)


async def _place(session_id: SessionId, user_id: UserId, ports: Ports) -> PlaceView:
    view = await ports.store.load_place(session_id, user_id)
    if view is None:
        raise NotFound("session", session_id)
    return view
