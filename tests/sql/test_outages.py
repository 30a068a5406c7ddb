"""What a store says when its database is not there, is slow, or breaks off."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Connection, text

from adapters.memory.testing.waiting import waiting_events
from adapters.sql import SqlStore
from core.domain.changes import Changes
from ports.errors import CommitUnknown, ConcurrencyConflict, PortError, Unavailable
from ports.store import Kind
from tests.builders import make_event, make_practitioner
from tests.servers import PostgresServer
from tests.sql.databases import opened, run_on

SECRET = "hunter2"


def _line_without_secrets(error: PortError) -> str:
    assert "\n" not in error.detail
    assert SECRET not in error.detail
    return error.detail


async def test_a_server_that_is_not_there_is_named() -> None:
    async with opened(f"postgresql://app:{SECRET}@127.0.0.1:1/shop") as (store,):
        with pytest.raises(Unavailable) as refused:
            await store.ping()

    assert "PostgreSQL 127.0.0.1:1/shop is not available" in _line_without_secrets(refused.value)


async def test_a_database_that_is_not_there_is_named(postgres_server: PostgresServer) -> None:
    url = f"postgresql://app:{SECRET}@127.0.0.1:{postgres_server.port}/nowhere"
    async with opened(url) as (store,):
        with pytest.raises(Unavailable) as refused:
            await store.check_schema()

    assert 'database "nowhere" does not exist' in _line_without_secrets(refused.value)


async def test_a_wrong_password_is_not_repeated(postgres_server: PostgresServer) -> None:
    await run_on(postgres_server.dsn(), "CREATE ROLE guest LOGIN PASSWORD 'right'")
    rules = postgres_server.data / "pg_hba.conf"
    trusting = rules.read_text()
    try:
        rules.write_text(f"host all guest 127.0.0.1/32 scram-sha-256\n{trusting}")
        await run_on(postgres_server.dsn(), "SELECT pg_reload_conf()")
        async with opened(f"postgresql://guest:{SECRET}@127.0.0.1:{postgres_server.port}/postgres") as (
            store,
        ):
            with pytest.raises(Unavailable) as refused:
                await store.ping()
    finally:
        rules.write_text(trusting)
        await run_on(postgres_server.dsn(), "SELECT pg_reload_conf()", "DROP ROLE guest")

    assert 'password authentication failed for user "guest"' in _line_without_secrets(refused.value)


async def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/nowhere/store.db") as (store,):
        with pytest.raises(Unavailable) as refused:
            await store.migrate()

    assert "unable to open database file" in _line_without_secrets(refused.value)
    assert "nowhere/store.db" in refused.value.detail


async def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("Dear diary, " * 100)
    async with opened(f"sqlite:///{tmp_path}/store.db") as (store,):
        with pytest.raises(Unavailable, match="file is not a database"):
            await store.check_schema()


@pytest.mark.parametrize("url", ["mysql://u:p@h/d", "sqlite://", "sqlite:///:memory:", "no url at all"])
async def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="store"):
        await SqlStore.open(url)


async def test_a_file_that_another_process_keeps_locked_is_unavailable(file_url: str) -> None:
    store = await SqlStore.open(file_url, sqlite_busy_timeout_seconds=0.01)
    await store.migrate()
    other = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Unavailable, match="database is locked"):
            await store.commit(Changes(events=(make_event(),)))

        other.execute("ROLLBACK")
        await store.commit(Changes(events=(make_event(),)))
    finally:
        other.close()
        await store.close()


@asynccontextmanager
async def _locked_practitioners(url: str) -> AsyncIterator[None]:
    """Somebody holds all practitioners' rows in the meantime."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT * FROM practitioners FOR UPDATE")
            yield
    finally:
        await connection.close()


async def test_a_row_that_stays_locked_makes_the_store_unavailable(postgresql_url: str) -> None:
    store = await SqlStore.open(postgresql_url, lock_timeout_seconds=0.02)
    seller = make_practitioner()
    await store.commit(Changes(inserts=(seller,)))

    def touch(connection: Connection) -> None:
        connection.execute(text("UPDATE practitioners SET version = version"))

    async with _locked_practitioners(postgresql_url):
        with pytest.raises(Unavailable, match="lock timeout"):
            await store.engine.write(touch)
    await store.engine.write(touch)
    await store.close()


async def test_a_statement_that_takes_too_long_is_broken_off(postgresql_url: str) -> None:
    store = await SqlStore.open(postgresql_url, statement_timeout_seconds=0.05)

    def dawdle(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(Unavailable, match="statement timeout"):
        await store.engine.read(dawdle)
    await store.close()


async def test_connections_that_died_in_the_pool_are_replaced_unnoticed(postgresql_url: str) -> None:
    async with opened(postgresql_url) as (store,):
        await asyncio.gather(*[store.ping() for _ in range(8)])

        await run_on(
            postgresql_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'estuary'",
        )

        await store.ping()
        await store.commit(Changes(events=(make_event(),)))
        assert 1 == len(await waiting_events(store))


async def test_a_full_pool_is_unavailable_after_a_while(postgresql_url: str) -> None:
    store = await SqlStore.open(postgresql_url, pool_size=1, max_overflow=0, pool_timeout_seconds=0.05)

    def dawdle(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(1)"))

    first, second = await asyncio.gather(
        store.engine.read(dawdle), store.engine.read(dawdle), return_exceptions=True
    )

    assert first is None
    assert isinstance(second, Unavailable)
    assert "every connection is in use" in second.detail
    await store.close()


AT_COMMIT = """
    CREATE FUNCTION misbehave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER misbehave AFTER INSERT ON events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION misbehave()
"""


async def test_a_connection_lost_while_committing_leaves_the_outcome_unknown(own_url: str) -> None:
    await run_on(own_url, AT_COMMIT.format("PERFORM pg_terminate_backend(pg_backend_pid());"))
    async with opened(own_url) as (store,):
        with pytest.raises(CommitUnknown, match="was lost while committing"):
            await store.commit(Changes(events=(make_event(),)))

        assert [] == await waiting_events(store)


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
async def test_a_commit_that_loses_against_another_is_tried_again(own_url: str, state: str) -> None:
    await run_on(
        own_url,
        "CREATE SEQUENCE attempts",
        AT_COMMIT.format(
            f"IF nextval('attempts') < 5 THEN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END IF;"
        ),
    )
    async with opened(own_url) as (store,):
        await store.commit(Changes(events=(make_event(),)))

        assert 1 == len(await waiting_events(store))


async def test_a_commit_that_always_loses_is_a_conflict_in_the_end(own_url: str) -> None:
    await run_on(own_url, AT_COMMIT.format("RAISE EXCEPTION 'no' USING ERRCODE = '40001';"))
    async with opened(own_url) as (store,):
        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(events=(make_event(),)))


async def test_a_commit_that_is_broken_off_leaves_no_lock_behind(postgres: SqlStore) -> None:
    seller = make_practitioner()
    await postgres.commit(Changes(inserts=(seller,)))

    def dawdle(connection: Connection) -> None:
        connection.execute(text("UPDATE practitioners SET display_name = 'nobody'"))
        connection.execute(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(postgres.engine.write(dawdle))
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [seller] == [row async for row in postgres.scan(Kind.PRACTITIONER)]
    await postgres.engine.write(_touch)


def _touch(connection: Connection) -> None:
    connection.execute(text("UPDATE practitioners SET version = version"))
