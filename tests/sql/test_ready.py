"""Statements that go to the driver as they are: the same text each time, the driver's own values."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from adapters.sql.ready import ready
from adapters.sql.tables import events
from adapters.sql.types import milliseconds
from core.domain.events import EventType
from tests.builders import NOW, new_id

INSERT = sa.insert(events)
SUBJECT = new_id()
EVENT = {
    "id": SUBJECT,
    "type": next(iter(EventType)),
    "subject_id": SUBJECT,
    "payload": {"cents": 1},
    "occurred_at": NOW,
    "published_at": None,
    "attempts": 0,
    "next_attempt_at": NOW,
    "claimed_by": None,
    "claimed_until": None,
    "parked_at": None,
    "last_error": None,
    "version": 1,
}


def test_a_statement_is_compiled_once_for_each_database() -> None:
    sqlite, postgresql = (ready(INSERT, kind()) for kind in (SQLiteDialect_pysqlite, PGDialect_asyncpg))

    assert sqlite is ready(INSERT, SQLiteDialect_pysqlite())
    assert "?" in sqlite.text
    assert "$1" in postgresql.text


def test_an_insert_takes_the_columns_in_their_order() -> None:
    assert tuple(events.c.keys()) == ready(INSERT, SQLiteDialect_pysqlite()).names


def test_sqlite_gets_plain_values_and_nulls() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        events.create(connection)
        ready(INSERT, engine.dialect).execute_each(connection, [EVENT])
        row = connection.exec_driver_sql("SELECT * FROM events").one()
    engine.dispose()

    told = (SUBJECT.hex, str(EVENT["type"]), SUBJECT.hex, '{"cents":1}', milliseconds(NOW), None)
    plain = (*told, 0, milliseconds(NOW), None, None, None, None, 1)
    assert plain == tuple(row)


def test_rows_come_back_as_the_domains_values() -> None:
    engine = sa.create_engine("sqlite://")
    statement = sa.insert(events).returning(events.c.id, events.c.occurred_at)
    with engine.connect() as connection:
        events.create(connection)
        rows = ready(statement, engine.dialect).rows(connection, EVENT)
    engine.dispose()

    assert [(SUBJECT, NOW)] == rows
