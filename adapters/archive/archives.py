"""Writing archives, and reading them line by line: nothing that was changed or lost gets through."""

from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO

from adapters.archive.files import Files, to_read, to_write
from adapters.archive.lines import MANIFEST, manifest_text, member, read, read_manifest, written
from core.domain.kinds import Kind
from core.domain.rows import KINDS, StoredRecord, digest, place_of
from ports.archives import Damaged, Manifest
from ports.errors import Unavailable


class FileWriter:
    """`ports.archives.ArchiveWriter`. Raises Unavailable where something is at the path already."""

    def __init__(self, path: Path) -> None:
        self._files: Files = to_write(path)
        self._open: IO[bytes] | None = None
        self._kind: Kind | None = None
        self._number = 0

    def add(self, row: StoredRecord) -> None:
        """Write a row. Rows of a kind come one after the other."""
        kind = KINDS[type(row)]
        if kind is not self._kind or self._open is None:
            self._end_file()
            self._open, self._kind, self._number = self._files.writing(member(kind)), kind, 0
        self._number += 1
        self._open.write(written(row, self._number))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: now it is an archive."""
        self._end_file()
        with self._files.writing(MANIFEST) as file:
            file.write(manifest_text(manifest).encode())
        self._files.finish()

    def close(self) -> None:
        """Let go of the files; what is not finished is no archive."""
        self._end_file()
        self._files.close()

    def _end_file(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class FileArchive:
    """`ports.archives.Archive`. Raises Unavailable and Damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = to_read(path)
        try:
            with self._files.reading(MANIFEST) as file:
                text = file.read().decode()
        except (OSError, KeyError) as error:
            raise Unavailable(f"{path} has no {MANIFEST}: it is no whole archive") from error
        self.manifest = read_manifest(text)
        self.label = f"{path.name} {sha256(text.encode()).hexdigest()[:16]}"

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there ought to be."""
        return self.manifest.rows.get(kind, 0)

    async def scan(
        self, kind: Kind, *, after: str | None = None, batch: int = 500
    ) -> AsyncIterator[StoredRecord]:
        """Every row of a kind behind a place, each proved; the sum is proved at the end."""
        del batch
        passed = after is None
        for row in self._proved(kind):
            if passed:
                yield row
            elif place_of(row) == after:
                passed = True
        if not passed:
            raise Damaged(f"{member(kind)}: no row is at {after}, where the import left off")

    def _proved(self, kind: Kind) -> Iterator[StoredRecord]:
        expected, found, total = self.manifest.rows.get(kind, 0), 0, sha256()
        if expected == 0:
            return
        try:
            with self._files.reading(member(kind)) as lines:
                for found, line in enumerate(lines, start=1):
                    row = read(kind, line, found)
                    total.update(digest(row).encode())
                    yield row
        except (OSError, KeyError) as error:
            raise Damaged(f"{member(kind)}: it is not there") from error
        if found != expected:
            raise Damaged(f"{member(kind)}: it ends with line {found}, of {expected}")
        if total.hexdigest() != self.manifest.hashes[kind]:
            raise Damaged(f"{member(kind)}: its rows are not those of the manifest")

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()
