"""A memory store whose commits go wrong on demand, as those of a database do."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum

from adapters.memory.store import MemoryStore
from core.domain.changes import Changes
from ports.errors import CommitUnknown, ConcurrencyConflict, Unavailable

TURNS = 100
"""How many turns of the event loop a slow commit waits."""


class Fault(StrEnum):
    """What happens to one commit."""

    CONFLICT = "conflict"
    """Somebody was faster, or a deadlock was broken at our cost. Nothing is written."""
    UNAVAILABLE = "unavailable"
    """The database cannot be reached. Nothing is written."""
    LOST_BEFORE = "lost_before"
    """The connection dies while committing, and nothing is written."""
    LOST_AFTER = "lost_after"
    """The connection dies while committing, and everything is written."""
    SLOW = "slow"
    """Many others run first."""


class FaultyStore(MemoryStore):
    """A MemoryStore that takes one of `faults` for each commit; None, and the end of them, is no fault."""

    def __init__(self, faults: Iterable[Fault | None], *, yielding: bool = False) -> None:
        super().__init__(yielding=yielding)
        self._faults = iter(faults)

    async def commit(self, changes: Changes) -> None:
        """Write everything or nothing, unless a fault is due."""
        match next(self._faults, None):
            case Fault.CONFLICT:
                raise ConcurrencyConflict("a fault: somebody was faster")
            case Fault.UNAVAILABLE:
                raise Unavailable("a fault: the database cannot be reached")
            case Fault.LOST_BEFORE:
                raise CommitUnknown("a fault: the connection died before the commit")
            case Fault.LOST_AFTER:
                await super().commit(changes)
                raise CommitUnknown("a fault: the connection died after the commit")
            case Fault.SLOW:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
        await super().commit(changes)
