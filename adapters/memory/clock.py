"""Clocks for tests: time stands until it is moved, and nobody waits."""

from asyncio import sleep
from datetime import datetime, timedelta

from core.domain.time import instant


class FixedClock:
    """Always the same instant. `back_off` lets others run and returns at once."""

    def __init__(self, now: datetime) -> None:
        self._now = instant(now)

    def now(self) -> datetime:
        """The instant it was made with: UTC, whole milliseconds."""
        return self._now

    async def back_off(self, attempt: int) -> None:  # noqa: ARG002 - the port's parameter; no wait is needed here
        """Give way to the other tasks once."""
        await sleep(0)


class MovableClock(FixedClock):
    """A clock that a test sets and turns, forward or back."""

    def set(self, now: datetime) -> None:
        """Make it this instant."""
        self._now = instant(now)

    def advance(self, by: timedelta) -> datetime:
        """Turn it by a span; tells the instant it then shows."""
        self.set(self._now + by)
        return self._now
