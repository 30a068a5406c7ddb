"""What we need of LiveKit: joining by token, ListParticipants over Twirp on loopback, signed webhooks.

Tokens are read with the verifier of LiveKit's own library, and everything that it sends is made of the
library's protobuf messages, so that it cannot drift into our own wishes. Time is a test's clock.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final

import jwt
from aiohttp import web
from attrs import field, frozen, mutable
from google.protobuf.json_format import MessageToJson
from livekit.api import AccessToken, TokenVerifier
from livekit.api.access_token import Claims
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.models import Room as RoomInfo
from livekit.protocol.room import ListParticipantsRequest, ListParticipantsResponse
from livekit.protocol.webhook import WebhookEvent

from tests.servers.ports import LOOPBACK

KEY: Final = "APIestuarytests"
SECRET: Final = "what only this LiveKit and its tests know"
LIST: Final = "/twirp/livekit.RoomService/ListParticipants"
ANY_TIME: Final = timedelta(days=36_500)
"""The library's verifier knows the machine's clock alone: the test's is asked here."""
VALID_SECONDS: Final = 300


class Refused(Exception):
    """The token opens nothing here and now."""


@frozen(kw_only=True)
class Webhook:
    """A webhook as LiveKit posts it."""

    body: bytes
    authorization: str


@frozen(kw_only=True)
class OpenRoom:
    """A room that exists, with who is in it by identity."""

    info: RoomInfo
    inside: dict[str, ParticipantInfo] = field(factory=dict)


@mutable(kw_only=True)
class LiveKitServer:
    """A LiveKit that is ours alone. `webhooks` are what it has told so far; a test delivers them, or not.

    `fault` befalls every question until it is None again: a status to answer with, `hang`, or `garbage`.
    """

    now: Callable[[], datetime]
    url: str = ""
    fault: int | str | None = None
    questions: int = 0
    webhooks: list[Webhook] = field(factory=list)
    _rooms: dict[str, OpenRoom] = field(factory=dict)
    _numbers: Any = field(factory=lambda: count(1))

    # What people do.

    def enter(self, token: str) -> str:
        """A client joins with its token. Tells the identity that it has inside."""
        claims = self._claims(token)
        video = claims.video
        if video is None or not video.room_join:
            raise Refused("no grant to join")
        room = self._rooms.get(video.room) or self._open(video.room)
        joined = ParticipantInfo(
            sid=self._id("PA"),
            identity=claims.identity,
            name=claims.name,
            state=ParticipantInfo.State.ACTIVE,
            joined_at=int(self.now().timestamp()),
            joined_at_ms=int(self.now().timestamp() * 1000),
        )
        room.inside[claims.identity] = joined
        self._tell("participant_joined", room.info, joined)
        return claims.identity

    def leave(self, room: str, identity: str) -> None:
        """A client goes."""
        left = self._rooms[room].inside.pop(identity)
        left.state = ParticipantInfo.State.DISCONNECTED
        self._tell("participant_left", self._rooms[room].info, left)

    def finish(self, room: str) -> None:
        """Everybody is sent out, and the room is gone."""
        for identity in list(self._rooms[room].inside):
            self.leave(room, identity)
        self._tell("room_finished", self._rooms.pop(room).info)

    def add_agent(self, room: str, identity: str) -> None:
        """A machine takes part."""
        agent = ParticipantInfo(
            sid=self._id("PA"),
            identity=identity,
            kind=ParticipantInfo.Kind.AGENT,
            state=ParticipantInfo.State.ACTIVE,
            joined_at=int(self.now().timestamp()),
        )
        self._rooms[room].inside[identity] = agent
        self._tell("participant_joined", self._rooms[room].info, agent)

    # What it tells.

    def event(self, name: str, room: str, **fields: Any) -> WebhookEvent:
        """An event of now, unless told otherwise."""
        made = {"id": self._id("EV"), "created_at": int(self.now().timestamp()), **fields}
        return WebhookEvent(event=name, room=RoomInfo(sid=self._id("RM"), name=room), **made)

    def _tell(self, name: str, room: RoomInfo, participant: ParticipantInfo | None = None) -> None:
        told = self.event(name, room.name, participant=participant)
        self.webhooks.append(signed(MessageToJson(told).encode(), at=self.now()))

    def _open(self, name: str) -> OpenRoom:
        made = OpenRoom(info=RoomInfo(sid=self._id("RM"), name=name))
        self._rooms[name] = made
        self._tell("room_started", made.info)
        return made

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):012}"

    # What it is asked.

    def _claims(self, token: str) -> Claims:
        """What a token grants; Refused if its time is not now."""
        claims = TokenVerifier(KEY, SECRET, leeway=ANY_TIME).verify(token)
        times = jwt.decode(token, options={"verify_signature": False})
        if not times["nbf"] <= self.now().timestamp() < times["exp"]:
            raise Refused("not now")
        return claims

    async def list_participants(self, request: web.Request) -> web.Response:
        """`RoomService.ListParticipants`."""
        self.questions += 1
        if self.fault == "hang":
            await asyncio.Event().wait()
        if self.fault == "garbage":
            return web.Response(body=b"\xff\xff\xff", content_type="application/protobuf")
        if isinstance(self.fault, int):
            return _refusal(self.fault, "unavailable")
        asked = ListParticipantsRequest.FromString(await request.read())
        try:
            token = request.headers["authorization"].removeprefix("Bearer ")
            video = TokenVerifier(KEY, SECRET).verify(token).video
        except (LookupError, jwt.PyJWTError):
            return _refusal(401, "unauthenticated")
        if video is None or not video.room_admin or video.room != asked.room:
            return _refusal(403, "permission_denied")
        room = self._rooms.get(asked.room)
        answer = ListParticipantsResponse(participants=[] if room is None else room.inside.values())
        return web.Response(body=answer.SerializeToString(), content_type="application/protobuf")


def signed(body: bytes, *, at: datetime, secret: str = SECRET, **changes: Any) -> Webhook:
    """A webhook with its token as LiveKit makes it; claims are changed by name, left out with None."""
    digest = base64.b64encode(sha256(body).digest()).decode()
    second = int(at.timestamp())
    claims: dict[str, Any] = {
        **AccessToken(KEY, SECRET).with_sha256(digest).claims.asdict(),
        "iss": KEY,
        "nbf": second,
        "exp": second + VALID_SECONDS,
        **changes,
    }
    stated = {name: value for name, value in claims.items() if value is not None}
    return Webhook(body=body, authorization=jwt.encode(stated, secret, "HS256"))


def _refusal(status: int, code: str) -> web.Response:
    """An error as Twirp writes it."""
    return web.json_response({"code": code, "msg": "no"}, status=status)


@asynccontextmanager
async def livekit(now: Callable[[], datetime]) -> AsyncIterator[LiveKitServer]:
    """A server for as long as the block lasts."""
    server = LiveKitServer(now=now)
    app = web.Application()
    app.router.add_post(LIST, server.list_participants)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        server.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
