"""Rooms as those who enter them read them."""

from msgspec import Struct

from adapters.http.fields import Instant
from core.usecases.enter_room import Entry


class RoomTokenView(Struct, frozen=True, kw_only=True):
    """What a client of the room service at `url` enters `room` with, until `expires_at`."""

    token: str
    url: str
    room: str
    expires_at: Instant


def room_token_view(entry: Entry) -> RoomTokenView:
    """The way in as it is sent."""
    made = entry.token
    return RoomTokenView(token=made.token, url=made.url, room=made.room, expires_at=entry.admission.closes_at)
