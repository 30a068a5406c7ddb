"""Values of the old database's columns, whichever kind of column they are in."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Any, Final, get_args, get_origin

from core.domain.time import instant

TRUE: Final = ("1", "t", "true")
FALSE: Final = ("0", "f", "false")

Reader = Callable[[Any], Any]


def moment(value: object) -> datetime:
    """A time; without an offset it is UTC, as the old system's are."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        raise TypeError("a time")
    return instant(found if found.tzinfo is not None else found.replace(tzinfo=UTC))


def whole(value: object) -> int:
    """An integer, also one that is written as text or as a number without a fraction."""
    number = percent(value)
    if number != number.to_integral_value():
        raise ValueError("a whole number")
    return int(number)


def percent(value: object) -> Decimal:
    """A number as it is written; SQLite's own numbers are what they print as."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise TypeError("a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("a number")
    return number


def flag(value: object) -> bool:
    """Yes or no, in any of the ways in which it is kept."""
    said = str(value).lower()
    if said not in (*TRUE, *FALSE):
        raise ValueError("yes or no")
    return said in TRUE


def text(value: object) -> str:
    """A text; none is an empty one."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


_READERS: Final[Mapping[Any, tuple[Reader, str]]] = {
    int: (whole, "a whole number"),
    str: (text, "a text"),
    bool: (flag, "yes or no"),
    datetime: (moment, "a time"),
    Decimal: (percent, "a number"),
}


def is_optional(hint: Any) -> bool:
    """Whether a field may be None."""
    return get_origin(hint) is UnionType


def plain(hint: Any) -> type[Any]:
    """A field's type without None."""
    found: type[Any] = next(part for part in (*get_args(hint), hint) if part is not type(None))
    return found


def reader_of(hint: Any) -> Reader:
    """What reads a value of a field's type. It raises ValueError that says what the value is not."""
    optional, kind = is_optional(hint), plain(hint)
    read, wanted = _READERS[kind]
    usual = kind if kind in (int, str, bool) else None

    def checked(value: object) -> Any:
        # Nearly all values are what they should be, and there are many.
        if type(value) is usual or (value is None and optional):
            return value
        try:
            return read(value)
        except (ValueError, OverflowError, InvalidOperation, TypeError):
            raise ValueError(wanted) from None

    return checked
