"""The room service: it tells who comes and goes in a session's room, in its own time and order."""

from datetime import datetime

from attrs import frozen

from core.domain.ids import SessionId, UserId
from core.domain.presence import RoomEventKind


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
