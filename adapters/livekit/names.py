"""Our ids in LiveKit's world: a session is a room's name, a user is a participant's identity."""

from typing import Final
from uuid import UUID

from core.domain.ids import SessionId, UserId

ROOM: Final = "estuary-session-"
"""What our rooms' names begin with: others may use the same LiveKit project."""


def room_of(session_id: SessionId) -> str:
    """The name of a session's room."""
    return f"{ROOM}{session_id}"


def session_in(room: str) -> SessionId | None:
    """The session whose room it is; None for a room that is not ours."""
    found = _uuid(room.removeprefix(ROOM)) if room.startswith(ROOM) else None
    return None if found is None else SessionId(found)


def user_as(identity: str) -> UserId | None:
    """The user behind an identity; None for who is no user."""
    found = _uuid(identity)
    return None if found is None else UserId(found)


def _uuid(text: str) -> UUID | None:
    """The id, if it is written as we write ids."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
