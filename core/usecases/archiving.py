"""Writing everything that a store holds to an archive, and bringing an archive into an empty store."""

from hashlib import sha256

from attrs import frozen

from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import SHAPE, digest
from core.domain.runs import RunKind
from core.usecases.bring_in import BATCH, Arrival, Target, bring_in
from core.usecases.comparing import Progress, in_silence
from core.usecases.store_state import EVERY_ROWS, state_of
from ports.archives import USERS_OWN, Archive, ArchiveWriter, Damaged, Manifest
from ports.clock import Clock
from ports.store import Store


@frozen(kw_only=True)
class Exported:
    """What was written. `changed` are the kinds that changed while they were read: the archive then holds
    rows of different moments, which may not fit together.
    """

    manifest: Manifest
    changed: tuple[Kind, ...]


async def export_store(
    store: Store, writer: ArchiveWriter, *, clock: Clock, batch: int = BATCH, progress: Progress = in_silence
) -> Exported:
    """Write every row, then read the store again to tell whether it kept still."""
    total = sum([await store.count(kind) for kind in PARENTS_FIRST])
    rows: dict[Kind, int] = {}
    hashes: dict[Kind, str] = {}
    for kind in PARENTS_FIRST:
        rows[kind], sum_of_kind = 0, sha256()
        async for row in store.scan(kind, batch=batch):
            writer.add(row)
            sum_of_kind.update(digest(row).encode())
            rows[kind] += 1
            if rows[kind] % EVERY_ROWS == 0:
                progress(f"writing {kind}", sum(rows.values()), total)
        hashes[kind] = sum_of_kind.hexdigest()
    manifest = Manifest(shape=SHAPE, created_at=clock.now(), rows=rows, hashes=hashes)
    writer.finish(manifest)
    now = {kind: await state_of(kind, store=store, batch=batch) for kind in PARENTS_FIRST}
    changed = tuple(kind for kind in PARENTS_FIRST if now[kind].hash != hashes[kind])
    return Exported(manifest=manifest, changed=changed)


async def import_archive(
    archive: Archive, *, target: Target, batch: int = BATCH, progress: Progress = in_silence
) -> Arrival:
    """Prove the whole archive, and fill an empty store with it; see `bring_in`.

    Raises Damaged before anything is written, also for an archive of another release's rows.
    """
    if archive.manifest.shape.startswith(USERS_OWN):
        raise Damaged("the archive holds what is known of one user: it is no whole store")
    if archive.manifest.shape != SHAPE:
        raise Damaged("the archive was written by a release whose rows are others: import it there, and copy")
    total, done = sum(archive.manifest.rows.values()), 0
    for kind in PARENTS_FIRST:
        async for _ in archive.scan(kind):
            done += 1
            if done % EVERY_ROWS == 0:
                progress("proving the archive", done, total)
    return await bring_in(
        archive, kind=RunKind.IMPORT, label=archive.label, target=target, batch=batch, progress=progress
    )
