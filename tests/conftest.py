"""What every test may ask for, and the rule that nothing is skipped in CI."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Final, TypeVar

import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.store import MongoStore
from adapters.sql import SqlStore
from ports.store import Store
from tests import servers
from tests.mongo import databases as mongo_databases
from tests.servers import MongoServer, PostgresServer
from tests.servers.stripe import StripeServer, stripe
from tests.sql.databases import copied_file, emptied, migrated_database, migrated_file, opened

# The contracts ship with the adapters: before anybody imports them, their asserts are declared tests.
pytest.register_assert_rewrite("adapters.memory.testing")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

IN_CI = os.environ.get("CI") == "true"

CRASH_POINTS: Final = "crash points"
"""The property of a test that tells a store's name, and at how many boundaries somebody was killed on it."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """This worker's PostgreSQL, started when the first test asks. Shared: make a database of your own."""
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoServer]:
    """This worker's MongoDB, started when the first test asks. Shared: use a database of your own."""
    with servers.mongod() as server:
        yield server


@pytest.fixture
def stripe_server() -> Iterator[StripeServer]:
    """A Stripe of this test's own, every answer of which was as Stripe describes its answers."""
    with stripe() as server:
        yield server
        assert [] == server.defects


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with the schema, to copy."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    await migrated_file(path)
    return path


@pytest.fixture(scope="session")
async def migrated_postgres(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A PostgreSQL database with the schema, to empty."""
    async with migrated_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
async def migrated_mongo(mongo_server: MongoServer) -> str:
    """A MongoDB database with the schema, to empty: its name."""
    name = mongo_databases.new_name()
    async with mongo_databases.opened(mongo_server, name) as store:
        await store.migrate()
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty store in a file."""
    return copied_file(sqlite_template, tmp_path)


@pytest.fixture
async def postgresql_url(migrated_postgres: str) -> str:
    """The address of an empty store in PostgreSQL."""
    await emptied(migrated_postgres)
    return migrated_postgres


@pytest.fixture
async def mongodb_url(mongo_server: MongoServer, migrated_mongo: str) -> str:
    """The address of an empty store in MongoDB."""
    async with mongo_databases.raw(mongo_server) as client:
        await mongo_databases.empty(client, migrated_mongo)
    return mongo_server.url(migrated_mongo)


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store, on each database in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def memory() -> Store:
    """An empty store in memory, with other tasks running before each call, as with a database."""
    return MemoryStore(yielding=True)


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[SqlStore]:
    """An empty store in a file."""
    async with opened(sqlite_url) as (store,):
        yield store


@pytest.fixture
async def postgres(postgresql_url: str) -> AsyncIterator[SqlStore]:
    """An empty store in PostgreSQL."""
    async with opened(postgresql_url) as (store,):
        yield store


@pytest.fixture
async def mongo(mongodb_url: str) -> AsyncIterator[MongoStore]:
    """An empty store in MongoDB."""
    store = MongoStore.open(mongodb_url)
    yield store
    await store.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report)


def _refuse_skip(report: Report) -> Report:
    """In CI a skip is a failure: a server that cannot start must not pass for a green run."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"

    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at how many step boundaries somebody was killed, by store; also what xdist's workers did."""
    points: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, told in getattr(report, "user_properties", ()):
            if name == CRASH_POINTS and report.when == "call":
                points[told[0]] += told[1]
    if points:
        by_store = ", ".join(f"{store} {count}" for store, count in sorted(points.items()))
        terminalreporter.write_line(f"{CRASH_POINTS}: {points.total()} ({by_store})", bold=True)
