"""What happens in a session's room, for tests."""

from datetime import datetime
from typing import Any

from adapters.memory.testing.ids import NOW, new_id
from core.domain.ids import UserId
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.sessions import ServiceSession


def make_room_event(session: ServiceSession, **overrides: Any) -> RoomEvent:
    """Somebody new joins the session's room, now."""
    at: datetime = overrides.get("occurred_at", NOW)
    fields: dict[str, Any] = {
        "id": f"EV_{new_id()}",
        "session_id": session.id,
        "user_id": UserId(new_id()),
        "kind": RoomEventKind.PARTICIPANT_JOINED,
        "occurred_at": at,
        "received_at": at,
    }
    return RoomEvent(**(fields | overrides))
