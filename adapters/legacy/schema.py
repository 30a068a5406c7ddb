"""The old tables as they are in one database: which columns there are, and how a row becomes a record."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, get_type_hints

import attrs
import sqlalchemy as sa
from attrs import frozen

from adapters.legacy.snapshot import Row, Snapshot
from adapters.legacy.values import TRUE, Reader, is_optional, plain, reader_of
from core.domain.legacy.rows import RECORDS, Table
from ports.legacy_source import Unreadable

COLUMNS: Final = {"commission_percent": "commission_rate"}
"""The columns that are not named as their fields."""

UNUSED: Final = (Table.RELATIONSHIPS, Table.PRESENCES, Table.PAYOUTS)
"""Tables that a deployment which never sold a package, opened a room or paid out may lack."""

TEXTS: Final = ("description", "client_notes")
"""Texts that may be missing as well as columns without a value."""


@frozen(kw_only=True)
class Field:
    """A field of a record, its column, and what reads it. A value of the `usual` type is left as it is;
    what is `optional` may be without one, and what is `dispensable` without its column.
    """

    name: str
    column: str
    kind: type[Any]
    usual: type[Any] | None
    optional: bool
    dispensable: bool
    read: Reader


class Shape:
    """How a table's rows become records."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.record = RECORDS[table]
        self.fields = tuple(_fields(self.record))
        self._names = tuple(field.name for field in self.fields)

    @property
    def width(self) -> int:
        """How many columns a record takes."""
        return len(self.fields)

    def columns(self, source: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        """The columns of a record, in the order in which `read` wants them."""
        return [source.c[field.column] for field in self.fields]

    def read(self, row: Row) -> Any:
        """The record of a row; Unreadable names the table, the row and the column of a value that is none."""
        values = dict(zip(self._names, row, strict=True))
        for field in self.fields:
            value = values[field.name]
            # Nearly all values are what they should be, and there are many.
            if type(value) is field.usual or (value is None and field.optional):
                continue
            try:
                values[field.name] = field.read(value)
            except ValueError as error:
                place = f"{self.table}, id {row[0]}, {field.column}"
                raise Unreadable(f"{place}: {_shown(value)} is not {error}") from None
        return self.record(**values)


@cache
def shape(table: Table) -> Shape:
    """The shape of a table's rows."""
    return Shape(table)


class Schema:
    """The old tables of one database, to be selected from."""

    def __init__(self, dialect: str, tables: Mapping[Table, sa.FromClause]) -> None:
        self.dialect = dialect
        self._tables = tables

    def __getitem__(self, table: Table) -> sa.FromClause:
        return self._tables[table]

    def moment(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """A time that can be compared and sorted, whatever it is kept as."""
        if self.dialect == "sqlite":
            return sa.func.strftime("%Y-%m-%d %H:%M:%f", column)
        return sa.cast(column, sa.TIMESTAMP(timezone=True))

    def seconds_between(
        self, one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]
    ) -> sa.ColumnElement[Any]:
        """How far two times are apart, either way."""
        if self.dialect == "sqlite":
            days = sa.func.julianday(one) - sa.func.julianday(other)
            return sa.func.abs(sa.func.round(days * 86_400_000)) / 1000.0
        return sa.func.abs(sa.extract("epoch", self.moment(one) - self.moment(other)))

    def flag(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a column says yes."""
        return sa.func.lower(sa.cast(column, sa.Text())).in_(TRUE)

    def is_parent(self, bookings: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether a booking is no seat but what a package or bundle was bought as."""
        return sa.or_(self.flag(bookings.c.is_package_purchase), self.flag(bookings.c.is_bundle_purchase))


async def schema_of(snapshot: Snapshot) -> Schema:
    """The old tables of a database; Unreadable, naming what is missing, for one that does not have them."""
    tables = {}
    for table in Table:
        there = await snapshot.columns(table)
        if not there and table not in UNUSED:
            raise Unreadable(f"{snapshot.where} has no table {table}: is it the old database?")
        tables[table] = _selectable(table, there)
    return Schema(snapshot.dialect, tables)


def _selectable(table: Table, there: Mapping[str, str]) -> sa.FromClause:
    """The table; where it or an optional column is missing, what would be there if nothing had been kept."""
    fields = shape(table).fields
    missing = [field for field in fields if field.column not in there]
    lacking = [field.column for field in missing if not field.dispensable]
    if there and lacking:
        raise Unreadable(f"{table} has no column {lacking[0]}: is it the old database?")
    columns = [sa.column(field.column, _type_of(field)) for field in fields]
    if not missing:
        return sa.table(table.value, *columns)
    kept = [_nothing(column) if column.name not in there else column for column in columns]
    selected = sa.select(*kept)
    return (selected.select_from(sa.table(table.value)) if there else selected.where(sa.false())).subquery()


def _nothing(column: sa.ColumnClause[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null(), sa.Text() if isinstance(column.type, sa.types.NullType) else column.type).label(
        column.name
    )


def _type_of(field: Field) -> sa.types.TypeEngine[Any]:
    """Ids are compared with numbers, words with words; every other value is taken as the driver gives it."""
    if field.kind is int:
        return sa.BigInteger()
    return sa.Text() if field.kind is str else sa.types.NullType()


def _fields(record: type[Any]) -> list[Field]:
    hints = get_type_hints(record)
    found = []
    for field in attrs.fields(record):
        hint = hints[field.name]
        found.append(
            Field(
                name=field.name,
                column=COLUMNS.get(field.name, field.name),
                kind=plain(hint),
                usual=plain(hint) if plain(hint) in (int, str, bool) else None,
                optional=is_optional(hint),
                dispensable=is_optional(hint) or field.name in TEXTS,
                read=reader_of(hint),
            )
        )
    return found


def _shown(value: object) -> str:
    """A value as it may stand in a line."""
    said = repr(value)
    return said if len(said) <= 40 else f"{said[:37]}..."


def records(table: Table, rows: Sequence[Row]) -> list[Any]:
    """The records of rows that hold nothing else."""
    return [shape(table).read(row) for row in rows]
