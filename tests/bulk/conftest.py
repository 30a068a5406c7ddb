"""A marketplace that was lived in, once for all of these tests, and empty stores to take it to."""

from collections.abc import Sequence

import pytest

from adapters.clock import new_id
from adapters.memory.clock import FixedClock
from adapters.memory.testing.ids import NOW
from core.usecases.bring_in import Target
from ports.store import Store
from tests.bulk.lived import lived
from tests.simulation.studio import Studio


@pytest.fixture(scope="session")
async def studio() -> Studio:
    """A studio after a week, on memory. Read it only."""
    return await lived()


@pytest.fixture
def each_store(sqlite: Store, postgres: Store, mongo: Store) -> Sequence[Store]:
    """SQLite, PostgreSQL, MongoDB."""
    return (sqlite, postgres, mongo)


def filling(store: Store) -> Target:
    """A store as something to fill. Nobody waits."""
    return Target(store=store, clock=FixedClock(NOW), ids=new_id)
