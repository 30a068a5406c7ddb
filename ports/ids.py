"""Fresh identifiers."""

from typing import Protocol
from uuid import UUID


class Ids(Protocol):
    """Hands out UUIDv7s, each greater than the one before it in this process."""

    def __call__(self) -> UUID: ...
