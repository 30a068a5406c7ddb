"""`/calendar` and its feed: a practitioner's days, for people and for programs."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from icalendar import Calendar

from core.domain.calendar import token_hash
from tests.http.market import API, Json, Market, User, absent
from tests.http.market import token as bearer_token


async def shown(market: Market, by: User, *, days: float = 30, **more: Any) -> list[Json]:
    """The calendar from now on."""
    span = {"from": market.later(), "to": market.later(days=days), **more}
    answer = await market.get("/calendar", by, **span)
    assert 200 == answer.status_code, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def subscribed(market: Market, *, by: User | None = None, key: str | None = None) -> Json:
    """A new feed of Ana's."""
    made = await market.post("/calendar/feed", by=by or market.ana, key=key)
    assert 201 == made.status_code, made.text
    view: Json = made.json()
    return view


async def read(market: Market, token: str) -> httpx.Response:
    return await market.get("/calendar.ics", token=token)


async def events(market: Market, token: str) -> list[Any]:
    """The feed's events, read by the library."""
    answer = await read(market, token)
    assert 200 == answer.status_code, answer.text
    return list(Calendar.from_ical(answer.text).events)


async def test_a_workshop_stands_once_with_all_who_come(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", name="Drumming", max_participants=5)
    session = await market.offer_session(workshop)
    dan = User()
    receipts = [await market.buy(workshop, session_id=session, by=by) for by in (market.bea, dan)]

    (item,) = await shown(market, market.ana)

    attendees = [
        {"user_id": str(by.id), "booking_id": receipt["bookings"][0]["id"], "status": "confirmed"}
        for by, receipt in zip((market.bea, dan), receipts, strict=True)
    ]
    assert attendees == item.pop("attendees")
    assert item == {
        "service_session_id": session,
        "service_id": workshop,
        "practitioner_id": str(market.ana.id),
        "title": "Drumming",
        "session_type": "workshop",
        "status": "scheduled",
        "start_time": "2026-03-09T09:00:00Z",
        "end_time": "2026-03-09T10:00:00Z",
        "max_participants": 5,
        "attendee_count": 2,
    }


async def test_a_calendar_is_by_time_and_leaves_drafts_out(market: Market) -> None:
    await market.buy(await market.offer_package())
    course = await market.offer(service_type="course", max_participants=5)
    sessions = [await market.offer_session(course, days=days) for days in (9, 2, 5)]

    found = [item["service_session_id"] for item in await shown(market, market.ana)]

    assert [sessions[1], sessions[2], sessions[0]] == found
    assert [sessions[1]] == [i["service_session_id"] for i in await shown(market, market.ana, days=5)]


async def test_a_canceled_session_stays_with_its_status(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=3))
    await market.post(f"/bookings/{receipt['bookings'][0]['id']}/cancel", by=market.bea)

    (item,) = await shown(market, market.ana)

    assert ("canceled", 0, []) == (item["status"], item["attendee_count"], item["attendees"])


async def test_whose_calendar_is_seen_by_whom(market: Market) -> None:
    await market.buy(await market.offer(), start_time=market.later(days=3))
    stranger = User(roles=("practitioner",))
    ana = str(market.ana.id)

    assert 1 == len(await shown(market, market.ana, practitioner_id=ana))
    assert 1 == len(await shown(market, market.admin))
    assert 1 == len(await shown(market, market.admin, practitioner_id=ana))
    assert 0 == len(await shown(market, market.admin, practitioner_id=str(absent())))
    assert 0 == len(await shown(market, stranger))
    span = {"from": market.later(), "to": market.later(days=1)}
    assert 403 == (await market.get("/calendar", stranger, practitioner_id=ana, **span)).status_code
    assert 403 == (await market.get("/calendar", market.bea, **span)).status_code
    assert 401 == (await market.get("/calendar", None, **span)).status_code


