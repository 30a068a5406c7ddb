"""A marketplace that has been lived in: a small studio's fortnight, and one row at least of every kind."""

from adapters.memory.store import MemoryStore
from adapters.memory.testing.builders import make_dispute
from adapters.memory.testing.examples import examples
from core.domain.changes import Changes
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.orders import Payment
from core.domain.statuses import DisputeStatus
from ports.store import Store
from tests.simulation.days import live
from tests.simulation.studio import Studio, studio_on

SEED = 20260302

RARE = (Kind.INBOX, Kind.CONTACT, Kind.DISPATCH, Kind.SUBSCRIPTION, Kind.IDEMPOTENCY)
"""What a simulated studio has none of."""


async def lived(store: Store | None = None) -> Studio:
    """A studio after a fortnight."""
    studio = studio_on(MemoryStore() if store is None else store, seed=SEED, customers=60)
    await live(studio, days=14, actions=45)
    made = examples()
    rare = [made[kind.value].first for kind in RARE]
    payment = next(iter([row async for row in studio.store.scan(Kind.PAYMENT)]))
    assert isinstance(payment, Payment)
    rare.append(make_dispute(payment, status=DisputeStatus.WITHDRAWN))
    await studio.store.commit(Changes(inserts=tuple(rare)))
    counts = {kind: await studio.store.count(kind) for kind in PARENTS_FIRST}
    assert [] == [kind for kind, count in counts.items() if not count]
    return studio
