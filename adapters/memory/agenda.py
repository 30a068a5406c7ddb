"""When practitioners are busy."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from adapters.memory.rows import Index, Key, Spot
from core.domain.ids import UserId
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession, SessionType


class Agenda(Index[ServiceSession]):
    """Each practitioner's individual sessions that occupy time, by start."""

    def __init__(self) -> None:
        super().__init__(_agenda_spot)
        self._longest: dict[int, timedelta] = {}

    def add(self, row: ServiceSession, key: Key) -> None:
        """Find a new session's spot, and remember its length."""
        super().add(row, key)
        self._measure(row)

    def move(self, old: ServiceSession | None, new: ServiceSession | None, key: Key) -> None:
        """Follow a session, and remember how long the practitioner's longest one ever was."""
        super().move(old, new, key)
        if new is not None:
            self._measure(new)

    def near(self, practitioner_id: UserId, start: datetime, end: datetime) -> Iterator[Key]:
        """Every session that may overlap [start, end), by start: none is longer than the longest."""
        earliest = start - self._longest.get(practitioner_id.int, timedelta(0))
        return self.ascending(practitioner_id.int, start=earliest, end=end)

    def _measure(self, row: ServiceSession) -> None:
        if row.start_time is None or row.end_time is None:
            return
        length = row.end_time - row.start_time
        if length > self._longest.get(row.practitioner_id.int, timedelta(0)):
            self._longest[row.practitioner_id.int] = length


def _agenda_spot(row: ServiceSession) -> Spot | None:
    if row.session_type is not SessionType.INDIVIDUAL or row.status not in OCCUPYING_STATUSES:
        return None
    return None if row.start_time is None else (row.practitioner_id.int, row.start_time)
