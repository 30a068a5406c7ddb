"""Optimistic work: load, decide, commit, and again if somebody else was faster."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from core.domain.availability import Availability
from core.domain.errors import AlreadyBooked, AlreadyWaiting, Conflict, SessionOverlap
from ports.clock import Clock
from ports.errors import PLACE, SEAT, AlreadyExists, ConcurrencyConflict

ATTEMPTS = 3
"""How often a decision is made before the caller hears of the conflict."""

T = TypeVar("T")


async def retrying(attempt: Callable[[], Awaitable[T]], *, clock: Clock) -> T:
    """Run `attempt` (which loads, decides and commits) until its commit meets no conflict.

    Raises Conflict after ATTEMPTS conflicts, AlreadyBooked where a customer would get a second seat
    in one session, and AlreadyWaiting where it would be a second place in its line.
    """
    for number in range(1, ATTEMPTS + 1):
        try:
            return await attempt()
        except AlreadyExists as error:
            if error.constraint == SEAT:
                raise AlreadyBooked("this customer has a seat in this session already") from error
            if error.constraint == PLACE:
                raise AlreadyWaiting("this customer is on the waitlist already") from error
            raise
        except ConcurrencyConflict as error:
            if number == ATTEMPTS:
                raise Conflict("others were changing this at the same time; try again") from error
            await clock.back_off(number)
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def buffered(availability: Availability | None) -> Iterator[None]:
    """Around a commit that claims a time: let a claim that was wider than its session be decided again.

    The store knows what is claimed, not which part of it is buffer. Whether another session is in the
    way (SessionOverlap) or too near (OutsideAvailability) is told by the decision that sees it.
    """
    try:
        yield
    except SessionOverlap as error:
        if availability is None or availability.buffer_minutes == 0:
            raise
        raise ConcurrencyConflict("another session came first, or into the buffer") from error
