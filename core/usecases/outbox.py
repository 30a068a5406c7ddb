"""How workers take from the outbox, and how a person looks after what is parked."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from core.domain.changes import Changes
from core.domain.dispatches import Dispatch, Lease
from core.domain.errors import NotFound
from core.domain.events import Event
from core.domain.ids import DispatchId, EventId
from core.domain.outbox import MAX_ATTEMPTS, retried, retried_event
from core.domain.statuses import DispatchStatus
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from ports.queries import Page

BATCH: Final = 100

Stopping = Callable[[], bool]
"""Whether the worker was told to stop: what is under way is finished, nothing new is begun."""


def never() -> bool:
    """Nobody stops it."""
    return False


@frozen(kw_only=True)
class Pace:
    """How a worker works. A plan or a send that takes longer than `timeout_seconds` has failed.

    `batch` events are claimed at a time. `concurrency` is for consumers, and for each channel's
    sends. Raises ValueError for a claim that would end before what is done under it.
    """

    claim_seconds: int = 60
    batch: int = 100
    concurrency: int = 10
    timeout_seconds: int = 10
    max_attempts: int = MAX_ATTEMPTS

    def __attrs_post_init__(self) -> None:
        if self.claim_seconds <= self.timeout_seconds:
            raise ValueError("a claim must last longer than the time for one send")

    @property
    def timeout(self) -> timedelta:
        """How long a plan or a send may take."""
        return timedelta(seconds=self.timeout_seconds)

    def lease(self, ports: Ports) -> Lease:
        """A claim that begins now."""
        now = ports.clock.now()
        return Lease(id=ports.ids(), at=now, until=now + timedelta(seconds=self.claim_seconds))


def described(error: Exception) -> str:
    """An error's kind and text, for `last_error`."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


async def retry_parked(ids: Sequence[UUID], *, ports: Ports) -> int:
    """Make parked events and dispatches due at once, all of them or none; tells how many.

    Raises NotFound for an id that is not parked.
    """
    wanted = list(dict.fromkeys(ids))

    async def attempt() -> int:
        again = await _mended(wanted, ports)
        known = {item.id for item in again}
        for missing in (key for key in wanted if key not in known):
            raise NotFound("parked event or dispatch", missing)
        await ports.store.commit(Changes(updates=again))
        return len(again)

    return await retrying(attempt, clock=ports.clock)


async def retry_all_parked(*, ports: Ports) -> int:
    """Make everything due that is parked now; tells how many."""
    count, page = 0, Page(limit=BATCH)
    while True:
        found = await ports.store.parked(page)
        count += await _retry_those_left([item.id for item in found.items], ports)
        if found.next is None:
            return count
        page = Page(limit=BATCH, after=found.next)


async def _retry_those_left(ids: Sequence[UUID], ports: Ports) -> int:
    async def attempt() -> int:
        again = await _mended(ids, ports)
        await ports.store.commit(Changes(updates=again))
        return len(again)

    return await retrying(attempt, clock=ports.clock)


async def _mended(ids: Sequence[UUID], ports: Ports) -> tuple[Event | Dispatch, ...]:
    """Those of these that are parked, as they will be."""
    now = ports.clock.now()
    events = await ports.store.load_events([EventId(i) for i in ids])
    dispatches = await ports.store.load_dispatches([DispatchId(i) for i in ids])
    return (
        *(retried_event(event, now=now) for event in events if event.parked_at is not None),
        *(retried(one, now=now) for one in dispatches if one.status is DispatchStatus.PARKED),
    )
