"""Stores to break, one of each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql import SqlStore
from tests.servers import PostgresServer
from tests.sql.databases import database, emptied, migrated_database, opened


@pytest.fixture(scope="package")
async def shared_database(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A migrated database that tests share; see `postgres_url`."""
    async with migrated_database(postgres_server) as url:
        yield url


@pytest.fixture
async def postgres_url(shared_database: str) -> str:
    """The address of a migrated database without rows. Leave its schema as it is."""
    await emptied(shared_database)
    return shared_database


@pytest.fixture
async def bare_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The address of a database without tables."""
    async with database(postgres_server) as url:
        yield url


@pytest.fixture
async def own_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The address of a migrated database of the test's own."""
    async with migrated_database(postgres_server) as url:
        yield url


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def postgres_store(postgres_url: str) -> AsyncIterator[SqlStore]:
    """An empty store on PostgreSQL."""
    async with opened(postgres_url) as (store,):
        yield store


@pytest.fixture
async def sqlite_store(file_url: str) -> AsyncIterator[SqlStore]:
    """An empty store on SQLite."""
    async with opened(file_url) as (store,):
        await store.migrate()
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """An empty store on either."""
    name = "sqlite_store" if request.param == "sqlite" else "postgres_store"
    found: SqlStore = request.getfixturevalue(name)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def any_bare_url(request: pytest.FixtureRequest) -> str:
    """The address of either without tables."""
    url: str = request.getfixturevalue("file_url" if request.param == "sqlite" else "bare_url")
    return url


@pytest.fixture
async def bare_store(any_bare_url: str) -> AsyncIterator[SqlStore]:
    """A store without tables on either."""
    async with opened(any_bare_url) as (store,):
        yield store
