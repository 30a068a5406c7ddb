"""The story of the seeds over HTTP: a package of 40000, delivered, paid out and refunded in part."""

from datetime import timedelta

from core.usecases.sweep import sweep
from tests.http.market import Json, Market


async def bought(market: Market) -> Json:
    await market.grant(market.bea, 10_000)
    return await market.buy(await market.offer_package(), apply_credits=True)


async def deliver(market: Market, bookings: list[Json]) -> None:
    """Schedule and complete these seats, a day apart."""
    for day, booking in enumerate(bookings, start=1):
        path = f"/bookings/{booking['id']}/schedule"
        scheduled = await market.post(path, {"start_time": market.later(days=day)}, by=market.bea)
        assert 200 == scheduled.status_code, scheduled.text
        session = scheduled.json()["service_session"]
        completed = await market.post(f"/sessions/{session['id']}/complete", by=market.ana)
        assert 200 == completed.status_code, completed.text


async def test_a_package_holds_five_unscheduled_seats_of_8000_and_is_paid_in_two_ways(market: Market) -> None:
    receipt = await bought(market)

    order = receipt["order"]
    assert ("package", "paid") == (order["order_type"], order["status"])
    assert 40_000 == order["subtotal_amount_cents"]
    assert (10_000, 30_000) == (order["credits_applied_cents"], order["total_amount_cents"])
    assert (5, 0, 5) == (
        order["total_sessions"],
        order["sessions_completed"],
        order["sessions_remaining"],
    )
    assert 8000 == order["session_value_cents"]
    assert order["service_id"] == order["package_metadata"]["package_service_id"]
    assert ("succeeded", 30_000) == (receipt["payment"]["status"], receipt["payment"]["amount_cents"])
    assert [("draft", "paid", 0, 8000)] * 5 == [
        (b["status"], b["payment_status"], b["price_charged_cents"], b["session_value_cents"])
        for b in receipt["bookings"]
    ]
    assert [None] * 5 == [b["service_session"]["start_time"] for b in receipt["bookings"]]


async def test_the_users_postings_are_the_purchase_and_the_usage(market: Market) -> None:
    order = (await bought(market))["order"]

    listed = (await market.get(f"/orders/{order['id']}/transactions", market.bea)).json()["items"]
    assert [("purchase", 40_000), ("usage", -10_000)] == [(t["type"], t["amount_cents"]) for t in listed]
    credits_left = (await market.get("/credits", market.bea)).json()
    assert (0, 0) == (credits_left["balance_cents"], credits_left["held_cents"])


async def test_two_delivered_sessions_earn_6800_each_and_are_paid_out_after_the_hold(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])

    pending = (await market.get("/earnings", market.ana)).json()["items"]
    assert [(8000, 1200, 6800, "pending")] * 2 == [
        (
            e["gross_amount_cents"],
            e["commission_amount_cents"],
            e["net_amount_cents"],
            e["status"],
        )
        for e in pending
    ]
    early = await market.post("/payouts", by=market.ana)
    assert (409, "nothing_to_pay_out") == (early.status_code, early.json()["code"])

    await sweep(ports=market.ports, at=market.clock.now() + timedelta(hours=48))
    summary = (await market.get("/earnings/summary", market.ana)).json()
    assert (13_600, 13_600) == (summary["available_cents"], summary["balance_cents"])

    payout = await market.post("/payouts", by=market.ana)
    assert 201 == payout.status_code, payout.text
    assert (13_600, "paid", 2) == (
        payout.json()["amount_cents"],
        payout.json()["status"],
        payout.json()["earnings_count"],
    )
    after = (await market.get("/earnings/summary", market.ana)).json()
    assert (0, 13_600, 0) == (after["available_cents"], after["paid_cents"], after["balance_cents"])
    assert [payout.json()] == (await market.get("/payouts", market.ana)).json()["items"]


async def test_the_rest_is_refunded_as_quoted_6000_credits_and_18000_card(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])
    order_path = f"/orders/{receipt['order']['id']}"

    quote = (await market.post(f"{order_path}/refund-quotes", by=market.bea)).json()
    figures = ("refund_value_cents", "credits_cents", "card_cents", "forfeited_cents", "currency")
    assert (24_000, 6000, 18_000, 0, "usd") == tuple(quote[name] for name in figures)
    assert 3 == len(quote["lines"])

    made = await market.post(f"{order_path}/refunds", {"reason": "moving away"}, by=market.bea)
    assert 201 == made.status_code, made.text
    refund = made.json()
    assert "succeeded" == refund["status"]
    assert quote == {name: refund[name] for name in quote}
    assert [refund] == (await market.get(f"{order_path}/refunds", market.bea)).json()["items"]

    order = (await market.get(order_path, market.bea)).json()
    assert (6000, 18_000) == (order["refunded_credits_cents"], order["refunded_card_cents"])
    assert (2, 0) == (order["sessions_completed"], order["sessions_remaining"])
    assert 6000 == (await market.get("/credits", market.bea)).json()["balance_cents"]
    assert [18_000] == [r.amount_cents for r in market.gateway.refunds()]

    again = await market.post(f"{order_path}/refunds", by=market.bea)
    assert 409 == again.status_code


async def test_progress_counts_what_was_delivered(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])

    progress = await market.get(f"/orders/{receipt['order']['id']}/progress", market.bea)
    expected = {"total_sessions": 5, "completed": 2, "attended": 2, "missed": 0, "completion_rate": 0.4}
    assert expected == progress.json()


async def test_a_completed_booking_tells_when_its_session_ended(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:1])

    booking = (await market.get(f"/bookings/{receipt['bookings'][0]['id']}", market.bea)).json()
    assert booking["completed"]
    assert booking["completed_at"] is not None
    assert booking["computed_start_time"] == booking["start_time"] == booking["service_session"]["start_time"]
    assert booking["completed_at"].endswith("Z")


async def test_a_seat_of_a_mixed_package_goes_into_a_workshop_and_earns_its_own_share(market: Market) -> None:
    hour = await market.offer(price_cents=10_000)
    circle = await market.offer(service_type="workshop", price_cents=5000, max_participants=6)
    mixed = await market.offer(
        service_type="package",
        price_cents=36_000,
        session_pricing="proportional",
        components=[{"service_id": hour, "quantity": 3}, {"service_id": circle, "quantity": 2}],
    )
    receipt = await market.buy(mixed)
    assert [9000] * 3 + [4500] * 2 == [b["session_value_cents"] for b in receipt["bookings"]]
    seat = next(b for b in receipt["bookings"] if b["service_id"] == circle)
    placeholder, evening = seat["service_session"]["id"], await market.offer_session(circle, days=2)

    scheduled = await market.post(f"/bookings/{seat['id']}/schedule", {"session_id": evening}, by=market.bea)
    assert (200, evening) == (scheduled.status_code, scheduled.json()["service_session"]["id"])
    assert 404 == (await market.get(f"/sessions/{placeholder}", market.bea)).status_code
    assert 1 == (await market.get(f"/sessions/{evening}")).json()["current_participants"]

    market.clock.advance(timedelta(days=2, hours=1))
    await market.post(f"/sessions/{evening}/complete", by=market.ana)
    (earned,) = (await market.get("/earnings", market.ana)).json()["items"]
    assert (seat["id"], "pending", 4500, 675, 3825) == (
        earned["booking_id"],
        earned["status"],
        earned["gross_amount_cents"],
        earned["commission_amount_cents"],
        earned["net_amount_cents"],
    )
