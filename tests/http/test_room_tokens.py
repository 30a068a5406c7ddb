"""Room tokens where there is no LiveKit."""

from datetime import timedelta

from attrs import evolve

from adapters.memory.rooms import PretendRooms
from tests.http.market import Market, User, absent


async def hour_of(market: Market) -> str:
    """The room-token path of Bea's hour with Ana, which begins now."""
    receipt = await market.buy(await market.offer(), start_time=market.later(days=1))
    market.clock.advance(timedelta(days=1))
    return f"/sessions/{receipt['bookings'][0]['service_session']['id']}/room-token"


async def test_without_a_room_service_nobody_gets_a_token(market: Market) -> None:
    path = await hour_of(market)

    for user in (market.bea, market.ana):
        answer = await market.post(path, by=user)
        assert (409, "rooms_not_configured") == (answer.status_code, answer.json()["code"])
    assert 404 == (await market.post(path, by=User())).status_code
    assert 401 == (await market.post(path)).status_code
    assert 404 == (await market.post(f"/sessions/{absent()}/room-token", by=market.bea)).status_code


async def test_a_pretended_room_says_what_it_is(market: Market) -> None:
    path = await hour_of(market)
    market.app.state.ports = evolve(market.ports, rooms=PretendRooms())

    answer = await market.post(path, by=market.bea)

    assert 201 == answer.status_code, answer.text
    assert answer.json()["token"].startswith(f"pretend.guest.{market.bea.id}.")
    assert {"token", "url", "room", "expires_at"} == answer.json().keys()
