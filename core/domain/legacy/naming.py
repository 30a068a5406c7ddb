"""What old rows are called now: ids that follow from the old ones, so that a second run makes the same.

UUIDs of version 5, from a table's name and a row's old id: whoever knows an old id can tell the new one
without asking anybody, also a client with an old link, and an identity provider that has to know users.
Lists are sorted by time, not by id.
"""

from hashlib import sha1
from itertools import count
from typing import Final
from uuid import UUID

from core.domain.ids import IdSource, UserId
from core.domain.legacy.rows import Table

NAMESPACE: Final = UUID("6c1b39ad-52f7-5e6e-9a39-8d60e8f8ef1b")
"""The UUIDs' namespace. It never changes."""

_NAMESPACE_HASH: Final = sha1(NAMESPACE.bytes, usedforsecurity=False)
_KEPT_BITS: Final = ~((0xF << 76) | (0x3 << 62)) & ((1 << 128) - 1)
_VERSION_BITS: Final = (5 << 76) | (0x2 << 62)
"""Version 5, and the variant of RFC 9562."""


def new_id(table: Table, old_id: int, part: str = "") -> UUID:
    """The id of what an old row has become, or of a `part` that was made up from it.

    It is uuid5(NAMESPACE, "users_user:7"), or with a part uuid5(NAMESPACE, "bookings_booking:7:session").
    """
    return _named(f"{table}:{old_id}:{part}" if part else f"{table}:{old_id}")


def _named(name: str) -> UUID:
    """uuid5(NAMESPACE, name), in half its time: every row and posting asks for one."""
    digest = _NAMESPACE_HASH.copy()
    digest.update(name.encode())
    bits = int.from_bytes(digest.digest()[:16])
    return UUID(int=bits & _KEPT_BITS | _VERSION_BITS)


def user_id(old_id: int) -> UserId:
    """The id of a user, who may be a practitioner too."""
    return UserId(new_id(Table.USERS, old_id))


def ids_from(table: Table, old_id: int, part: str = "") -> IdSource:
    """Ids for what belongs to an old row and has no row of its own, in the order in which it is made."""
    numbers = count(1)
    return lambda: new_id(table, old_id, f"{part}{next(numbers)}")
