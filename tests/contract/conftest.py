"""Each of the four stores, empty and migrated."""

import pytest

from ports.store import Store


@pytest.fixture(params=["memory", "sqlite", "postgres", "mongo"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn."""
    store: Store = request.getfixturevalue(request.param)
    return store
