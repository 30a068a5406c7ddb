"""A run that brings rows in, with every field filled."""

from typing import Any

from attrs import evolve

from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import LARGEST, NOW, new_id
from core.domain.ids import RunId
from core.domain.rows import KINDS, StoredRecord, digest, key_of
from core.domain.runs import Brought, Run, RunKind
from core.domain.statuses import RunStatus


def make_run(**overrides: Any) -> Run:
    """A copy that has just begun."""
    fields: dict[str, Any] = {
        "id": RunId(new_id()),
        "kind": RunKind.COPY,
        "source": "sqlite:///old.db",
        "started_at": NOW,
        "updated_at": NOW,
    }
    return Run(**(fields | overrides))


def noted(run: Run, row: StoredRecord) -> Brought:
    """The note that a run brought a row in."""
    return Brought(run_id=run.id, kind=KINDS[type(row)], key=key_of(row), digest=digest(row))


def run() -> Example:
    """A migration under way, and taken back."""
    first = make_run(
        kind=RunKind.LEGACY_MIGRATE, source=TEXT, place=TEXT, counts={"orders": LARGEST, "quarantined": 0}
    )
    second = evolve(
        first,
        kind=RunKind.IMPORT,
        source="",
        status=RunStatus.ROLLED_BACK,
        place="",
        counts={},
        updated_at=LATER,
        finished_at=LATER,
        version=2,
    )
    return Example(first=first, second=second)
