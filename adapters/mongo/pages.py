"""How lists are cut into pages: after a cursor, in the order of an index, one item ahead."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from adapters.mongo.documents import Document
from ports.queries import Cursor, Items, Page

T = TypeVar("T")

ASCENDING: Final = 1
DESCENDING: Final = -1


def order_by(at: str, direction: int = DESCENDING) -> tuple[tuple[str, int], tuple[str, int]]:
    """The sort by an instant and then by id; newest first unless said otherwise."""
    return ((at, direction), ("_id", direction))


def after(page: Page, at: str, direction: int = DESCENDING) -> Document:
    """The condition for what follows the page's cursor.

    It bounds the instant by itself, so that an index scan starts at the cursor.
    """
    if page.after is None:
        return {}
    reached, passed = ("$lte", "$lt") if direction == DESCENDING else ("$gte", "$gt")
    return {
        at: {reached: page.after.at},
        "$or": [{at: {passed: page.after.at}}, {"_id": {passed: page.after.id}}],
    }


def both(*conditions: Document) -> Document:
    """All of these conditions, though they may be about the same fields."""
    present = [condition for condition in conditions if condition]
    return {"$and": present} if len(present) > 1 else (present or [{}])[0]


def only(**fields: Any) -> Document:
    """The condition that these fields have these values; None means any."""
    return {name: value for name, value in fields.items() if value is not None}


def page_of(found: Sequence[T], page: Page, place: Callable[[T], tuple[datetime | None, UUID]]) -> Items[T]:
    """The page out of up to `limit` + 1 items; the one too many tells that there is a next page."""
    items = tuple(found[: page.limit])
    if len(found) <= page.limit or not items:
        return Items(items=items)

    at, key = place(items[-1])
    if at is None:
        raise ValueError(f"{key} has no place in this list")
    return Items(items=items, next=Cursor(at=at, id=key))
