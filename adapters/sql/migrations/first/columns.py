"""The kinds of columns that revision 0001 uses."""

from typing import Any

import sqlalchemy as sa
from alembic import op

Column = sa.Column[Any]

AMOUNT = f"BETWEEN 0 AND {2**53 - 1}"
"""Not negative, and exact for every client."""


def uid(name: str, *, null: bool = False) -> Column:
    """`uuid` in PostgreSQL, 32 hexadecimal digits in SQLite."""
    return sa.Column(name, sa.Uuid(), nullable=null)


def text(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.Text(), nullable=null)


def key_text(name: str) -> Column:
    """Text that is sorted by its bytes."""
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False)


def number(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.BigInteger(), nullable=null, autoincrement=False)


def flag(name: str) -> Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def instant(name: str, *, null: bool = False) -> Column:
    """`timestamptz` in PostgreSQL, milliseconds since 1970 in SQLite."""
    moment = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
    return sa.Column(name, moment, nullable=null)


def json(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.JSON().with_variant(sa.Text(), "sqlite"), nullable=null)


def index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    """Create an index; with `where` over those rows alone."""
    clause = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=clause, sqlite_where=clause)
