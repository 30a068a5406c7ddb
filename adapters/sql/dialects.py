"""The few things that PostgreSQL and SQLite say differently."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from adapters.sql.types import Ids, Instant, Rows

POSTGRESQL = "postgresql"
SQLITE = "sqlite"


def record_set(parameter: str, columns: Sequence[sa.Column[Any]], dialect: str, *, name: str) -> FromClause:
    """The JSON array of objects in `parameter`, as rows of those columns.

    One parameter for any number of rows: one prepared statement and one round trip.
    """
    if dialect == POSTGRESQL:
        text = sa.cast(sa.bindparam(parameter, type_=Rows()), sa.JSON())
        wanted = [sa.column(column.name, column.type) for column in columns]
        valued = sa.func.json_to_recordset(text).table_valued(*wanted)
        return valued.render_derived(with_types=True, name=name)

    items = sa.func.json_each(sa.bindparam(parameter, type_=Rows())).table_valued(
        "value", name=f"{name}_json"
    )
    return sa.select(*[_extracted(items.c.value, column) for column in columns]).subquery(name)


def _extracted(item: sa.ColumnElement[Any], column: sa.Column[Any]) -> sa.Label[Any]:
    """One key of a JSON object in SQLite, as the column keeps it."""
    value: sa.ColumnElement[Any] = sa.func.json_extract(item, sa.literal_column(f"'$.{column.name}'"))
    if isinstance(column.type, sa.Uuid):
        value = sa.func.replace(value, sa.literal_column("'-'"), sa.literal_column("''"))
    return sa.type_coerce(value, column.type).label(column.name)


def is_one_of(column: sa.ColumnElement[Any], parameter: str, dialect: str) -> sa.ColumnElement[bool]:
    """Whether the id is among those in `parameter`, however many."""
    ids = sa.bindparam(parameter, type_=Ids())
    if dialect == POSTGRESQL:
        texts = sa.func.json_array_elements_text(sa.cast(ids, sa.JSON())).table_valued(
            "value", name=parameter
        )
        return column.in_(sa.select(sa.cast(texts.c.value, sa.Uuid())))
    texts = sa.func.json_each(ids).table_valued("value", name=parameter)
    return column.in_(sa.select(sa.type_coerce(texts.c.value, sa.Uuid())))


def nested_ids(
    column: sa.ColumnElement[Any], key: str, dialect: str
) -> tuple[FromClause, sa.ColumnElement[Any]]:
    """The objects of a JSON array in a column, and the id that each has under `key`."""
    field: sa.ColumnElement[str] = sa.literal_column(f"'{key}'")
    if dialect == POSTGRESQL:
        items = sa.func.json_array_elements(column).table_valued("value", name="item")
        return items, sa.cast(sa.func.json_extract_path_text(items.c.value, field), sa.Uuid())
    items = sa.func.json_each(column).table_valued("value", name="item")
    return items, _extracted(items.c.value, sa.Column(key, sa.Uuid())).element


def minutes_after(
    moment: sa.ColumnElement[Any], minutes: sa.ColumnElement[int], dialect: str
) -> sa.ColumnElement[Any]:
    """The instant so many minutes later."""
    if dialect == POSTGRESQL:
        return moment + minutes * sa.literal_column("interval '1 minute'", sa.Interval())
    # Not `type_coerce`: it would take from a parameter the type that writes it as milliseconds.
    return moment.op("+", return_type=Instant())(minutes * 60_000)


def nested_number(column: sa.ColumnElement[Any], key: str, dialect: str) -> sa.ColumnElement[int]:
    """The integer that a JSON object in a column has under `key`; NULL where there is no object."""
    if dialect == POSTGRESQL:
        field: sa.ColumnElement[str] = sa.literal_column(f"'{key}'")
        return sa.cast(sa.func.json_extract_path_text(column, field), sa.BigInteger())
    path: sa.ColumnElement[str] = sa.literal_column(f"'$.{key}'")
    return sa.func.json_extract(sa.type_coerce(column, sa.Text()), path, type_=sa.BigInteger())


def family(account: sa.ColumnElement[str], dialect: str) -> sa.ColumnElement[str]:
    """An account's name up to the colon."""
    colon: sa.ColumnElement[str] = sa.literal_column("':'")
    if dialect == POSTGRESQL:
        return sa.func.split_part(account, colon, sa.literal_column("1"))
    until = sa.func.instr(account.concat(colon), colon) - 1
    return sa.func.substr(account, 1, until)


def utc_day(moment: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[int]:
    """The instant's day in UTC, as the number of days since 1970."""
    if dialect == POSTGRESQL:
        zone: sa.ColumnElement[str] = sa.literal_column("'UTC'")
        date = sa.cast(sa.func.timezone(zone, moment), sa.Date())
        return sa.type_coerce(date - sa.literal_column("DATE '1970-01-01'", sa.Date()), sa.Integer())
    return sa.type_coerce(moment, sa.BigInteger()).op("/")(sa.literal_column("86400000", sa.BigInteger()))
