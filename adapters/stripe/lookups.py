"""Finding an object whose id we never heard, by the idempotency key in its metadata.

Stripe's search is not used: it may not show an object for minutes, and a miss would be taken for proof.
Lists are exact. They cannot be filtered by metadata, so they are read from the newest object back to the
moment before the key was made, which the key tells: it ends in a version-7 UUID.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

import stripe

from adapters.stripe.words import KEY

SKEW: Final = timedelta(hours=1)
"""How far our clock may be ahead of Stripe's."""

PAGE: Final = 100
"""What Stripe gives at most."""

MOST_PAGES: Final = 100
"""After so many pages there is no proof of absence, only an end of patience."""

UUID_LENGTH: Final = 36


class TooMany(Exception):
    """The list is too long to be read to its end."""


T = TypeVar("T", stripe.PaymentIntent, stripe.Refund)

Page = Callable[[str | None], Awaitable[stripe.ListObject[T]]]
"""Asks for the page after the object with this id, newest first; None asks for the first page."""


async def find_by_key(page: Page[T], key: str) -> T | None:
    """The object that was made under the key; None proves that there is none. Raises TooMany."""
    after: str | None = None
    for _ in range(MOST_PAGES):
        listed = await page(after)
        for item in listed.data:
            if _is_under(key, item.metadata):
                return item
        if not listed.has_more:
            return None
        after = listed.data[-1].id
    raise TooMany


def made_after(key: str) -> int:
    """A moment in Unix seconds before which nothing was made under the key; 0 if it does not tell."""
    try:
        made = UUID(key[-UUID_LENGTH:])
    except ValueError:
        return 0
    if made.version != 7:
        return 0
    milliseconds = made.int >> 80
    return max(0, milliseconds // 1000 - int(SKEW.total_seconds()))


def _is_under(key: str, metadata: stripe.StripeObject | None) -> bool:
    """Objects that others made in the same account have other metadata, or none."""
    return metadata is not None and KEY in metadata and metadata[KEY] == key
