"""Runs, what they brought in, and the order of scans, in the memory store."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

from adapters.memory.pages import page_of, place
from adapters.memory.subscriptions import MemorySubscriptions
from adapters.memory.tables import ALL
from adapters.memory.withdrawals import memory_key
from core.domain.ids import RunId
from core.domain.kinds import Kind
from core.domain.rows import place_parts
from core.domain.runs import Brought, Run
from ports.queries import Cursor, Items, Page


class MemoryRuns(MemorySubscriptions):
    """What the store tells of runs."""

    async def load_run(self, run_id: RunId) -> Run | None:
        """A run as it is now."""
        await self._turn()
        return self._tables.runs.get(run_id)

    async def runs(self, page: Page) -> Items[Run]:
        """The runs that brought rows in, newest first."""
        await self._turn()
        tables = self._tables
        rows = tables.runs.at(tables.runs_by_time.descending(ALL, place(page)))
        return page_of(rows, page, lambda run: Cursor(at=run.started_at, id=run.id))

    async def brought(
        self, run_id: RunId, kind: Kind, *, after: str | None = None, limit: int = 500
    ) -> Sequence[Brought]:
        """What a run brought in of a kind, by the rows' keys as text."""
        await self._turn()
        rows = self._tables.brought.rows.values()
        found = sorted(
            (row for row in rows if (row.run_id, row.kind) == (run_id, kind) and row.key > (after or "")),
            key=lambda row: row.key,
        )
        return found[:limit]

    async def brought_of(self, run_id: RunId, kind: Kind, keys: Collection[str]) -> Set[str]:
        """Those of the keys under which a run brought in a row of that kind."""
        await self._turn()
        notes = self._tables.brought.rows
        return frozenset(key for key in keys if (run_id.int, kind.value, key) in notes)


def scan_order(kind: Kind, rows: Mapping[Any, Any], after: str | None) -> Sequence[Any]:
    """The keys of a kind's rows in the order of a scan, behind a place."""
    seen = None if after is None else place_parts(kind, after)
    if kind is Kind.ENTRY:
        entries = sorted(rows.values(), key=_chained)
        first = 0 if seen is None else bisect_right(entries, seen, key=_chained)
        return [entry.id.int for entry in entries[first:]]
    keys = sorted(rows)
    return keys if seen is None else keys[bisect_right(keys, memory_key(seen)) :]


def _chained(entry: Any) -> tuple[Any, ...]:
    return (entry.chain, entry.seq)
