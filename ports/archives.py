"""Everything that a store holds as files: written once, read as often as wanted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from attrs import frozen

from core.domain.kinds import Kind
from core.domain.rows import StoredRecord
from ports.errors import PortError
from ports.rows import Rows

FORMAT: Final = 1
"""How archives are laid out. A reader refuses what it was not made for."""


USERS_OWN: Final = "a user's own"
"""How the shape of an archive begins that holds one user's data, and is not meant to be imported."""


class Damaged(PortError):
    """An archive is not what it was when it was written; `detail` names the file and the line."""

    code = "damaged_archive"


@frozen(kw_only=True)
class Manifest:
    """What an archive holds. `shape` is `core.domain.rows.SHAPE` of the release that wrote it; `rows` and
    `hashes` (SHA-256 over the rows' digests) are by kind.
    """

    format: int = FORMAT
    shape: str
    created_at: datetime
    rows: Mapping[Kind, int]
    hashes: Mapping[Kind, str]


class ArchiveWriter(Protocol):
    """Takes rows kind by kind, and at last the manifest, without which an archive is none."""

    def add(self, row: StoredRecord) -> None: ...
    def finish(self, manifest: Manifest) -> None: ...
    def close(self) -> None:
        """Let go of the files."""
        ...


class Archive(Rows, Protocol):
    """Rows out of files. A scan raises Damaged where a line is changed, missing or too much."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def label(self) -> str:
        """The archive's name for people, different for every archive."""
        ...
