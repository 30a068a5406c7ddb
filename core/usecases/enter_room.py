"""Somebody wants to enter a session's room."""

from attrs import evolve, frozen

from core.domain.actors import Actor
from core.domain.errors import NotFound, RoomsNotConfigured
from core.domain.ids import SessionId
from core.domain.rooms import Admission, RoomRole, admit, role_in
from core.usecases.context import Ports
from ports.rooms import RoomToken


@frozen(kw_only=True)
class Entry:
    """A way into a room, and the token that opens it."""

    admission: Admission
    token: RoomToken


async def enter_room(session_id: SessionId, *, actor: Actor, ports: Ports) -> Entry:
    """A token for the session's room, for holders of a confirmed seat and its practitioner.

    Raises NotFound, Forbidden, RoomsNotConfigured, NoRoom where the session takes place in person,
    and RoomClosed outside its window.
    """
    view = await ports.store.load_delivery(session_id)
    if view is None:
        raise NotFound("session", session_id)
    role_in(view, actor)
    if ports.rooms is None:
        raise RoomsNotConfigured("this marketplace has no room service")
    service = await ports.store.service(view.session.service_id)
    if service is None:
        raise NotFound("session", session_id)

    admission = admit(view, service, actor, rules=ports.rules, now=ports.clock.now())
    if admission.role is RoomRole.HOST:
        admission = evolve(admission, name=await _name_of(actor, ports))
    return Entry(admission=admission, token=await ports.rooms.token(admission))


async def _name_of(actor: Actor, ports: Ports) -> str | None:
    practitioner = await ports.store.practitioner(actor.user_id)
    return None if practitioner is None else practitioner.display_name
