"""Two weeks of a small studio on each real store: the books add up, and to the same figures as on memory."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from adapters.memory.store import MemoryStore
from ports.store import Store
from tests.mongo.databases import new_name
from tests.mongo.databases import opened as opened_mongo
from tests.servers import MongoServer, PostgresServer
from tests.simulation.days import live
from tests.simulation.studio import Studio, studio_on
from tests.simulation.test_ninety_days import SEED, missing
from tests.sql.databases import migrated_database
from tests.sql.databases import opened as opened_sql


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store on a server or file of its own."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        async with migrated_database(server) as url, opened_sql(url) as (on_postgres,):
            yield on_postgres
    elif request.param == "mongodb":
        mongo: MongoServer = request.getfixturevalue("mongo_server")
        async with opened_mongo(mongo, new_name()) as on_mongo:
            await on_mongo.migrate()
            yield on_mongo
    else:
        async with opened_sql(f"sqlite:///{tmp_path / 'studio.db'}") as (on_file,):
            await on_file.migrate()
            yield on_file


HAPPENED: Final[Mapping[str, int]] = {
    "buy a session: paid by": 10,
    "buy a package: paid by": 5,
    "buy a course: paid by": 2,
    "join a waitlist": 3,
    "give a package away": 2,
    "meet in the room": 1,
    "cancel a seat: in full": 3,
    "cancel an order: by its": 1,
    "give an order back: to": 2,
    "payout": 1,
    "dispute a payment: about": 1,
    "payout taken back": 1,
    "refund sent back": 1,
    "room event told twice": 1,
    "sweep: sessions_completed": 10,
    "sweep: expiry_warnings": 1,
    "sweep: packages_expired": 1,
}
"""How often things must have happened at least, by the start of their name."""


@pytest.mark.parametrize("seed", [SEED])
async def test_two_weeks_come_to_the_same_on_every_store(store: Store, seed: int) -> None:
    on_memory = await two_weeks(MemoryStore(), seed)

    studio = await two_weeks(store, seed)

    assert on_memory.happened == studio.happened
    assert {} == missing(HAPPENED, studio.happened)
    assert await on_memory.store.trial_balance() == list(await studio.store.trial_balance())


async def two_weeks(store: Store, seed: int) -> Studio:
    """A studio with sixty customers after fourteen days."""
    studio = studio_on(store, seed=seed, customers=60)
    await live(studio, days=14, actions=45)
    return studio
