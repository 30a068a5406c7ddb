"""Optimistic work: load, decide, commit, and again if somebody else was faster."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.domain.errors import Conflict
from ports.clock import Clock
from ports.errors import ConcurrencyConflict

ATTEMPTS = 3
"""How often a decision is made before the caller hears of the conflict."""

T = TypeVar("T")


async def retrying(attempt: Callable[[], Awaitable[T]], *, clock: Clock) -> T:
    """Run `attempt` (which loads, decides and commits) until its commit meets no conflict.

    Raises Conflict after ATTEMPTS conflicts.
    """
    for number in range(1, ATTEMPTS):
        try:
            return await attempt()
        except ConcurrencyConflict:
            await clock.back_off(number)
    try:
        return await attempt()
    except ConcurrencyConflict as error:
        raise Conflict("this was being changed by others at the same time; try again") from error
