"""The stores that are measured, each durable: acknowledged commits survive a crash."""

import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
from attrs import field, frozen
from pymongo import AsyncMongoClient

from tests.servers import mongod, postgres

ASKED: Final = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@frozen(kw_only=True)
class Place:
    """A database server, or a directory for files. `url` names a database of its own by name."""

    store: str
    url: Callable[[str], str]
    home: Path
    facts: dict[str, str] = field(factory=dict)


@asynccontextmanager
async def _memory(home: Path) -> AsyncIterator[Place]:
    yield Place(store="memory", url=lambda _: "memory://", home=home, facts={"durable": "no"})


@asynccontextmanager
async def _sqlite(home: Path) -> AsyncIterator[Place]:
    facts = {"version": sqlite3.sqlite_version, "journal_mode": "wal", "synchronous": "full"}
    yield Place(store="sqlite", url=lambda name: f"sqlite:///{home / name}.db", home=home, facts=facts)


@asynccontextmanager
async def _postgresql(home: Path) -> AsyncIterator[Place]:
    with postgres(durable=True) as server:
        connection = await asyncpg.connect(server.dsn())
        try:
            for name in ("estuary", "raw"):
                await connection.execute(f"CREATE DATABASE {name}")
            facts = {
                name: str(await connection.fetchval(f"SHOW {name}")) for name in ("server_version", *ASKED)
            }
        finally:
            await connection.close()
        yield Place(store="postgresql", url=server.dsn, home=home, facts=facts)


@asynccontextmanager
async def _mongodb(home: Path) -> AsyncIterator[Place]:
    with mongod(enableTestCommands=0) as server:
        async with AsyncMongoClient[dict[str, object]](server.url()) as client:
            version = str((await client.server_info())["version"])
        facts = {"version": version, "write_concern": "majority, journaled", "members": "1"}
        yield Place(store="mongodb", url=server.url, home=home, facts=facts)


_OPENERS: Final[dict[str, Callable[[Path], AbstractAsyncContextManager[Place]]]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mongodb": _mongodb,
}

STORES: Final = tuple(_OPENERS)
DURABLE: Final = ("sqlite", "postgresql", "mongodb")


@asynccontextmanager
async def place(store: str) -> AsyncIterator[Place]:
    """A throwaway place for a store's databases; `estuary` and `raw` exist or come with their first use."""
    home = Path(tempfile.mkdtemp(prefix="estuary-bench-"))
    try:
        async with _OPENERS[store](home) as found:
            yield found
    finally:
        shutil.rmtree(home, ignore_errors=True)
