"""Late entry to courses, and how far a course has come, over HTTP."""

from datetime import datetime, timedelta

from tests.http.market import Json, Market, User


async def course_of(market: Market, classes: int, **fields: object) -> str:
    """A course for 20000 with a class of an hour every day, from tomorrow."""
    course = await market.offer(service_type="course", price_cents=20_000, max_participants=9, **fields)
    for day in range(1, classes + 1):
        await market.offer_session(course, days=day)
    return course


async def test_a_started_course_is_refused_until_its_service_allows_late_entry(market: Market) -> None:
    course = await course_of(market, 8)
    market.clock.advance(timedelta(days=1))
    body = {"service_id": course, "payment_method_id": "pm_card_visa"}

    refused = await market.post("/checkout", body, by=market.bea)
    changed = await market.send("PATCH", f"/services/{course}", {"allow_late_entry": True}, by=market.ana)
    receipt = await market.buy(course)

    assert (409, "course_started") == (refused.status_code, refused.json()["code"])
    assert (200, True) == (changed.status_code, changed.json()["allow_late_entry"])
    assert [2500] * 7 == [booking["session_value_cents"] for booking in receipt["bookings"]]
    order = receipt["order"]
    assert (17_500, 7) == (order["subtotal_amount_cents"], order["package_metadata"]["total_sessions"])


async def test_only_a_course_can_be_offered_with_late_entry(market: Market) -> None:
    body = {"service_type": "workshop", "name": "Sea", "price_cents": 5000, "allow_late_entry": True}

    refused = await market.post("/services", body, by=market.ana)

    assert (400, "/allow_late_entry") == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_a_course_of_eight_classes_projects_eight_earnings_and_counts_its_progress(
    market: Market,
) -> None:
    course = await course_of(market, 8, allow_late_entry=False)
    receipt = await market.buy(course)
    projected = await earnings(market)
    assert [("projected", 2500)] * 8 == [(row["status"], row["gross_amount_cents"]) for row in projected]
    ends = {b["id"]: moment(b["service_session"]["end_time"]) for b in receipt["bookings"]}
    held = {row["booking_id"]: moment(row["available_after"]) for row in projected}
    assert {booking: end + timedelta(hours=48) for booking, end in ends.items()} == held
    first, second = (booking["service_session"]["id"] for booking in receipt["bookings"][:2])
    progress = f"/orders/{receipt['order']['id']}/progress"
    counted: Json = {"total_sessions": 8, "attended": 1}

    await market.post(f"/sessions/{first}/complete", by=market.ana)
    once = (await market.get(progress, market.bea)).json()
    assert {**counted, "completed": 1, "missed": 0, "completion_rate": 0.125} == once
    statuses = sorted(row["status"] for row in await earnings(market))
    assert ["pending", *["projected"] * 7] == statuses

    missed = f"/sessions/{second}/attendance/{market.bea.id}"
    await market.send("PUT", missed, {"attendance": "no_show"}, by=market.ana)
    await market.post(f"/sessions/{second}/complete", by=market.ana)
    twice = (await market.get(progress, market.bea)).json()
    assert {**counted, "completed": 2, "missed": 1, "completion_rate": 0.25} == twice
    assert 404 == (await market.get(progress, User())).status_code


async def earnings(market: Market) -> list[Json]:
    """What Ana earns."""
    found: list[Json] = (await market.get("/earnings", market.ana)).json()["items"]
    return found


def moment(text: str) -> datetime:
    """A time as the API writes it."""
    return datetime.fromisoformat(text)
