"""Bringing everything that a source of rows holds into an empty store: a copy, an import.

One commit for each batch, and in it the run's own next version, which says where to go on: killed at
any moment, the same again carries it to the same end. At the end every row is held against its source.
"""

from collections.abc import Sequence

from attrs import frozen

from core.domain.changes import Changes
from core.domain.errors import Conflict
from core.domain.ids import RunId
from core.domain.kinds import PARENTS_FIRST
from core.domain.ledger import JournalEntry
from core.domain.presence import RoomEvent
from core.domain.rows import StoredRecord, place_of
from core.domain.runs import Run, RunKind, advanced, finished
from core.domain.statuses import RunStatus
from core.usecases.comparing import Compared, Progress, compare, in_silence
from core.usecases.runs import every_run, move_on
from ports.clock import Clock
from ports.ids import Ids
from ports.rows import Rows
from ports.store import Kind, Store

BATCH = 500
"""How many rows are written in one commit."""


class NotEmpty(Conflict):
    """The store holds something that this run did not bring in."""

    code = "target_not_empty"


@frozen(kw_only=True)
class Target:
    """The store to fill, and what notes of it are made with."""

    store: Store
    clock: Clock
    ids: Ids


@frozen(kw_only=True)
class Arrival:
    """What came of it. `resumed`: whether an earlier start was carried on.

    Everything is there if nothing in `compared` (the source at the left) differs; only then the run is
    finished.
    """

    run: Run
    resumed: bool
    compared: Compared


async def bring_in(
    source: Rows,
    *,
    kind: RunKind,
    label: str,
    target: Target,
    batch: int = BATCH,
    progress: Progress = in_silence,
) -> Arrival:
    """Fill the target, or go on where a run of the same kind with the same `label` left off.

    Raises NotEmpty if the target holds anything else, and ConcurrencyConflict if somebody else carries
    the same run on.
    """
    found = await _begun(target.store, kind, label)
    run = found or await _begin(target, kind, label)
    if run.status is RunStatus.RUNNING:
        run = await _bring(source, run, target=target, batch=batch, progress=progress)
    compared = await compare(source, target.store, batch=batch, progress=progress)
    if run.status is RunStatus.RUNNING and compared.different == 0:
        run = finished(run, now=target.clock.now())
        await move_on(run, Changes(updates=(run,)), store=target.store, clock=target.clock)
    return Arrival(run=run, resumed=found is not None, compared=compared)


async def _begun(store: Store, kind: RunKind, label: str) -> Run | None:
    """The run to carry on; None for an empty store."""
    counts = {each: await store.count(each) for each in PARENTS_FIRST}
    alive = (RunStatus.RUNNING, RunStatus.FINISHED)
    async for run in every_run(store):
        same = (run.kind, run.source) == (kind, label) and run.status in alive
        if same and all(run.counts.get(each, 0) == count for each, count in counts.items()):
            return run
    if any(counts.values()):
        raise NotEmpty(f"the store to fill is not empty, and holds no {kind} of {label} to go on with")
    return None


async def _begin(target: Target, kind: RunKind, label: str) -> Run:
    now = target.clock.now()
    run = Run(id=RunId(target.ids()), kind=kind, source=label, started_at=now, updated_at=now)
    await move_on(run, Changes(inserts=(run,)), store=target.store, clock=target.clock)
    return run


async def _bring(source: Rows, run: Run, *, target: Target, batch: int, progress: Progress) -> Run:
    total = sum([await source.count(kind) for kind in PARENTS_FIRST])
    reached, after = _place(run)
    for kind in PARENTS_FIRST[PARENTS_FIRST.index(reached) :]:
        rows: list[StoredRecord] = []
        async for row in source.scan(kind, after=after if kind is reached else None, batch=batch):
            rows.append(row)
            if len(rows) == batch:
                run = await _write(run, kind, rows, target)
                progress(f"bringing in {kind}", sum(run.counts.values()), total)
                rows = []
        if rows:
            run = await _write(run, kind, rows, target)
            progress(f"bringing in {kind}", sum(run.counts.values()), total)
    return run


async def _write(run: Run, kind: Kind, rows: Sequence[StoredRecord], target: Target) -> Run:
    """One batch, and the run's checkpoint, in one commit."""
    further = advanced(
        run,
        place=f"{kind} {place_of(rows[-1])}",
        counts={**run.counts, kind.value: run.counts.get(kind, 0) + len(rows)},
        now=target.clock.now(),
    )
    await move_on(further, as_they_are(rows, further), store=target.store, clock=target.clock)
    return further


def _place(run: Run) -> tuple[Kind, str | None]:
    """The kind that a run has come to, and the place of its last row."""
    kind, _, after = run.place.partition(" ")
    return (Kind(kind), after) if kind else (PARENTS_FIRST[0], None)


def as_they_are(rows: Sequence[StoredRecord], run: Run) -> Changes:
    """What inserts the rows as they are and moves the run on."""
    others = [row for row in rows if not isinstance(row, JournalEntry | RoomEvent)]
    return Changes(
        inserts=tuple(others),
        updates=(run,),
        entries=tuple(row for row in rows if isinstance(row, JournalEntry)),
        room_events=tuple(row for row in rows if isinstance(row, RoomEvent)),
    )
