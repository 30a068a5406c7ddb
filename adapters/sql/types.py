"""Column types that speak the domain's values on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from adapters.sql.nested import dumps, reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

_Processor = Callable[[Any], Any] | None


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 in UTC, as SQLite keeps an instant."""
    return (moment - EPOCH) // MILLISECOND


def _from_milliseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(milliseconds=value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: `timestamptz` in PostgreSQL, integer milliseconds since 1970 in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> _Processor:
        if dialect.name != "sqlite":
            return None
        return lambda moment: None if moment is None else milliseconds(moment)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor:
        del coltype
        return _from_milliseconds if dialect.name == "sqlite" else None


class Word(TypeDecorator[StrEnum]):
    """A status or type, kept as its value. Reading an unknown word raises KeyError."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def bind_processor(self, dialect: Dialect) -> _Processor:
        # SQLite's driver takes long to find out that a word is text.
        return str.__str__ if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor:
        del dialect, coltype
        words: dict[str | None, StrEnum | None] = {word.value: word for word in self.words}
        return {**words, None: None}.__getitem__


class Nested(TypeDecorator[Any]):
    """A value of `shape` as JSON: written and read whole, never queried by its parts."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.JSON())

    def bind_processor(self, dialect: Dialect) -> _Processor:
        del dialect
        return dumps

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor:
        del dialect, coltype
        read = reader(self.shape)
        return lambda text: None if text is None else read(text)


class Ids(TypeDecorator[Any]):
    """Several ids in one parameter, as a JSON array of what the database keeps for each."""

    impl = sa.Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> _Processor:
        if dialect.name == "sqlite":
            return lambda ids: dumps([key.hex for key in ids])
        return dumps


class Rows(TypeDecorator[Any]):
    """Several records or mappings in one parameter, as a JSON array of objects."""

    impl = sa.Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> _Processor:
        del dialect
        return dumps


def key_text() -> sa.Text:
    """Text that is sorted by its bytes on both databases, for keys that scans follow."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
