"""The old rows as a real database: an SQLite file, or a schema in PostgreSQL.

The columns are the old schema's. SQLite keeps times and JSON as text; PostgreSQL may keep them as such.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import attrs

from core.domain.legacy.rows import Table
from tests.legacy.old_rows import OldRows

ID = "id INTEGER PRIMARY KEY"
DDL = {
    Table.USERS: f"{ID}, email TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,"
    " date_joined TIMESTAMP NOT NULL",
    Table.PRACTITIONERS: f"{ID}, user_id INTEGER NOT NULL, display_name TEXT NOT NULL,"
    " commission_rate NUMERIC(5,2), timezone TEXT NOT NULL, stripe_account_id TEXT",
    Table.SERVICE_TYPES: f"{ID}, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL, commission_rate NUMERIC(5,2)",
    Table.SERVICES: f"{ID}, service_type_id INTEGER NOT NULL, primary_practitioner_id INTEGER,"
    " name TEXT NOT NULL, description TEXT, price_cents INTEGER NOT NULL, duration_minutes INTEGER,"
    " max_participants INTEGER NOT NULL, validity_days INTEGER, metadata TEXT, is_active BOOLEAN NOT NULL,"
    " created_at TIMESTAMP NOT NULL",
    Table.RELATIONSHIPS: f"{ID}, parent_service_id INTEGER NOT NULL, child_service_id INTEGER NOT NULL,"
    " quantity INTEGER NOT NULL",
    Table.SESSIONS: f"{ID}, service_id INTEGER NOT NULL, session_type TEXT, visibility TEXT,"
    " start_time TIMESTAMP, end_time TIMESTAMP, timezone TEXT, max_participants INTEGER NOT NULL,"
    " current_participants INTEGER NOT NULL, sequence_number INTEGER, status TEXT NOT NULL,"
    " actual_start_time TIMESTAMP, actual_end_time TIMESTAMP",
    Table.ORDERS: f"{ID}, user_id INTEGER NOT NULL, service_id INTEGER, order_type TEXT NOT NULL,"
    " status TEXT NOT NULL, subtotal_amount_cents INTEGER NOT NULL, credits_applied_cents INTEGER NOT NULL,"
    " total_amount_cents INTEGER NOT NULL, currency TEXT NOT NULL, stripe_payment_intent_id TEXT,"
    " package_metadata TEXT, created_at TIMESTAMP NOT NULL",
    Table.BOOKINGS: f"{ID}, user_id INTEGER NOT NULL, service_id INTEGER NOT NULL, practitioner_id INTEGER,"
    " order_id INTEGER, parent_booking_id INTEGER, service_session_id INTEGER,"
    " payment_transaction_id INTEGER, is_package_purchase BOOLEAN NOT NULL,"
    " is_bundle_purchase BOOLEAN NOT NULL, status TEXT NOT NULL,"
    " payment_status TEXT NOT NULL, start_time TIMESTAMP, end_time TIMESTAMP, timezone TEXT,"
    " price_charged_cents INTEGER NOT NULL, discount_amount_cents INTEGER NOT NULL,"
    " final_amount_cents INTEGER NOT NULL, service_name_snapshot TEXT NOT NULL,"
    " service_description_snapshot TEXT NOT NULL, practitioner_name_snapshot TEXT NOT NULL,"
    " client_notes TEXT NOT NULL, completed_at TIMESTAMP, canceled_at TIMESTAMP, expires_at TIMESTAMP,"
    " created_at TIMESTAMP NOT NULL",
    Table.TRANSACTIONS: f"{ID}, user_id INTEGER NOT NULL, order_id INTEGER, booking_id INTEGER,"
    " transaction_type TEXT NOT NULL, amount_cents INTEGER NOT NULL, description TEXT NOT NULL,"
    " created_at TIMESTAMP NOT NULL",
    Table.PAYOUTS: f"{ID}, practitioner_id INTEGER NOT NULL, amount_cents INTEGER NOT NULL,"
    " status TEXT NOT NULL, stripe_transfer_id TEXT, created_at TIMESTAMP NOT NULL",
    Table.EARNINGS: f"{ID}, practitioner_id INTEGER NOT NULL, booking_id INTEGER NOT NULL,"
    " gross_amount_cents INTEGER NOT NULL, commission_rate NUMERIC(5,2) NOT NULL,"
    " commission_amount_cents INTEGER NOT NULL, net_amount_cents INTEGER NOT NULL, status TEXT NOT NULL,"
    " available_after TIMESTAMP NOT NULL, payout_id INTEGER, description TEXT NOT NULL,"
    " created_at TIMESTAMP NOT NULL",
    Table.PRESENCES: f"{ID}, service_session_id INTEGER NOT NULL, user_id INTEGER NOT NULL,"
    " joined_at TIMESTAMP NOT NULL, left_at TIMESTAMP, duration_seconds INTEGER",
}


def write_file(rows: OldRows, path: Path) -> str:
    """The rows in an SQLite file; its URL."""
    with sqlite3.connect(path) as connection:
        for table, columns in DDL.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        for table, names, values in _contents(rows):
            marks = ", ".join("?" for _ in names)
            columns = ", ".join(names)
            statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of ours
            connection.executemany(statement, [[_for_sqlite(value) for value in row] for row in values])
    connection.close()
    return f"sqlite:///{path}"


async def write_database(rows: OldRows, url: str) -> str:
    """The rows in an empty PostgreSQL database, with times and JSON as such; its URL."""
    connection = await asyncpg.connect(url)
    try:
        for table, columns in DDL.items():
            typed = columns.replace("TIMESTAMP", "TIMESTAMPTZ").replace("metadata TEXT", "metadata JSONB")
            await connection.execute(f"CREATE TABLE {table} ({typed})")
        for table, names, values in _contents(rows):
            await connection.copy_records_to_table(table.value, records=values, columns=names)
    finally:
        await connection.close()
    return url


def _contents(rows: OldRows) -> Iterator[tuple[Table, list[str], list[tuple[Any, ...]]]]:
    for table, records in rows.tables().items():
        if records:
            fields = [field.name for field in attrs.fields(type(records[0]))]
            names = [name.replace("commission_percent", "commission_rate") for name in fields]
            yield table, names, [tuple(getattr(one, name) for name in fields) for one in records]


def _for_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value) if isinstance(value, Decimal) else value
