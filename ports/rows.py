"""Where rows come from: a store, or what was exported from one."""

from collections.abc import AsyncIterator
from typing import Protocol

from core.domain.kinds import Kind
from core.domain.rows import StoredRecord


class Rows(Protocol):
    """Rows by kind, in the order that is the same in every store. Every `Store` is one."""

    def scan(self, kind: Kind, *, after: str | None = None, batch: int = 500) -> AsyncIterator[StoredRecord]:
        """Every row of a kind behind a place (`core.domain.rows.place_of`), in bounded memory."""
        ...

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        ...
