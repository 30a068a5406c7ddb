"""What waits in a store's outbox, seen from outside."""

from core.domain.events import Event
from ports.store import Kind, Store


async def waiting_events(store: Store) -> list[Event]:
    """The events that no relay has planned yet and that are not parked, those due first first."""
    rows = [row async for row in store.scan(Kind.EVENT) if isinstance(row, Event)]
    waiting = [row for row in rows if row.published_at is None and row.parked_at is None]
    return sorted(waiting, key=lambda row: (row.next_attempt_at, row.id))
