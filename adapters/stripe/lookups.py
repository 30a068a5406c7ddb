"""Finding an object whose id we never heard, by the idempotency key in its metadata.

Stripe's search is not used: it may not show an object for minutes, and a miss would be taken for proof.
Lists are exact. They cannot be filtered by metadata, so they are read from the newest object back to the
moment before the key was made.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stripe
from attrs import frozen

from adapters.stripe.words import KEY


@frozen(kw_only=True)
class Reach:
    """How much of a list is read: a page has 100 objects at most. Beyond it there is no proof of absence."""

    page: int = 100
    pages: int = 100


class TooMany(Exception):
    """The list is too long to be read to its end."""


T = TypeVar("T", stripe.PaymentIntent, stripe.Refund)

Page = Callable[[str | None], Awaitable[stripe.ListObject[T]]]
"""Asks for the page after the object with this id, newest first; None asks for the first page."""


async def find_by_key(page: Page[T], key: str, reach: Reach) -> T | None:
    """The object that was made under the key; None proves that there is none. Raises TooMany."""
    after: str | None = None
    for _ in range(reach.pages):
        listed = await page(after)
        for item in listed.data:
            if _is_under(key, item.metadata):
                return item
        if not listed.has_more:
            return None
        after = listed.data[-1].id
    raise TooMany


def _is_under(key: str, metadata: stripe.StripeObject | None) -> bool:
    """Objects that others made in the same account have other metadata, or none."""
    return metadata is not None and KEY in metadata and metadata[KEY] == key
