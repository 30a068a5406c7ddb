"""What comes back of a canceled seat: by its notice, and in the proportion in which it was paid."""

import pytest

from tests.http.market import Json, Market, User


@pytest.mark.parametrize(
    ("hours", "back", "order"),
    [
        (30, (8000, 3200, 4800), "refunded"),
        (10, (4000, 1600, 2400), "partially_refunded"),
        (2, (0, 0, 0), "paid"),
    ],
)
async def test_a_seat_gives_back_by_its_notice_and_as_it_was_paid(
    market: Market, hours: int, back: tuple[int, int, int], order: str
) -> None:
    await market.grant(market.bea, 3200)
    receipt = await market.buy(await market.offer(), start_time=market.later(hours=hours), apply_credits=True)
    bought, booking = receipt["order"]["id"], receipt["bookings"][0]["id"]

    quote = (await market.post(f"/orders/{bought}/refund-quotes", by=market.bea)).json()
    canceled = await market.post(f"/bookings/{booking}/cancel", by=market.bea)

    assert (200, "canceled") == (canceled.status_code, canceled.json()["booking"]["status"])
    assert (back, back) == (parts(quote), parts(canceled.json()["refund"]))
    assert order == (await market.get(f"/orders/{bought}", market.bea)).json()["status"]
    credits_left = (await market.get("/credits", market.bea)).json()["balance_cents"]
    assert back[1:] == (credits_left, market.gateway.refunded_cents())


def parts(refund: Json | None) -> tuple[int, int, int]:
    """In all, in credits and to the card; zeros for no refund."""
    if refund is None:
        return 0, 0, 0
    return refund["refund_value_cents"], refund["credits_cents"], refund["card_cents"]


async def test_a_session_that_its_practitioner_cancels_leaves_nothing_earned(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", max_participants=5)
    session = await market.offer_session(workshop, days=1)
    await market.grant(market.bea, 3200)
    guests = (market.bea, User())
    for guest in guests:
        await market.buy(workshop, by=guest, session_id=session, apply_credits=True)

    canceled = await market.post(f"/sessions/{session}/cancel", {"reason": "ill"}, by=market.ana)

    assert (200, "canceled") == (canceled.status_code, canceled.json()["status"])
    for guest, in_credits, to_the_card in zip(guests, (3200, 0), (4800, 8000), strict=True):
        (order,) = (await market.get("/orders", guest)).json()["items"]
        assert ("refunded", in_credits, to_the_card) == (
            order["status"],
            order["refunded_credits_cents"],
            order["refunded_card_cents"],
        )
    earned = (await market.get("/earnings", market.ana)).json()["items"]
    assert ["reversed"] * 2 == [row["status"] for row in earned]
    assert 0 == (await market.get("/earnings/summary", market.ana)).json()["balance_cents"]
