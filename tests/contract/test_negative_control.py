"""The race tests can fail: the same race, run without the guard, sells the last seat many times.

Each backend is raced twice over the same stored session: once through what a careless store would do
(read the count, look, write the count back, over the driver's own connection) and once through the
store. Only the first may oversell.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest
from attrs import evolve, frozen

from adapters.memory.store import MemoryStore
from adapters.memory.testing.rivals import RIVALS, WON, last_seats, outcomes, seat_rival
from adapters.memory.testing.waiting import waiting_events
from core.domain.changes import Changes
from core.domain.errors import SessionFull
from core.domain.sessions import ServiceSession
from ports.store import Store
from tests.builders import make_event, make_lease
from tests.mongo.databases import new_name, raw
from tests.mongo.databases import opened as mongo_opened
from tests.servers import MongoServer, PostgresServer
from tests.sql.databases import migrated_database, opened

CONNECTIONS = 16
"""How many of the rivals a server talks to at once."""


WORKERS = 16


@frozen
class Count:
    """A session's participants, read and written with nothing that guards them."""

    read: Callable[[], Awaitable[int]]
    write: Callable[[int], Awaitable[None]]


Unguarded = Callable[[ServiceSession], AbstractAsyncContextManager[Count]]


@frozen
class Backend:
    """An empty store, and the way around its guard."""

    store: Store
    unguarded: Unguarded


async def careless_sales(count: Count, capacity: int) -> int:
    """How many of the rivals believe that they have bought a seat."""

    async def attempt() -> bool:
        taken = await count.read()
        if taken >= capacity:
            return False
        await asyncio.sleep(0)
        await count.write(taken + 1)
        return True

    return sum(await asyncio.gather(*(attempt() for _ in range(RIVALS))))


@pytest.fixture
def memory() -> Backend:
    store = MemoryStore(yielding=True)

    @asynccontextmanager
    async def unguarded(session: ServiceSession) -> AsyncIterator[Count]:
        sessions = store._tables.sessions

        async def read() -> int:
            found = await store.session(session.id)
            assert found is not None
            return found.current_participants

        async def write(count: int) -> None:
            row = sessions.rows[session.id.int]
            sessions.write(session.id.int, evolve(row, current_participants=count))

        yield Count(read, write)

    return Backend(store, unguarded)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Backend]:
    path = tmp_path / "store.db"

    @asynccontextmanager
    async def unguarded(_: ServiceSession) -> AsyncIterator[Count]:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:

            async def read() -> int:
                (row,) = connection.execute("SELECT current_participants FROM sessions").fetchall()
                return int(row[0])

            async def write(count: int) -> None:
                connection.execute("UPDATE sessions SET current_participants = ?", (count,))

            yield Count(read, write)

    async with opened(f"sqlite:///{path}") as (store,):
        await store.migrate()
        yield Backend(store, unguarded)


@pytest.fixture
async def postgres(postgres_server: PostgresServer) -> AsyncIterator[Backend]:
    async with migrated_database(postgres_server) as url, opened(url) as (store,):

        @asynccontextmanager
        async def unguarded(session: ServiceSession) -> AsyncIterator[Count]:
            async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:

                async def read() -> int:
                    query = "SELECT current_participants FROM sessions WHERE id = $1"
                    return int(await pool.fetchval(query, session.id))

                async def write(count: int) -> None:
                    statement = "UPDATE sessions SET current_participants = $1 WHERE id = $2"
                    await pool.execute(statement, count, session.id)

                yield Count(read, write)

        yield Backend(store, unguarded)


@pytest.fixture
async def mongo(mongo_server: MongoServer) -> AsyncIterator[Backend]:
    name = new_name()

    @asynccontextmanager
    async def unguarded(session: ServiceSession) -> AsyncIterator[Count]:
        async with raw(mongo_server) as client:
            sessions = client[name]["sessions"]

            async def read() -> int:
                found = await sessions.find_one({"_id": session.id})
                assert found is not None
                return int(found["current_participants"])

            async def write(count: int) -> None:
                await sessions.update_one(
                    {"_id": session.id}, [{"$set": {"current_participants": {"$toLong": count}}}]
                )

            yield Count(read, write)

    async with mongo_opened(mongo_server, name) as store:
        await store.migrate()
        yield Backend(store, unguarded)


@pytest.fixture(params=["memory", "sqlite", "postgres", "mongo"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn."""
    found: Backend = request.getfixturevalue(request.param)
    return found


async def test_without_the_guard_the_last_seat_is_sold_again_and_again(backend: Backend) -> None:
    _, session = await last_seats(backend.store, 1)

    async with backend.unguarded(session) as count:
        sold = await careless_sales(count, session.max_participants)

    assert sold > 1


async def test_with_the_guard_the_same_race_sells_it_once(backend: Backend) -> None:
    workshop, session = await last_seats(backend.store, 1)

    result = await outcomes([backend.store], [seat_rival(workshop, session) for _ in range(RIVALS)])

    assert Counter({WON: 1, SessionFull.__name__: RIVALS - 1}) == result


async def test_without_claims_every_worker_takes_the_same_events(backend: Backend) -> None:
    events = [make_event() for _ in range(10)]
    await backend.store.commit(Changes(events=tuple(events)))

    careless = await asyncio.gather(*(waiting_events(backend.store) for _ in range(WORKERS)))
    careful = await asyncio.gather(*(backend.store.claim_events(make_lease(), 10) for _ in range(WORKERS)))

    assert 10 * WORKERS == sum(len(share) for share in careless)
    assert 10 == sum(len(share) for share in careful)
