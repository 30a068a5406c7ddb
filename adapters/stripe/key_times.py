"""When an idempotency key was made: it names a version-7 UUID, which begins with its moment."""

import re
from typing import Final
from uuid import UUID

SKEW_SECONDS: Final = 3600
"""How far our clock may be ahead of Stripe's."""

NAMED: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def made_at(key: str) -> int:
    """In Unix seconds; 0, which is before everything, if the key does not tell."""
    named = NAMED.search(key)
    made = UUID(int=0) if named is None else UUID(named.group())
    return (made.int >> 80) // 1000 if made.version == 7 else 0


def nothing_before(key: str) -> int:
    """A moment by Stripe's clock, in Unix seconds, before which nothing can have been made under the key."""
    return max(0, made_at(key) - SKEW_SECONDS)
