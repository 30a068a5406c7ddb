"""Rooms that nobody can enter: a room service for tests and development."""

from collections import defaultdict
from collections.abc import Sequence

from core.domain.ids import SessionId
from core.domain.rooms import Admission
from ports.errors import Unavailable
from ports.rooms import Participant, RoomToken


class PretendRooms:
    """Tokens that say what they are, and rooms in which whoever is put there is.

    While `is_down`, it does not answer.
    """

    def __init__(self) -> None:
        self.is_down = False
        self.asked = 0
        """How often it was asked who is in a room."""
        self._rooms: defaultdict[SessionId, list[Participant]] = defaultdict(list)

    def put(self, session_id: SessionId, *participants: Participant) -> None:
        """Let them be in the session's room."""
        self._rooms[session_id].extend(participants)

    async def token(self, admission: Admission) -> RoomToken:
        """A token in plain words; it opens nothing."""
        room = f"pretend-{admission.session_id}"
        return RoomToken(
            token=f"pretend.{admission.role}.{admission.user_id}.{int(admission.closes_at.timestamp())}",
            url="ws://pretend.invalid",
            room=room,
        )

    async def participants(self, session_id: SessionId) -> Sequence[Participant]:
        """Who was put there."""
        self.asked += 1
        if self.is_down:
            raise Unavailable("the pretended room service is down")
        return tuple(self._rooms[session_id])

    async def close(self) -> None:
        """There is nothing to let go of."""
