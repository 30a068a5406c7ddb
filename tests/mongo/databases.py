"""Databases on the shared test server: migrated once, emptied for each test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from pymongo import AsyncMongoClient

from adapters.mongo.documents import COLLECTIONS, Document
from adapters.mongo.store import MongoStore
from tests.servers import MongoServer


def new_name() -> str:
    """A database that nobody else uses."""
    return f"test_{uuid4().hex}"


@asynccontextmanager
async def raw(server: MongoServer) -> AsyncIterator[AsyncMongoClient[Document]]:
    """The driver's own client, for what a store does not let through."""
    async with AsyncMongoClient[Document](
        server.url(), uuidRepresentation="standard", tz_aware=True
    ) as client:
        yield client


@asynccontextmanager
async def opened(server: MongoServer, name: str, **settings: Any) -> AsyncIterator[MongoStore]:
    """A store on a database of that name, as it is."""
    store = MongoStore.open(server.url(name), **settings)
    try:
        yield store
    finally:
        await store.close()


async def empty(client: AsyncMongoClient[Document], name: str) -> None:
    """Delete every record of a database; its schema stays."""
    for collection in COLLECTIONS.values():
        await client[name][collection].delete_many({})
