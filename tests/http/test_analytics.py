"""`/analytics`: the rule book's package, told in figures."""

from typing import Any

from tests.http.market import Json, Market, User, absent


async def figures(market: Market, what: str, by: User, **more: Any) -> list[Json]:
    span = {"from": market.later(days=-30), "to": market.later(days=30)} if what == "revenue" else {}
    answer = await market.get(f"/analytics/{what}", by, **span, **more)
    assert 200 == answer.status_code, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def sell_and_use(market: Market) -> str:
    """A package of 40000 with 10000 credits: two of five scheduled, one of them held, two canceled."""
    await market.grant(market.bea, 10_000)
    package = await market.offer_package()
    receipt = await market.buy(package, apply_credits=True)
    first, second, third, fourth, _ = [booking["id"] for booking in receipt["bookings"]]
    for booking, days in ((first, 1), (second, 2), (third, 0.2)):
        made = await market.post(
            f"/bookings/{booking}/schedule", {"start_time": market.later(days=days)}, by=market.bea
        )
        assert 200 == made.status_code, made.text
    booked = (await market.get(f"/bookings/{first}", market.bea)).json()
    done = await market.post(f"/sessions/{booked['service_session']['id']}/complete", by=market.ana)
    assert 200 == done.status_code, done.text
    for booking in (third, fourth):
        gone = await market.post(f"/bookings/{booking}/cancel", by=market.bea)
        assert 200 == gone.status_code, gone.text
    return package


async def test_a_package_tells_how_it_is_used(market: Market) -> None:
    package = await sell_and_use(market)

    assert await figures(market, "packages", market.ana) == [
        {
            "service_id": package,
            "practitioner_id": str(market.ana.id),
            "name": "Five hours",
            "service_type": "package",
            "currency": "usd",
            "sold": 1,
            "sold_cents": 40_000,
            "sessions_total": 5,
            "sessions_scheduled": 1,
            "sessions_completed": 1,
            "sessions_canceled": 2,
            "sessions_expired": 0,
            "sessions_remaining": 2,
            "breakage_cents": 8000,
        }
    ]


async def test_a_day_tells_what_it_brought(market: Market) -> None:
    await sell_and_use(market)

    expected = {
        "day": "2026-03-02",
        "currency": "usd",
        "gross_sales_cents": 40_000,
        "card_cents": 30_000,
        "credits_cents": 10_000,
        "refunds_cents": 8000,
        "delivered_cents": 8000,
        "commission_cents": 1200,
        "practitioner_net_cents": 6800,
    }
    assert [expected] == await figures(market, "revenue", market.ana)
    assert [expected] == await figures(market, "revenue", market.admin)


async def test_whose_figures_are_told_to_whom(market: Market) -> None:
    await sell_and_use(market)
    stranger, ana = User(roles=("practitioner",)), str(market.ana.id)

    for what in ("packages", "revenue"):
        mine = await figures(market, what, market.ana)
        assert 1 == len(mine)
        assert mine == await figures(market, what, market.ana, practitioner_id=ana)
        assert mine == await figures(market, what, market.admin)
        assert mine == await figures(market, what, market.admin, practitioner_id=ana)
        assert [] == await figures(market, what, market.admin, practitioner_id=str(absent()))
        assert [] == await figures(market, what, stranger)
        span = {"from": market.later(), "to": market.later(days=1)}
        theirs = await market.get(f"/analytics/{what}", stranger, practitioner_id=ana, **span)
        assert 403 == theirs.status_code
        assert 403 == (await market.get(f"/analytics/{what}", market.bea, **span)).status_code
        assert 401 == (await market.get(f"/analytics/{what}", None, **span)).status_code


async def test_a_report_covers_366_days_at_most(market: Market) -> None:
    span = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-02T00:00:01Z"}
    answer = await market.get("/analytics/revenue", market.ana, **span)
    assert (400, "/to") == (answer.status_code, answer.json()["errors"][0]["pointer"])
    assert 400 == (await market.get("/analytics/revenue", market.ana)).status_code
