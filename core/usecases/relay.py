"""The outbox: committed events are handed on, at least once each, oldest first."""

from core.domain.ids import EventId
from core.usecases.context import Ports
from ports.publisher import EventPublisher

BATCH = 100


async def relay_events(publisher: EventPublisher, *, ports: Ports) -> int:
    """Hand on every event that waits; tells how many. A publisher that raises stops the pass,
    with what it accepted before noted as done.
    """
    relayed = 0
    while events := await ports.store.unpublished(BATCH):
        done: list[EventId] = []
        try:
            for event in events:
                await publisher.publish(event)
                done.append(event.id)
        finally:
            if done:
                await ports.store.mark_published(done, ports.clock.now())
        relayed += len(done)
    return relayed
