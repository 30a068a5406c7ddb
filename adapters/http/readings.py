"""Figures of the store for `/metrics`: anybody may ask, and the store counts for each answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Final, TypeVar

from ports.errors import PortError

T = TypeVar("T")

KEPT_SECONDS: Final = 5.0
"""Figures this young are told again."""

PATIENCE_SECONDS: Final = 2.0


class Readings:
    """When the store was last read, so that it is not read again too soon, nor by two at once."""

    def __init__(self) -> None:
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def refresh(self, read: Callable[[], Awaitable[T]], note: Callable[[T | None], None]) -> None:
        """Note what is read, None while the store does not answer; nothing so soon after the last time."""
        async with self._reading:
            if self._read_at is not None and monotonic() < self._read_at + KEPT_SECONDS:
                return
            found: T | None = None
            with suppress(PortError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    found = await read()
            self._read_at = monotonic()
            note(found)
