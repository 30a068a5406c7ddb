"""What a driver says, in the port's words. Told apart by sqlstate and constraint name alone."""

import sqlite3
from collections.abc import Mapping
from enum import Enum, auto

import asyncpg
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.sql.tables import metadata
from ports.errors import (
    DISPUTE,
    ROOM_EVENT,
    AlreadyExists,
    ConcurrencyConflict,
    Inconsistent,
    PortError,
    SchemaOutdated,
    Unavailable,
)
from ports.store import Kind

DRIVER_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error, OSError)
"""Everything that the libraries underneath may raise."""

OVERLAP = "ex_sessions_busy"
"""PostgreSQL's exclusion constraint on individual sessions."""


class TimeTaken(ConcurrencyConflict):
    """The exclusion constraint refused the commit."""


_SHORT_NAMES: Mapping[str, str] = {
    "pk_practitioners": Kind.PRACTITIONER,
    "pk_services": Kind.SERVICE,
    "pk_sessions": Kind.SESSION,
    "pk_credit_accounts": Kind.ACCOUNT,
    "pk_orders": Kind.ORDER,
    "pk_bookings": Kind.BOOKING,
    "pk_payments": Kind.PAYMENT,
    "pk_refunds": Kind.REFUND,
    "pk_disputes": Kind.DISPUTE,
    "pk_earnings": Kind.EARNINGS,
    "pk_payouts": Kind.PAYOUT,
    "pk_journal_entries": Kind.ENTRY,
    "pk_events": Kind.EVENT,
    "pk_dispatches": Kind.DISPATCH,
    "pk_idempotency_records": Kind.IDEMPOTENCY,
    "pk_room_events": ROOM_EVENT,
    "pk_waitlist": Kind.WAITLIST,
    "pk_inbox": Kind.INBOX,
    "pk_contacts": Kind.CONTACT,
    "pk_subscriptions": Kind.SUBSCRIPTION,
    "pk_runs": Kind.RUN,
    "pk_brought": Kind.BROUGHT,
    "uq_bookings_seat": "seat",
    "uq_waitlist_place": "place",
    "uq_disputes_ref": DISPUTE,
    "uq_earnings_booking": "earnings",
    "uq_payments_key": "payment_key",
    "uq_refunds_key": "refund_key",
    "uq_payouts_key": "payout_key",
    "uq_practitioners_feed": "calendar_feed",
    "uq_dispatches_recipient": "dispatch_recipient",
}

_RACES = frozenset({"uq_journal_entries_chain"})
"""Keys that are taken only when somebody else was faster."""


class Trouble(Enum):
    """What can be done about an error."""

    VIOLATION = auto()
    """A constraint refused the commit."""
    RACE = auto()
    """The database broke off one of two transactions; the same again may pass."""
    LOCKED = auto()
    """Somebody else held a lock for too long; the same again may pass."""
    LOST = auto()
    """The connection is gone."""
    REFUSED = auto()
    """The database answers, but does not do it now."""
    NO_SCHEMA = auto()
    """There is no such table."""
    DEFECT = auto()
    """A statement that the database cannot make sense of."""


_POSTGRES_TROUBLE: Mapping[str, Trouble] = {
    "23502": Trouble.VIOLATION,
    "23503": Trouble.VIOLATION,
    "23505": Trouble.VIOLATION,
    "23514": Trouble.VIOLATION,
    "23P01": Trouble.VIOLATION,
    "40001": Trouble.RACE,
    "40P01": Trouble.RACE,
    "55P03": Trouble.LOCKED,
    "42P01": Trouble.NO_SCHEMA,
    "25P03": Trouble.LOST,
    "25P04": Trouble.LOST,
}
_SQLITE_TROUBLE: Mapping[int, Trouble] = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_CANTOPEN: Trouble.REFUSED,
    sqlite3.SQLITE_FULL: Trouble.REFUSED,
    sqlite3.SQLITE_READONLY: Trouble.REFUSED,
    sqlite3.SQLITE_NOTADB: Trouble.REFUSED,
    sqlite3.SQLITE_CORRUPT: Trouble.REFUSED,
    sqlite3.SQLITE_PERM: Trouble.REFUSED,
    sqlite3.SQLITE_IOERR: Trouble.LOST,
    sqlite3.SQLITE_CONSTRAINT: Trouble.VIOLATION,
}


