"""A commit of work that nobody else does, carried through a short outage and in spite of a lost answer."""

from collections.abc import Awaitable, Callable
from typing import Final

from core.domain.changes import Changes
from core.domain.runs import Run
from ports.clock import Clock
from ports.errors import AlreadyExists, CommitUnknown, ConcurrencyConflict, Unavailable
from ports.store import Store

ATTEMPTS: Final = 12
"""How often a commit is tried while the store is not available.

MongoDB keeps what a killed process was about to write for a minute, unless set otherwise; until then it
lets each of our attempts end at its deadline, ten seconds unless set otherwise.
"""


async def settle(
    changes: Changes, *, is_done: Callable[[], Awaitable[bool]], store: Store, clock: Clock
) -> None:
    """Commit, and again while the store is not available; `is_done` tells whether a lost commit was done.

    Raises Unavailable after ATTEMPTS of them, and what else a commit raises at once.
    """
    in_doubt = False
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if in_doubt and await is_done():
                return
            await store.commit(changes)
        except (ConcurrencyConflict, AlreadyExists):
            # What was in doubt may have been under way until now.
            if in_doubt and await is_done():
                return
            raise
        except Unavailable as error:
            in_doubt = in_doubt or isinstance(error, CommitUnknown)
            if attempt == ATTEMPTS:
                raise
            await clock.back_off(attempt)
        else:
            return
    raise AssertionError("the last attempt returns or raises")


async def move_on(run: Run, changes: Changes, *, store: Store, clock: Clock) -> None:
    """Commit changes that hold `run` itself, new or at its next version. Raises what `settle` does."""

    async def is_done() -> bool:
        stored = await store.load_run(run.id)
        return stored is not None and stored.version >= run.version

    await settle(changes, is_done=is_done, store=store, clock=clock)
