"""The room service of `ports.rooms`, through LiveKit: join tokens, and who is in a room."""

import logging
from asyncio import get_running_loop, timeout
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
import jwt
from attrs import field, frozen
from google.protobuf.message import DecodeError
from livekit.api import AccessToken, LiveKitAPI, ServerError, ServerErrorCode, VideoGrants
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsRequest

from adapters.livekit.names import room_of, user_as
from core.domain.ids import SessionId, UserId
from core.domain.rooms import Admission, RoomRole
from ports.errors import Unavailable
from ports.rooms import Participant, RoomToken

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# The standard library's logger speaks on stderr even in commands that set up no log of their own.
log = logging.getLogger("estuary.livekit")


@frozen(kw_only=True)
class LiveKitAccess:
    """How to reach LiveKit, and as whom. `url` is what clients are told too.

    Each question may take `timeout_seconds`. After one that got no answer none is asked for
    `rest_seconds`, so that many sessions that end at once do not wait for each other.
    """

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    timeout_seconds: float = 4.0
    rest_seconds: float = 5.0


class LiveKitRooms:
    """LiveKit. Tokens are made here, without asking it. Open it inside a running event loop."""

    def __init__(self, access: LiveKitAccess) -> None:
        self._access = access
        self._api = LiveKitAPI(access.url, access.api_key, access.api_secret, failover=False)
        self._rests_until = 0.0

    async def token(self, admission: Admission) -> RoomToken:
        """A join token for one room, valid in the admission's window and by our clock, not the machine's."""
        access, room = self._access, room_of(admission.session_id)
        made = AccessToken(access.api_key, access.api_secret).with_grants(_grants(admission.role, room))
        if admission.name is not None:
            made = made.with_name(admission.name)
        claims: dict[str, Any] = {
            **made.claims.asdict(),
            "iss": access.api_key,
            "sub": str(admission.user_id),
            "nbf": int(admission.opens_at.timestamp()),
            "exp": int(admission.closes_at.timestamp()),
        }
        return RoomToken(token=jwt.encode(claims, access.api_secret, "HS256"), url=access.url, room=room)

    async def participants(self, session_id: SessionId) -> Sequence[Participant]:
        """Who is in the room, agents and recorders included, as nobody's user. Raises Unavailable."""
        if get_running_loop().time() < self._rests_until:
            raise Unavailable("LiveKit did not answer a moment ago")
        question = ListParticipantsRequest(room=room_of(session_id))
        try:
            # The library's own time limit is lost on the way to this call.
            async with timeout(self._access.timeout_seconds):
                answer = await self._api.room.list_participants(question)
        except ServerError as error:
            if error.code == ServerErrorCode.NOT_FOUND:
                return ()
            raise self._unanswered(f"it said {error.status}, {error.code}") from error
        except (aiohttp.ClientError, TimeoutError, DecodeError) as error:
            raise self._unanswered(type(error).__name__) from error
        return tuple(_present(answer.participants))

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.aclose()

    def _unanswered(self, reason: str) -> Unavailable:
        self._rests_until = get_running_loop().time() + self._access.rest_seconds
        log.warning("livekit did not tell who is in a room: %s", reason)
        return Unavailable(f"LiveKit did not tell who is in the room: {reason}")


def user_of(participant: ParticipantInfo) -> UserId | None:
    """Whose participant it is; None for agents, recorders and whoever did not come with our token."""
    is_person = participant.kind == ParticipantInfo.Kind.STANDARD
    return user_as(participant.identity) if is_person else None


def _grants(role: RoomRole, room: str) -> VideoGrants:
    """Everybody may speak and be seen; the host may also mute and remove others, in this room."""
    return VideoGrants(room_join=True, room=room, room_admin=True if role is RoomRole.HOST else None)


def _present(participants: Sequence[ParticipantInfo]) -> Iterator[Participant]:
    """Who has joined and not left; who is still on the way in has no time of joining."""
    for one in participants:
        since = one.joined_at_ms or one.joined_at * 1000
        if one.state != ParticipantInfo.State.DISCONNECTED and since > 0:
            joined_at = EPOCH + timedelta(milliseconds=since)
            yield Participant(id=one.sid, user_id=user_of(one), joined_at=joined_at)
