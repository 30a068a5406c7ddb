"""A line of an archive: a row with its number and digest. And the manifest."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from cattrs import Converter

from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import RECORDS, StoredRecord, content, digest
from ports.archives import FORMAT, Damaged, Manifest

T = TypeVar("T")

MANIFEST: Final = "manifest.json"


def member(kind: Kind) -> str:
    """The file that holds the rows of a kind."""
    return f"{kind}.ndjson"


def written(row: StoredRecord, number: int) -> bytes:
    """A row as a line. Numbers count from 1."""
    return f'{{"n":{number},"digest":"{digest(row)}","row":{content(row)}}}\n'.encode()


def read(kind: Kind, line: bytes, number: int) -> StoredRecord:
    """The row of a line, or Damaged if it is not the one that was written there."""
    where = f"{member(kind)}, line {number}"
    try:
        told = json.loads(line)
        row: StoredRecord = _converter.structure(told["row"], RECORDS[kind])
    except Exception as error:
        raise Damaged(f"{where}: {_reason(error)}") from error
    if told["n"] != number:
        raise Damaged(f"{where}: it was written as line {told['n']}")
    if told["digest"] != digest(row):
        raise Damaged(f"{where}: the row is not the one that was written")
    return row


def manifest_text(manifest: Manifest) -> str:
    """The manifest as JSON."""
    plain = {
        "format": manifest.format,
        "shape": manifest.shape,
        "created_at": manifest.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kinds": {
            kind.value: {"rows": manifest.rows[kind], "hash": manifest.hashes[kind]} for kind in manifest.rows
        },
    }
    return json.dumps(plain, indent=2) + "\n"


def read_manifest(text: str) -> Manifest:
    """The manifest out of JSON, or Damaged."""
    try:
        plain = json.loads(text)
        if plain["format"] != FORMAT:
            raise Damaged(f"the archive is of format {plain['format']}, this release reads {FORMAT}")
        kinds = {Kind(kind): told for kind, told in plain["kinds"].items()}
        if set(kinds) - set(PARENTS_FIRST):
            raise ValueError("a kind that is no part of a marketplace")
        return Manifest(
            shape=plain["shape"],
            created_at=datetime.fromisoformat(plain["created_at"]),
            rows={kind: int(told["rows"]) for kind, told in kinds.items()},
            hashes={kind: str(told["hash"]) for kind, told in kinds.items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{MANIFEST}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _exactly(kind: type[T]) -> Callable[[Any, Any], T]:
    """Refuse what JSON readers like to bend: "1", 1.0 and true are no integers."""

    def structure(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is not {kind.__name__}")
        return value

    return structure


def _text(value: Any, kind: type[str]) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is not text")
    return value if kind is str else kind(value)


def _payload_value(value: Any, _: Any) -> str | int | None:
    if value is not None and type(value) not in (str, int):
        raise TypeError(f"{value!r} is neither text, integer nor null")
    plain: str | int | None = value
    return plain


def _strict_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind in (int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(str | int | None, _payload_value)
    return converter


_converter: Final = _strict_converter()
