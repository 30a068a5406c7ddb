"""A marketplace with an API in front, and the words in which the tests talk to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import httpx
import jwt
from attrs import field, frozen
from litestar import Litestar

from adapters.clock import new_id
from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.ids import UserId
from core.domain.rules import Rules
from core.usecases.context import Ports
from tests.builders import NOW, new_user

SECRET: Final = "a secret that only the tests of this suite know"
API: Final = "/api/v1"

Json = dict[str, Any]


@frozen(kw_only=True)
class User:
    """Somebody with a token."""

    id: UserId = field(factory=new_user)
    roles: tuple[str, ...] = ("client",)


def token(user: User, **claims: Any) -> str:
    """A token as an identity provider would make it; claims are changed by name, left out with None."""
    now = datetime.now(UTC)
    stated: Json = {
        "sub": str(user.id),
        "roles": list(user.roles),
        "aud": "estuary",
        "iss": "estuary",
        "iat": now,
        "exp": now + timedelta(minutes=5),
        **claims,
    }
    return jwt.encode({name: value for name, value in stated.items() if value is not None}, SECRET, "HS256")


@frozen(kw_only=True)
class Market:
    """One deployment and a client of its API."""

    app: Litestar
    client: httpx.AsyncClient
    ports: Ports
    gateway: FakeGateway
    clock: MovableClock
    ana: User = field(factory=lambda: User(roles=("practitioner",)))
    bea: User = field(factory=User)
    admin: User = field(factory=lambda: User(roles=("admin",)))

    async def get(self, path: str, by: User | None = None, **params: Any) -> httpx.Response:
        """GET a path below the API's base."""
        return await self.client.get(f"{API}{path}", params=params, headers=_headers(by))

    async def post(
        self, path: str, body: Json | None = None, *, by: User | None = None, key: str | None = None
    ) -> httpx.Response:
        """POST a body, under a key if one is given."""
        return await self.client.post(f"{API}{path}", json=body, headers=_headers(by, key))

    async def send(self, method: str, path: str, body: Json, *, by: User | None = None) -> httpx.Response:
        """PUT or PATCH a body."""
        return await self.client.request(method, f"{API}{path}", json=body, headers=_headers(by))

    async def open_shop(self) -> None:
        """Let Ana have a profile."""
        made = await self.send(
            "PUT",
            f"/practitioners/{self.ana.id}",
            {"display_name": "Ana Reis", "timezone": "Europe/Lisbon"},
            by=self.ana,
        )
        assert 200 == made.status_code, made.text

    async def offer(self, **fields: Any) -> str:
        """Let Ana put a service on sale: an hour's session for 8000 unless told otherwise."""
        body = {"service_type": "session", "name": "Breathing", "price_cents": 8000, **fields}
        made = await self.post("/services", body, by=self.ana)
        assert 201 == made.status_code, made.text
        service_id: str = made.json()["id"]
        return service_id

    async def offer_package(self, *, price_cents: int = 40_000, quantity: int = 5, **fields: Any) -> str:
        """Let Ana put a package of one session, several times, on sale."""
        part = await self.offer()
        return await self.offer(
            service_type="package",
            name="Five hours",
            price_cents=price_cents,
            components=[{"service_id": part, "quantity": quantity}],
            **fields,
        )

    async def offer_session(self, service_id: str, *, days: int = 7, **fields: Any) -> str:
        """Let Ana offer a session of a workshop or course, so many days from now."""
        body = {"start_time": self.later(days=days), **fields}
        made = await self.post(f"/services/{service_id}/sessions", body, by=self.ana)
        assert 201 == made.status_code, made.text
        session_id: str = made.json()["id"]
        return session_id

    async def grant(self, user: User, amount_cents: int) -> None:
        """Let the admin give credits."""
        made = await self.post(
            "/credits/grants",
            {"user_id": str(user.id), "amount_cents": amount_cents, "reason": "a test"},
            by=self.admin,
        )
        assert 201 == made.status_code, made.text

    async def buy(self, service_id: str, *, by: User | None = None, **fields: Any) -> Json:
        """Let Bea buy with a good card."""
        body = {"service_id": service_id, "payment_method_id": "pm_card_visa", **fields}
        made = await self.post("/checkout", body, by=by or self.bea)
        assert 201 == made.status_code, made.text
        receipt: Json = made.json()
        return receipt

    def later(self, **span: float) -> str:
        """A time after now, as clients write it."""
        return (self.clock.now() + timedelta(**span)).isoformat()


@asynccontextmanager
async def open_market(*, yielding: bool = False, **choices: Any) -> AsyncIterator[Market]:
    """A market in which Ana has a profile and nothing is on sale yet.

    The client and the API share one event loop, so that requests can run side by side. With
    `yielding` others run between any two calls of the store.
    """
    gateway, clock = FakeGateway(), MovableClock(NOW)
    ports = new_ports(gateway, clock, yielding=yielding)
    app = new_app(ports, gateway, **choices) if choices else _usual_app(ports, gateway)
    async with client_of(app) as client:
        market = Market(app=app, client=client, ports=ports, gateway=gateway, clock=clock)
        await market.open_shop()
        yield market


_usual: list[Litestar] = []


def _usual_app(ports: Ports, gateway: FakeGateway) -> Litestar:
    """The one application of all usual tests, moved into another deployment: making one takes a while."""
    if not _usual:
        _usual.append(new_app(ports, gateway))
    app = _usual[0]
    app.state.ports = ports
    app.state.config = HttpConfig(jwt_secret=SECRET, dev_confirm=gateway.confirm, dev_dispute=gateway.dispute)
    return app


def client_of(app: Litestar) -> httpx.AsyncClient:
    """A client that talks to the application without a network."""
    transport = httpx.ASGITransport(cast(Any, app))
    return httpx.AsyncClient(transport=transport, base_url="http://estuary.test")


def new_ports(gateway: FakeGateway, clock: MovableClock, *, yielding: bool = False) -> Ports:
    """A deployment that lives in memory, on a Monday morning."""
    return Ports(
        store=MemoryStore(yielding=yielding),
        payments=gateway,
        clock=clock,
        ids=new_id,
        rules=Rules(),
    )


def new_app(ports: Ports, gateway: FakeGateway, **choices: Any) -> Litestar:
    """The API of a deployment with a fake gateway."""
    return create_app(
        ports,
        HttpConfig(jwt_secret=SECRET, dev_confirm=gateway.confirm, dev_dispute=gateway.dispute, **choices),
    )


def absent() -> UUID:
    """An id that names nothing."""
    return new_id()


def _headers(by: User | None, key: str | None = None) -> dict[str, str]:
    headers = {} if by is None else {"authorization": f"Bearer {token(by)}"}
    return headers if key is None else {**headers, "idempotency-key": key}
