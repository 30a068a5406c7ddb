"""Values out of JSON, none of them bent: what columns and archives hold is read by the same rules."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from cattrs import Converter

T = TypeVar("T")


def _exactly(kind: type[T]) -> Callable[[Any, Any], T]:
    """Refuse what JSON readers like to bend: "1", 1.0 and true are no integers."""

    def structure(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is not {kind.__name__}")
        return value

    return structure


def _text(value: Any, kind: type[str]) -> str:
    """Text as it is, or the word of an enum of strings, which is told from text by identity."""
    if type(value) is not str:
        raise TypeError(f"{value!r} is not text")
    return value if kind is str else kind(value)


def _payload_value(value: Any, _: Any) -> str | int | None:
    if value is not None and type(value) not in (str, int):
        raise TypeError(f"{value!r} is neither text, integer nor null")
    plain: str | int | None = value
    return plain


def strict_converter() -> Converter:
    """A converter that refuses unknown keys and values of another type."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind in (int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(str | int | None, _payload_value)
    return converter
