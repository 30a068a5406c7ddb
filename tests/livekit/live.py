"""A marketplace whose sessions meet in this test's own LiveKit."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from attrs import evolve, frozen
from litestar import Litestar

from adapters.livekit.names import room_of
from adapters.livekit.rooms import LiveKitAccess, LiveKitRooms
from adapters.livekit.webhooks import LiveKitWebhooks
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from core.domain.bookings import Attendance
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession
from core.usecases.context import Ports
from core.usecases.sweep import SweepReport, sweep
from ports.store import Kind
from tests.builders import NOW
from tests.http.market import API, Market, User, client_of, new_app, new_ports
from tests.servers.livekit import KEY, SECRET, LiveKitServer, Webhook, livekit

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
START = NOW + DAY
"""When the sessions of these tests begin; they last an hour."""


@frozen(kw_only=True)
class Live:
    """An API with an online workshop by Ana in a day, and its LiveKit."""

    market: Market
    server: LiveKitServer
    session_id: SessionId

    @property
    def room(self) -> str:
        return room_of(self.session_id)

    def go_to(self, minute: float) -> None:
        """Let it be so many minutes after the start."""
        self.market.clock.advance(START + minute * MINUTE - self.market.clock.now())

    async def ask_token(self, by: User | None) -> httpx.Response:
        return await self.market.post(f"/sessions/{self.session_id}/room-token", by=by)

    async def enter(self, user: User) -> None:
        """Join as clients do: with a token from the API."""
        answer = await self.ask_token(user)
        assert 201 == answer.status_code, answer.text
        assert str(user.id) == self.server.enter(answer.json()["token"])

    async def post(self, webhook: Webhook, **headers: str) -> httpx.Response:
        """Deliver a webhook."""
        stated = {"content-type": "application/webhook+json", "authorization": webhook.authorization}
        return await self.market.client.post(
            f"{API}/webhooks/livekit", content=webhook.body, headers=stated | headers
        )

    async def deliver(self, webhooks: Iterable[Webhook]) -> None:
        for webhook in webhooks:
            answer = await self.post(webhook)
            assert 204 == answer.status_code, answer.text

    async def sweep(self) -> SweepReport:
        return await sweep(ports=self.market.ports)

    async def session(self) -> ServiceSession:
        found = await self.market.ports.store.session(self.session_id)
        assert found is not None
        return found

    async def room_events(self) -> list[Any]:
        return [row async for row in self.market.ports.store.scan(Kind.ROOM_EVENT)]

    async def attendance(self) -> dict[Any, Attendance]:
        """By customer."""
        view = await self.market.ports.store.load_delivery(self.session_id)
        assert view is not None
        return {seat.booking.user_id: seat.booking.attendance for seat in view.seats}

    async def owed(self) -> int:
        """What Ana has earned."""
        summary = await self.market.get("/earnings/summary", self.market.ana)
        balance: int = summary.json()["balance_cents"]
        return balance


_usual: list[Litestar] = []


def _app_of(ports: Ports, gateway: FakeGateway) -> Litestar:
    """The one application of all these tests, moved into another deployment: making one takes a while."""
    if not _usual:
        read = LiveKitWebhooks(keys=((KEY, SECRET),)).read
        _usual.append(new_app(ports, gateway, room_events=read))
    app = _usual[0]
    app.state.ports = ports
    return app


def rooms_at(server: LiveKitServer, **choices: Any) -> LiveKitRooms:
    """The adapter, asking this server. Close it."""
    stated: dict[str, Any] = {"url": server.url, "api_key": KEY, "api_secret": SECRET, "rest_seconds": 0}
    return LiveKitRooms(LiveKitAccess(**(stated | choices)))


@asynccontextmanager
async def open_live(*guests: User, location: str = "online") -> AsyncIterator[Live]:
    """The workshop, sold to Bea and these guests at 80.00."""
    gateway, clock = FakeGateway(), MovableClock(NOW)
    async with livekit(clock.now) as server, closing(rooms_at(server)) as rooms:
        ports = evolve(new_ports(gateway, clock), rooms=rooms)
        app = _app_of(ports, gateway)
        async with client_of(app) as client:
            market = Market(app=app, client=client, ports=ports, gateway=gateway, clock=clock)
            await market.open_shop()
            workshop = await market.offer(service_type="workshop", max_participants=9, location=location)
            session = await market.offer_session(workshop, days=1)
            for guest in (market.bea, *guests):
                await market.buy(workshop, by=guest, session_id=session)
            yield Live(market=market, server=server, session_id=SessionId(UUID(session)))


@asynccontextmanager
async def closing(rooms: LiveKitRooms) -> AsyncIterator[LiveKitRooms]:
    """The adapter for as long as the block lasts."""
    try:
        yield rooms
    finally:
        await rooms.close()
