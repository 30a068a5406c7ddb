"""What may be put on sale, changed, and offered as sessions."""

from typing import Any

import pytest

from tests.http.market import Json, Market, User, absent


async def test_a_service_shows_its_defaults(market: Market) -> None:
    made = await market.get(f"/services/{await market.offer()}")

    shown = made.json()
    expected: Json = {
        "practitioner_id": str(market.ana.id),
        "service_type": "session",
        "name": "Breathing",
        "description": "",
        "price_cents": 8000,
        "currency": "usd",
        "duration_minutes": 60,
        "max_participants": 1,
        "location": "online",
        "visibility": "public",
        "validity_days": None,
        "session_pricing": "equal",
        "components": None,
        "bundled_service_id": None,
        "session_count": None,
        "cancellation_policy": [
            {"min_notice_hours": 24, "refund_percent": 100},
            {"min_notice_hours": 6, "refund_percent": 50},
        ],
        "pay_practitioner_on_no_show": False,
        "pay_practitioner_on_late_cancel": False,
        "complimentary_earnings_cents": 0,
        "on_expiry": "forfeit",
        "allow_late_entry": False,
        "status": "active",
    }
    assert expected == {name: value for name, value in shown.items() if name not in ("id", "created_at")}


async def test_all_five_types_can_be_created(market: Market) -> None:
    part = await market.offer()
    await market.offer(service_type="workshop", max_participants=12)
    await market.offer(service_type="course", max_participants=8)
    package = await market.offer(service_type="package", components=[{"service_id": part, "quantity": 3}])
    bundle = await market.offer(service_type="bundle", bundled_service_id=part, session_count=4)

    shown = (await market.get(f"/services/{package}")).json()
    assert [{"service_id": part, "quantity": 3}] == shown["components"]
    assert 4 == (await market.get(f"/services/{bundle}")).json()["session_count"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"service_type": "package"}, "/components"),
        ({"service_type": "package", "components": []}, "/components"),
        ({"service_type": "bundle"}, "/bundled_service_id"),
        ({"session_count": 3}, "/session_count"),
        ({"max_participants": 2}, "/max_participants"),
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"price_cents": 20}, "/price_cents"),
        ({"currency": "eur"}, "/currency"),
        ({"validity_days": 0}, "/validity_days"),
        (
            {"cancellation_policy": [{"min_notice_hours": 1, "refund_percent": 101}]},
            "/cancellation_policy/0/refund_percent",
        ),
        (
            {"cancellation_policy": [{"min_notice_hours": 1, "refund_percent": 50}] * 2},
            "/cancellation_policy/1/min_notice_hours",
        ),
    ],
)
async def test_what_cannot_be_sold_is_refused_by_field(
    market: Market, fields: dict[str, Any], pointer: str
) -> None:
    body = {"service_type": "session", "name": "x", "price_cents": 100, **fields}
    refused = await market.post("/services", body, by=market.ana)
    assert (400, [pointer]) == (refused.status_code, [e["pointer"] for e in refused.json()["errors"]])


async def test_a_part_must_be_the_practitioners_own(market: Market) -> None:
    body = {
        "service_type": "package",
        "name": "x",
        "price_cents": 100,
        "components": [{"service_id": str(absent()), "quantity": 1}],
    }
    refused = await market.post("/services", body, by=market.ana)
    assert (400, "/components/0") == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_a_patch_changes_what_it_names_and_nothing_else(market: Market) -> None:
    service = await market.offer(validity_days=30)
    before = (await market.get(f"/services/{service}")).json()

    changes = {
        "price_cents": 9000,
        "validity_days": None,
        "cancellation_policy": [{"min_notice_hours": 48, "refund_percent": 80}],
    }
    changed = await market.send("PATCH", f"/services/{service}", changes, by=market.ana)
    assert (200, before | changes) == (changed.status_code, changed.json())


@pytest.mark.parametrize(
    "field", ["id", "practitioner_id", "service_type", "currency", "created_at", "version"]
)
async def test_what_a_service_is_cannot_be_patched(market: Market, field: str) -> None:
    refused = await market.send(
        "PATCH", f"/services/{await market.offer()}", {field: "session"}, by=market.ana
    )
    assert (400, f"/{field}") == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_only_its_practitioner_or_an_admin_changes_a_service(market: Market) -> None:
    path = f"/services/{await market.offer()}"
    other = User(roles=("practitioner",))
    assert 403 == (await market.send("PATCH", path, {"price_cents": 100}, by=other)).status_code
    assert 403 == (await market.send("PATCH", path, {"price_cents": 100}, by=market.bea)).status_code
    assert 200 == (await market.send("PATCH", path, {"price_cents": 100}, by=market.admin)).status_code
    missing = await market.send("PATCH", f"/services/{absent()}", {"price_cents": 100}, by=market.admin)
    assert 404 == missing.status_code


