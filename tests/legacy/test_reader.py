"""The reader gives what is in the old database, whatever its columns are, and leaves it as it is."""

import re
import sqlite3
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from attrs import evolve

from adapters.legacy.source import SqlLegacySource
from core.domain.legacy.rows import Stray, Table
from ports.errors import PortError, Unavailable
from ports.legacy_source import Unreadable
from tests.legacy.old_database import ALL_TEXT, TEXT, TYPED, write_database, write_file
from tests.legacy.old_rows import OldRows
from tests.legacy.old_studio import old_studio
from tests.servers import PostgresServer
from tests.sql.databases import database, run_on
from tests.sql.statements import counted

STREAMS: Final = ("users", "payees", "offers", "meetings", "customers")
"""Those that can go on after an id."""

PLACES: Final = ("file", "text file", "server", "text server", "naive server")


@pytest.fixture(scope="module")
def rows() -> OldRows:
    """A studio with what real data has."""
    return old_studio(seed=3, broken=True)


@pytest.fixture(scope="module", params=PLACES)
async def url(
    request: pytest.FixtureRequest, rows: OldRows, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of a database with these rows, in each kind of columns."""
    if "file" in request.param:
        path = tmp_path_factory.mktemp("old") / "old.db"
        yield write_file(rows, path, ALL_TEXT if request.param == "text file" else TEXT)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    kinds = {"server": TYPED, "text server": ALL_TEXT, "naive server": {**TYPED, datetime: "TIMESTAMP"}}
    async with database(server) as address:
        json = "JSONB" if request.param == "server" else "TEXT"
        await write_database(rows, address, kinds[request.param], json=json)
        yield address


@pytest.fixture
async def source(url: str) -> AsyncIterator[SqlLegacySource]:
    """A reader of it."""
    found = await SqlLegacySource.open(url)
    yield found
    await found.close()


async def all_of(stream: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in stream]


def files_in(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


async def test_everything_is_read_as_it_is(source: SqlLegacySource, rows: OldRows) -> None:
    assert await rows.counts() == await source.counts()
    assert await rows.totals() == await source.totals()
    assert list(await rows.service_types()) == list(await source.service_types())
    assert rows.busy() == await all_of(source.appointments())
    assert [] == await all_of(source.strays())
    for name in STREAMS:
        expected = await all_of(getattr(rows, name)())
        assert 2 < len(expected)
        assert expected == await all_of(getattr(source, name)()), name


async def test_each_stream_goes_on_after_an_id(source: SqlLegacySource, rows: OldRows) -> None:
    for name in STREAMS:
        expected = await all_of(getattr(rows, name)(after=2))
        assert expected == await all_of(getattr(source, name)(after=2)), name


async def test_streams_can_be_interleaved_and_left(source: SqlLegacySource, rows: OldRows) -> None:
    async with aclosing(source.customers()) as customers:
        first = await anext(customers)
        assert first == rows.customer(rows.people[0])
        assert await rows.counts() == await source.counts()
        assert rows.customer(rows.people[1]) == await anext(customers)

    assert list(rows.people) == await all_of(source.users())


@pytest.mark.parametrize("statement", ["DELETE FROM users_user", "CREATE TABLE mine (id INTEGER)"])
async def test_the_reader_cannot_write(source: SqlLegacySource, statement: str) -> None:
    snapshot: Any = source._snapshot

    with pytest.raises(PortError, match=r"read-?only"):
        await snapshot.rows(sa.text(statement))


async def test_a_file_is_byte_for_byte_what_it_was(rows: OldRows, tmp_path: Path) -> None:
    url = write_file(rows, tmp_path / "old.db")
    before = (tmp_path / "old.db").read_bytes()
    (tmp_path / "old.db").chmod(0o444)

    source = await SqlLegacySource.open(url)
    for name in STREAMS:
        await all_of(getattr(source, name)())
    await source.anomalies()
    await source.close()

    assert before == (tmp_path / "old.db").read_bytes()
    assert ["old.db"] == files_in(tmp_path)


@pytest.mark.parametrize("kind", ["file", "server"])
async def test_nothing_is_seen_of_what_others_write_meanwhile(
    request: pytest.FixtureRequest, kind: str, rows: OldRows, tmp_path: Path
) -> None:
    gone = "DELETE FROM rooms_roomparticipant"
    if kind == "file":
        url = write_file(rows, tmp_path / "old.db")
        with closing(sqlite3.connect(tmp_path / "old.db")) as other:
            other.execute("PRAGMA journal_mode = WAL")
            assert await rows.counts() == await _counts_around(url, lambda: _committed(other, gone))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    async with database(server) as url:
        await write_database(rows, url, TYPED)
        assert await rows.counts() == await _counts_around(url, lambda: run_on(url, gone))


async def _counts_around(url: str, act: Callable[[], Awaitable[None]]) -> Mapping[Table, int]:
    """What a reader counts that looked once before something was written."""
    source = await SqlLegacySource.open(url)
    await source.service_types()
    await act()
    counts = await source.counts()
    await source.close()
    return counts


async def _committed(connection: sqlite3.Connection, statement: str) -> None:
    with connection:
        connection.execute(statement)


async def test_statements_do_not_grow_with_the_rows(tmp_path: Path) -> None:
    sent = []
    for number, direct in enumerate((20, 400)):
        rows = old_studio(direct=direct, packages=direct // 4, seed=5)
        source = await SqlLegacySource.open(write_file(rows, tmp_path / f"{number}.db"))
        with counted() as statements:
            for name in STREAMS:
                await all_of(getattr(source, name)())
            await source.anomalies()
        await source.close()
        sent.append(len(statements))

    # One statement for each stream, and a few for each few hundred services or thousand rows of customers.
    assert sent[1] <= sent[0] + 12


async def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small enough to be full with the fewer rows as well: then only what grows with them could grow.
    monkeypatch.setattr("adapters.legacy.customers.GROUPED", 100)
    monkeypatch.setattr("adapters.legacy.snapshot.BATCH", 20)
    peaks = []
    for number, clients in enumerate((200, 1000)):
        rows = old_studio(clients=clients, direct=clients * 2, packages=clients // 4, bundles=0, seed=5)
        source = await SqlLegacySource.open(write_file(rows, tmp_path / f"{number}.db"))
        await all_of(source.users())
        tracemalloc.start()
        async for _ in source.customers():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        await source.close()

    # All five times the rows at once would be several times the memory.
    assert peaks[1] < 2 * peaks[0], peaks


@pytest.mark.parametrize("named", ["Infinity", "NaN", str(10**40), "-1", "true", "null", '"x"', "[]"])
async def test_a_bundle_that_names_nonsense_is_read_without_parts(
    rows: OldRows, tmp_path: Path, named: str
) -> None:
    first = evolve(rows.services[0], id=9001, metadata=f'{{"bundled_service_id": {named}}}')
    source = await SqlLegacySource.open(
        write_file(evolve(rows, services=[*rows.services, first]), tmp_path / "old.db")
    )

    (found,) = await all_of(source.offers(after=9000))

    await source.close()
    assert (first, ()) == (found.service, found.parts)


async def test_rows_whose_owner_is_missing_are_told(rows: OldRows, tmp_path: Path) -> None:
    nobody = 9999
    broken = evolve(
        rows,
        orders=[*rows.orders, evolve(rows.orders[0], id=9001, user_id=nobody)],
        bookings=[*rows.bookings, evolve(rows.bookings[0], id=9002, user_id=nobody)],
        earned=[
            *rows.earned,
            evolve(rows.earned[0], id=9003, booking_id=nobody),
            evolve(rows.earned[0], id=9004, booking_id=9002),
        ],
        payouts=[*rows.payouts, evolve(rows.payouts[0], id=9005, practitioner_id=nobody)],
        transactions=[*rows.transactions, evolve(rows.transactions[0], id=9006, user_id=nobody)],
        relationships=[*rows.relationships, evolve(rows.relationships[0], id=9007, parent_service_id=nobody)],
    )
    source = await SqlLegacySource.open(write_file(broken, tmp_path / "old.db"))

    found = await all_of(source.strays())

    await source.close()
    assert [
        Stray(table=Table.RELATIONSHIPS, id=9007, names="parent_service_id 9999"),
        Stray(table=Table.ORDERS, id=9001, names="user_id 9999"),
        Stray(table=Table.BOOKINGS, id=9002, names="user_id 9999"),
        Stray(table=Table.TRANSACTIONS, id=9006, names="user_id 9999"),
        Stray(table=Table.PAYOUTS, id=9005, names="practitioner_id 9999"),
        Stray(table=Table.EARNINGS, id=9003, names="booking_id 9999"),
        Stray(table=Table.EARNINGS, id=9004, names="user_id 9999 of booking 9002"),
    ] == found


async def test_what_was_never_used_may_be_missing(rows: OldRows, tmp_path: Path) -> None:
    url = write_file(evolve(rows, presences=[], relationships=[]), tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:
        file.execute("DROP TABLE rooms_roomparticipant")
        file.execute("DROP TABLE services_servicerelationship")
        file.execute("ALTER TABLE bookings_booking DROP COLUMN expires_at")
        file.execute("ALTER TABLE services_service DROP COLUMN description")
    without = evolve(
        rows,
        presences=[],
        relationships=[],
        bookings=[evolve(booking, expires_at=None) for booking in rows.bookings],
        services=[evolve(service, description=None) for service in rows.services],
    )
    source = await SqlLegacySource.open(url)

    for name in STREAMS:
        assert await all_of(getattr(without, name)()) == await all_of(getattr(source, name)()), name
    assert {**await rows.counts(), Table.PRESENCES: 0, Table.RELATIONSHIPS: 0} == await source.counts()
    await source.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE payments_order", "has no table payments_order: is it the old database?"),
        (
            "ALTER TABLE bookings_booking RENAME COLUMN status TO state",
            "bookings_booking has no column status: is it the old database?",
        ),
    ],
)
async def test_another_schema_is_refused_by_name(
    rows: OldRows, tmp_path: Path, change: str, told: str
) -> None:
    url = write_file(rows, tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:
        file.execute(change)

    with pytest.raises(Unreadable, match=re.escape(told)):
        await SqlLegacySource.open(url)


async def test_a_value_that_cannot_be_read_is_told_with_its_row(rows: OldRows, tmp_path: Path) -> None:
    url = write_file(rows, tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as file, file:
        file.execute("UPDATE bookings_booking SET created_at = 'soon' WHERE id = 7")
    source = await SqlLegacySource.open(url)

    with pytest.raises(Unreadable, match=r"^bookings_booking, id 7, created_at: 'soon' is not a time$"):
        await all_of(source.customers())
    await source.close()


async def test_a_value_that_a_server_cannot_read_is_told(
    rows: OldRows, postgres_server: PostgresServer
) -> None:
    async with database(postgres_server) as url:
        await write_database(rows, url, ALL_TEXT)
        await run_on(url, "UPDATE services_servicesession SET start_time = 'soon' WHERE id = 1")
        source = await SqlLegacySource.open(url)

        with pytest.raises(Unreadable, match=r'cannot be read: .*"soon"'):
            await source.anomalies()
        await source.close()


async def test_a_database_that_is_not_there_is_told_without_secrets(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/none.db", "postgresql://me:hunter2@127.0.0.1:1/old"):
        with pytest.raises(Unavailable, match="is not available") as refusal:
            await SqlLegacySource.open(url)
        assert "hunter2" not in str(refusal.value)

    (tmp_path / "text.db").write_text("not a database, whatever its name says. " * 100)
    with pytest.raises(Unreadable, match="file is not a database"):
        await SqlLegacySource.open(f"sqlite:///{tmp_path}/text.db")


async def test_a_source_is_named_without_user_and_password(url: str) -> None:
    source = await SqlLegacySource.open(url)
    assert url.partition("@")[2] in source.name
    assert "@" not in source.name
    await source.close()


@pytest.mark.parametrize("url", ["old.db", "mysql://h/db", "sqlite://", "sqlite:///:memory:"])
async def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"the URL cannot be read|must be sqlite:///FILE or postgresql://"):
        await SqlLegacySource.open(url)
