"""Nobody sees or moves what is not theirs: a foreign thing and an absent one look the same."""

import pytest

from tests.http.market import Json, Market, User, absent


async def test_what_others_bought_does_not_exist(market: Market) -> None:
    receipt = await market.buy(await market.offer_package())
    order, booking = receipt["order"]["id"], receipt["bookings"][0]["id"]
    reads = [
        "/orders/{order}",
        "/orders/{order}/bookings",
        "/orders/{order}/transactions",
        "/orders/{order}/progress",
        "/orders/{order}/refunds",
        "/bookings/{booking}",
    ]
    acts: list[tuple[str, Json | None]] = [
        ("/orders/{order}/refund-quotes", None),
        ("/orders/{order}/refunds", None),
        ("/bookings/{booking}/schedule", {"start_time": market.later(days=1)}),
        ("/bookings/{booking}/cancel", None),
    ]
    stranger = User(roles=("client", "practitioner"))
    missing = str(absent())
    for path in reads:
        theirs = await market.get(path.format(order=order, booking=booking), stranger)
        nobodys = await market.get(path.format(order=missing, booking=missing), stranger)
        assert 404 == theirs.status_code == nobodys.status_code, path
        assert theirs.text.replace(order, missing).replace(booking, missing) == nobodys.text
        assert 200 == (await market.get(path.format(order=order, booking=booking), market.bea)).status_code
        assert 200 == (await market.get(path.format(order=order, booking=booking), market.admin)).status_code
    for path, body in acts:
        theirs = await market.post(path.format(order=order, booking=booking), body, by=stranger)
        nobodys = await market.post(path.format(order=missing, booking=missing), body, by=stranger)
        assert 404 == theirs.status_code == nobodys.status_code, path
        assert theirs.text.replace(order, missing).replace(booking, missing) == nobodys.text


async def test_a_booking_is_seen_by_its_practitioner_but_its_order_is_not(market: Market) -> None:
    receipt = await market.buy(await market.offer_package())
    seen = await market.get(f"/bookings/{receipt['bookings'][0]['id']}", market.ana)
    assert (200, receipt["bookings"][0]) == (seen.status_code, seen.json())
    assert 404 == (await market.get(f"/orders/{receipt['order']['id']}", market.ana)).status_code


async def test_a_private_session_is_seen_by_those_who_meet_in_it(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=1))
    path = f"/sessions/{receipt['bookings'][0]['service_session']['id']}"

    for by, status in ((None, 404), (User(), 404), (market.bea, 200), (market.ana, 200), (market.admin, 200)):
        assert status == (await market.get(path, by)).status_code
    assert 404 == (await market.post(f"{path}/complete", by=User(roles=("practitioner",)))).status_code
    assert [] == (await market.get("/sessions")).json()["items"]


async def test_a_placeholder_and_a_canceled_session_are_seen_by_their_holder(market: Market) -> None:
    package = await market.buy(await market.offer_package())
    canceled = await market.buy(await market.offer(), start_time=market.later(days=1))
    await market.post(f"/bookings/{canceled['bookings'][0]['id']}/cancel", by=market.bea)

    for receipt, state in ((package, "draft"), (canceled, "canceled")):
        path = f"/sessions/{receipt['bookings'][0]['service_session']['id']}"
        assert [404, 404] == [(await market.get(path, by)).status_code for by in (None, User())]
        for by in (market.bea, market.ana, market.admin):
            found = await market.get(path, by)
            assert (200, state) == (found.status_code, found.json()["status"])


@pytest.mark.parametrize(
    ("visibility", "listed", "found"), [("public", 1, 200), ("unlisted", 0, 200), ("private", 0, 404)]
)
async def test_who_finds_a_group_session(market: Market, visibility: str, listed: int, found: int) -> None:
    workshop = await market.offer(service_type="workshop", max_participants=5)
    session = await market.offer_session(workshop, visibility=visibility)
    assert listed == len((await market.get("/sessions")).json()["items"])
    assert found == (await market.get(f"/sessions/{session}")).status_code


@pytest.mark.parametrize(
    ("visibility", "listed", "found"), [("public", 1, 200), ("unlisted", 0, 200), ("private", 0, 404)]
)
async def test_who_finds_a_service(market: Market, visibility: str, listed: int, found: int) -> None:
    service = await market.offer(visibility=visibility)
    assert listed == len((await market.get("/services")).json()["items"])
    assert found == (await market.get(f"/services/{service}", market.bea)).status_code
    assert 200 == (await market.get(f"/services/{service}", market.ana)).status_code


async def test_an_admin_pays_out_for_a_practitioner_and_others_may_not(market: Market) -> None:
    body = {"practitioner_id": str(market.ana.id)}
    assert 403 == (await market.post("/payouts", body, by=User(roles=("practitioner",)))).status_code
    assert "nothing_to_pay_out" == (await market.post("/payouts", body, by=market.admin)).json()["code"]
    unknown = await market.post("/payouts", {"practitioner_id": str(absent())}, by=market.admin)
    assert 404 == unknown.status_code
