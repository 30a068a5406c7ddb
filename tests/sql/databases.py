"""Databases of one's own for tests, made by copying one that was migrated once."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg

from adapters.sql import SqlStore
from adapters.sql.tables import metadata
from tests.servers import PostgresServer

_numbers = count(1)


async def migrated_file(path: Path) -> None:
    """Make an empty, migrated SQLite file."""
    store = await SqlStore.open(f"sqlite:///{path}")
    await store.migrate()
    await store.close()


def copied_file(template: Path, directory: Path) -> str:
    """The URL of a fresh copy of a migrated file."""
    path = directory / f"store-{next(_numbers)}.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


async def run_on(url: str, *statements: str) -> None:
    """Run statements as the superuser, each for itself."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def database(server: PostgresServer) -> AsyncIterator[str]:
    """The address of an empty database without tables."""
    name = f"test_{next(_numbers)}"
    await run_on(server.dsn(), f"CREATE DATABASE {name}")
    try:
        yield server.dsn(name)
    finally:
        await run_on(server.dsn(), f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def migrated_database(server: PostgresServer) -> AsyncIterator[str]:
    """The address of an empty database with our tables."""
    async with database(server) as url:
        async with opened(url) as (store,):
            await store.migrate()
        yield url


@asynccontextmanager
async def opened(
    *urls: str, pool_size: int = 8, max_overflow: int = 0
) -> AsyncIterator[tuple[SqlStore, ...]]:
    """Stores at these addresses, closed at the end."""
    stores = [await SqlStore.open(url, pool_size=pool_size, max_overflow=max_overflow) for url in urls]
    try:
        yield tuple(stores)
    finally:
        for store in stores:
            await store.close()


async def emptied(url: str) -> None:
    """Delete every row of a database, journal included."""
    # As a replica the server fires no triggers: not the one either that protects the journal.
    await run_on(url, "SET session_replication_role = replica", f"TRUNCATE {', '.join(metadata.tables)}")
