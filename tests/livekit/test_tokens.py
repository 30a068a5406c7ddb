"""Join tokens: for whom, for which room, when, and what they open."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from tests.builders import new_user
from tests.http.market import Json, User
from tests.livekit.live import HOUR, MINUTE, START, Live, open_live
from tests.servers.livekit import KEY, SECRET
from tests.servers.livekit.server import Refused

OPENS, CLOSES = START - 15 * MINUTE, START + HOUR + 15 * MINUTE
NOT_NOW = {"verify_exp": False, "verify_nbf": False}


def claims_of(answer: Json) -> Json:
    """What a token says, its signature proven."""
    claims: Json = jwt.decode(answer["token"], SECRET, ["HS256"], issuer=KEY, options=NOT_NOW)  # type: ignore[arg-type] # a plain dict is its options
    return claims


@pytest.mark.parametrize(("host", "name"), [(True, "Ana Reis"), (False, None)])
async def test_a_token_says_who_may_do_what_where_and_when(live: Live, host: bool, name: str | None) -> None:
    live.go_to(0)
    user = live.market.ana if host else live.market.bea

    answer = (await live.ask_token(user)).json()

    everybody: dict[str, Any] = {"canPublish": True, "canSubscribe": True, "canPublishData": True}
    video = {"roomJoin": True, "room": f"estuary-session-{live.session_id}", **everybody}
    expected: Json = {
        "iss": KEY,
        "sub": str(user.id),
        "video": video | ({"roomAdmin": True} if host else {}),
        "nbf": int(OPENS.timestamp()),
        "exp": int(CLOSES.timestamp()),
    }
    assert expected | ({} if name is None else {"name": name}) == claims_of(answer)
    assert (live.server.url, live.room) == (answer["url"], answer["room"])
    assert CLOSES.isoformat() == answer["expires_at"].replace("Z", "+00:00")


@pytest.mark.parametrize(
    ("minute", "status"), [(-24 * 60, 409), (-15.01, 409), (-15, 201), (0, 201), (74.99, 201), (75, 409)]
)
async def test_the_room_opens_before_the_start_and_closes_after_the_end(
    live: Live, minute: float, status: int
) -> None:
    live.go_to(minute)

    for user in (live.market.ana, live.market.bea):
        answer = await live.ask_token(user)
        assert (status, "room_closed" if status == 409 else None) == (
            answer.status_code,
            answer.json().get("code"),
        )


async def test_a_token_opens_its_room_for_its_time_alone(live: Live) -> None:
    live.go_to(-15)
    token = (await live.ask_token(live.market.bea)).json()["token"]
    live.go_to(-16)
    with pytest.raises(Refused):
        live.server.enter(token)
    live.go_to(74)
    assert str(live.market.bea.id) == live.server.enter(token)
    live.go_to(75)
    with pytest.raises(Refused):
        live.server.enter(token)


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("bea", 201, None),
        ("ana", 201, None),
        ("client", 403, "forbidden"),
        ("practitioner", 403, "forbidden"),
        ("admin", 403, "forbidden"),
        ("nobody", 401, "unauthorized"),
    ],
)
async def test_only_who_meets_in_a_room_enters_it(
    live: Live, who: str, status: int, code: str | None
) -> None:
    live.go_to(0)
    known = {"bea": live.market.bea, "ana": live.market.ana, "nobody": None}
    user = known[who] if who in known else User(id=new_user(), roles=(who,))

    answer = await live.ask_token(user)

    assert (status, code) == (answer.status_code, answer.json().get("code"))


async def test_a_stranger_does_not_hear_of_a_private_session(live: Live) -> None:
    receipt = await live.market.buy(await live.market.offer(), start_time=live.market.later(days=1))
    private = f"/sessions/{receipt['bookings'][0]['service_session']['id']}/room-token"
    live.go_to(0)

    told = [
        (await live.market.post(private, by=user)).status_code
        for user in (live.market.bea, live.market.ana, User(), live.market.admin)
    ]

    assert [201, 201, 404, 403] == told


async def test_who_gave_the_seat_back_enters_no_more(live: Live) -> None:
    (seat,) = (await live.market.get("/bookings", live.market.bea)).json()["items"]
    gone = await live.market.post(f"/bookings/{seat['id']}/cancel", by=live.market.bea)
    assert 200 == gone.status_code, gone.text
    live.go_to(0)

    assert 403 == (await live.ask_token(live.market.bea)).status_code


async def test_a_seat_that_is_not_paid_for_opens_nothing(live: Live) -> None:
    eva = User()
    live.go_to(-10)
    service = str((await live.session()).service_id)
    body = {
        "service_id": service,
        "session_id": str(live.session_id),
        "payment_method_id": "pm_card_authenticationRequired",
    }
    waiting = await live.market.post("/checkout", body, by=eva)
    assert "requires_action" == waiting.json()["payment"]["status"], waiting.text

    assert 403 == (await live.ask_token(eva)).status_code


@pytest.mark.parametrize("move", ["complete", "cancel"])
async def test_the_room_of_a_session_that_is_over_or_called_off_is_closed(live: Live, move: str) -> None:
    live.go_to(1)
    done = await live.market.post(f"/sessions/{live.session_id}/{move}", by=live.market.ana)
    assert 200 == done.status_code, done.text

    answer = await live.ask_token(live.market.ana)

    assert (409, "room_closed") == (answer.status_code, answer.json()["code"])


async def test_who_meets_in_person_needs_no_room() -> None:
    async with open_live(location="in_person") as live:
        live.go_to(0)
        answer = await live.ask_token(live.market.bea)

    assert (409, "no_room") == (answer.status_code, answer.json()["code"])


async def test_the_same_key_gets_the_same_token(live: Live) -> None:
    live.go_to(0)
    path = f"/sessions/{live.session_id}/room-token"

    first = await live.market.post(path, by=live.market.bea, key="k-1")
    live.market.clock.advance(timedelta(seconds=5))
    again = await live.market.post(path, by=live.market.bea, key="k-1")

    assert (201, "true") == (again.status_code, again.headers["idempotency-replayed"])
    assert first.json() == again.json()
