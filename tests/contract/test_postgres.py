"""The SQL store keeps the store's contract, and its budget of statements, on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence

import pytest

from adapters.memory.testing.budgets import StatementBudgets, Statements
from adapters.memory.testing.contract import StoreContract
from adapters.sql import SqlStore
from tests.servers import PostgresServer
from tests.sql.databases import emptied, migrated_database, opened
from tests.sql.statements import counted


@pytest.fixture(scope="module")
async def one_database(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database for all tests of this module."""
    async with migrated_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
async def two_stores(one_database: str) -> AsyncIterator[Sequence[SqlStore]]:
    """Two pools over it."""
    async with opened(one_database, one_database) as stores:
        yield stores


class TestPostgresStore(StoreContract, StatementBudgets):
    """On a real server, races through two pools."""

    @pytest.fixture
    async def stores(self, one_database: str, two_stores: Sequence[SqlStore]) -> Sequence[SqlStore]:
        """Two stores over one empty database."""
        await emptied(one_database)
        return two_stores

    @pytest.fixture
    def store(self, stores: Sequence[SqlStore]) -> SqlStore:
        """An empty store."""
        return stores[0]

    @pytest.fixture
    def statements(self) -> Statements:
        """What any store sends."""
        return counted
