"""Events for tests to read."""

from core.domain.events import Event


class CollectedEvents:
    """Keeps what is handed on, in order; `failures` makes the next ones be refused."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures = 0

    async def publish(self, event: Event) -> None:
        """Keep the event, or raise ConnectionError while failures are left."""
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("nobody takes events at the moment")
        self.events.append(event)
