"""Time, as the core sees it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The current instant: aware, UTC, whole milliseconds."""
        ...

    async def back_off(self, attempt: int) -> None:
        """Wait a short, jittered while before the attempt after number `attempt` (from 1)."""
        ...
