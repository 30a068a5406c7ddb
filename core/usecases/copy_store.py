"""Copying one store into another."""

from core.domain.runs import RunKind
from core.usecases.bring_in import BATCH, Arrival, Target, bring_in
from core.usecases.comparing import Progress, in_silence
from ports.store import Store


async def copy_store(
    source: Store, *, label: str, target: Target, batch: int = BATCH, progress: Progress = in_silence
) -> Arrival:
    """Fill an empty store with everything that the source holds; see `bring_in`.

    Nothing may write to the source meanwhile. What does shows at the end: both are compared row by row.
    """
    return await bring_in(
        source, kind=RunKind.COPY, label=label, target=target, batch=batch, progress=progress
    )
