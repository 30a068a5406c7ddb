"""Runs that bring many rows into a store: how far each is, and what it brought.

A run writes in batches. Each batch is one commit with the run's own next version, whose `place` says
where the next one goes on, so that a run that was killed is simply started again.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from core.domain.ids import RunId
from core.domain.kinds import Kind
from core.domain.statuses import RunStatus, transition
from core.domain.time import instant, optional_instant


class RunKind(StrEnum):
    """What kind of work a run does."""

    LEGACY_MIGRATE = "legacy_migrate"
    COPY = "copy"
    IMPORT = "import"


@frozen(kw_only=True)
class Run:
    """One run. `source` says for people where the rows come from, and holds no secret.

    `place` is the run's own checkpoint, in words that only it understands; `counts` are its figures by
    name. `finished_at` is when it was through, or when everything it had brought was taken back.
    """

    id: RunId
    kind: RunKind
    source: str
    status: RunStatus = RunStatus.RUNNING
    place: str = ""
    counts: Mapping[str, int] = field(factory=dict)
    started_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    finished_at: datetime | None = field(default=None, converter=optional_instant)
    version: int = 1


@frozen(kw_only=True)
class Brought:
    """One row that a run brought in, as it was then: what a rollback takes back.

    `key` is the row's key as text and `digest` that of its content (`core.domain.rows`).
    """

    run_id: RunId
    kind: Kind = field(converter=Kind)
    key: str
    digest: str


def advanced(run: Run, *, place: str, counts: Mapping[str, int], now: datetime) -> Run:
    """The run's next version, a batch further."""
    return evolve(run, place=place, counts=counts, updated_at=now, version=run.version + 1)


def finished(run: Run, *, now: datetime) -> Run:
    """The run, through."""
    return _ended(run, "finish", now)


def rolling_back(run: Run, *, now: datetime) -> Run:
    """The run, of which nothing more is brought in and what was is being taken back."""
    return evolve(run, status=transition(run.status, "roll_back"), updated_at=now, version=run.version + 1)


def rolled_back(run: Run, *, now: datetime) -> Run:
    """The run, with everything taken back."""
    return _ended(run, "end_rollback", now)


def _ended(run: Run, move: str, now: datetime) -> Run:
    return evolve(
        run,
        status=transition(run.status, move),
        updated_at=now,
        finished_at=now,
        version=run.version + 1,
    )
