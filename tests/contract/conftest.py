"""Each of the four stores, empty and migrated."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.store import MemoryStore
from ports.store import Store
from tests.mongo.databases import new_name
from tests.mongo.databases import opened as mongo_opened
from tests.servers import MongoServer, PostgresServer
from tests.sql.databases import migrated_database, opened


@pytest.fixture
def memory() -> Store:
    return MemoryStore(yielding=True)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(f"sqlite:///{tmp_path}/store.db") as (store,):
        await store.migrate()
        yield store


@pytest.fixture
async def postgres(postgres_server: PostgresServer) -> AsyncIterator[Store]:
    async with migrated_database(postgres_server) as url, opened(url) as (store,):
        yield store


@pytest.fixture
async def mongo(mongo_server: MongoServer) -> AsyncIterator[Store]:
    async with mongo_opened(mongo_server, new_name()) as store:
        await store.migrate()
        yield store


@pytest.fixture(params=["memory", "sqlite", "postgres", "mongo"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn."""
    store: Store = request.getfixturevalue(request.param)
    return store
