"""The schema: how it comes about, and how a wrong one is refused."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql import SqlStore, revising
from adapters.sql.schema import REVISIONS
from adapters.sql.tables import metadata
from core.domain.changes import Changes
from core.domain.ids import UserId
from ports.errors import SchemaOutdated
from ports.store import Kind
from tests.builders import make_payout, make_refund, make_sale, new_id

LEFT_BY_ALEMBIC = "alembic_version"


async def test_migrating_tells_what_was_applied_and_has_nothing_to_do_afterwards(
    bare_store: SqlStore,
) -> None:
    assert REVISIONS == await bare_store.migrate()
    assert () == await bare_store.migrate()
    await bare_store.check_schema()


async def test_a_store_without_tables_is_refused(bare_store: SqlStore) -> None:
    with pytest.raises(SchemaOutdated, match="has no tables yet: run `estuary store migrate`") as missing:
        await bare_store.check_schema()
    assert REVISIONS == missing.value.pending


async def test_reading_a_store_without_tables_is_refused(bare_store: SqlStore) -> None:
    with pytest.raises(SchemaOutdated, match="run `estuary store migrate`"):
        await bare_store.practitioner(UserId(new_id()))


async def test_a_schema_of_another_release_is_refused(bare_store: SqlStore) -> None:
    await bare_store.migrate()

    await bare_store.engine.alter(_at_revision, "9999_from_the_future")

    for act in (bare_store.check_schema, bare_store.migrate):
        with pytest.raises(SchemaOutdated, match=r"9999_from_the_future.*use a newer Estuary$") as newer:
            await act()
        assert () == newer.value.pending


async def test_the_revisions_lead_to_the_tables_that_the_code_knows_on_sqlite(
    sqlite: SqlStore,
) -> None:
    assert [] == await sqlite.engine.read(_differences)


async def test_the_revisions_lead_to_the_tables_that_the_code_knows_on_postgresql(
    postgresql_url: str,
) -> None:
    # The store's own connections leave JSON as text, which the comparison cannot read.
    engine = create_async_engine(postgresql_url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        assert [] == await connection.run_sync(_differences)
    await engine.dispose()


async def test_a_downgrade_leaves_nothing_and_an_upgrade_starts_anew(bare_store: SqlStore) -> None:
    await bare_store.migrate()

    assert tuple(reversed(REVISIONS)) == await bare_store.engine.alter(revising.downgrade)
    assert [LEFT_BY_ALEMBIC] == await bare_store.engine.read(_tables)
    await bare_store.migrate()

    assert sorted([*metadata.tables, LEFT_BY_ALEMBIC]) == await bare_store.engine.read(_tables)


async def test_rows_from_before_mean_what_they_meant(bare_store: SqlStore) -> None:
    await bare_store.migrate()
    sale = make_sale()
    paid, back = make_payout(sale.practitioner), make_refund(sale.order)
    await bare_store.commit(Changes(inserts=(*sale.rows, paid, back)))
    await bare_store.engine.alter(_down_to_the_first)
    await bare_store.migrate()

    assert [paid] == [row async for row in bare_store.scan(Kind.PAYOUT)]
    assert [back] == [row async for row in bare_store.scan(Kind.REFUND)]
    assert sale.practitioner == await bare_store.practitioner(sale.practitioner.id)


def _down_to_the_first(connection: Connection) -> None:
    revising.downgrade(connection, REVISIONS[0])


def _at_revision(connection: Connection, revision: str) -> None:
    connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _tables(connection: Connection) -> list[str]:
    return sorted(sa.inspect(connection).get_table_names())