@pytest.mark.parametrize(
    ("span", "pointer"),
    [
        ({"from": "2026-03-02T09:00:00Z"}, "/to"),
        ({"to": "2026-03-02T09:00:00Z"}, "/from"),
        ({"from": "2026-03-02", "to": "2026-03-03T00:00:00Z"}, "/from"),
        ({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T09:00:00Z"}, "/to"),
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-05-03T00:00:01Z"}, "/to"),
    ],
)
async def test_a_span_that_cannot_be_shown_is_refused(market: Market, span: Json, pointer: str) -> None:
    answer = await market.get("/calendar", market.ana, **span)
    assert (400, [pointer]) == (answer.status_code, [e["pointer"] for e in answer.json()["errors"]])


async def test_a_feed_is_read_back_by_a_calendar_library(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", name="Drums; flutes, bells", max_participants=5)
    session = await market.offer_session(workshop)
    await market.buy(workshop, session_id=session)
    view = await subscribed(market)

    answer = await read(market, view["token"])

    assert (200, "text/calendar; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    calendar = Calendar.from_ical(answer.text)
    assert ("2.0", "PUBLISH") == (calendar["VERSION"], calendar["METHOD"])
    assert "Europe/Lisbon" == calendar["X-WR-TIMEZONE"]
    (event,) = calendar.events
    assert (session, "Drums; flutes, bells", "CONFIRMED") == (event.uid, event["SUMMARY"], event["STATUS"])
    start = market.clock.now() + timedelta(days=7)
    assert (start, start + timedelta(hours=1)) == (event.start, event.end)
    assert "1 of 5 seats taken" == event["DESCRIPTION"]
    assert b"DTSTART;TZID=Europe/Lisbon:20260309T090000" in answer.content
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M" in answer.content


async def test_a_feed_names_no_customer(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=3))
    text = (await read(market, (await subscribed(market))["token"])).text

    assert str(market.bea.id) not in text
    assert receipt["bookings"][0]["id"] not in text


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n", "\u2028", "\x0b", "\x1b"])
async def test_a_name_cannot_add_lines_to_a_feed(market: Market, ending: str) -> None:
    workshop = await market.offer(
        service_type="workshop", name=f"Drums{ending}ATTENDEE:mailto:x@example.com", max_participants=5
    )
    await market.offer_session(workshop)

    (event,) = await events(market, (await subscribed(market))["token"])

    assert "ATTENDEE" not in event
    assert f"Drums{' ' * len(ending)}ATTENDEE:mailto:x@example.com" == event["SUMMARY"]


async def test_a_change_keeps_the_uid_and_raises_the_sequence(market: Market) -> None:
    receipt = await market.buy(await market.offer(), start_time=market.later(days=3))
    token = (await subscribed(market))["token"]
    (before,) = await events(market, token)

    await market.post(f"/bookings/{receipt['bookings'][0]['id']}/cancel", by=market.bea)

    (after,) = await events(market, token)
    assert before.uid == after.uid
    assert before["SEQUENCE"] < after["SEQUENCE"]
    assert ("CONFIRMED", "CANCELLED") == (before["STATUS"], after["STATUS"])


async def test_a_feed_reaches_a_quarter_back_and_a_year_ahead(market: Market) -> None:
    workshop = await market.offer(service_type="workshop", max_participants=5)
    for days in (1, 200, 364, 460, 470):
        await market.offer_session(workshop, days=days)
    token = (await subscribed(market))["token"]
    opened = market.clock.now()

    assert [1, 200, 364] == [(event.start - opened).days for event in await events(market, token)]
    market.clock.advance(timedelta(days=100))
    assert [200, 364, 460] == [(event.start - opened).days for event in await events(market, token)]


async def test_a_new_feed_closes_the_old_one_and_both_can_be_revoked(market: Market) -> None:
    first, second = await subscribed(market), await subscribed(market)

    assert [404, 200] == [(await read(market, view["token"])).status_code for view in (first, second)]
    for _ in range(2):
        gone = await market.client.delete(f"{API}/calendar/feed", headers=_bearer(market.ana))
        assert (204, b"") == (gone.status_code, gone.content)
    assert 404 == (await read(market, second["token"])).status_code


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\u00e9", "A" * 255])
async def test_a_token_that_nobody_has_opens_nothing(market: Market, token: str) -> None:
    await subscribed(market)
    answer = await read(market, token)
    assert (404, "not_found") == (answer.status_code, answer.json()["code"])


async def test_a_feed_without_a_token_is_refused(market: Market) -> None:
    assert 400 == (await market.get("/calendar.ics")).status_code


async def test_the_address_leads_to_the_feed_and_the_token_is_kept_as_a_digest(market: Market) -> None:
    view = await subscribed(market)
    address = urlsplit(view["url"])

    answer = await market.client.get(view["url"])

    assert (200, f"{API}/calendar.ics") == (answer.status_code, address.path)
    assert f"token={view['token']}" == address.query
    ana = await market.ports.store.practitioner(market.ana.id)
    assert ana is not None
    assert token_hash(view["token"]) == ana.calendar_token_hash


async def test_the_same_key_makes_one_feed(market: Market) -> None:
    first, again = await subscribed(market, key="k-1"), await subscribed(market, key="k-1")

    assert first == again
    assert 200 == (await read(market, first["token"])).status_code


async def test_a_feed_is_a_practitioners_with_a_profile(market: Market) -> None:
    stranger = User(roles=("practitioner",))
    assert 404 == (await market.post("/calendar/feed", by=stranger)).status_code
    assert 403 == (await market.post("/calendar/feed", by=market.bea)).status_code
    assert 401 == (await market.post("/calendar/feed")).status_code
    gone = await market.client.delete(f"{API}/calendar/feed", headers=_bearer(stranger))
    assert 204 == gone.status_code


async def test_a_profile_that_changes_keeps_its_feed(market: Market) -> None:
    token = (await subscribed(market))["token"]
    body = {"display_name": "Ana", "timezone": "Asia/Tokyo"}
    changed = await market.send("PUT", f"/practitioners/{market.ana.id}", body, by=market.ana)

    assert 200 == changed.status_code
    assert "calendar_token_hash" not in changed.json()
    assert "X-WR-TIMEZONE:Asia/Tokyo" in (await read(market, token)).text


def _bearer(by: User) -> dict[str, str]:
    return {"authorization": f"Bearer {bearer_token(by)}"}
