"""From SQLite and from PostgreSQL, into each store: the same rows everywhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.bootstrap import open_legacy_source
from adapters.memory.store import MemoryStore
from core.domain.changes import Changes
from core.domain.legacy.naming import new_id
from core.domain.legacy.rows import Table
from core.usecases.import_legacy import migrate_legacy
from core.usecases.import_legacy_rollback import Depended, roll_back_migration
from core.usecases.import_legacy_verifying import verify_migration
from core.usecases.store_state import store_state
from ports.store import Store
from tests.builders import make_order, make_practitioner, make_service
from tests.legacy.old_database import write_database, write_file
from tests.legacy.old_rows import OldRows
from tests.legacy.old_studio import old_studio
from tests.legacy.world import AT, deployment
from tests.servers import PostgresServer
from tests.sql.databases import database
from tests.sql.statements import counted


@pytest.fixture(scope="module")
def rows() -> OldRows:
    return old_studio(packages=3, bundles=2, direct=8, workshops=2, courses=1, broken=True)


@pytest.fixture(scope="module")
def old_file(rows: OldRows, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The old database in a file."""
    path: Path = tmp_path_factory.mktemp("old") / "legacy.db"
    return write_file(rows, path)


@pytest.fixture
async def old_server(rows: OldRows, postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The old database on a server."""
    async with database(postgres_server) as url:
        yield await write_database(rows, url)


@pytest.fixture(params=["sqlite", "postgres", "mongo"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    found: Store = request.getfixturevalue(request.param)
    return found


async def test_every_store_comes_to_the_same_and_back(store: Store, rows: OldRows, old_file: str) -> None:
    expected = deployment(MemoryStore())
    await migrate_legacy(rows, ports=expected, at=AT)
    ports = deployment(store)
    empty = await store_state(store=store)

    async with open_legacy_source(old_file) as source:
        done = await migrate_legacy(source, ports=ports, at=AT, batch=100)
        found = await verify_migration(source, ports=ports)
        again = await migrate_legacy(source, ports=ports)

    assert await store_state(store=expected.store) == await store_state(store=store)
    assert ((), ()) == (found.differences, found.violations)
    assert 0 == again.rows
    assert done.rows == (await roll_back_migration(None, ports=ports)).rows
    assert empty == await store_state(store=store)


async def test_both_databases_are_read_alike(rows: OldRows, old_file: str, old_server: str) -> None:
    states = []
    for url in (old_file, old_server):
        ports = deployment(MemoryStore())
        async with open_legacy_source(url) as source:
            await migrate_legacy(source, ports=ports, at=AT)
        states.append(await store_state(store=ports.store))

    first, second = states
    assert first == second


async def test_what_others_name_is_asked_for_once_however_many_they_are(sqlite: Store, rows: OldRows) -> None:
    ports = deployment(sqlite)
    await migrate_legacy(rows, ports=ports, at=AT)
    brought = make_service(id=new_id(Table.SERVICES, 1), practitioner_id=new_id(Table.USERS, 1))
    theirs, order = make_service(), make_order(brought)
    await sqlite.commit(Changes(inserts=(make_practitioner(id=theirs.practitioner_id), theirs, order)))
    asked = []
    for _ in range(2):
        await sqlite.commit(Changes(inserts=tuple(make_order(theirs) for _ in range(40))))
        with counted() as statements, pytest.raises(Depended) as refusal:
            await roll_back_migration(None, ports=ports)
        assert (f"service {brought.id} is named by order {order.id}",) == refusal.value.rows
        asked.append(len(statements))

    assert asked[0] == asked[1]
