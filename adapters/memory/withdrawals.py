"""Taking back what a run brought in, on the drafts of one commit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from adapters.memory.rows import Draft
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import REFERENCES, KeyPart, digest, key_of, key_parts
from core.domain.runs import Brought
from ports.errors import ConcurrencyConflict, StillReferenced


def memory_key(parts: Iterable[KeyPart]) -> Any:
    """A row's key as the tables have it."""
    plain = tuple(part.int if isinstance(part, UUID) else part for part in parts)
    return plain if len(plain) > 1 else plain[0]


def withdraw(drafts: Mapping[Kind, Draft[Any]], wanted: Sequence[Brought]) -> Iterator[Any]:
    """Drop the rows and the notes that they were brought in; tells the rows.

    Children go before what they name, so that only rows that stay are in the way.
    """
    by_kind: dict[Kind, list[Brought]] = {}
    for one in wanted:
        by_kind.setdefault(one.kind, []).append(one)
    for kind in reversed(PARENTS_FIRST):
        gone = {one.key for one in by_kind.get(kind, ())}
        if gone:
            _require_unnamed(drafts, kind, gone)
        for one in by_kind.pop(kind, ()):
            yield _withdrawn(drafts, one)
    if by_kind:
        raise ConcurrencyConflict(f"nothing of {', '.join(by_kind)} is ever brought in")


def _withdrawn(drafts: Mapping[Kind, Draft[Any]], one: Brought) -> Any:
    notes, rows = drafts[Kind.BROUGHT], drafts[one.kind]
    note = memory_key((one.run_id, one.kind.value, one.key))
    key = memory_key(key_parts(one.kind, one.key))
    row = rows.get(key)
    if notes.get(note) != one or row is None or digest(row) != one.digest:
        raise ConcurrencyConflict(f"{one.kind} {one.key} is no longer as the run brought it in")
    notes.drop(note)
    rows.drop(key)
    return row


def _require_unnamed(drafts: Mapping[Kind, Draft[Any]], kind: Kind, gone: set[str]) -> None:
    for child, references in REFERENCES.items():
        for name, target in references:
            if target is not kind:
                continue
            for row in _rows_of(drafts[child]):
                if str(getattr(row, name)) in gone:
                    raise StillReferenced(f"{kind} {getattr(row, name)}", f"{child} {key_of(row)}")


def _rows_of(draft: Draft[Any]) -> Iterator[Any]:
    for key in {**draft.table.rows, **draft.changed}:
        row = draft.get(key)
        if row is not None:
            yield row
