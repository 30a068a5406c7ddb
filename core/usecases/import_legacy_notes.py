"""A run's notes of what it brought in, beside the rows as they are now."""

from collections.abc import AsyncIterator

from core.domain.ids import RunId
from core.domain.kinds import Kind
from core.domain.rows import StoredRecord, key_of
from core.domain.runs import Brought
from core.usecases.context import Ports


async def beside(
    run_id: RunId, kind: Kind, *, ports: Ports
) -> AsyncIterator[tuple[StoredRecord | None, Brought | None]]:
    """A kind's rows and the run's notes of them, both by key: each pair once, with None for what lacks."""
    notes = notes_of(run_id, kind, ports=ports)
    note = await anext(notes, None)
    async for row in ports.store.scan(kind):
        key = key_of(row)
        while note is not None and note.key < key:
            yield None, note
            note = await anext(notes, None)
        if note is not None and note.key == key:
            yield row, note
            note = await anext(notes, None)
        else:
            yield row, None
    while note is not None:
        yield None, note
        note = await anext(notes, None)


async def notes_of(run_id: RunId, kind: Kind, *, ports: Ports) -> AsyncIterator[Brought]:
    after: str | None = None
    while found := await ports.store.brought(run_id, kind, after=after):
        for note in found:
            yield note
        after = found[-1].key
