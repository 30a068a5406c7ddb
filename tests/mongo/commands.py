"""What a store sends to its server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from adapters.mongo.documents import Document

ENDS = ("commitTransaction", "abortTransaction", "endSessions")


class Commands(CommandListener):
    """Keeps each command of the stores that it listens to."""

    def __init__(self) -> None:
        self.sent: list[Document] = []
        self._counts: list[list[str]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it: the command's name is its first key."""
        self.sent.append(dict(event.command))
        if event.command_name not in ENDS:
            for names in self._counts:
                names.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""

    @contextmanager
    def counted(self) -> Iterator[Sequence[str]]:
        """Fill a list with the names of what is sent, without what ends transactions."""
        names: list[str] = []
        self._counts.append(names)
        try:
            yield names
        finally:
            self._counts.remove(names)
