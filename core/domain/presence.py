"""Who was in a session's room, and when, out of what its room service tells.

Events may be lost, late, doubled or out of order, so nothing is counted up and down: a user's joins
and leaves make intervals, and what was told never takes presence from somebody else.
Source: domain.md, "Delivering and earning".
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen

from core.domain.ids import SessionId, UserId
from core.domain.time import instant

RECONNECT = timedelta(seconds=60)
"""Who is back sooner has not been away."""


class RoomEventKind(StrEnum):
    ROOM_STARTED = "room_started"
    PARTICIPANT_JOINED = "participant_joined"
    PARTICIPANT_LEFT = "participant_left"
    ROOM_FINISHED = "room_finished"


_PRESENCE = frozenset({RoomEventKind.PARTICIPANT_JOINED, RoomEventKind.PARTICIPANT_LEFT})


@frozen(kw_only=True)
class RoomEvent:
    """What a room service told, once. The `id` is the service's own, and what repetitions are known by.

    `occurred_at` is by the service's clock, `received_at` by ours. `user_id` is None for what is
    about the room, and for participants who are no users.
    """

    id: str
    session_id: SessionId
    user_id: UserId | None = None
    kind: RoomEventKind
    occurred_at: datetime = field(converter=instant)
    received_at: datetime = field(converter=instant)


@frozen(kw_only=True)
class Stay:
    """A user in the room without a break; `left_at` is None while they are in it."""

    user_id: UserId
    joined_at: datetime
    left_at: datetime | None

    def seconds(self, now: datetime) -> int:
        """How long it lasted, or has lasted until now; whole seconds, rounded down."""
        end = self.left_at or max(self.joined_at, now)
        return (end - self.joined_at) // timedelta(seconds=1)


def stays(events: Iterable[RoomEvent], *, ended_at: datetime | None) -> tuple[Stay, ...]:
    """Everybody's stays, oldest first, whatever order the events come in and however often.

    A join without a leave lasts until the room is finished, else until the session ended at
    `ended_at`; with None they are in it still. A leave without a join counts as being there at that
    moment. Gaps under RECONNECT are one stay.
    """
    told = {event.id: event for event in events}.values()
    finished = frozenset(one.occurred_at for one in told if one.kind is RoomEventKind.ROOM_FINISHED)
    by_user: dict[UserId, list[RoomEvent]] = {}
    for one in told:
        if one.user_id is not None and one.kind in _PRESENCE:
            by_user.setdefault(one.user_id, []).append(one)
    found = (
        stay
        for user_id, own in by_user.items()
        for stay in _joined_up(_as_told(user_id, own, finished), ended_at=ended_at)
    )
    return tuple(sorted(found, key=lambda stay: (stay.joined_at, stay.user_id)))


def _as_told(user_id: UserId, own: Iterable[RoomEvent], finished: frozenset[datetime]) -> Iterator[Stay]:
    """A user's stays by time; an open one may be the last."""
    moments: dict[datetime, set[RoomEventKind]] = {at: {RoomEventKind.ROOM_FINISHED} for at in finished}
    for one in own:
        moments.setdefault(one.occurred_at, set()).add(one.kind)
    since: datetime | None = None
    for at in sorted(moments):
        stays_in = _is_in_after(moments[at], was_in=since is not None)
        if since is None and not moments[at].isdisjoint(_PRESENCE):
            since = at
        if since is not None and not stays_in:
            yield Stay(user_id=user_id, joined_at=since, left_at=at)
            since = None
    if since is not None:
        yield Stay(user_id=user_id, joined_at=since, left_at=None)


def _is_in_after(kinds: set[RoomEventKind], *, was_in: bool) -> bool:
    """A join and a leave in one instant leave things as they were."""
    joined = RoomEventKind.PARTICIPANT_JOINED in kinds
    left = RoomEventKind.PARTICIPANT_LEFT in kinds
    if RoomEventKind.ROOM_FINISHED in kinds:
        return False
    return was_in if joined is left else joined


def _joined_up(told: Iterable[Stay], *, ended_at: datetime | None) -> list[Stay]:
    """The stays without short gaps, the open one closed by the session's end."""
    made: list[Stay] = []
    for one in told:
        stay = one
        if stay.left_at is None and ended_at is not None:
            stay = evolve(stay, left_at=max(stay.joined_at, ended_at))
        before = made[-1] if made else None
        if before is not None and before.left_at is not None and stay.joined_at - before.left_at < RECONNECT:
            made[-1] = evolve(stay, joined_at=before.joined_at)
        else:
            made.append(stay)
    return made