async def test_only_an_admin_sells_for_others_or_sets_a_commission(market: Market) -> None:
    service = {
        "service_type": "session",
        "name": "x",
        "price_cents": 100,
        "practitioner_id": str(market.ana.id),
    }
    assert 403 == (await market.post("/services", service, by=User(roles=("practitioner",)))).status_code
    assert 201 == (await market.post("/services", service, by=market.admin)).status_code
    profile = {"display_name": "Ana", "timezone": "Europe/Lisbon", "commission_bps": 0}
    path = f"/practitioners/{market.ana.id}"
    assert 403 == (await market.send("PUT", path, profile, by=market.ana)).status_code
    assert 0 == (await market.send("PUT", path, profile, by=market.admin)).json()["commission_bps"]


async def test_a_profile_keeps_its_private_part_from_strangers(market: Market) -> None:
    path = f"/practitioners/{market.ana.id}"
    profile = {"display_name": "Ana", "timezone": "Asia/Tokyo", "stripe_account_id": "acct_ana"}
    saved = await market.send("PUT", path, profile, by=market.ana)
    assert (200, "acct_ana") == (saved.status_code, saved.json()["stripe_account_id"])

    assert {"id", "display_name", "timezone", "created_at"} == set((await market.get(path)).json())
    assert "acct_ana" not in (await market.get(path, market.bea)).text
    assert saved.json() == (await market.get(path, market.admin)).json()


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "../../etc/passwd", "Europe/Lisbon ", ""])
async def test_a_zone_that_is_none_is_refused(market: Market, timezone: str) -> None:
    profile = {"display_name": "Ana", "timezone": timezone}
    refused = await market.send("PUT", f"/practitioners/{market.ana.id}", profile, by=market.ana)
    assert (400, "/timezone") == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_sessions_are_offered_by_their_practitioner_alone(market: Market) -> None:
    path = f"/services/{await market.offer(service_type='workshop', max_participants=5)}/sessions"
    body = {"start_time": market.later(days=3)}
    assert 403 == (await market.post(path, body, by=market.bea)).status_code
    made = await market.post(path, body, by=market.ana)
    assert (201, 60, 5, 0) == (
        made.status_code,
        made.json()["duration"],
        made.json()["max_participants"],
        made.json()["current_participants"],
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"start_time": "2020-01-01T00:00:00Z"}, "/start_time"),
        ({"start_time": "2026-04-01T10:00:00"}, "/start_time"),
        ({"start_time": "2026-04-01T10:00:00Z", "end_time": "2026-04-01T09:00:00Z"}, "/end_time"),
        ({"start_time": "2026-04-01T10:00:00Z", "end_time": "2999-04-01T09:00:00Z"}, "/end_time"),
        ({"start_time": "2026-04-01T10:00:00Z", "timezone": "Mars/Olympus"}, "/timezone"),
        ({"start_time": "2026-04-01T10:00:00Z", "visibility": "secret"}, "/visibility"),
        ({}, "/start_time"),
    ],
)
async def test_a_session_that_cannot_be_is_refused_by_field(
    market: Market, body: dict[str, str], pointer: str
) -> None:
    path = f"/services/{await market.offer(service_type='workshop', max_participants=5)}/sessions"
    refused = await market.post(path, body, by=market.ana)
    assert (400, pointer) == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_a_session_starts_and_completes_once(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", max_participants=5)
    path = f"/sessions/{await market.offer_session(workshop)}"

    assert 403 == (await market.post(f"{path}/start", by=market.bea)).status_code
    assert "in_progress" == (await market.post(f"{path}/start", by=market.ana)).json()["status"]
    first = await market.post(f"{path}/complete", by=market.ana)
    assert ("completed", True) == (first.json()["status"], first.json()["actual_end_time"] is not None)
    assert 200 == (await market.post(f"{path}/complete", by=market.ana)).status_code
    assert 409 == (await market.post(f"{path}/start", by=market.ana)).status_code
