"""Taking turns at documents: within a process, before the database has to sort it out.

In MongoDB the second writer of a document is not made to wait, it has to start again; sixty-four
at once on the last seat would mostly be starting again. So commits that change the same documents
first queue for them here. Nothing depends on it but speed: between processes the database decides.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary

from core.domain.changes import Changes
from core.domain.idempotency import IdempotencyRecord
from core.domain.notifications import Contact
from ports.errors import Unavailable


def changed_ids(changes: Changes) -> Sequence[UUID]:
    """The ids of the documents that a unit of work changes (not those it makes), in their order."""
    records = (record for record in changes.updates if not isinstance(record, IdempotencyRecord))
    return sorted(
        {
            *(record.user_id if isinstance(record, Contact) else record.id for record in records),
            *changes.removals,
            *(change.user_id for change in changes.credits),
            *(change.session_id for change in changes.seats),
            *(claim.practitioner_id for claim in changes.slots),
            *(move.owner_id for move in changes.heads),
        }
    )


class Turns:
    """One queue per document that somebody wants right now."""

    def __init__(self) -> None:
        self._queues: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, ids: Sequence[UUID], *, seconds: float) -> AsyncIterator[None]:
        """Have a turn at all of these, which must be sorted, so that two that wait cannot lock up.

        Raises Unavailable when it is not our turn after so many seconds.
        """
        queues = [self._queues.setdefault(key, asyncio.Lock()) for key in ids]
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(seconds):
                    for queue in queues:
                        await turn.enter_async_context(queue)
            except TimeoutError as error:
                raise Unavailable("too many others are changing the same documents") from error
            yield
