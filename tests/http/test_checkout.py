"""Every kind of purchase, and what a purchase may meet."""

import pytest

from tests.http.market import Market, User, absent


async def test_a_session_is_bought_for_a_time(market: Market) -> None:
    service = await market.offer()

    receipt = await market.buy(service, start_time=market.later(days=3), client_notes="first time")
    booking = receipt["bookings"][0]
    assert ("confirmed", 8000, "first time") == (
        booking["status"],
        booking["price_charged_cents"],
        booking["client_notes"],
    )
    assert ("direct", None) == (receipt["order"]["order_type"], receipt["order"]["package_metadata"])


async def test_overlapping_sessions_of_one_practitioner_are_refused(market: Market) -> None:
    service = await market.offer()
    await market.buy(service, start_time=market.later(days=3))

    body = {
        "service_id": service,
        "payment_method_id": "pm_card_visa",
        "start_time": market.later(days=3, minutes=30),
    }
    refused = await market.post("/checkout", body, by=User())
    assert (409, "session_overlap") == (refused.status_code, refused.json()["code"])


async def test_a_workshop_takes_a_seat_until_it_is_full(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", max_participants=1)
    session = await market.offer_session(workshop)

    receipt = await market.buy(workshop, session_id=session)
    assert 1 == receipt["bookings"][0]["service_session"]["current_participants"]
    body = {"service_id": workshop, "payment_method_id": "pm_card_visa", "session_id": session}
    refused = await market.post("/checkout", body, by=User())
    assert (409, "session_full") == (refused.status_code, refused.json()["code"])


async def test_a_course_makes_one_booking_per_class(market: Market) -> None:
    course = await market.offer(
        service_type="course", name="Three evenings", price_cents=50_000, max_participants=8
    )
    for day in (9, 7, 8):
        await market.offer_session(course, days=day)

    receipt = await market.buy(course)
    assert [16_667, 16_667, 16_666] == [b["session_value_cents"] for b in receipt["bookings"]]
    assert [1, 2, 3] == sorted(b["service_session"]["sequence_number"] for b in receipt["bookings"])


async def test_a_bundle_is_ten_of_one_service_unless_told(market: Market) -> None:
    part = await market.offer()
    bundle = await market.offer(service_type="bundle", price_cents=70_000, bundled_service_id=part)

    receipt = await market.buy(bundle)
    assert 10 == receipt["order"]["total_sessions"]
    assert part == receipt["order"]["package_metadata"]["bundled_service_id"]


async def test_what_is_free_needs_no_card(market: Market) -> None:
    free = await market.offer(price_cents=0)

    body = {"service_id": free, "start_time": market.later(days=1)}
    made = await market.post("/checkout", body, by=market.bea)
    assert (201, None, "paid") == (made.status_code, made.json()["payment"], made.json()["order"]["status"])


async def test_a_declined_card_is_402_and_nothing_is_held(market: Market) -> None:
    await market.grant(market.bea, 1000)
    body = {
        "service_id": await market.offer(),
        "payment_method_id": "pm_card_chargeDeclined",
        "apply_credits": True,
        "start_time": market.later(days=3),
    }

    declined = await market.post("/checkout", body, by=market.bea)
    problem = declined.json()
    assert (402, "payment_declined", "card_declined") == (
        declined.status_code,
        problem["code"],
        problem["decline_code"],
    )
    assert "application/problem+json" == declined.headers["content-type"]
    account = (await market.get("/credits", market.bea)).json()
    assert (1000, 0) == (account["balance_cents"], account["held_cents"])
    order = (await market.get(f"/orders/{problem['order_id']}", market.bea)).json()
    assert "canceled" == order["status"]
    free_again = await market.post("/checkout", body | {"payment_method_id": "pm_card_visa"}, by=User())
    assert 201 == free_again.status_code


async def test_a_payment_that_needs_the_customer_waits_and_is_confirmed(market: Market) -> None:
    service = await market.offer()
    receipt = await market.buy(
        service, payment_method_id="pm_card_authenticationRequired", start_time=market.later(days=3)
    )
    assert ("pending_payment", "requires_action") == (
        receipt["order"]["status"],
        receipt["payment"]["status"],
    )
    assert receipt["payment"]["client_secret"]

    path = f"/dev/payments/{receipt['payment']['id']}/confirm"
    assert 404 == (await market.post(path, by=User())).status_code
    confirmed = await market.post(path, by=market.bea)
    assert (201, "paid") == (confirmed.status_code, confirmed.json()["order"]["status"])
    assert "client_secret" not in confirmed.json()["payment"]
    assert "confirmed" == confirmed.json()["bookings"][0]["status"]


async def test_credits_are_bought_by_card(market: Market) -> None:
    body = {"amount_cents": 5000, "payment_method_id": "pm_card_visa"}

    made = await market.post("/credits/purchases", body, by=market.bea)
    assert (201, "credit", []) == (
        made.status_code,
        made.json()["order"]["order_type"],
        made.json()["bookings"],
    )
    assert 5000 == (await market.get("/credits", market.bea)).json()["balance_cents"]
    declined = await market.post(
        "/credits/purchases", body | {"payment_method_id": "pm_card_chargeDeclined"}, by=market.bea
    )
    assert 402 == declined.status_code


async def test_what_is_not_on_sale_is_not_found(market: Market) -> None:
    body = {"service_id": str(absent()), "payment_method_id": "pm_card_visa"}
    missing = await market.post("/checkout", body, by=market.bea)
    assert (404, "not_found") == (missing.status_code, missing.json()["code"])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/start_time"),
        ({"start_time": "2020-01-01T00:00:00Z"}, "/start_time"),
        ({"start_time": "2026-03-05T10:00:00"}, "/start_time"),
        ({"start_time": "0001-01-01T00:00:00+14:00"}, "/start_time"),
        ({"start_time": "9999-12-31T23:59:59-14:00"}, "/start_time"),
        ({"session_id": "0195566d-3000-7000-8000-000000000001"}, "/session_id"),
        ({"start_time": "2026-03-05T10:00:00Z", "payment_method_id": None}, "/payment_method_id"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(
    market: Market, fields: dict[str, str], pointer: str
) -> None:
    body = {"service_id": await market.offer(), "payment_method_id": "pm_card_visa", **fields}

    refused = await market.post("/checkout", body, by=market.bea)
    assert 400 == refused.status_code, refused.text
    assert [pointer] == [error["pointer"] for error in refused.json()["errors"]]


async def test_only_clients_buy(market: Market) -> None:
    body = {"service_id": await market.offer(), "payment_method_id": "pm_card_visa"}
    assert 403 == (await market.post("/checkout", body, by=market.ana)).status_code


async def test_a_package_is_scheduled_only_by_its_owner_and_not_over_another_session(market: Market) -> None:
    first, second, *_ = (await market.buy(await market.offer_package()))["bookings"]
    at = {"start_time": market.later(days=2)}

    assert 404 == (await market.post(f"/bookings/{first['id']}/schedule", at, by=User())).status_code
    assert 200 == (await market.post(f"/bookings/{first['id']}/schedule", at, by=market.bea)).status_code
    clash = await market.post(f"/bookings/{second['id']}/schedule", at, by=market.bea)
    assert (409, "session_overlap") == (clash.status_code, clash.json()["code"])
    twice = await market.post(f"/bookings/{first['id']}/schedule", at, by=market.bea)
    assert (409, "illegal_transition") == (twice.status_code, twice.json()["code"])


async def test_a_seat_is_canceled_by_policy_for_its_holder_and_in_full_by_its_practitioner(
    market: Market,
) -> None:
    service = await market.offer()
    mine = await market.buy(service, start_time=market.later(hours=12))
    other = User()
    theirs = await market.buy(service, by=other, start_time=market.later(hours=14))

    half = await market.post(f"/bookings/{mine['bookings'][0]['id']}/cancel", by=market.bea)
    assert (200, 4000, "canceled") == (
        half.status_code,
        half.json()["refund"]["refund_value_cents"],
        half.json()["booking"]["status"],
    )
    whole = await market.post(
        f"/bookings/{theirs['bookings'][0]['id']}/cancel", {"reason": "ill"}, by=market.ana
    )
    assert (200, 8000) == (whole.status_code, whole.json()["refund"]["refund_value_cents"])


async def test_an_archived_service_is_not_sold(market: Market) -> None:
    service = await market.offer()
    archived = await market.send("PATCH", f"/services/{service}", {"status": "archived"}, by=market.ana)
    assert "archived" == archived.json()["status"]

    body = {"service_id": service, "payment_method_id": "pm_card_visa", "start_time": market.later(days=1)}
    assert 404 == (await market.post("/checkout", body, by=market.bea)).status_code
