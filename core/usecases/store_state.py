"""What a store holds, in one number for each kind: equal where every row is equal, whatever the store."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from attrs import frozen

from core.domain.kinds import PARENTS_FIRST
from core.domain.rows import digest
from ports.store import Kind, Store

Progress = Callable[[Kind, int], None]
"""Is told, now and then, of which kind how many rows have been read."""

EVERY_ROWS = 1000
"""How often a progress is told."""


@frozen(kw_only=True)
class KindState:
    """How many rows of a kind there are, and the SHA-256 over their digests in the order of a scan."""

    rows: int
    hash: str


async def state_of(
    kind: Kind, *, store: Store, batch: int = 500, progress: Progress | None = None
) -> KindState:
    """The state of one kind, read row by row in bounded memory."""
    rows, total = 0, sha256()
    async for row in store.scan(kind, batch=batch):
        total.update(digest(row).encode())
        rows += 1
        if progress is not None and rows % EVERY_ROWS == 0:
            progress(kind, rows)
    return KindState(rows=rows, hash=total.hexdigest())


async def store_state(*, store: Store, progress: Progress | None = None) -> Mapping[Kind, KindState]:
    """The state of everything that a marketplace consists of: what runs keep about themselves is left out."""
    return {kind: await state_of(kind, store=store, progress=progress) for kind in PARENTS_FIRST}
