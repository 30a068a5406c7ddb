"""What all work that brings rows in needs: its runs, commits that outlive an outage, a whole store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from core.domain.changes import Changes
from core.domain.errors import Conflict
from core.domain.runs import Run
from core.domain.statuses import RunStatus
from ports.clock import Clock
from ports.errors import AlreadyExists, CommitUnknown, ConcurrencyConflict, Unavailable
from ports.queries import Page
from ports.store import Store

ATTEMPTS: Final = 12
"""How often a commit is tried while the store is not available.

MongoDB keeps what a killed process was about to write for a minute, unless set otherwise; until then it
lets each of our attempts end at its deadline, ten seconds unless set otherwise.
"""

UNDER_WAY: Final = {RunStatus.RUNNING: "not through yet", RunStatus.ROLLING_BACK: "not taken back yet"}


async def every_run(store: Store) -> AsyncIterator[Run]:
    """The runs of a store, newest first."""
    page: Page | None = Page()
    while page is not None:
        found = await store.runs(page)
        for run in found.items:
            yield run
        page = None if found.next is None else Page(after=found.next)


async def require_whole(store: Store) -> None:
    """Raise Conflict, naming the run, while one is bringing rows in or is being taken back: what is half
    there is not to be traded on.
    """
    async for run in every_run(store):
        if run.status in UNDER_WAY:
            raise Conflict(
                f"run {run.id} ({run.kind} of {run.source}) is {UNDER_WAY[run.status]}: "
                "start it again and let it finish, or take it back"
            )


async def move_on(run: Run, changes: Changes, *, store: Store, clock: Clock) -> None:
    """Commit changes that hold `run` itself, new or at its next version. Raises what `see_through` does."""

    async def is_done() -> bool:
        stored = await store.load_run(run.id)
        return stored is not None and stored.version >= run.version

    await see_through(changes, is_done=is_done, store=store, clock=clock)


async def see_through(
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
