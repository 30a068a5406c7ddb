"""A marketplace of each revision is brought to the newest, and back, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

from adapters.memory.testing.examples import examples
from adapters.memory.testing.sales import stock
from adapters.sql import SqlStore, revising
from adapters.sql.schema import REVISIONS
from ports.errors import SchemaOutdated
from ports.store import Kind
from tests.released.files import FROZEN, Rows, directly, fill, frozen_rows, kept, rows_of
from tests.released.reading import assert_books_are_clean, counted
from tests.servers import PostgresServer
from tests.sql.databases import database, opened

WRITTEN: Final = [name for name in REVISIONS if (FROZEN / f"{name}.json.gz").exists()]
"""The revisions that a marketplace was frozen at."""


@frozen
class Place:
    """A database, by a store and by itself."""

    store: SqlStore
    url: str

    async def upgrade(self, revision: str) -> None:
        """Bring the schema to that revision."""
        await self.store.engine.alter(revising.upgrade, self.store.engine.where, revision)

    async def downgrade(self, revision: str) -> tuple[str, ...]:
        """Take the schema back to that revision."""
        return tuple(await self.store.engine.alter(revising.downgrade, revision))

    async def rows(self) -> Rows:
        """Every row, as it is kept."""
        return await directly(self.url, rows_of)


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """A database without tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/store.db"
        async with opened(url) as (on_file,):
            yield Place(on_file, url)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    async with database(server) as url, opened(url) as (on_postgres,):
        yield Place(on_postgres, url)


def test_a_frozen_marketplace_has_a_row_of_every_table() -> None:
    for revision in WRITTEN:
        assert [] == [table for table, rows in frozen_rows(revision).items() if not rows]


@pytest.mark.parametrize("frozen", WRITTEN)
async def test_a_marketplace_goes_up_revision_by_revision_and_all_the_way_back(
    place: Place, frozen: str
) -> None:
    written = frozen_rows(frozen)
    await place.upgrade(frozen)
    await directly(place.url, fill, written)

    passed: dict[str, Rows] = {}
    for revision in REVISIONS[REVISIONS.index(frozen) :]:
        await place.upgrade(revision)
        passed[revision] = await place.rows()
        assert written == kept(written, passed[revision])

    await place.store.check_schema()
    rows = await counted(place.store)
    assert (len(written["orders"]), len(written["bookings"])) == (rows[Kind.ORDER], rows[Kind.BOOKING])
    await assert_books_are_clean(place.store)

    for revision in list(reversed(passed))[1:]:
        await place.downgrade(revision)
        assert passed[revision] == await place.rows()
    await place.downgrade("base")
    assert {} == await place.rows()


async def test_an_older_revision_is_refused_and_what_is_pending_is_named(place: Place) -> None:
    for number, revision in enumerate(REVISIONS[:-1]):
        await place.upgrade(revision)

        with pytest.raises(
            SchemaOutdated, match=rf"at revision {revision}, .*: run `estuary store migrate`$"
        ) as old:
            await place.store.check_schema()

        assert REVISIONS[number + 1 :] == old.value.pending
    assert REVISIONS[-1:] == await place.store.migrate()
    await place.store.check_schema()


async def test_what_this_release_writes_goes_back_revision_by_revision_and_up_again(place: Place) -> None:
    await place.store.migrate()
    for example in examples().values():
        await stock(place.store, *example.needs, example.first)
    written = await counted(place.store)

    for revision in reversed(REVISIONS[:-1]):
        newer = await place.rows()
        await place.downgrade(revision)
        older = await place.rows()
        assert older == kept(older, newer)
    await place.store.migrate()

    await place.store.check_schema()
    assert written.keys() == (await counted(place.store)).keys()
