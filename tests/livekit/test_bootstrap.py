"""What an operator chooses reaches LiveKit."""

import jwt
import pytest

from adapters.bootstrap import open_ports
from adapters.livekit.rooms import LiveKitRooms
from adapters.memory.rooms import PretendRooms
from adapters.settings import load_settings
from core.domain.ids import SessionId
from core.domain.rooms import Admission, RoomRole
from tests.builders import NOW, new_id, new_user
from tests.livekit.live import HOUR, Live
from tests.servers.livekit import KEY, SECRET

GUEST = Admission(
    session_id=SessionId(new_id()),
    user_id=new_user(),
    role=RoomRole.GUEST,
    opens_at=NOW,
    closes_at=NOW + HOUR,
)


def livekit_settings(url: str) -> dict[str, str]:
    return {"livekit_url": url, "livekit_api_key": KEY, "livekit_api_secret": SECRET}


async def test_the_settings_open_rooms_at_livekit(live: Live) -> None:
    settings = load_settings(store_url="memory://", **livekit_settings(live.server.url))
    async with open_ports(settings) as ports:
        assert isinstance(ports.rooms, LiveKitRooms)
        assert () == await ports.rooms.participants(live.session_id)

    assert 1 == live.server.questions


async def test_of_two_keys_tokens_are_made_with_the_first() -> None:
    newer = "the newer secret of more than thirty-two bytes"
    settings = load_settings(
        store_url="memory://",
        livekit_url="wss://rooms.example",
        livekit_api_key=f"APInewer,{KEY}",
        livekit_api_secret=f"{newer},{SECRET}",
    )
    async with open_ports(settings) as ports:
        assert ports.rooms is not None
        made = await ports.rooms.token(GUEST)

    claims = jwt.decode(made.token, newer, ["HS256"], options={"verify_nbf": False, "verify_exp": False})
    assert "APInewer" == claims["iss"]


@pytest.mark.parametrize(("payments", "pretended"), [("fake", True), ("stripe", False)])
async def test_without_livekit_rooms_are_pretended_where_payments_are(payments: str, pretended: bool) -> None:
    settings = load_settings(store_url="memory://", payments=payments, stripe_api_key="sk_test_1")
    async with open_ports(settings) as ports:
        assert pretended == isinstance(ports.rooms, PretendRooms)
        assert pretended == (ports.rooms is not None)


async def test_a_pretended_token_says_that_it_is_one() -> None:
    made = await PretendRooms().token(GUEST)

    assert f"pretend.guest.{GUEST.user_id}.{int(GUEST.closes_at.timestamp())}" == made.token
    assert (f"pretend-{GUEST.session_id}", "ws://pretend.invalid") == (made.room, made.url)
