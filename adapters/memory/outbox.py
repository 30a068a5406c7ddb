"""The outbox of the memory store."""

from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import islice

from adapters.memory.loads import MemoryLoads
from adapters.memory.pages import page_of, place
from adapters.memory.tables import ALL
from core.domain.dispatches import Channel, Dispatch, Lease
from core.domain.events import Event
from core.domain.ids import DispatchId, EventId
from core.domain.outbox import claimed_dispatch, claimed_event, is_due
from ports.queries import Backlog, Cursor, Items, OutboxState, Page, Parked


class MemoryOutbox(MemoryLoads):
    """What relays and dispatchers take, and what is parked. Taking has no pause inside: it is atomic."""

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        """Take at most `limit` events that are due and nobody's, those due first first."""
        await self._turn()
        events, waiting = self._tables.events, self._tables.waiting_events
        due = (row for row in events.at(waiting.until(ALL, lease.at)) if is_due(row, lease.at))
        taken = [claimed_event(event, lease) for event in islice(due, limit)]
        for event in taken:
            events.write(event.id.int, event)
        return taken

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        """The same for the channel's dispatches."""
        await self._turn()
        dispatches, waiting = self._tables.dispatches, self._tables.waiting_dispatches
        due = (row for row in dispatches.at(waiting.until(channel, lease.at)) if is_due(row, lease.at))
        taken = [claimed_dispatch(one, lease) for one in islice(due, limit)]
        for one in taken:
            dispatches.write(one.id.int, one)
        return taken

    async def load_events(self, ids: Sequence[EventId]) -> Sequence[Event]:
        """The events with these ids."""
        await self._turn()
        found = (self._tables.events.get(key) for key in ids)
        return [event for event in found if event is not None]

    async def load_dispatches(self, ids: Sequence[DispatchId]) -> Sequence[Dispatch]:
        """The dispatches with these ids."""
        await self._turn()
        found = (self._tables.dispatches.get(key) for key in ids)
        return [one for one in found if one is not None]

    async def parked(self, page: Page) -> Items[Parked]:
        """Parked events and dispatches together, newest parking first."""
        await self._turn()
        tables, after = self._tables, place(page)
        events = tables.events.at(tables.parked_events.descending(ALL, after))
        dispatches = tables.dispatches.at(tables.parked_dispatches.descending(ALL, after))
        both = merge(map(_parked_event, events), map(_parked_dispatch, dispatches), key=_newest, reverse=True)
        return page_of(both, page, lambda row: Cursor(at=row.parked_at, id=row.id))

    async def outbox_state(self) -> OutboxState:
        """The outbox in figures."""
        await self._turn()
        tables = self._tables
        events = list(tables.events.at(tables.waiting_events.ascending(ALL)))
        dispatches = [
            one
            for channel in Channel
            for one in tables.dispatches.at(tables.waiting_dispatches.ascending(channel))
        ]
        return OutboxState(
            events=Backlog(
                waiting=len(events),
                parked=_count(tables.parked_events.ascending(ALL)),
                oldest_at=min((event.occurred_at for event in events), default=None),
            ),
            dispatches=Backlog(
                waiting=len(dispatches),
                parked=_count(tables.parked_dispatches.ascending(ALL)),
                oldest_at=min((one.created_at for one in dispatches), default=None),
            ),
        )


def _count(keys: Iterable[object]) -> int:
    return sum(1 for _ in keys)


def _newest(row: Parked) -> tuple[object, int]:
    return (row.parked_at, row.id.int)


def _parked_event(event: Event) -> Parked:
    if event.parked_at is None:
        raise ValueError(f"event {event.id} is not parked")
    return Parked(
        id=event.id,
        event_type=event.type.value,
        subject_id=event.subject_id,
        channel=None,
        recipient=None,
        attempts=event.attempts,
        last_error=event.last_error,
        parked_at=event.parked_at,
    )


def _parked_dispatch(one: Dispatch) -> Parked:
    if one.parked_at is None:
        raise ValueError(f"dispatch {one.id} is not parked")
    return Parked(
        id=one.id,
        event_type=one.event_type,
        subject_id=one.subject_id,
        channel=one.channel,
        recipient=one.recipient,
        attempts=one.attempts,
        last_error=one.last_error,
        parked_at=one.parked_at,
    )
