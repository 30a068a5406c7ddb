"""The room service: where a session's people meet. It tells who comes and goes, in its own time and order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from core.domain.ids import SessionId, UserId
from core.domain.presence import RoomEventKind
from core.domain.rooms import Admission
from ports.errors import PortError


class Unproven(PortError):
    """What claims to be told by the room service is not proven to be, or is too old or from the future."""

    code = "unproven"


@frozen(kw_only=True)
class RoomReport:
    """One thing that a room service tells, as its adapter hands it to `note_room_event`.

    `id` is the service's own for it, 1 to 255 visible ASCII characters: handed over again it
    changes nothing. `user_id` is None for what is about the room, and for who is no user.
    """

    id: str
    session_id: SessionId
    user_id: UserId | None = None
    kind: RoomEventKind
    occurred_at: datetime


@frozen(kw_only=True)
class Participant:
    """Who is in a room now, and since when by the service's clock.

    `id` is the service's own for this stay, up to 200 visible ASCII characters: whoever leaves and
    comes back has another.
    """

    id: str
    user_id: UserId | None
    joined_at: datetime


@frozen(kw_only=True)
class RoomToken:
    """What a client enters a room with: the service's `url`, the room's name and a secret of the user's."""

    token: str
    url: str
    room: str


class RoomService(Protocol):
    """Keeps a room per session. Never called while a database transaction is open."""

    async def token(self, admission: Admission) -> RoomToken:
        """A token that opens the session's room to the user, and nothing else, while it is valid.

        The same admission gets an equal one. No room needs to exist yet.
        """
        ...

    async def participants(self, session_id: SessionId) -> Sequence[Participant]:
        """Who is in the session's room now; nobody where there is none. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
