"""How to read a whole list, page by page."""

# ruff: noqa: S101 - assert is how a contract speaks

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from ports.queries import Items, Page

T = TypeVar("T")

HOUR = timedelta(hours=1)
MANY = Page(limit=100)


async def pages(read: Callable[[Page], Awaitable[Items[T]]], limit: int) -> list[Sequence[T]]:
    """All pages of a list."""
    found: list[Sequence[T]] = []
    page = Page(limit=limit)
    while True:
        items = await read(page)
        found.append(items.items)
        if items.next is None:
            return found
        page = Page(limit=limit, after=items.next)


async def assert_paged(read: Callable[[Page], Awaitable[Items[T]]], expected: Sequence[T]) -> None:
    """The list is the expected one, in pages of every size."""
    for limit in (1, 2, len(expected), len(expected) + 1):
        cut = [list(expected[i : i + limit]) for i in range(0, len(expected), limit)]
        assert cut == [list(page) for page in await pages(read, limit)]
