"""The few kinds of columns, and the rules on them, that the tables are made of."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from adapters.sql.types import Instant, Nested, Word
from core.domain.money import MAX_CENTS

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str = "id") -> sa.Column[Any]:
    """The primary key."""
    return sa.Column(name, sa.Uuid(), primary_key=True)


def ref(name: str, target: str | None = None, *, null: bool = False) -> sa.Column[Any]:
    """An id of something else; with a `target` ("table.column") the database insists that it is there."""
    if target is None:
        return sa.Column(name, sa.Uuid(), nullable=null)
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(target), nullable=null)


def text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def word(name: str, words: type[StrEnum]) -> sa.Column[Any]:
    """One of a few words; see `known`."""
    return sa.Column(name, Word(words), nullable=False)


def cents(name: str) -> sa.Column[Any]:
    """An amount in minor units."""
    return sa.Column(name, sa.BigInteger(), nullable=False)


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def flag(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=null)


def instant(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Instant(), nullable=null)


def nested(name: str, shape: Any, *, null: bool = False) -> sa.Column[Any]:
    """A JSON value of that shape."""
    return sa.Column(name, Nested(shape), nullable=null)


def check(name: str, rule: str) -> sa.CheckConstraint:
    """A rule that the database repeats."""
    return sa.CheckConstraint(rule, name=name)


def known(column: str, words: Iterable[StrEnum]) -> sa.CheckConstraint:
    """The column holds one of these words."""
    return check(column, f"{column} IN ({listed(words)})")


def amounts(*columns: str) -> sa.CheckConstraint:
    """The columns hold amounts: not negative, and exact for every client."""
    return check("amounts", " AND ".join(f"{column} BETWEEN 0 AND {MAX_CENTS}" for column in columns))


def listed(words: Iterable[StrEnum]) -> str:
    """The words as SQL literals."""
    return ", ".join(f"'{word.value}'" for word in words)


def index(
    name: str, *columns: str | sa.Column[Any], where: str | None = None, unique: bool = False
) -> sa.Index:
    """An index; with `where` over those rows alone."""
    clause = None if where is None else sa.text(where)
    return sa.Index(name, *columns, unique=unique, postgresql_where=clause, sqlite_where=clause)
