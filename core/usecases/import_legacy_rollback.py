"""Taking back what a migration brought in, if nothing newer depends on it.

Everything is looked at before anything is taken back, so that a refusal changes nothing. The rows then go
in batches, those that name others first; a rollback that was killed is simply started again.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from attrs import frozen

from core.domain.changes import Changes
from core.domain.errors import Conflict
from core.domain.ids import RunId
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import REFERENCES, StoredRecord, digest, key_of
from core.domain.runs import Brought, Run, rolled_back, rolling_back
from core.domain.statuses import RunStatus
from core.usecases.context import Ports
from core.usecases.import_legacy import migrations
from core.usecases.import_legacy_judging import Progress, unheard
from core.usecases.import_legacy_notes import beside
from core.usecases.runs import move_on, see_through
from ports.errors import ConcurrencyConflict, StillReferenced

BATCH: Final = 500
SHOWN: Final = 20
"""How many rows a refusal names at most."""


class Depended(Conflict):
    """Newer activity depends on what is to be taken back; `rows` names some of it."""

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__("newer activity depends on what the run brought in: " + "; ".join(rows))
        self.rows = rows


@frozen(kw_only=True)
class RolledBack:
    """What was taken back."""

    run_id: RunId
    rows: int


async def roll_back_migration(
    run_id: RunId | None, *, ports: Ports, progress: Progress = unheard
) -> RolledBack:
    """Take back a migration, the newest one that stands with None. Raises Conflict, and Depended."""
    run = await _chosen(run_id, ports=ports)
    if run.status is not RunStatus.ROLLING_BACK:
        found = []
        async with aclosing(_in_the_way(run.id, ports=ports, progress=progress)) as rows_in_the_way:
            async for row in rows_in_the_way:
                found.append(row)
                if len(found) == SHOWN:
                    break
        if found:
            raise Depended(tuple(found))
        run = await _moved(rolling_back(run, now=ports.clock.now()), ports=ports)
    rows = 0
    for kind in reversed(PARENTS_FIRST):
        while notes := await ports.store.brought(run.id, kind, limit=BATCH):
            await _withdraw(tuple(notes), ports=ports)
            rows += len(notes)
            progress(f"taking back {kind}", len(notes))
    await _moved(rolled_back(run, now=ports.clock.now()), ports=ports)
    return RolledBack(run_id=run.id, rows=rows)


async def _chosen(run_id: RunId | None, *, ports: Ports) -> Run:
    async for run in migrations(ports=ports):
        if run.id == run_id or (run_id is None and run.status is not RunStatus.ROLLED_BACK):
            if run.status is RunStatus.ROLLED_BACK:
                raise Conflict(f"run {run.id} is rolled back already")
            return run
    raise Conflict(
        "there is no migration to roll back" if run_id is None else f"no migration has run {run_id}"
    )


async def _moved(after: Run, *, ports: Ports) -> Run:
    await move_on(after, Changes(updates=(after,)), store=ports.store, clock=ports.clock)
    return after


async def _withdraw(notes: tuple[Brought, ...], *, ports: Ports) -> None:
    run_id, kind = notes[0].run_id, notes[0].kind

    async def is_done() -> bool:
        return not await ports.store.brought_of(run_id, kind, [note.key for note in notes])

    try:
        await see_through(Changes(withdrawals=notes), is_done=is_done, store=ports.store, clock=ports.clock)
    except (ConcurrencyConflict, StillReferenced) as error:
        raise Depended((error.detail,)) from error


async def _in_the_way(run_id: RunId, *, ports: Ports, progress: Progress) -> AsyncGenerator[str, None]:
    """Rows that are not as they were brought in, and rows of others that name some that were.

    Each kind is read once; what others name is asked for once for each batch of theirs.
    """
    for kind in PARENTS_FIRST:
        if kind is Kind.ENTRY:  # Their chains end at heads that the other rows keep.
            continue
        others: list[StoredRecord] = []
        async for row, note in beside(run_id, kind, ports=ports):
            if note is not None:
                found = _changed(kind, row, note)
                if found is not None:
                    yield found
            elif row is not None and kind in REFERENCES:
                others.append(row)
            if len(others) == BATCH:
                for name in await _naming(run_id, kind, others, ports=ports):
                    yield name
                others.clear()
        for name in await _naming(run_id, kind, others, ports=ports):
            yield name
        progress(f"looking at {kind}", 1)


def _changed(kind: Kind, row: StoredRecord | None, note: Brought) -> str | None:
    if row is None:
        return f"{kind} {note.key} is gone"
    return None if digest(row) == note.digest else f"{kind} {note.key} has changed since"


async def _naming(run_id: RunId, kind: Kind, rows: Sequence[StoredRecord], *, ports: Ports) -> Sequence[str]:
    """Which of some rows that did not come with the run name one that did."""
    found = []
    for field, parent in REFERENCES.get(kind, ()):
        named = [(row, str(getattr(row, field))) for row in rows if getattr(row, field) is not None]
        if named:
            brought = await ports.store.brought_of(run_id, parent, {key for _, key in named})
            found += [
                f"{parent} {key} is named by {kind} {key_of(row)}" for row, key in named if key in brought
            ]
    return found
