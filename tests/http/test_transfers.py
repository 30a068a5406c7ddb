"""Packages that go to somebody else over HTTP."""

from datetime import timedelta
from typing import Any

import httpx

from core.usecases.sweep import sweep
from tests.http.market import Json, Market, User, absent


async def bought(market: Market, **fields: Any) -> Json:
    """Bea's package of five for 40000, valid for 30 days."""
    return await market.buy(await market.offer_package(validity_days=30, **fields))


async def give(
    market: Market, receipt: Json, to: User, *, by: User | None = None, **rest: object
) -> httpx.Response:
    body = {"user_id": str(to.id), **rest}
    return await market.post(f"/orders/{receipt['order']['id']}/transfer", body, by=by or market.bea)


async def test_a_package_goes_to_a_friend_who_schedules_it(market: Market) -> None:
    receipt, tom = await bought(market), User()
    order, first = receipt["order"]["id"], receipt["bookings"][0]["id"]

    given = await give(market, receipt, tom)

    assert 200 == given.status_code, given.text
    answer = given.json()
    assert (order, str(tom.id)) == (answer["order_id"], answer["user_id"])
    assert [booking["id"] for booking in receipt["bookings"]] == [
        booking["id"] for booking in answer["bookings"]
    ]
    assert {str(tom.id)} == {booking["user_id"] for booking in answer["bookings"]}
    assert 5 == len((await market.get("/bookings?state=unscheduled", tom)).json()["items"])
    assert [] == (await market.get("/bookings", market.bea)).json()["items"]
    body = {"start_time": market.later(days=3)}
    assert 404 == (await market.post(f"/bookings/{first}/schedule", body, by=market.bea)).status_code
    assert 200 == (await market.post(f"/bookings/{first}/schedule", body, by=tom)).status_code
    assert (404, 200) == (
        (await market.get(f"/orders/{order}", tom)).status_code,
        (await market.get(f"/orders/{order}", market.bea)).status_code,
    )


async def test_the_friends_cancellation_pays_the_buyer_back(market: Market) -> None:
    receipt, tom = await bought(market), User()
    seats = [booking["id"] for booking in receipt["bookings"]]
    path = f"/orders/{receipt['order']['id']}"
    assert 200 == (await give(market, receipt, tom, booking_ids=seats[:2])).status_code

    canceled = await market.post(f"/bookings/{seats[0]}/cancel", by=tom)
    named = await market.post(f"{path}/refund-quotes", {"booking_ids": seats[1:2]}, by=market.bea)
    quoted = await market.post(f"{path}/refund-quotes", by=market.bea)
    refunded = await market.post(f"{path}/refunds", by=market.bea)

    assert 8000 == canceled.json()["refund"]["card_cents"]
    assert (400, "/booking_ids") == (named.status_code, named.json()["errors"][0]["pointer"])
    assert seats[2:] == [line["booking_id"] for line in quoted.json()["lines"]]
    assert (201, 24_000) == (refunded.status_code, refunded.json()["card_cents"])
    order = (await market.get(path, market.bea)).json()
    assert (32_000, 1) == (order["refunded_card_cents"], order["sessions_remaining"])
    assert 32_000 == market.gateway.refunded_cents()


async def test_the_same_key_gives_the_package_away_once(market: Market) -> None:
    receipt, tom = await bought(market), User()
    path, body = f"/orders/{receipt['order']['id']}/transfer", {"user_id": str(tom.id)}

    first = await market.post(path, body, by=market.bea, key="gift-1")
    replayed = await market.post(path, body, by=market.bea, key="gift-1")
    again = await market.post(path, body, by=market.bea)

    assert 200 == first.status_code, first.text
    assert first.json() == replayed.json()
    assert "true" == replayed.headers["idempotency-replayed"]
    assert (409, "nothing_to_transfer") == (again.status_code, again.json()["code"])


async def test_what_cannot_change_hands_is_refused_by_name(market: Market) -> None:
    receipt, tom = await bought(market), User()
    direct = await market.buy(await market.offer(), start_time=market.later(days=1))

    itself = await give(market, receipt, market.bea)
    unknown = await give(market, receipt, tom, booking_ids=[str(absent())])
    single = await give(market, direct, tom)
    stranger = await give(market, receipt, tom, by=tom)
    nobody = await market.post(f"/orders/{absent()}/transfer", {"user_id": str(tom.id)}, by=market.bea)

    assert (400, "/user_id") == (itself.status_code, itself.json()["errors"][0]["pointer"])
    assert (400, "/booking_ids") == (unknown.status_code, unknown.json()["errors"][0]["pointer"])
    assert (409, "not_transferable") == (single.status_code, single.json()["code"])
    assert (404, 404) == (stranger.status_code, nobody.status_code)
    await market.post(f"/orders/{receipt['order']['id']}/refunds", by=market.bea)
    refunded = await give(market, receipt, tom)
    assert (409, "illegal_transition") == (refunded.status_code, refunded.json()["code"])


async def test_an_expired_package_is_neither_given_away_nor_scheduled(market: Market) -> None:
    receipt = await bought(market, on_expiry="credits")
    market.clock.advance(timedelta(days=30))

    given = await give(market, receipt, User())
    scheduled = await market.post(
        f"/bookings/{receipt['bookings'][0]['id']}/schedule",
        {"start_time": market.later(days=1)},
        by=market.bea,
    )
    canceled = await market.post(f"/bookings/{receipt['bookings'][0]['id']}/cancel", by=market.bea)

    for refused in (given, scheduled, canceled):
        assert (409, "package_expired") == (refused.status_code, refused.json()["code"])


async def test_what_expired_is_seen_on_the_order_and_its_refund(market: Market) -> None:
    receipt = await bought(market, on_expiry="credits")
    path = f"/orders/{receipt['order']['id']}"
    assert 0 == (await market.get(path, market.bea)).json()["sessions_expired"]

    market.clock.advance(timedelta(days=30))
    await sweep(ports=market.ports)

    order = (await market.get(path, market.bea)).json()
    assert ("refunded", 5, 0, 40_000) == (
        order["status"],
        order["sessions_expired"],
        order["sessions_remaining"],
        order["refunded_credits_cents"],
    )
    (refund,) = (await market.get(f"{path}/refunds", market.bea)).json()["items"]
    assert ("expired", "credits", "succeeded") == (refund["reason"], refund["destination"], refund["status"])
    assert 40_000 == (await market.get("/credits", market.bea)).json()["balance_cents"]
