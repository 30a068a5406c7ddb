"""Bringing an old database over: judged as a whole first, then written in batches.

Each batch is one commit, with notes of every row that it brings in and the run's own place, so that a run
that was killed goes on where it was. Every row is inserted once and in its final form.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from core.domain.changes import Changes, merged
from core.domain.errors import Conflict
from core.domain.ids import RunId
from core.domain.legacy.accounting import Account, account_of
from core.domain.legacy.pieces import Piece
from core.domain.rows import KINDS, StoredRecord, digest, key_of
from core.domain.runs import Brought, Run, RunKind, advanced, finished
from core.domain.statuses import RunStatus
from core.usecases.context import Ports
from core.usecases.import_legacy_judging import (
    Judgement,
    Progress,
    Stage,
    Told,
    groups,
    judge,
    unheard,
)
from core.usecases.runs import every_run, move_on
from ports.legacy_source import LegacySource

BATCH: Final = 500
"""How many rows a commit brings in, unless told otherwise."""

ROWS: Final = "rows"
"""The figure of the rows that a run has brought in so far."""


@frozen(kw_only=True)
class Migrated:
    """What a migration came to. `rows` is what this call brought in: 0 if an earlier one had done it all.

    `run_id` is None for a trial.
    """

    run_id: RunId | None
    account: Account
    rows: int


@frozen(kw_only=True)
class _Place:
    """How far a run is: behind the group `after` of a stage, and behind some pieces of the next group."""

    stage: Stage
    after: int = 0
    pieces: int = 0

    def __str__(self) -> str:
        return f"{self.stage}/{self.after}/{self.pieces}"


def _place_of(run: Run) -> _Place:
    if not run.place:
        return _Place(stage=next(iter(Stage)))
    stage, after, pieces = run.place.split("/")
    return _Place(stage=Stage(stage), after=int(after), pieces=int(pieces))


async def try_migration(
    source: LegacySource,
    *,
    ports: Ports,
    at: datetime | None = None,
    told: Told = unheard,
    progress: Progress = unheard,
) -> Migrated:
    """Everything but the writing: the same account and findings."""
    found = await judge(source, rules=ports.rules, at=at or ports.clock.now(), told=told, progress=progress)
    return Migrated(run_id=None, account=found.account, rows=0)


async def migrate_legacy(
    source: LegacySource,
    *,
    ports: Ports,
    at: datetime | None = None,
    batch: int = BATCH,
    told: Told = unheard,
    progress: Progress = unheard,
) -> Migrated:
    """Bring an old database over, or go on with that; what has been brought over already stays as it is.

    `at` is what orders say of when they came. Raises Conflict where the source is no longer as a run of it
    read it, where one is being taken back, and where a row is left unaccounted for.
    """
    run = await last_run(source.name, ports=ports)
    if run is not None and run.status is RunStatus.ROLLING_BACK:
        raise Conflict(f"run {run.id} is being rolled back: finish that first")
    going_on = run is not None and run.status is RunStatus.RUNNING
    moment = run.started_at if run is not None and going_on else at or ports.clock.now()
    found = await judge(source, rules=ports.rules, at=moment, told=told, progress=progress)
    _require_complete(found.account)
    if run is not None and run.status in (RunStatus.RUNNING, RunStatus.FINISHED):
        _require_unchanged(run, found.account)
    if run is not None and run.status is RunStatus.FINISHED:
        return Migrated(run_id=run.id, account=found.account, rows=0)
    if run is None or not going_on:
        run = await _begun(source.name, found.account, moment, ports=ports)
    writer = _Writer(run, ports, batch)
    await writer.write(source, found, progress)
    return Migrated(run_id=run.id, account=found.account, rows=writer.rows)


async def last_run(source: str, *, ports: Ports) -> Run | None:
    """The newest migration of a source that was not taken back."""
    async for run in migrations(ports=ports):
        if run.source == source and run.status is not RunStatus.ROLLED_BACK:
            return run
    return None


async def migrations(*, ports: Ports) -> AsyncIterator[Run]:
    """The runs that migrated, newest first."""
    async for run in every_run(ports.store):
        if run.kind is RunKind.LEGACY_MIGRATE:
            yield run


def _require_complete(account: Account) -> None:
    missed = {table: one.unaccounted for table, one in account.tables.items() if one.unaccounted != 0}
    if missed:
        told = ", ".join(f"{count} of {table}" for table, count in missed.items())
        raise Conflict(f"rows that nothing accounts for: {told}; did the source change while it was read?")


def _require_unchanged(run: Run, account: Account) -> None:
    before, now = account_of(run.counts), account
    if before.figures() != now.figures():
        changed = [table for table in now.tables if now.tables[table] != before.tables[table]]
        told = ", ".join(changed) or "some rows"
        raise Conflict(
            f"the source is not as run {run.id} read it ({told}): roll that run back, then migrate again"
        )


async def _begun(source: str, account: Account, at: datetime, *, ports: Ports) -> Run:
    run = Run(
        id=RunId(ports.ids()),
        kind=RunKind.LEGACY_MIGRATE,
        source=source,
        counts=dict(account.figures()) | {ROWS: 0},
        started_at=at,
        updated_at=ports.clock.now(),
    )
    await move_on(run, Changes(inserts=(run,)), store=ports.store, clock=ports.clock)
    return run


class _Writer:
    """Writes pieces in batches, from a run's place on."""

    def __init__(self, run: Run, ports: Ports, batch: int) -> None:
        self.rows = 0
        self._run = run
        self._ports = ports
        self._batch = batch
        self._waiting: list[Changes] = []
        self._size = 0

    async def write(self, source: LegacySource, known: Judgement, progress: Progress) -> None:
        """Everything that is not written yet, and the run's end with the last batch."""
        place = _place_of(self._run)
        stages = list(Stage)
        for stage in stages[stages.index(place.stage) :]:
            begin = place if stage is place.stage else _Place(stage=stage)
            reached = begin
            async for group in groups(source, stage, known, after=begin.after):
                skipped = begin.pieces if reached is begin else 0
                for number, piece in enumerate(group.pieces[skipped:], skipped + 1):
                    reached = evolve(reached, pieces=number)
                    await self._add(piece, reached)
                reached = _Place(stage=stage, after=group.id)
                progress(f"writing {stage}", 1)
            await self._commit(reached, last=stage is stages[-1])

    async def _add(self, piece: Piece, place: _Place) -> None:
        size = sum(1 for _ in rows_in(piece.changes))
        if size == 0:
            return
        self._waiting.append(piece.changes)
        self._size += size
        if self._size >= self._batch:
            await self._commit(place)

    async def _commit(self, place: _Place, *, last: bool = False) -> None:
        changes = merged(self._waiting)
        notes = tuple(
            Brought(run_id=self._run.id, kind=KINDS[type(row)], key=key_of(row), digest=digest(row))
            for row in rows_in(changes)
        )
        now = self._ports.clock.now()
        counts: Mapping[str, int] = {**self._run.counts, ROWS: self._run.counts[ROWS] + len(notes)}
        run = advanced(self._run, place=str(place), counts=counts, now=now)
        if last:
            run = evolve(finished(run, now=now), version=run.version)
        whole = evolve(changes, inserts=(*changes.inserts, *notes), updates=(run,))
        await move_on(run, whole, store=self._ports.store, clock=self._ports.clock)
        self._run = run
        self._waiting, self._size = [], 0
        self.rows += len(notes)


def rows_in(changes: Changes) -> Iterator[StoredRecord]:
    """Every row that changes bring in."""
    yield from changes.inserts
    yield from changes.entries
    yield from changes.room_events
