"""Lists: pages without gaps or repeats, filters, and cursors that nobody made up."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from core.usecases.sweep import sweep
from tests.http.market import Json, Market, User


async def collected(market: Market, path: str, by: User | None, limit: int, **params: Any) -> list[Json]:
    """Every item of a list, page by page."""
    found: list[Json] = []
    cursor: str | None = None
    while True:
        asked = params | {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        answer = await market.get(path, by, **asked)
        assert 200 == answer.status_code, answer.text
        page = answer.json()
        assert {"items", "next_cursor"} == set(page)
        assert limit >= len(page["items"])
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def busy(market: Market) -> None:
    """Five of everything: orders, bookings, credits, earnings, payouts, services, public sessions."""
    service = await market.offer()
    workshop = await market.offer(service_type="workshop", max_participants=5)
    for _ in range(3):
        await market.offer()
    for day in range(1, 6):
        await market.offer_session(workshop, days=day)
        await market.grant(market.bea, 100)
        receipt = await market.buy(service, start_time=market.later(days=day))
        session = receipt["bookings"][0]["service_session"]["id"]
        await market.post(f"/sessions/{session}/complete", by=market.ana)
        market.clock.advance(timedelta(days=3) if day % 2 else timedelta(0))
        await sweep(ports=market.ports, at=market.clock.now() + timedelta(days=10))
        assert 201 == (await market.post("/payouts", by=market.ana)).status_code


LISTS = ["/orders", "/bookings", "/credits/transactions", "/earnings", "/payouts", "/services", "/sessions"]


async def test_pages_have_no_gaps_and_no_repeats(market: Market) -> None:
    await busy(market)
    for path in LISTS:
        by = market.ana if path in ("/earnings", "/payouts") else market.bea
        whole = await collected(market, path, by, 200)
        assert len(whole) >= 5, path
        for limit in (1, 2, 3):
            assert whole == await collected(market, path, by, limit), path


async def test_the_lists_of_an_order_are_pages_too(market: Market) -> None:
    receipt = await market.buy(await market.offer_package())
    path = f"/orders/{receipt['order']['id']}"
    for booking in receipt["bookings"][:3]:
        given_back = {"booking_ids": [booking["id"]]}
        assert 201 == (await market.post(f"{path}/refunds", given_back, by=market.bea)).status_code
    for part, count in (("bookings", 5), ("transactions", 1), ("refunds", 3)):
        whole = await collected(market, f"{path}/{part}", market.bea, 200)
        assert count == len(whole)
        assert whole == await collected(market, f"{path}/{part}", market.bea, 1)
        foreign = await market.get(f"{path}/{part}", market.bea, cursor="A" * 32)
        assert (400, "/cursor") == (foreign.status_code, foreign.json()["errors"][0]["pointer"])


async def test_lists_are_newest_first_and_sessions_oldest_first(market: Market) -> None:
    await busy(market)
    for path in ("/orders", "/bookings", "/credits/transactions", "/services"):
        times = [item["created_at"] for item in await collected(market, path, market.bea, 2)]
        assert sorted(times, reverse=True) == times, path
    starts = [item["start_time"] for item in await collected(market, "/sessions", None, 2)]
    assert sorted(starts) == starts


async def test_lists_show_ones_own(market: Market) -> None:
    await busy(market)
    stranger = User(roles=("client", "practitioner"))
    for path in ("/orders", "/bookings", "/credits/transactions", "/earnings", "/payouts"):
        assert [] == await collected(market, path, stranger, 200), path
    assert 5 == len(await collected(market, "/orders", market.admin, 200))
    assert 5 == len(await collected(market, "/bookings", market.admin, 200, user_id=market.bea.id))
    assert 5 == len(await collected(market, "/earnings", market.admin, 2, practitioner_id=market.ana.id))
    assert 403 == (await market.get("/earnings", stranger, practitioner_id=market.ana.id)).status_code
    assert 403 == (await market.get("/bookings", stranger, user_id=market.bea.id)).status_code


async def test_credit_transactions_carry_the_balance_after_each(market: Market) -> None:
    for amount in (100, 250, 50):
        await market.grant(market.bea, amount)
    listed = await collected(market, "/credits/transactions", market.bea, 2)
    assert [(50, 400), (250, 350), (100, 100)] == [
        (item["amount_cents"], item["balance_after_cents"]) for item in listed
    ]


async def test_filters_choose(market: Market) -> None:
    await busy(market)
    package = await market.buy(await market.offer_package())
    order = package["order"]["id"]

    assert [order] == [
        o["id"] for o in await collected(market, "/orders", market.bea, 9, order_type="package")
    ]
    assert [] == await collected(market, "/orders", market.bea, 9, status="canceled")
    unscheduled = await collected(market, "/bookings", market.bea, 9, state="unscheduled")
    assert [order] * 5 == [b["order_id"] for b in unscheduled]
    assert 5 == len(await collected(market, "/bookings", market.bea, 9, state="past"))
    assert 5 == len(await collected(market, "/bookings", market.bea, 9, order_id=order))
    assert [] == await collected(market, "/bookings", market.bea, 9, state="canceled")
    (seat, *_) = unscheduled
    here = {"session_id": seat["service_session"]["id"]}
    assert [seat] == await collected(market, "/bookings", market.bea, 9, **here)
    assert 5 == len(await collected(market, "/earnings", market.ana, 9, status="paid"))
    assert 1 == len(await collected(market, "/services", None, 9, service_type="workshop"))
    assert [] == await collected(market, "/services", None, 9, practitioner_id=market.bea.id)
    sessions = await collected(market, "/sessions", None, 9)
    third = {"from": sessions[2]["start_time"], "to": sessions[3]["start_time"]}
    assert [sessions[2]] == await collected(market, "/sessions", None, 9, **third)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"limit": "0"}, "/limit"),
        ({"limit": "201"}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"limit": "-1"}, "/limit"),
        ({"limit": ""}, "/limit"),
        ({"limit": "9" * 30}, "/limit"),
        ({"cursor": "x"}, "/cursor"),
        ({"cursor": ""}, "/cursor"),
        ({"cursor": "\u00e9"}, "/cursor"),
        ({"cursor": "\x00"}, "/cursor"),
        ({"cursor": "A" * 32 + "\n"}, "/cursor"),
        ({"cursor": "A" * 100}, "/cursor"),
        ({"cursor": urlsafe_b64encode(b"\x7f" + b"\xff" * 23).decode()}, "/cursor"),
        ({"cursor": urlsafe_b64encode(b"\x80" + b"\x00" * 23).decode()}, "/cursor"),
    ],
)
async def test_a_page_that_cannot_be_is_400(
    market: Market, path: str, params: dict[str, str], pointer: str
) -> None:
    by = User(roles=("client", "practitioner"))
    refused = await market.get(path, by, **params)
    assert (400, "validation_failed") == (refused.status_code, refused.json()["code"])
    assert [pointer] == [error["pointer"] for error in refused.json()["errors"]]


@pytest.mark.parametrize(
    ("path", "params", "pointer"),
    [
        ("/orders", {"order_type": "canary"}, "/order_type"),
        ("/orders", {"status": "canary"}, "/status"),
        ("/orders", {"user_id": "canary"}, "/user_id"),
        ("/bookings", {"state": "canary"}, "/state"),
        ("/bookings", {"order_id": "canary"}, "/order_id"),
        ("/bookings", {"session_id": "canary"}, "/session_id"),
        ("/bookings", {"user_id": "canary"}, "/user_id"),
        ("/earnings", {"status": "canary"}, "/status"),
        ("/earnings", {"practitioner_id": "canary"}, "/practitioner_id"),
        ("/earnings/summary", {"practitioner_id": "canary"}, "/practitioner_id"),
        ("/payouts", {"practitioner_id": "canary"}, "/practitioner_id"),
        ("/services", {"service_type": "canary"}, "/service_type"),
        ("/services", {"practitioner_id": "canary"}, "/practitioner_id"),
        ("/sessions", {"service_id": "canary"}, "/service_id"),
        ("/sessions", {"from": "canary"}, "/from"),
        ("/sessions", {"from": "2026-03-05T10:00:00"}, "/from"),
        ("/sessions", {"to": "1700000000"}, "/to"),
        ("/sessions", {"to": "0001-01-01T00:00:00+14:00"}, "/to"),
    ],
)
async def test_a_filter_that_cannot_be_is_400_and_not_repeated(
    market: Market, path: str, params: dict[str, str], pointer: str
) -> None:
    refused = await market.get(path, market.bea, **params)
    assert (400, [pointer]) == (refused.status_code, [e["pointer"] for e in refused.json()["errors"]])
    assert "canary" not in refused.text
