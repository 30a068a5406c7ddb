"""Whole orders canceled, late cancellations kept and paid earnings clawed back, over HTTP."""

from datetime import timedelta
from typing import Any

from core.usecases.sweep import sweep
from tests.http.market import Market, User


async def bought(market: Market, **fields: Any) -> dict[str, Any]:
    """The booking of a session that starts in ten hours."""
    receipt = await market.buy(await market.offer(**fields), start_time=market.later(hours=10))
    booking: dict[str, Any] = receipt["bookings"][0]
    return booking


async def test_an_order_is_canceled_by_policy_once_and_its_answer_is_told_again(market: Market) -> None:
    order = (await bought(market))["order_id"]

    first = await market.post(f"/orders/{order}/cancel", {"reason": "ill"}, by=market.bea, key="k")
    again = await market.post(f"/orders/{order}/cancel", {"reason": "ill"}, by=market.bea, key="k")
    later = await market.post(f"/orders/{order}/cancel", by=market.bea)

    assert 200 == first.status_code, first.text
    assert ("partially_refunded", 0) == (
        first.json()["order"]["status"],
        first.json()["order"]["sessions_remaining"],
    )
    assert (4000, "succeeded", "ill") == tuple(
        first.json()["refund"][name] for name in ("card_cents", "status", "reason")
    )
    assert (first.json(), "true") == (again.json(), again.headers["idempotency-replayed"])
    assert (200, None) == (later.status_code, later.json()["refund"])


async def test_an_order_is_canceled_by_those_concerned_alone(market: Market) -> None:
    order = (await bought(market))["order_id"]

    stranger = await market.post(f"/orders/{order}/cancel", by=User(roles=("client", "practitioner")))
    hers = await market.post(f"/orders/{order}/cancel", {"destination": "credits"}, by=market.ana)

    assert 404 == stranger.status_code
    assert (8000, 0) == (hers.json()["refund"]["credits_cents"], hers.json()["refund"]["card_cents"])
    assert "refunded" == hers.json()["order"]["status"]


async def test_a_late_cancellation_is_shown_among_its_practitioners_earnings(market: Market) -> None:
    booking = await bought(market, pay_practitioner_on_late_cancel=True)

    await market.post(f"/bookings/{booking['id']}/cancel", by=market.bea)

    (row,) = (await market.get("/earnings", market.ana)).json()["items"]
    assert (booking["id"], "pending", 4000, 600, 3400) == (
        row["booking_id"],
        row["status"],
        row["gross_amount_cents"],
        row["commission_amount_cents"],
        row["net_amount_cents"],
    )


async def test_a_delivered_seat_that_was_paid_out_is_refunded_and_comes_off_the_next_payout(
    market: Market,
) -> None:
    booking = await bought(market)
    await market.post(f"/sessions/{booking['service_session']['id']}/complete", by=market.ana)
    await sweep(ports=market.ports, at=market.clock.now() + timedelta(hours=60))
    first = await market.post("/payouts", by=market.ana)
    body = {"booking_ids": [booking["id"]]}

    refused = await market.post(f"/orders/{booking['order_id']}/refunds", body, by=market.bea)
    quoted = await market.post(f"/orders/{booking['order_id']}/refund-quotes", body, by=market.admin)
    made = await market.post(f"/orders/{booking['order_id']}/refunds", body, by=market.admin)

    assert (6800, 0) == (first.json()["amount_cents"], first.json()["carried_cents"])
    assert (409, "nothing_to_refund") == (refused.status_code, refused.json()["code"])
    assert 8000 == quoted.json()["card_cents"] == made.json()["card_cents"]
    summary = (await market.get("/earnings/summary", market.ana)).json()
    assert (-6800, 0, 6800) == tuple(
        summary[name] for name in ("balance_cents", "paid_cents", "reversed_cents")
    )
    nothing = await market.post("/payouts", by=market.ana)
    assert (409, "nothing_to_pay_out") == (nothing.status_code, nothing.json()["code"])
    assert "6800 of earlier payouts" in nothing.json()["detail"]
