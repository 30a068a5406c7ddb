"""What surrounds every answer: its problem details, its headers, its trace."""

import json
from typing import Any

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from adapters.memory.store import MemoryStore
from ports.errors import CommitUnknown, SchemaOutdated, Unavailable
from tests.http.market import API, Market, token

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
    for path in ("/webhooks/stripe",):
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