def trouble(error: BaseException) -> Trouble:
    """What kind of trouble an error of the libraries underneath is."""
    cause = origin(error)
    if isinstance(cause, sqlite3.Error):
        return _trouble_in_sqlite(cause)
    if isinstance(cause, asyncpg.PostgresError):
        return _trouble_in_postgres(cause.sqlstate or "")
    if isinstance(error, PoolTimeout):
        return Trouble.REFUSED
    if isinstance(cause, OSError | asyncpg.InterfaceError):
        return Trouble.LOST
    return Trouble.LOST if getattr(error, "connection_invalidated", False) else Trouble.DEFECT


def origin(error: BaseException) -> BaseException:
    """The driver's own error inside SQLAlchemy's."""
    cause: BaseException = error
    while isinstance(cause, DBAPIError) and cause.orig is not None:
        cause = cause.orig
    # SQLAlchemy puts one more layer over asyncpg's errors.
    inner = cause.__cause__
    return inner if isinstance(inner, asyncpg.PostgresError | asyncpg.InterfaceError | OSError) else cause


def _trouble_in_sqlite(error: sqlite3.Error) -> Trouble:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return Trouble.NO_SCHEMA
    return _SQLITE_TROUBLE.get(code, Trouble.DEFECT)


def _trouble_in_postgres(state: str) -> Trouble:
    exactly = _POSTGRES_TROUBLE.get(state)
    if exactly is not None:
        return exactly
    if state.startswith(("08", "57P")):
        return Trouble.LOST
    return Trouble.REFUSED if state.startswith(("28", "3D", "53", "57", "58")) else Trouble.DEFECT


def translated(error: BaseException, where: str) -> PortError:
    """The port's error for what went wrong at `where` (a database's name, without secrets)."""
    found = trouble(error)
    if found is Trouble.VIOLATION:
        return violation(constraint_of(error))
    if found is Trouble.RACE:
        return ConcurrencyConflict("the database broke off the transaction in favour of another")
    if found is Trouble.NO_SCHEMA:
        return SchemaOutdated(f"{where} has no tables yet: run `estuary store migrate`")
    if found is Trouble.DEFECT:
        return PortError(f"{where} did not understand: {reason(error)}")
    return Unavailable(f"{where} is not available: {reason(error)}")


def reason(error: BaseException) -> str:
    """The driver's first line: it names hosts, users and databases, never passwords or parameters."""
    if isinstance(error, PoolTimeout):
        return "every connection is in use"
    cause = origin(error)
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    return (str(cause).splitlines() or [type(cause).__name__])[0]


def violation(constraint: str) -> PortError:
    """The port's error for a constraint that refused the commit."""
    if constraint == OVERLAP:
        return TimeTaken("two individual sessions of a practitioner would overlap")
    if constraint in _RACES:
        return ConcurrencyConflict(f"somebody else was faster ({constraint})")
    if constraint in _SHORT_NAMES:
        return AlreadyExists(_SHORT_NAMES[constraint])
    return Inconsistent(f"a row breaks the rule {constraint}")


def constraint_of(error: BaseException) -> str:
    """The name of the constraint that was violated."""
    cause = origin(error)
    if isinstance(cause, asyncpg.PostgresError):
        return getattr(cause, "constraint_name", None) or cause.sqlstate or ""

    kind, _, subject = str(cause).partition(" constraint failed: ")
    return _unique_keys().get(subject, subject) if kind == "UNIQUE" else (subject or str(cause))


def _unique_keys() -> Mapping[str, str]:
    """The names of unique keys by their columns, which is all that SQLite tells."""
    return {
        ", ".join(f"{table.name}.{column}" for column in columns): name
        for table in metadata.tables.values()
        for name, columns in _keys_of(table)
    }


def _keys_of(table: Table) -> list[tuple[str, list[str]]]:
    keys = [(str(i.name), [column.name for column in i.columns]) for i in table.indexes if i.unique]
    return [*keys, (str(table.primary_key.name), [column.name for column in table.primary_key])]
