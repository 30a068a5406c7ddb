"""Where an archive lies: a directory with a file for each kind, or the same in one ZIP file.

A ZIP file is written beside its place and moved there when it is whole; a directory is whole when it
has its manifest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from ports.errors import Unavailable

ZIP = ".zip"


class Files(Protocol):
    """Files by name, each written or read from its beginning to its end."""

    def writing(self, name: str) -> IO[bytes]: ...
    def reading(self, name: str) -> IO[bytes]: ...
    def finish(self) -> None:
        """Put what was written in its place."""
        ...

    def close(self) -> None: ...


class Directory:
    """Files in a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def writing(self, name: str) -> IO[bytes]:
        return (self._path / name).open("xb")

    def reading(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")

    def finish(self) -> None:
        """Nothing to do: the manifest came last."""

    def close(self) -> None:
        """Nothing is held."""


class Zipped:
    """Members of a ZIP file."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial") if writes else None
        self._zip = ZipFile(self._partial or path, "w" if writes else "r", ZIP_DEFLATED)

    def writing(self, name: str) -> IO[bytes]:
        return self._zip.open(name, "w", force_zip64=True)

    def reading(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def finish(self) -> None:
        self._zip.close()
        if self._partial is not None:
            self._partial.replace(self._path)

    def close(self) -> None:
        self._zip.close()
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)


def to_write(path: Path) -> Files:
    """A new archive's files. Raises Unavailable if something is there already."""
    with _told(path):
        if path.suffix == ZIP:
            if path.exists():
                raise FileExistsError("it is there already")
            return Zipped(path, writes=True)
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileExistsError("it is not empty")
        return Directory(path)


def to_read(path: Path) -> Files:
    """An archive's files. Raises Unavailable if they cannot be read."""
    with _told(path):
        return Directory(path) if path.is_dir() else Zipped(path, writes=False)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, BadZipFile) as error:
        raise Unavailable(f"{path}: {getattr(error, 'strerror', None) or error}") from error
