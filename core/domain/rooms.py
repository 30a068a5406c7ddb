"""Who may enter a session's room, as what, and when.

Source: domain.md, "Delivering and earning".
"""

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from core.domain.actors import Actor
from core.domain.catalogue import Location, Service, Visibility
from core.domain.errors import Forbidden, NoRoom, NotFound, RoomClosed
from core.domain.ids import SessionId, UserId
from core.domain.rules import Rules
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession
from core.domain.statuses import BookingStatus
from core.domain.views import DeliveryView


class RoomRole(StrEnum):
    """What somebody is in a room: the practitioner who holds the session, or who has a seat in it."""

    HOST = "host"
    GUEST = "guest"


@frozen(kw_only=True)
class Admission:
    """A user's way into a session's room, in [opens_at, closes_at). `name` is what others are shown."""

    session_id: SessionId
    user_id: UserId
    role: RoomRole
    name: str | None = None
    opens_at: datetime
    closes_at: datetime


def role_in(view: DeliveryView, actor: Actor) -> RoomRole:
    """What the caller is in the session's room.

    Forbidden without a confirmed seat, also for admins: a room is for who meets in it. A stranger is
    not told that a private session exists.
    """
    session = view.session
    if actor.user_id == session.practitioner_id:
        return RoomRole.HOST
    own = [seat.booking for seat in view.seats if seat.booking.user_id == actor.user_id]
    if any(booking.status is BookingStatus.CONFIRMED for booking in own):
        return RoomRole.GUEST
    if session.visibility is Visibility.PRIVATE and not own and not actor.is_admin:
        raise NotFound("session", session.id)
    raise Forbidden("only holders of a confirmed seat and the session's practitioner may enter its room")


def admit(view: DeliveryView, service: Service, actor: Actor, *, rules: Rules, now: datetime) -> Admission:
    """Let the caller into the room of an online session, from `rules.room_opens` before its start until
    `rules.room_closes` after its end. Raises what `role_in` does, NoRoom and RoomClosed.
    """
    role = role_in(view, actor)
    if service.location is not Location.ONLINE:
        raise NoRoom("this session takes place in person")
    opens_at, closes_at = _window(view.session, rules)
    if not opens_at <= now < closes_at:
        raise RoomClosed(f"the room is open from {opens_at.isoformat()} until {closes_at.isoformat()}")
    return Admission(
        session_id=view.session.id, user_id=actor.user_id, role=role, opens_at=opens_at, closes_at=closes_at
    )


def _window(session: ServiceSession, rules: Rules) -> tuple[datetime, datetime]:
    if session.status not in OCCUPYING_STATUSES or session.start_time is None or session.end_time is None:
        raise RoomClosed(f"the session is {session.status}: its room is not open")
    return session.start_time - rules.room_opens, session.end_time + rules.room_closes
