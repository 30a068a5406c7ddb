"""Whether a store is whole: what is half brought in, or half taken back, is not to be traded on."""

from typing import Final

from core.domain.errors import Conflict
from core.domain.statuses import RunStatus
from ports.queries import Page
from ports.store import Store

LATEST: Final = Page(limit=100)
"""More runs than any store has seen."""

UNDER_WAY: Final = {RunStatus.RUNNING: "not through yet", RunStatus.ROLLING_BACK: "not taken back yet"}


async def require_whole(store: Store) -> None:
    """Raise Conflict, naming the run, while one is bringing rows in or is being taken back."""
    for run in (await store.runs(LATEST)).items:
        if run.status in UNDER_WAY:
            raise Conflict(
                f"run {run.id} ({run.kind} of {run.source}) is {UNDER_WAY[run.status]}: "
                "start it again and let it finish, or take it back"
            )
