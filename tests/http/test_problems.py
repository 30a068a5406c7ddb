"""What surrounds every answer: its problem details, its headers, its deadlines, its trace."""

import asyncio
import json
from typing import Any

import pytest
from attrs import evolve
from litestar.testing import AsyncTestClient
from structlog.testing import capture_logs

from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway, Fault, Operation
from adapters.memory.store import MemoryStore
from ports.errors import CommitUnknown, SchemaOutdated, Unavailable
from tests.builders import NOW
from tests.http.market import API, SECRET, Market, User, client_of, new_app, new_ports, open_market, token

MEMBERS = {"type", "title", "status", "detail", "code", "instance"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", f"{API}/nothing", 404, "not_found"),
        ("GET", f"{API}/services/no-uuid", 404, "not_found"),
        ("DELETE", f"{API}/services", 405, "method_not_allowed"),
        ("TRACE", "/health/live", 405, "method_not_allowed"),
        ("GET", f"{API}/orders", 401, "unauthorized"),
    ],
)
async def test_errors_are_problem_details(
    market: Market, method: str, path: str, status: int, code: str
) -> None:
    answer = await market.client.request(method, path)
    problem = answer.json()
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert MEMBERS == set(problem)
    assert (status, code, path) == (problem["status"], problem["code"], problem["instance"])
    assert (status == 405) == ("allow" in answer.headers)


async def test_routes_of_later_releases_do_not_exist(market: Market) -> None:
    for path in (
        "/calendar",
        "/analytics/revenue",
        "/webhooks/stripe",
        f"/practitioners/{market.ana.id}/slots",
    ):
        assert 404 == (await market.get(path, market.ana)).status_code, path


async def test_every_answer_has_its_headers(market: Market) -> None:
    for path in ("/health/live", "/nothing", f"{API}/orders", f"{API}/services", "/schema"):
        headers = (await market.client.get(path)).headers
        assert "nosniff" == headers["x-content-type-options"], path
        assert headers["content-security-policy"], path
        assert 16 == len(headers["x-request-id"]), path
    assert "no-store" == (await market.get("/orders", market.bea)).headers["cache-control"]
    assert "strict-transport-security" not in (await market.client.get("/health/live")).headers


async def test_a_plain_request_id_is_kept_and_any_other_is_not(market: Market) -> None:
    kept = await market.client.get("/health/live", headers={"x-request-id": "abc-123"})
    assert "abc-123" == kept.headers["x-request-id"]
    forged = await market.client.get("/health/live", headers={"x-request-id": "a b\tc"})
    assert "a b\tc" != forged.headers["x-request-id"]


class Broken(MemoryStore):
    """A store in which every look at the orders fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def orders(self, *_: Any, **__: Any) -> Any:
        raise self._error

    async def ping(self) -> None:
        raise self._error


async def failing(market: Market, error: Exception, path: str = f"{API}/orders") -> Any:
    market.app.state.ports = evolve(market.ports, store=Broken(error))
    return await market.client.get(path, headers={"authorization": f"Bearer {token(market.bea)}"})


@pytest.mark.parametrize("error", [Unavailable("dsn://u:secret@host"), CommitUnknown("dsn://u:secret@host")])
async def test_an_outage_is_503_with_retry_after(market: Market, error: Exception) -> None:
    answer = await failing(market, error)
    assert (503, "storage_unavailable") == (answer.status_code, answer.json()["code"])
    assert 0 < int(answer.headers["retry-after"])
    assert "secret" not in answer.text


async def test_a_defect_is_500_with_an_id_that_is_logged_and_nothing_else(market: Market) -> None:
    with capture_logs() as logs:
        answer = await failing(market, RuntimeError("SELECT secret FROM dsn://u:secret@host"))
    problem = answer.json()
    assert (500, "internal_error") == (answer.status_code, problem["code"])
    assert MEMBERS | {"error_id"} == set(problem)
    assert "secret" not in answer.text
    assert [problem["error_id"]] == [entry["error_id"] for entry in logs if entry["event"] == "unhandled"]


@pytest.mark.parametrize("error", [Unavailable("down"), SchemaOutdated("old")])
async def test_a_store_that_cannot_work_is_not_ready_but_the_process_lives(
    market: Market, error: Exception
) -> None:
    assert 503 == (await failing(market, error, "/health/ready")).status_code
    assert 200 == (await market.client.get("/health/live")).status_code


async def test_health_and_metrics(market: Market) -> None:
    assert {"status": "ready"} == (await market.client.get("/health/ready")).json()
    await market.get("/services")
    metrics = await market.client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'route="/api/v1/services",status="200"' in metrics.text
    assert str(market.ana.id) not in metrics.text


async def test_the_access_log_tells_who_asked_for_what_and_no_secret(market: Market) -> None:
    body = {"amount_cents": 5000, "payment_method_id": "pm_card_visa"}
    with capture_logs() as logs:
        await market.post("/credits/purchases", body, by=market.bea, key="k-1")
        await market.client.get("/a%0d%0aforged?token=canary")
    first, second = (entry for entry in logs if entry["event"] == "request")
    assert ("POST", f"{API}/credits/purchases", 201, str(market.bea.id)) == (
        first["method"],
        first["path"],
        first["status"],
        first["user_id"],
    )
    assert {"duration_ms", "request_id", "log_level", "event"} < set(first)
    assert "/a%0D%0Aforged" == second["path"]
    for secret in ("pm_card_visa", "Bearer", token(market.bea)[:20], "canary"):
        assert secret not in json.dumps(logs)


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
