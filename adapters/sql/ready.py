"""Statements that commits send all the time: compiled once, their parameters given to the driver as they are.

SQLAlchemy would look up the text, collect the parameters by name and convert them one by one at every
execution. For rows as small as ours that takes longer than the database does.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, CursorResult
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import TypeEngine

Statement = UpdateBase | Select[Any]
Parameters = tuple[Any, ...]
Processor = Callable[[Any], Any]
Values = Callable[[Any], Sequence[Any]]


@frozen(eq=False)
class Ready:
    """A statement in the words of one database.

    `names` are its parameters in their order, `conversions` what the driver wants done to some of
    them, by position, and `answers` what is to be done to some columns of its rows.
    """

    text: str
    names: tuple[str, ...]
    conversions: Sequence[tuple[int, Processor]]
    answers: Sequence[tuple[int, Processor]]

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it once. Rows come as the driver makes them; see `rows`."""
        found = [values[name] for name in self.names]
        return connection.exec_driver_sql(self.text, _converted(found, self.conversions))

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Parameters]:
        """Run it once and read its rows."""
        return [_converted(row, self.answers) for row in self.execute(connection, values)]

    def execute_each(
        self, connection: Connection, records: Sequence[Any], read: Values | None = None
    ) -> CursorResult[Any]:
        """Run it for each record; `read` tells a record's parameters in the statement's order.

        Without it they are the record's fields, or the mapping's keys, of these names.
        """
        values = read or (itemgetter if isinstance(records[0], Mapping) else attrgetter)(*self.names)
        rows = [_converted(values(record), self.conversions) for record in records]
        return connection.exec_driver_sql(self.text, rows)


def ready(statement: Statement, dialect: Dialect) -> Ready:
    """The statement for that database, compiled when it is asked for the first time.

    It is kept: ask for statements that are kept themselves, and derive no others from them later, since
    SQLAlchemy hands on what it noted about the columns of their rows.
    """
    known = _READY.get((statement, dialect.name))
    if known is None:
        known = _READY[statement, dialect.name] = _compiled(statement, dialect)
    return known


_READY: dict[tuple[Statement, str], Ready] = {}


def _compiled(statement: Statement, dialect: Dialect) -> Ready:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what SQL compiles to, told to the type checker
    names = tuple(compiled.positiontup or ())
    types = [compiled.binds[name].type for name in names]
    return Ready(
        text=compiled.string,
        names=names,
        conversions=_present([_own(kind, dialect).bind_processor(dialect) for kind in types]),
        answers=_present(
            [_own(c.type, dialect).result_processor(dialect, None) for c in statement.exported_columns]
        ),
    )


def _own(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """The database's own variant of a type."""
    return kind.dialect_impl(dialect)


def _present(processors: Sequence[Processor | None]) -> Sequence[tuple[int, Processor]]:
    return tuple((at, processor) for at, processor in enumerate(processors) if processor is not None)


def _converted(values: Sequence[Any], conversions: Sequence[tuple[int, Processor]]) -> Parameters:
    row = list(values)
    for at, convert in conversions:
        row[at] = convert(row[at])
    return tuple(row)
