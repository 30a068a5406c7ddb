"""Nested values in JSON columns: written as they are, read back by one strict converter."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, get_origin

import msgspec

from adapters.strict import strict_converter

_CONVERTER = strict_converter()
_encode = msgspec.json.Encoder().encode


def dumps(value: object) -> str:
    """JSON text of a record, or of a tuple or mapping of plain values and records."""
    return _encode(value).decode()


def reader(shape: Any) -> Callable[[str], Any]:
    """What turns a column's JSON text back into values of `shape`.

    Texts of frozen shapes repeat all over (the same policy in every order), so their values are kept.
    """
    structure = _CONVERTER.get_structure_hook(shape)

    def read(text: str) -> Any:
        return structure(json.loads(text), shape)

    return read if get_origin(shape) is Mapping else lru_cache(maxsize=1024)(read)
