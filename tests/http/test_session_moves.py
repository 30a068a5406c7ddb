"""Sessions and seats called off and moved over HTTP."""

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


async def test_a_seat_is_moved_by_its_holder_in_good_time(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=7))
    path = f"/bookings/{receipt['bookings'][0]['id']}/reschedule"
    near, far = {"start_time": market.later(hours=3)}, {"start_time": market.later(days=9)}

    moved = await market.post(path, near, by=market.bea, key="move-1")
    replayed = await market.post(path, near, by=market.bea, key="move-1")
    late = await market.post(path, far, by=market.bea)

    assert 200 == moved.status_code, moved.text
    assert receipt["bookings"][0]["id"] == moved.json()["id"]
    assert moved.json()["service_session"]["start_time"] == moved.json()["computed_start_time"]
    assert moved.json() == replayed.json()
    assert (409, "too_late_to_reschedule") == (late.status_code, late.json()["code"])
    assert 404 == (await market.post(path, far, by=User())).status_code
    both = await market.post(path, {**far, "session_id": receipt["order"]["id"]}, by=market.bea)
    assert (400, "/session_id") == (both.status_code, both.json()["errors"][0]["pointer"])


async def test_a_session_is_moved_by_its_practitioner(market: Market) -> None:
    session, receipts = await workshop_with(market, market.bea)
    path, body = f"/sessions/{session}/reschedule", {"start_time": market.later(days=9)}

    refused = await market.post(path, body, by=market.bea)
    moved = await market.post(path, body, by=market.ana)

    assert 403 == refused.status_code
    assert 200 == moved.status_code, moved.text
    booking = (await market.get(f"/bookings/{receipts[0]['bookings'][0]['id']}", market.bea)).json()
    assert moved.json()["start_time"] == booking["service_session"]["start_time"]
    past = await market.post(path, {"start_time": market.later(days=-1)}, by=market.ana)
    assert (400, "/start_time") == (past.status_code, past.json()["errors"][0]["pointer"])
