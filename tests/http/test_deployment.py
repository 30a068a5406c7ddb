"""What an operator chooses: deadlines, limits, origins, routes, and what cannot be chosen."""

import asyncio
import json
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs

from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway, Fault, Operation
from tests.builders import NOW
from tests.http.market import API, SECRET, User, client_of, new_app, new_ports, open_market, token


async def call(app: Any, path: str, chunks: list[bytes | float | None]) -> dict[str, Any]:
    """POST a body piece by piece: bytes are sent, a number waits, None goes away."""
    pieces = iter(chunks)
    answer: dict[str, Any] = {"body": b"", "taken": 0}

    async def receive() -> dict[str, Any]:
        for piece in pieces:
            if isinstance(piece, float):
                await asyncio.Event().wait()
            if piece is None:
                return {"type": "http.disconnect"}
            answer["taken"] += 1
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer["status"] = message.get("status", answer.get("status"))
        answer["body"] += message.get("body", b"")

    headers = [
        (b"authorization", f"Bearer {token(User(roles=('practitioner',)))}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return answer


def app_with(**choices: Any) -> Any:
    gateway = FakeGateway()
    return new_app(new_ports(gateway, MovableClock(NOW)), gateway, **choices)


async def test_a_body_that_dribbles_is_cut_off() -> None:
    app = app_with(body_timeout_seconds=0.05)
    answer = await call(app, f"{API}/services", [b"{", 1.0])
    assert (408, "request_timeout") == (answer["status"], json.loads(answer["body"])["code"])


async def test_an_endless_body_is_refused_long_before_its_end() -> None:
    answer = await call(app_with(), f"{API}/services", [b"x" * 65_536] * 1000)
    assert (413, True) == (answer["status"], answer["taken"] < 10)


async def test_a_client_that_goes_away_is_no_defect() -> None:
    with capture_logs() as logs:
        answer = await call(app_with(), f"{API}/services", [b"{", None])
    assert 400 == answer["status"]
    assert ["request"] == [entry["event"] for entry in logs]


async def test_a_request_that_takes_too_long_is_503() -> None:
    async with open_market(request_timeout_seconds=0.2) as market:
        market.gateway.script(Operation.CHARGE, Fault.HANG_BEFORE)
        body = {"amount_cents": 5000, "payment_method_id": "pm_card_visa"}
        answer = await market.post("/credits/purchases", body, by=market.bea)
    assert (503, "timed_out") == (answer.status_code, answer.json()["code"])
    assert 0 < int(answer.headers["retry-after"])


async def test_too_many_requests_are_429_where_a_limit_is_set() -> None:
    async with client_of(app_with(rate_limit_per_minute=3)) as client:
        statuses = [(await client.get(f"{API}/services")).status_code for _ in range(5)]
        last = await client.get(f"{API}/services", headers={"x-forwarded-for": "10.0.0.1"})
    assert [200, 200, 200, 429, 429] == statuses
    assert (429, "rate_limited") == (last.status_code, last.json()["code"])
    assert 0 < int(last.headers["retry-after"])


async def test_origins_are_an_exact_list() -> None:
    async with client_of(app_with(cors_origins=("https://shop.example",))) as client:
        known = await client.get("/health/live", headers={"origin": "https://shop.example"})
        other = await client.get("/health/live", headers={"origin": "https://shop.example.evil.example"})
        asked = await client.options(
            f"{API}/checkout",
            headers={
                "origin": "https://shop.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,idempotency-key",
            },
        )
    assert "https://shop.example" == known.headers["access-control-allow-origin"]
    assert "access-control-allow-origin" not in other.headers
    assert 204 == asked.status_code


async def test_the_development_route_exists_with_a_fake_gateway_alone() -> None:
    gateway = FakeGateway()
    app = create_app(new_ports(gateway, MovableClock(NOW)), HttpConfig(jwt_secret=SECRET))
    async with client_of(app) as client:
        headers = {"authorization": f"Bearer {token(User())}"}
        answer = await client.post(f"{API}/dev/payments/{User().id}/confirm", headers=headers)
        assert 404 == answer.status_code
        assert "/dev/" not in (await client.get("/schema/openapi.json")).text


async def test_a_stopping_server_closes_what_it_was_given() -> None:
    closed: list[str] = []

    async def close() -> None:
        closed.append("ports")

    async with AsyncTestClient(app_with(close=close)) as client:
        assert 200 == (await client.get("/health/live")).status_code
        assert [] == closed
    assert ["ports"] == closed


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"jwt_secret": "short"},
        {"jwt_secret": SECRET, "jwt_jwks": "keys.json"},
        {"jwt_secret": SECRET, "jwt_leeway_seconds": 31},
    ],
)
def test_a_configuration_that_cannot_stand_is_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        HttpConfig(**choices)


def test_a_configuration_does_not_show_its_secret() -> None:
    assert SECRET not in repr(HttpConfig(jwt_secret=SECRET))
