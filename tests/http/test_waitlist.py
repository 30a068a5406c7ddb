"""Waiting for a seat over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from tests.http.market import Json, Market, User, absent

VISA = {"payment_method_id": "pm_card_visa"}


class Full:
    """A workshop session with one seat, which is sold."""

    def __init__(self, market: Market, workshop: str, session: str, booking: str) -> None:
        self.market, self.workshop, self.session, self.booking = market, workshop, session, booking

    @property
    def path(self) -> str:
        return f"/sessions/{self.session}/waitlist"

    async def join(self, by: User) -> Json:
        made = await self.market.post(self.path, by=by)
        assert 201 == made.status_code, made.text
        entry: Json = made.json()
        return entry

    async def free(self) -> None:
        """Bea gives her seat up."""
        done = await self.market.post(f"/bookings/{self.booking}/cancel", by=self.market.bea)
        assert 200 == done.status_code, done.text

    async def buy(self, by: User) -> Any:
        body = {"service_id": self.workshop, "session_id": self.session, **VISA}
        return await self.market.post("/checkout", body, by=by)

    async def places(self, by: User, **params: Any) -> list[Json]:
        found = await self.market.get("/waitlist", by, **params)
        assert 200 == found.status_code, found.text
        items: list[Json] = found.json()["items"]
        return items


@pytest.fixture
async def full(market: Market) -> Full:
    workshop = await market.offer(service_type="workshop", max_participants=1)
    session = await market.offer_session(workshop)
    receipt = await market.buy(workshop, session_id=session)
    return Full(market, workshop, session, receipt["bookings"][0]["id"])


async def test_a_freed_seat_is_offered_and_bought(full: Full) -> None:
    first, second = User(), User()
    entry = await full.join(first)
    await full.join(second)
    assert (str(first.id), full.session, "waiting", None) == (
        entry["user_id"],
        entry["session_id"],
        entry["status"],
        entry["offer_expires_at"],
    )
    assert [1, 2] == [(await full.places(by))[0]["position"] for by in (first, second)]

    await full.free()

    (place,) = await full.places(first, state="offered")
    until = full.market.clock.now() + timedelta(hours=1)
    assert until.strftime("%Y-%m-%dT%H:%M:%S") == place["offer_expires_at"][:19]
    assert (None, full.session) == (place["position"], place["service_session"]["id"])
    assert place["service_session"]["start_time"] is not None
    assert [] == await full.places(first, state="waiting")
    assert 1 == (await full.places(second))[0]["position"]
    stranger = await full.buy(User())
    assert (409, "session_full") == (stranger.status_code, stranger.json()["code"])
    bought = await full.buy(first)
    assert 201 == bought.status_code, bought.text
    assert "accepted" == (await full.places(first))[0]["status"]


async def test_a_session_is_full_while_somebody_waits(full: Full) -> None:
    await full.join(User())
    await full.join(User())
    await full.free()

    session = (await full.market.get(f"/sessions/{full.session}")).json()

    names = ("current_participants", "offered_seats", "waiting_count", "free_seats")
    assert (0, 1, 1, 0) == tuple(session[name] for name in names)


async def test_joining_has_one_effect_under_one_key(full: Full) -> None:
    by = User()
    first = await full.market.post(full.path, by=by, key="wait-1")
    replayed = await full.market.post(full.path, by=by, key="wait-1")
    again = await full.market.post(full.path, by=by)

    assert first.json() == replayed.json()
    assert "true" == replayed.headers["idempotency-replayed"]
    assert (409, "already_waiting") == (again.status_code, again.json()["code"])


async def test_refusals_say_why(full: Full) -> None:
    market = full.market
    free = await market.offer_session(full.workshop, days=9)
    course = await market.offer(service_type="course", max_participants=1)
    lesson = await market.offer_session(course)
    by = User()

    refused = {
        "already_booked": await market.post(full.path, by=market.bea),
        "seats_free": await market.post(f"/sessions/{free}/waitlist", by=by),
        "validation_failed": await market.post(f"/sessions/{lesson}/waitlist", by=by),
        "not_found": await market.post(f"/sessions/{absent()}/waitlist", by=by),
        "forbidden": await market.post(full.path, by=market.ana),
    }
    market.clock.advance(timedelta(days=7))
    refused["waitlist_closed"] = await market.post(full.path, by=by)

    assert list(refused) == [answer.json()["code"] for answer in refused.values()]
    assert [409, 409, 400, 404, 403, 409] == [answer.status_code for answer in refused.values()]


async def test_leaving_twice_is_leaving_once(full: Full) -> None:
    by = User()
    await full.join(by)

    for _ in range(2):
        left = await full.market.send("DELETE", full.path, {}, by=by)
        assert 204 == left.status_code, left.text

    assert ["left"] == [place["status"] for place in await full.places(by)]


async def test_a_declined_offer_passes_on(full: Full) -> None:
    first, second = User(), User()
    entry = await full.join(first)
    await full.join(second)
    path = f"/waitlist/{entry['id']}/decline"
    early = await full.market.post(path, by=first)
    await full.free()

    foreign = await full.market.post(path, by=second)
    declined = await full.market.post(path, by=first, key="no-thanks")
    again = await full.market.post(path, by=first)

    assert (409, "illegal_transition") == (early.status_code, early.json()["code"])
    assert 404 == foreign.status_code
    assert (200, "declined") == (declined.status_code, declined.json()["status"])
    assert declined.json() == again.json()
    assert ["offered"] == [place["status"] for place in await full.places(second)]


async def test_the_practitioner_reads_the_line_in_pages(full: Full) -> None:
    people = [User() for _ in range(3)]
    for person in people:
        await full.join(person)

    first = (await full.market.get(full.path, full.market.ana, limit=2)).json()
    rest = (await full.market.get(full.path, full.market.ana, cursor=first["next_cursor"])).json()

    assert [str(person.id) for person in people] == [
        entry["user_id"] for entry in (*first["items"], *rest["items"])
    ]
    assert rest["next_cursor"] is None
    assert 403 == (await full.market.get(full.path, people[0])).status_code
    assert 401 == (await full.market.get(full.path)).status_code
    assert 404 == (await full.market.get(f"/sessions/{absent()}/waitlist", people[0])).status_code


async def test_a_state_that_there_is_not_is_refused(full: Full) -> None:
    refused = await full.market.get("/waitlist", User(), state="hoping")

    assert (400, "/state") == (refused.status_code, refused.json()["errors"][0]["pointer"])
