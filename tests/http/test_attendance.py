"""Attendance over HTTP."""

from tests.http.market import Market, User, absent


async def test_attendance_is_read_and_set_by_the_practitioner(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=1))
    session = receipt["bookings"][0]["service_session"]["id"]
    bea = str(market.bea.id)
    path = f"/sessions/{session}/attendance"

    before = await market.get(path, market.ana)
    said = await market.send(
        "PUT", f"{path}/{bea}", {"attendance": "no_show", "reason": "did not come"}, by=market.ana
    )

    empty: dict[str, object] = {"session_id": session, "booked": [bea], "participants": []}
    assert {**empty, "attended": [], "no_shows": []} == before.json()
    assert 200 == said.status_code, said.text
    assert {**empty, "attended": [], "no_shows": [bea]} == said.json()
    assert said.json() == (await market.get(path, market.admin)).json()
    booking = (await market.get(f"/bookings/{receipt['bookings'][0]['id']}", market.bea)).json()
    assert "no_show" == booking["attendance"]


async def test_a_correction_moves_the_earnings_until_they_are_paid(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=1))
    session = receipt["bookings"][0]["service_session"]["id"]
    path = f"/sessions/{session}/attendance/{market.bea.id}"
    await market.post(f"/sessions/{session}/complete", by=market.ana)

    for attendance, balance in (("no_show", 0), ("attended", 6800)):
        said = await market.send("PUT", path, {"attendance": attendance}, by=market.ana)
        assert 200 == said.status_code, said.text
        summary = (await market.get("/earnings/summary", market.ana)).json()
        assert (balance, balance) == (summary["balance_cents"], summary["pending_cents"])


async def test_attendance_is_nobody_elses_business(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=1))
    path = f"/sessions/{receipt['bookings'][0]['service_session']['id']}/attendance"
    body = {"attendance": "no_show"}

    assert 404 == (await market.get(path, User(roles=("practitioner",)))).status_code
    assert 404 == (await market.get(path, market.bea)).status_code
    assert 404 == (await market.send("PUT", f"{path}/{market.bea.id}", body, by=market.bea)).status_code
    assert 404 == (await market.send("PUT", f"{path}/{absent()}", body, by=market.ana)).status_code
    wrong = await market.send("PUT", f"{path}/{market.bea.id}", {"attendance": "late"}, by=market.ana)
    assert (400, "/attendance") == (wrong.status_code, wrong.json()["errors"][0]["pointer"])
