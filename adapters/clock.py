"""The machine's time and identifiers."""

import random
from asyncio import sleep
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from core.domain.time import instant

FIRST_WAIT_SECONDS: Final = 0.02
LONGEST_WAIT_SECONDS: Final = 1.0


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant: aware, UTC, whole milliseconds."""
        return instant(datetime.now(UTC))

    async def back_off(self, attempt: int) -> None:
        """Wait up to twice as long after each attempt, with full jitter: rivals must not meet again."""
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        await sleep(random.uniform(0, longest))  # noqa: S311 - nobody gains by guessing a wait


def new_id() -> UUID:
    """A UUIDv7, greater than every one before it in this process."""
    return uuid7()
