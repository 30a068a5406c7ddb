"""A marketplace that was lived in, once for all of these tests, and empty stores to take it to."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.clock import SystemClock, new_id
from core.usecases.bring_in import Target
from ports.store import Store
from tests.bulk.lived import lived
from tests.mongo.databases import new_name
from tests.mongo.databases import opened as mongo_opened
from tests.servers import MongoServer, PostgresServer
from tests.simulation.studio import Studio
from tests.sql.databases import copied_file, migrated_database, migrated_file, opened


@pytest.fixture(scope="session")
async def studio() -> Studio:
    """A studio after a week, on memory. Read it only."""
    return await lived()


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with the schema."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    await migrated_file(path)
    return path


@pytest.fixture
async def sqlite(template: Path, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(copied_file(template, tmp_path)) as (store,):
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


@pytest.fixture
def each_store(sqlite: Store, postgres: Store, mongo: Store) -> Sequence[Store]:
    """SQLite, PostgreSQL, MongoDB."""
    return (sqlite, postgres, mongo)


def filling(store: Store) -> Target:
    """A store as something to fill."""
    return Target(store=store, clock=SystemClock(), ids=new_id)
