"""Rooms over HTTP: their events, the attendance that they make, and the sessions to be reviewed."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from core.usecases.sweep import sweep
from tests.http.market import SECRET, Json, Market, User, absent, client_of, new_ports


async def session_of(market: Market, *guests: User) -> str:
    """An hour's workshop of Ana's that starts in a day, with these guests."""
    workshop = await market.offer(service_type="workshop", price_cents=8000, max_participants=9)
    session = await market.offer_session(workshop, days=1)
    for guest in guests:
        await market.buy(workshop, by=guest, session_id=session)
    return session


async def tell(
    market: Market,
    session: str,
    kind: str,
    user: User | None = None,
    *,
    key: str | None = None,
    **span: float,
) -> httpx.Response:
    """What the room service tells, at its time after now."""
    market.clock.advance(timedelta(**span))
    body: Json = {"id": f"EV_{market.clock.now().timestamp()}", "kind": kind, "occurred_at": market.later()}
    if user is not None:
        body["user_id"] = str(user.id)
    return await market.post(f"/dev/rooms/{session}/events", body, by=market.ana, key=key)


async def bea_alone(market: Market, session: str) -> None:
    """Bea comes to the session, and nobody else does."""
    await tell(market, session, "participant_joined", market.bea, days=1)
    market.clock.advance(timedelta(hours=1))
    await sweep(ports=market.ports)


async def test_a_room_makes_the_attendance(market: Market) -> None:
    eva = User()
    session = await session_of(market, market.bea, eva)

    told = [
        await tell(market, session, "participant_joined", market.ana, days=1),
        await tell(market, session, "participant_joined", market.bea, minutes=2),
        await tell(market, session, "participant_left", market.bea, minutes=50),
        await tell(market, session, "room_finished", minutes=5),
    ]

    assert [200] * 4 == [answer.status_code for answer in told], told[0].text
    assert ["in_progress"] * 3 + ["completed"] == [answer.json()["status"] for answer in told]
    sheet = (await market.get(f"/sessions/{session}/attendance", market.ana)).json()
    assert ([str(market.bea.id)], [str(eva.id)]) == (sheet["attended"], sheet["no_shows"])
    assert [(str(market.ana.id), 57 * 60), (str(market.bea.id), 50 * 60)] == [
        (one["user_id"], one["duration_seconds"]) for one in sheet["participants"]
    ]
    start = datetime.fromisoformat(sheet["participants"][0]["joined_at"])
    assert start + timedelta(minutes=57) == datetime.fromisoformat(sheet["participants"][0]["left_at"])
    assert 6800 == (await market.get("/earnings/summary", market.ana)).json()["balance_cents"]


async def test_an_event_is_known_by_its_id_and_by_its_key(market: Market) -> None:
    session = await session_of(market, market.bea)

    first = await tell(market, session, "participant_joined", market.bea, key="k-1")
    replayed = await tell(market, session, "participant_joined", market.bea, key="k-1")
    again = await tell(market, session, "participant_joined", market.bea, key="k-2")

    assert [200] * 3 == [answer.status_code for answer in (first, replayed, again)]
    assert "true" == replayed.headers["idempotency-replayed"]
    sheet = (await market.get(f"/sessions/{session}/attendance", market.ana)).json()
    assert [str(market.bea.id)] == [one["user_id"] for one in sheet["participants"]]


async def test_a_session_without_its_practitioner_is_listed_and_completed_by_an_admin(market: Market) -> None:
    session = await session_of(market, market.bea)
    await bea_alone(market, session)

    refused = await market.post(f"/sessions/{session}/complete", by=market.ana)
    listed = await market.get("/sessions/reviews", market.ana)
    done = await market.post(f"/sessions/{session}/complete", by=market.admin)

    assert (409, "practitioner_absent") == (refused.status_code, refused.json()["code"])
    assert ([session], None) == ([one["id"] for one in listed.json()["items"]], listed.json()["next_cursor"])
    assert (200, "completed") == (done.status_code, done.json()["status"])
    assert [] == (await market.get("/sessions/reviews", market.admin)).json()["items"]


async def test_that_a_session_needs_a_review_is_shown_to_its_practitioner_and_admins(market: Market) -> None:
    session = await session_of(market, market.bea)

    async def seen() -> list[bool | None]:
        readers = (market.ana, market.admin, market.bea, User(roles=("practitioner",)), None)
        answers = [(await market.get(f"/sessions/{session}", reader)).json() for reader in readers]
        return [answer.get("needs_review") for answer in answers]

    assert [False, False, None, None, None] == await seen()
    await bea_alone(market, session)
    assert [True, True, None, None, None] == await seen()
    (listed,) = (await market.get("/sessions/reviews", market.admin)).json()["items"]
    assert True is listed["needs_review"]
    done = await market.post(f"/sessions/{session}/complete", by=market.admin)
    assert False is done.json()["needs_review"]


async def test_a_session_without_its_practitioner_is_canceled_and_refunded(market: Market) -> None:
    session = await session_of(market, market.bea)
    await bea_alone(market, session)

    gone = await market.post(f"/sessions/{session}/cancel", by=market.ana)

    assert (200, "canceled") == (gone.status_code, gone.json()["status"])
    (order,) = (await market.get("/orders", market.bea)).json()["items"]
    assert ("refunded", 8000) == (order["status"], order["refunded_card_cents"])
    assert [] == (await market.get("/sessions/reviews", market.admin)).json()["items"]


async def test_reviews_are_ones_own_and_an_admins(market: Market) -> None:
    sessions = [await session_of(market, market.bea), await session_of(market, market.bea)]
    market.clock.advance(timedelta(days=1))
    for session in sessions:
        await tell(market, session, "participant_joined", market.bea, minutes=1)
    market.clock.advance(timedelta(hours=1))
    await sweep(ports=market.ports)

    async def listed(by: User, **query: Any) -> Json:
        found: Json = (await market.get("/sessions/reviews", by, **query)).json()
        return found

    first = await listed(market.admin, limit=1)
    second = await listed(market.admin, limit=1, cursor=first["next_cursor"])
    assert sorted(sessions) == sorted(one["id"] for page in (first, second) for one in page["items"])
    assert 2 == len((await listed(market.ana))["items"])
    assert [] == (await listed(User(roles=("practitioner",))))["items"]
    assert 403 == (await market.get("/sessions/reviews", market.bea)).status_code
    assert 401 == (await market.get("/sessions/reviews")).status_code


async def test_a_wrong_event_is_refused(market: Market) -> None:
    session = await session_of(market, market.bea)
    right: Json = {"id": "EV_1", "kind": "room_started", "occurred_at": market.later()}
    path = f"/dev/rooms/{session}/events"

    for name, value in (("id", ""), ("id", "a b"), ("kind", "left"), ("occurred_at", "2026-03-02T09:00:00")):
        wrong = await market.post(path, {**right, name: value}, by=market.ana)
        assert (400, f"/{name}") == (wrong.status_code, wrong.json()["errors"][0]["pointer"])
    assert 403 == (await market.post(path, right, by=market.bea)).status_code
    assert 404 == (await market.post(f"/dev/rooms/{absent()}/events", right, by=market.ana)).status_code


async def test_where_payments_are_real_nobody_plays_the_room_service(market: Market) -> None:
    real = create_app(new_ports(market.gateway, market.clock), HttpConfig(jwt_secret=SECRET))

    async with client_of(real) as client:
        gone = await client.post(f"/api/v1/dev/rooms/{absent()}/events", json={})

    assert (404, "not_found") == (gone.status_code, gone.json()["code"])
