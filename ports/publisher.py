"""Where domain events go once they are committed."""

from typing import Protocol

from core.domain.events import Event


class EventPublisher(Protocol):
    """Hands events on, at least once each; a repeated event id is the consumer's to ignore."""

    async def publish(self, event: Event) -> None:
        """Hand on one event, or raise; it is then tried again later."""
        ...
