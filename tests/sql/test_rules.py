"""Rules that the databases keep by themselves, whoever writes."""

import asyncpg
import pytest
from attrs import evolve
from sqlalchemy import Connection, text

from adapters.sql import SqlStore, revising
from core.domain.changes import Changes
from core.domain.errors import SessionOverlap
from core.domain.ids import BookingId, SessionId
from core.domain.ledger import PAYMENT_GATEWAY, order_value
from core.domain.statuses import BookingStatus
from ports.errors import Inconsistent, PortError
from tests.builders import make_posting, make_purchase, make_sale, make_session, new_id
from tests.sql.databases import opened, run_on

ENTRY = """
    INSERT INTO journal_entries (id, chain, seq, previous_hash, hash, kind, currency, occurred_at)
    VALUES ('00000000-0000-7000-8000-00000000000a', 'order:1', 1, '', 'x', 'purchase', 'usd', now())
"""
POSTING = """
    INSERT INTO journal_postings (entry_id, position, id, account, type, amount_cents, currency, occurred_at)
    VALUES ('00000000-0000-7000-8000-00000000000a', 0, '00000000-0000-7000-8000-00000000000b',
            'payment_gateway', 'charge', 5, 'usd', now())
"""


async def test_an_entry_that_does_not_sum_to_zero_is_refused_by_postgresql_itself(
    postgresql_url: str,
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
        await run_on(postgresql_url, f"{ENTRY}; {POSTING}")


async def _stock_journal(store: SqlStore) -> None:
    sale = make_sale()
    value = make_posting(order_value(sale.order.id), 40_000)
    entry = make_purchase(sale.order, value, make_posting(PAYMENT_GATEWAY, -40_000))
    await store.commit(Changes(inserts=sale.rows, entries=(entry,)))


@pytest.mark.parametrize("table", ["journal_entries", "journal_postings"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET currency = 'eur'", "DELETE FROM {}"])
async def test_the_journal_only_grows(store: SqlStore, table: str, deed: str) -> None:
    await _stock_journal(store)

    def tamper(connection: Connection) -> None:
        connection.execute(text(deed.format(table)))

    with pytest.raises(PortError, match="the journal only grows"):
        await store.engine.write(tamper)


@pytest.mark.parametrize("revision", ["0001_first_tables", "0002_runs"])
async def test_the_journal_only_grows_after_a_downgrade_and_after_an_upgrade(
    bare_store: SqlStore, revision: str
) -> None:
    await bare_store.migrate()
    await _stock_journal(bare_store)
    await bare_store.engine.alter(revising.downgrade, "0001_first_tables")
    if revision != "0001_first_tables":
        await bare_store.migrate()

    def tamper(connection: Connection) -> None:
        connection.execute(text("DELETE FROM journal_postings"))

    with pytest.raises(PortError, match="the journal only grows"):
        await bare_store.engine.write(tamper)


async def test_who_owns_the_database_can_still_change_the_journal_to_prove_that_it_shows(
    own_url: str,
) -> None:
    async with opened(own_url) as (store,):
        await _stock_journal(store)

        await run_on(
            own_url,
            "ALTER TABLE journal_postings DISABLE TRIGGER journal_postings_only_grows",
            "UPDATE journal_postings SET amount_cents = amount_cents + 1 WHERE amount_cents > 0",
        )

        assert [-40_000] == [b.balance_cents for b in await store.account_balances(PAYMENT_GATEWAY)]
        assert [1] == [sum(b.balance_cents for b in await store.trial_balance())]


async def test_two_overlapping_sessions_are_refused_even_if_nobody_claims_the_time(
    postgres: SqlStore,
) -> None:
    sale = make_sale()
    await postgres.commit(Changes(inserts=sale.rows))
    rival = make_session(sale.service, start_time=sale.session.start_time)

    with pytest.raises(SessionOverlap) as refused:
        await postgres.commit(Changes(inserts=(rival,)))

    assert (rival.start_time, rival.end_time) == (refused.value.start_time, refused.value.end_time)
    assert await postgres.session(rival.id) is None


async def test_a_booking_in_no_session_is_refused(store: SqlStore) -> None:
    sale = make_sale()
    await store.commit(Changes(inserts=sale.rows))
    stray = evolve(
        sale.booking, id=BookingId(new_id()), session_id=SessionId(new_id()), status=BookingStatus.DRAFT
    )

    with pytest.raises(Inconsistent):
        await store.commit(Changes(inserts=(stray,)))


async def test_readers_of_sqlite_cannot_write(sqlite: SqlStore) -> None:
    def write(connection: Connection) -> None:
        connection.execute(text("DELETE FROM events"))

    with pytest.raises(PortError, match="readonly"):
        await sqlite.engine.read(write)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
async def test_sqlite_is_set_to_keep_what_it_acknowledges(
    sqlite: SqlStore, pragma: str, value: object
) -> None:
    def ask(connection: Connection) -> object:
        return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()

    assert value == await sqlite.engine.write(ask)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("transaction_isolation", "read committed"),
        ("lock_timeout", "3s"),
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ],
)
async def test_postgresql_does_not_wait_for_ever(postgres: SqlStore, setting: str, value: str) -> None:
    def ask(connection: Connection) -> object:
        return connection.exec_driver_sql(f"SHOW {setting}").scalar_one()

    assert value == await postgres.engine.write(ask)
