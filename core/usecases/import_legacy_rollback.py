"""Taking back what a migration brought in, if nothing newer depends on it.

Everything is looked at before anything is taken back, so that a refusal changes nothing. The rows then go
in batches, those that name others first; a rollback that was killed is simply started again.
"""

from collections.abc import AsyncIterator
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
from ports.errors import CommitUnknown, ConcurrencyConflict, StillReferenced

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
        found = [row async for row in _in_the_way(run.id, ports=ports, progress=progress)]
        if found:
            raise Depended(tuple(found))
        run = await _moved(run, rolling_back(run, now=ports.clock.now()), ports=ports)
    rows = 0
    for kind in reversed(PARENTS_FIRST):
        while notes := await ports.store.brought(run.id, kind, limit=BATCH):
            await _withdraw(tuple(notes), ports=ports)
            rows += len(notes)
            progress(f"taking back {kind}", len(notes))
    await _moved(run, rolled_back(run, now=ports.clock.now()), ports=ports)
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


async def _moved(run: Run, after: Run, *, ports: Ports) -> Run:
    try:
        await ports.store.commit(Changes(updates=(after,)))
    except CommitUnknown:
        stored = await ports.store.load_run(run.id)
        if stored is None or stored.version < after.version:
            raise
    return after


async def _withdraw(notes: tuple[Brought, ...], *, ports: Ports) -> None:
    try:
        await ports.store.commit(Changes(withdrawals=notes))
    except (ConcurrencyConflict, StillReferenced) as error:
        raise Depended((error.detail,)) from error


async def _in_the_way(run_id: RunId, *, ports: Ports, progress: Progress) -> AsyncIterator[str]:
    """Rows that are not as they were brought in, and rows of others that name some that were."""
    named = 0
    for kind in PARENTS_FIRST:
        if kind is Kind.ENTRY:  # Their chains end at heads that the other rows keep.
            continue
        async for row, note in beside(run_id, kind, ports=ports):
            found = _changed(kind, row, note) or await _naming(run_id, kind, row, note, ports=ports)
            if found is not None:
                named += 1
                yield found
            if named >= SHOWN:
                return
        progress(f"looking at {kind}", 1)


def _changed(kind: Kind, row: StoredRecord | None, note: Brought | None) -> str | None:
    if note is None:
        return None
    if row is None:
        return f"{kind} {note.key} is gone"
    return None if digest(row) == note.digest else f"{kind} {note.key} has changed since"


async def _naming(
    run_id: RunId, kind: Kind, row: StoredRecord | None, note: Brought | None, *, ports: Ports
) -> str | None:
    """Whether a row that did not come with the run names one that did."""
    if row is None or note is not None:
        return None
    for field, parent in REFERENCES.get(kind, ()):
        value = getattr(row, field)
        if value is not None and await _is_brought(run_id, parent, str(value), ports=ports):
            return f"{parent} {value} is named by {kind} {key_of(row)}"
    return None


async def _is_brought(run_id: RunId, kind: Kind, key: str, *, ports: Ports) -> bool:
    """Whether the run has a note of that key: the first one that is not below it."""
    below = key[:-1] + chr(ord(key[-1]) - 1)
    found = await ports.store.brought(run_id, kind, after=below, limit=2)
    return any(note.key == key for note in found)
