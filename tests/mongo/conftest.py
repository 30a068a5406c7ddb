"""A migrated database of the test's own module, and the driver's client beside the store."""

from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from adapters.mongo.documents import Document
from adapters.mongo.store import MongoStore
from tests.mongo.commands import Commands
from tests.mongo.databases import empty, new_name, opened, raw
from tests.servers import MongoServer


@pytest.fixture(scope="module")
def commands() -> Commands:
    """What this module's store sends."""
    return Commands()


@pytest.fixture(scope="module")
async def client(mongo_server: MongoServer) -> AsyncIterator[AsyncMongoClient[Document]]:
    """The driver's own client, for what a store does not let through."""
    async with raw(mongo_server) as client:
        yield client


@pytest.fixture(scope="module")
async def migrated(mongo_server: MongoServer, commands: Commands) -> AsyncIterator[MongoStore]:
    """This module's store, gives up after a second and a half."""
    name = new_name()
    async with opened(mongo_server, name, listeners=(commands,)) as store:
        await store.migrate()
    settings = {"connect_seconds": 1.0, "read_seconds": 1.5, "commit_seconds": 1.5}
    async with opened(mongo_server, name, listeners=(commands,), **settings) as store:
        yield store


@pytest.fixture
async def store(migrated: MongoStore, client: AsyncMongoClient[Document]) -> MongoStore:
    """The same store, empty."""
    await empty(client, migrated.database)
    return migrated
