"""Who gets in: every route without a token, and every way in which a token can be wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from tests.builders import NOW
from tests.http.market import SECRET, Market, User, new_app, new_ports, token

PUBLIC = {
    ("GET", "/api/v1/practitioners/{practitioner_id}"),
    ("GET", "/api/v1/practitioners/{practitioner_id}/availability"),
    ("GET", "/api/v1/practitioners/{practitioner_id}/slots"),
    ("GET", "/api/v1/services"),
    ("GET", "/api/v1/services/{service_id}"),
    ("GET", "/api/v1/sessions"),
    ("GET", "/api/v1/sessions/{session_id}"),
    ("GET", "/api/v1/calendar.ics"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/schema"),
    ("GET", "/schema/swagger"),
    ("GET", "/schema/openapi.json"),
    ("GET", "/schema/oauth2-redirect.html"),
    ("GET", "/schema/{path}"),
    ("GET", "/schema/assets/{file_path}"),
    ("HEAD", "/schema/assets/{file_path}"),
}
"""All that anyone may ask for. Everything else wants a token."""


def routes() -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    gateway = FakeGateway()
    for route in new_app(new_ports(gateway, MovableClock(NOW)), gateway).routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS":
                    yield method, route.path_format, handler


def concrete(path: str) -> str:
    while "{" in path:
        path = path[: path.index("{")] + str(uuid4()) + path[path.index("}") + 1 :]
    return path


async def test_every_route_but_the_public_ones_wants_a_token(market: Market) -> None:
    walked = {(method, path) for method, path, _ in routes()}
    assert PUBLIC <= walked
    for method, path in walked - PUBLIC:
        answer = await market.client.request(method, concrete(path))
        assert 401 == answer.status_code, (method, path)
        assert 'Bearer realm="estuary"' == answer.headers["www-authenticate"]
        assert "application/problem+json" == answer.headers["content-type"]
    for method, path in PUBLIC:
        answer = await market.client.request(method, concrete(path))
        assert 401 != answer.status_code, (method, path)


def forged(by: User, **changes: Any) -> str:
    claims = {"sub": str(by.id), "roles": ["admin"], "aud": "estuary", "iss": "estuary"}
    stated = claims | {"exp": datetime.now(UTC) + timedelta(minutes=5)} | changes
    key = stated.pop("key", SECRET)
    algorithm = stated.pop("algorithm", "HS256")
    headers = stated.pop("headers", None)
    return jwt.encode(stated, key, algorithm, headers=headers)


def now(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)


BAD: dict[str, dict[str, Any]] = {
    "no signature": {"algorithm": "none", "key": None},
    "another secret": {"key": "a secret that somebody made up themselves"},
    "a stronger algorithm than agreed": {"algorithm": "HS512", "key": SECRET * 2},
    "a key of its own": {
        "key": "a secret that somebody made up themselves",
        "headers": {"kid": "../../dev/null", "jku": "https://example.com/keys"},
    },
    "expired": {"exp": now(seconds=-1)},
    "expired within the leeway": {"exp": now(seconds=-10)},
    "valid later": {"nbf": now(hours=2)},
    "issued later": {"iat": now(hours=2)},
    "another audience": {"aud": "elsewhere"},
    "another issuer": {"iss": "elsewhere"},
    "an empty subject": {"sub": ""},
    "a subject that is no id": {"sub": "bea"},
    "no roles": {"roles": None},
    "roles as a text": {"roles": "admin"},
    "roles that are no texts": {"roles": [1]},
    "ten kilobytes": {"padding": "x" * 10_000},
}


@pytest.mark.parametrize("flaw", BAD)
async def test_a_flawed_token_is_refused(market: Market, flaw: str) -> None:
    header = f"Bearer {forged(market.bea, **BAD[flaw])}"
    for path in ("/api/v1/orders", "/api/v1/services"):
        answer = await market.client.get(path, headers={"authorization": header})
        assert (401, "unauthorized") == (answer.status_code, answer.json()["code"])
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("missing", ["exp", "iss", "aud", "sub", "roles"])
async def test_a_token_without_a_claim_is_refused(market: Market, missing: str) -> None:
    header = f"Bearer {token(market.bea, **{missing: None})}"
    answer = await market.client.get("/api/v1/orders", headers={"authorization": header})
    assert 401 == answer.status_code


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer ...", "Bearer \u00e9", "Bearer [[[["],
)
async def test_a_header_that_is_no_token_is_refused(market: Market, header: str) -> None:
    answer = await market.client.get("/api/v1/orders", headers=[(b"authorization", header.encode("latin-1"))])
    assert 401 == answer.status_code


async def test_a_clock_that_runs_ahead_a_little_is_forgiven(market: Market) -> None:
    header = f"Bearer {token(market.bea, iat=now(seconds=20), nbf=now(seconds=20))}"
    answer = await market.client.get("/api/v1/orders", headers={"authorization": header})
    assert 200 == answer.status_code


async def test_roles_that_nobody_knows_give_nothing(market: Market) -> None:
    owner = User(roles=("owner", "Admin"))
    assert 403 == (await market.get("/earnings", owner)).status_code


@pytest.mark.parametrize("role", ["client", "practitioner", "admin"])
async def test_what_each_role_may_do(market: Market, role: str) -> None:
    user = User(roles=(role,))
    service = {"service_type": "session", "name": "x", "price_cents": 100}
    grant = {"user_id": str(user.id), "amount_cents": 1, "reason": "x"}
    purchase = {"amount_cents": 500, "payment_method_id": "pm_card_visa"}
    allowed = {
        "earnings": (await market.get("/earnings", user)).status_code != 403,
        "payouts": (await market.get("/payouts", user)).status_code != 403,
        "services": (await market.post("/services", service, by=user)).status_code != 403,
        "grants": (await market.post("/credits/grants", grant, by=user)).status_code != 403,
        "purchases": (await market.post("/credits/purchases", purchase, by=user)).status_code != 403,
        "others' orders": (await market.get("/orders", user, user_id=str(market.bea.id))).status_code != 403,
    }
    expected = {
        "client": {"purchases"},
        "practitioner": {"earnings", "payouts", "services"},
        "admin": {"earnings", "payouts", "services", "grants", "others' orders"},
    }
    assert expected[role] == {name for name, may in allowed.items() if may}
