"""Hours are set by those whose they are, read by anyone, and kept to."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.http.market import Json, Market, User, absent

WORKDAYS: list[Json] = [{"weekday": day, "start": "09:00", "end": "12:00"} for day in range(5)]
TUESDAY = "2026-03-03T00:00:00Z"
WEDNESDAY = "2026-03-04T00:00:00Z"


def hours(**fields: Any) -> Json:
    """Weekday mornings in Madrid, in steps of an hour."""
    return {"timezone": "Europe/Madrid", "weekly": WORKDAYS, "step_minutes": 60, **fields}


async def set_hours(market: Market, **fields: Any) -> None:
    path = f"/practitioners/{market.ana.id}/availability"
    saved = await market.send("PUT", path, hours(**fields), by=market.ana)
    assert 200 == saved.status_code, saved.text


async def slots(
    market: Market, service: str, start: str = TUESDAY, end: str = WEDNESDAY, **more: Any
) -> Json:
    """The free start times, as anyone sees them."""
    params = {"service_id": service, "from": start, "to": end, **more}
    answer = await market.get(f"/practitioners/{market.ana.id}/slots", **params)
    assert 200 == answer.status_code, answer.text
    found: Json = answer.json()
    return found


def starts(found: Json) -> list[str]:
    return [item["start_time"] for item in found["items"]]


async def test_hours_are_shown_as_they_were_set(market: Market) -> None:
    path = f"/practitioners/{market.ana.id}/availability"
    body = hours(
        weekly=[{"weekday": 6, "start": "00:00", "end": "24:00"}],
        exceptions=[
            {"date": "2026-12-24"},
            {"date": "2026-12-31", "start": "09:05", "end": "10:00"},
            {"date": "2026-12-31", "start": "10:00", "end": "24:00"},
        ],
        buffer_minutes=15,
        min_notice_minutes=120,
        horizon_days=30,
    )

    saved = await market.send("PUT", path, body, by=market.ana)

    expected = {"practitioner_id": str(market.ana.id), **body}
    assert (200, expected) == (saved.status_code, saved.json())
    assert expected == (await market.get(path)).json()
    assert expected == (await market.get(path, market.bea)).json()


async def test_what_is_left_out_has_its_default(market: Market) -> None:
    path = f"/practitioners/{market.ana.id}/availability"
    saved = await market.send("PUT", path, {"timezone": "UTC", "weekly": []}, by=market.admin)

    expected = {
        "practitioner_id": str(market.ana.id),
        "timezone": "UTC",
        "weekly": [],
        "exceptions": [],
        "buffer_minutes": 0,
        "min_notice_minutes": 0,
        "horizon_days": 90,
        "step_minutes": 15,
    }
    assert expected == saved.json()


async def test_hours_that_are_not_set_are_not_found(market: Market) -> None:
    for who in (market.ana.id, absent()):
        assert 404 == (await market.get(f"/practitioners/{who}/availability")).status_code


async def test_only_the_practitioner_or_an_admin_sets_hours(market: Market) -> None:
    path = f"/practitioners/{market.ana.id}/availability"
    for who in (market.bea, User(roles=("practitioner",)), User(id=market.ana.id)):
        assert 403 == (await market.send("PUT", path, hours(), by=who)).status_code
    assert 401 == (await market.send("PUT", path, hours())).status_code
    assert 200 == (await market.send("PUT", path, hours(), by=market.admin)).status_code
    missing = await market.send("PUT", f"/practitioners/{absent()}/availability", hours(), by=market.admin)
    assert 404 == missing.status_code


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"weekly": [{"weekday": 7, "start": "09:00", "end": "10:00"}]}, "/weekly/0/weekday"),
        ({"weekly": [{"weekday": 0, "start": "9:00", "end": "10:00"}]}, "/weekly/0/start"),
        ({"weekly": [{"weekday": 0, "start": "24:00", "end": "24:00"}]}, "/weekly/0/start"),
        ({"weekly": [{"weekday": 0, "start": "09:00", "end": "24:01"}]}, "/weekly/0/end"),
        ({"weekly": [{"weekday": 0, "start": "09:00", "end": "09:00"}]}, "/weekly/0/end"),
        ({"weekly": [WORKDAYS[0], {**WORKDAYS[0], "start": "11:59", "end": "13:00"}]}, "/weekly/1"),
        ({"exceptions": [{"date": "2026-02-29"}]}, "/exceptions/0/date"),
        ({"exceptions": [{"date": "2026-03-03", "start": "09:00"}]}, "/exceptions/0/end"),
        ({"exceptions": [{"date": "2026-03-03"}] * 2}, "/exceptions/1"),
        ({"buffer_minutes": 1441}, "/buffer_minutes"),
        ({"min_notice_minutes": -1}, "/min_notice_minutes"),
        ({"horizon_days": 0}, "/horizon_days"),
        ({"step_minutes": 1}, "/step_minutes"),
        ({"holidays": []}, "/holidays"),
    ],
)
async def test_hours_that_make_no_sense_are_refused_by_field(
    market: Market, fields: Json, pointer: str
) -> None:
    path = f"/practitioners/{market.ana.id}/availability"
    refused = await market.send("PUT", path, hours(**fields), by=market.ana)

    assert (400, [pointer]) == (refused.status_code, [e["pointer"] for e in refused.json()["errors"]])


async def test_slots_are_told_in_utc_and_in_the_askers_zone(market: Market) -> None:
    await set_hours(market)
    service = await market.offer()

    found = await slots(market, service, timezone="America/New_York")

    assert "America/New_York" == found["timezone"]
    assert {
        "start_time": "2026-03-03T08:00:00Z",
        "end_time": "2026-03-03T09:00:00Z",
        "local_start_time": "2026-03-03T03:00:00-05:00",
    } == found["items"][0]
    assert ["2026-03-03T08:00:00Z", "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"] == starts(found)


async def test_slots_follow_the_practitioners_clocks(market: Market) -> None:
    await set_hours(market, weekly=[{"weekday": 6, "start": "00:00", "end": "05:00"}])
    service = await market.offer()

    found = await slots(market, service, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z")

    assert "Europe/Madrid" == found["timezone"]
    assert [
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ] == [item["local_start_time"] for item in found["items"]]


async def test_without_hours_there_are_no_slots_and_any_time_can_be_booked(market: Market) -> None:
    service = await market.offer()

    assert {"items": [], "timezone": "Europe/Lisbon"} == await slots(market, service)
    await market.buy(service, start_time="2026-03-03T03:33:00Z")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"from": None}, "/from"),
        ({"to": None}, "/to"),
        ({"service_id": None}, "/service_id"),
        ({"from": "tomorrow"}, "/from"),
        ({"to": TUESDAY}, "/to"),
        ({"to": "2026-05-04T00:00:01Z"}, "/to"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
    ],
)
async def test_what_cannot_be_looked_up_is_refused_by_parameter(
    market: Market, changes: Json, pointer: str
) -> None:
    wanted = {"service_id": await market.offer(), "from": TUESDAY, "to": WEDNESDAY, **changes}
    params = {name: value for name, value in wanted.items() if value is not None}

    refused = await market.get(f"/practitioners/{market.ana.id}/slots", **params)

    assert (400, [pointer]) == (refused.status_code, [e["pointer"] for e in refused.json()["errors"]])


async def test_slots_are_of_a_practitioner_and_a_single_session_of_theirs(market: Market) -> None:
    wanted: Json = {"from": TUESDAY, "to": "2026-05-04T00:00:00Z"}
    service, package = await market.offer(), await market.offer_package()
    path = f"/practitioners/{market.ana.id}/slots"

    assert 200 == (await market.get(path, service_id=service, **wanted)).status_code
    assert 404 == (await market.get(path, service_id=str(absent()), **wanted)).status_code
    elsewhere = f"/practitioners/{absent()}/slots"
    assert 404 == (await market.get(elsewhere, service_id=service, **wanted)).status_code
    refused = await market.get(path, service_id=package, **wanted)
    assert (400, "/service_id") == (refused.status_code, refused.json()["errors"][0]["pointer"])


async def test_a_time_that_is_not_shown_is_refused_where_it_is_bought_and_scheduled(market: Market) -> None:
    await set_hours(market)
    service = await market.offer()
    seat = (await market.buy(await market.offer_package()))["bookings"][0]["id"]
    for start in ("2026-03-03T07:00:00Z", "2026-03-03T08:30:00Z", "2026-03-03T11:00:00Z"):
        body = {"service_id": service, "start_time": start, "payment_method_id": "pm_card_visa"}
        bought = await market.post("/checkout", body, by=market.bea)
        scheduled = await market.post(f"/bookings/{seat}/schedule", {"start_time": start}, by=market.bea)

        for refused in (bought, scheduled):
            assert (409, "outside_availability") == (refused.status_code, refused.json()["code"])

    done = await market.post(
        f"/bookings/{seat}/schedule", {"start_time": "2026-03-03T10:00:00Z"}, by=market.bea
    )
    assert 200 == done.status_code


async def test_what_is_booked_or_held_is_no_longer_shown_nor_are_its_buffers(market: Market) -> None:
    await set_hours(market, buffer_minutes=30, step_minutes=30)
    service = await market.offer()
    everything = starts(await slots(market, service))
    assert [f"2026-03-03T{at}:00Z" for at in ("08:00", "08:30", "09:00", "09:30", "10:00")] == everything

    held = await market.buy(
        service, start_time=everything[0], payment_method_id="pm_card_authenticationRequired"
    )

    assert "pending_payment" == held["order"]["status"]
    assert ["2026-03-03T09:30:00Z", "2026-03-03T10:00:00Z"] == starts(await slots(market, service))


async def test_every_slot_shown_can_be_scheduled_and_no_other_time(market: Market) -> None:
    """Over the change of clocks in Madrid, with a session and its buffers in the way."""
    sunday = [{"weekday": 6, "start": "00:30", "end": "06:10"}]
    await set_hours(market, weekly=sunday, buffer_minutes=10, step_minutes=20, min_notice_minutes=600)
    service = await market.offer(duration_minutes=40)
    await market.buy(service, start_time="2026-03-29T01:50:00Z")
    part = [{"service_id": service, "quantity": 1}]
    package = await market.offer(service_type="package", components=part)
    shown = starts(await slots(market, service, "2026-03-28T20:00:00Z", "2026-03-29T08:00:00Z"))

    at = datetime.fromisoformat("2026-03-28T22:00:00+00:00")
    for minute in range(0, 8 * 60, 5):
        start = (at + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
        seat = (await market.buy(package))["bookings"][0]["id"]
        answer = await market.post(f"/bookings/{seat}/schedule", {"start_time": start}, by=market.bea)
        assert (200 if start in shown else 409) == answer.status_code, start
        if answer.status_code == 200:
            canceled = await market.post(f"/bookings/{seat}/cancel", by=market.bea)
            assert 200 == canceled.status_code
        else:
            assert answer.json()["code"] in ("outside_availability", "session_overlap")

    walls = [datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Madrid")) for text in shown]
    assert ["00:30", "00:50", "01:10", "01:30", "01:50", "04:50", "05:10", "05:30"] == [
        f"{wall:%H:%M}" for wall in walls
    ]


async def test_a_profile_change_keeps_the_hours(market: Market) -> None:
    await set_hours(market)
    profile = {"display_name": "A. Reis", "timezone": "Europe/Paris"}
    await market.send("PUT", f"/practitioners/{market.ana.id}", profile, by=market.ana)

    kept = (await market.get(f"/practitioners/{market.ana.id}/availability")).json()
    assert ("Europe/Madrid", WORKDAYS) == (kept["timezone"], kept["weekly"])
