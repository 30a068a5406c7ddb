"""Ids and instants of the builders: the same ones in every run."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from core.domain.ids import UserId
from core.domain.money import MAX_CENTS

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning: when everything happens unless a test says otherwise."""

LARGEST: Final = MAX_CENTS
"""The largest amount that every store must keep exactly."""


class SequentialIds:
    """Valid version-7 UUIDs out of a counter: the same ones in every run, each greater than the last."""

    def __init__(self, start: int = 0) -> None:
        self._last = start

    def __call__(self) -> UUID:
        self._last += 1
        high, low = divmod(self._last, 1 << 62)
        return UUID(int=(high << 80) | (0x7 << 76) | (0b10 << 62) | low)


new_id: Final = SequentialIds()
"""The one counter of this process."""


def new_user() -> UserId:
    """Somebody new; users have no row of their own."""
    return UserId(new_id())


def moments(count: int, step: timedelta = timedelta(minutes=1)) -> Iterable[datetime]:
    """NOW and the instants after it, a step apart."""
    return (NOW + index * step for index in range(count))
