"""Stores to break, one of each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql import SqlStore
from tests.servers import PostgresServer
from tests.sql.databases import database, migrated_database, opened


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


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """An empty store on either."""
    found: SqlStore = request.getfixturevalue(request.param)
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
