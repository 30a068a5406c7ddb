"""A migrated database of the test's own module, and the driver's client beside the store."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from adapters.mongo.documents import Document
from adapters.mongo.store import MongoStore
from tests.mongo.commands import Commands
from tests.mongo.databases import empty, new_name, opened, raw
from tests.servers import MongoServer

HERE = Path(__file__).parent

# The driver forgets the socket of a server that goes away while it connects. Only here do servers go away.
FORGETFUL_DRIVER = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(FORGETFUL_DRIVER)


@pytest.fixture(scope="module", autouse=True)
def sockets_are_found_here() -> Iterator[None]:
    """What a module forgot is collected before the next one's tests, which would be blamed for it."""
    yield
    gc.collect()


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
