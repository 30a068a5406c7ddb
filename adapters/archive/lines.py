"""A line of an archive: a row with its number and digest. And the manifest."""

import json
from datetime import datetime
from typing import Final, TypeVar

from adapters.strict import strict_converter
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


_converter: Final = strict_converter()
