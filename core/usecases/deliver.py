"""Sessions take place."""

from collections.abc import Callable

from core.domain.actors import Actor
from core.domain.catalogue import Visibility
from core.domain.delivery import CompletedBy, Delivered, complete, start
from core.domain.errors import Forbidden, NotFound
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession
from core.domain.views import DeliveryView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.lines import move_lines

Decision = Callable[[DeliveryView], Delivered]


async def start_session(
    session_id: SessionId, *, actor: Actor | None, ports: Ports, claim: Claim[ServiceSession] | None = None
) -> ServiceSession:
    """Start a session, as its practitioner or an admin (or the platform itself, with no actor)."""
    return await move_session(
        session_id,
        lambda view: start(view, now=ports.clock.now(), new_id=ports.ids),
        actor=actor,
        ports=ports,
        claim=claim,
    )


async def complete_session(
    session_id: SessionId, *, actor: Actor | None, ports: Ports, claim: Claim[ServiceSession] | None = None
) -> ServiceSession:
    """Complete a session and earn its seats; see `start_session` for who may.

    Where customers came and the practitioner never did, only an admin completes it: the platform
    leaves it for review, its practitioner gets PractitionerAbsent.
    """
    return await move_session(
        session_id,
        lambda view: complete(
            view,
            now=ports.clock.now(),
            new_id=ports.ids,
            by=_completed_by(actor),
            room_opens=ports.rules.room_opens,
        ),
        actor=actor,
        ports=ports,
        claim=claim,
    )


def _completed_by(actor: Actor | None) -> CompletedBy:
    if actor is None:
        return CompletedBy.PLATFORM
    return CompletedBy.ADMIN if actor.is_admin else CompletedBy.PRACTITIONER


async def move_session(
    session_id: SessionId,
    decide: Decision,
    *,
    actor: Actor | None,
    ports: Ports,
    claim: Claim[ServiceSession] | None = None,
) -> ServiceSession:
    """Commit what is decided about a session; see `start_session` for who may."""

    async def attempt() -> ServiceSession:
        view = await ports.store.load_delivery(session_id)
        if view is None:
            raise NotFound("session", session_id)
        if actor is not None:
            require_practitioner(view.session, actor)
        decided = decide(view)
        await ports.store.commit(finishing(decided.changes, claim, decided.session))
        return decided.session

    session = await retrying(attempt, clock=ports.clock)
    await move_lines((session,), ports=ports)
    return session


def require_practitioner(session: ServiceSession, actor: Actor) -> None:
    """Forbidden for others; a stranger may know of a public session, but not that a private one exists."""
    if actor.owns(session.practitioner_id):
        return
    if session.visibility is Visibility.PRIVATE:
        raise NotFound("session", session.id)
    raise Forbidden("only the session's practitioner may do this")
