"""The MongoDB store keeps the store's contract, and its budget of commands."""

from collections.abc import AsyncIterator, Sequence

import pytest
from attrs import frozen

from adapters.memory.testing.budgets import StatementBudgets, Statements
from adapters.memory.testing.contract import StoreContract
from adapters.mongo.store import MongoStore
from tests.mongo.commands import Commands
from tests.mongo.databases import empty, new_name, opened, raw
from tests.servers import MongoServer


@frozen
class Pools:
    """Two stores over one migrated database, each with connections of its own, as two processes have."""

    first: MongoStore
    second: MongoStore
    commands: Commands


@pytest.fixture(scope="module")
async def pools(mongo_server: MongoServer) -> AsyncIterator[Pools]:
    name, commands = new_name(), Commands()
    async with (
        opened(mongo_server, name, listeners=(commands,)) as first,
        opened(mongo_server, name) as second,
    ):
        await first.migrate()
        yield Pools(first, second, commands)


class TestMongoStore(StoreContract, StatementBudgets):
    """Against a replica set of one member."""

    @pytest.fixture
    async def store(self, mongo_server: MongoServer, pools: Pools) -> MongoStore:
        """An empty store."""
        async with raw(mongo_server) as client:
            await empty(client, pools.first.database)
        return pools.first

    @pytest.fixture
    def stores(self, store: MongoStore, pools: Pools) -> Sequence[MongoStore]:
        """Two pools."""
        return (store, pools.second)

    @pytest.fixture
    def statements(self, pools: Pools) -> Statements:
        """What the first store sends."""
        return pools.commands.counted
