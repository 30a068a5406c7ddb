"""Sessions called off over HTTP."""

from tests.http.market import Json, Market, User


async def workshop_with(market: Market, *buyers: User) -> tuple[str, list[Json]]:
    """A workshop's session in a week, and the receipts of those who bought a seat."""
    workshop = await market.offer(service_type="workshop", max_participants=8)
    session = await market.offer_session(workshop)
    return session, [await market.buy(workshop, by=buyer, session_id=session) for buyer in buyers]


async def test_a_canceled_session_refunds_each_seat_and_says_so_once(market: Market) -> None:
    session, receipts = await workshop_with(market, market.bea, User())

    first = await market.post(
        f"/sessions/{session}/cancel", {"reason": "I am ill"}, by=market.ana, key="off-1"
    )
    replayed = await market.post(
        f"/sessions/{session}/cancel", {"reason": "I am ill"}, by=market.ana, key="off-1"
    )
    again = await market.post(f"/sessions/{session}/cancel", by=market.ana)

    assert 200 == first.status_code, first.text
    assert ("canceled", 0) == (first.json()["status"], first.json()["current_participants"])
    assert first.json() == replayed.json() == again.json()
    assert "true" == replayed.headers["idempotency-replayed"]
    for receipt in receipts:
        path = f"/orders/{receipt['order']['id']}"
        order = (await market.get(path, market.admin)).json()
        assert ("refunded", 8000) == (order["status"], order["refunded_card_cents"])
        (refund,) = (await market.get(f"{path}/refunds", market.admin)).json()["items"]
        assert ("succeeded", "I am ill") == (refund["status"], refund["reason"])
    assert 16_000 == market.gateway.refunded_cents()


async def test_others_may_not_cancel_a_session(market: Market) -> None:
    session, _ = await workshop_with(market, market.bea)

    refused = await market.post(f"/sessions/{session}/cancel", by=market.bea)

    assert (403, "forbidden") == (refused.status_code, refused.json()["code"])
    assert 200 == (await market.post(f"/sessions/{session}/cancel", by=market.admin)).status_code
    completed = await market.post(f"/sessions/{session}/complete", by=market.ana)
    assert (409, "illegal_transition") == (completed.status_code, completed.json()["code"])
