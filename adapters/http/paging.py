"""Lists: how much of them is asked for, and where the next page begins."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from adapters.http.fields import EARLIEST, LATEST
from adapters.http.problems import BadFields, FieldError
from ports.queries import Cursor, Items, Page

T = TypeVar("T")
V = TypeVar("V")

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many items at most.")]
After = Annotated[
    str | None,
    QueryParameter(name="cursor", max_length=64, description="`next_cursor` of the page before."),
]

DEFAULT_LIMIT: Final = 50

LAYOUT: Final = struct.Struct(">q16s")
MILLISECOND: Final = timedelta(milliseconds=1)


def page(limit: int, cursor: str | None) -> Page:
    """The page that was asked for. BadFields for a cursor that this API did not make."""
    return Page(limit=limit, after=None if cursor is None else _read(cursor))


def items(found: Items[T], view: Callable[[T], V]) -> dict[str, object]:
    """A page of views, with the cursor of the next one."""
    return {
        "items": [view(item) for item in found.items],
        "next_cursor": None if found.next is None else written(found.next),
    }


def sliced(found: Sequence[T], asked: Page, key: Callable[[T], Cursor]) -> Items[T]:
    """The page of a list that is short by nature and was read whole."""
    keys = [key(item) for item in found]
    if asked.after is not None and asked.after not in keys:
        raise _foreign()
    start = 0 if asked.after is None else keys.index(asked.after) + 1
    end = start + asked.limit
    return Items(items=found[start:end], next=keys[end - 1] if end < len(found) else None)


def written(cursor: Cursor) -> str:
    """A cursor as clients carry it: opaque, 32 characters."""
    milliseconds = (cursor.at - EARLIEST) // MILLISECOND
    return urlsafe_b64encode(LAYOUT.pack(milliseconds, cursor.id.bytes)).decode()


def _read(text: str) -> Cursor:
    try:
        milliseconds, identity = LAYOUT.unpack(urlsafe_b64decode(text.encode("ascii")))
        at = datetime.fromtimestamp(0, UTC) + milliseconds * MILLISECOND
    except (ValueError, OverflowError, UnicodeError, struct.error) as error:
        raise _foreign() from error
    if not EARLIEST <= at < LATEST or written(Cursor(at=at, id=UUID(bytes=identity))) != text:
        raise _foreign()
    return Cursor(at=at, id=UUID(bytes=identity))


def _foreign() -> BadFields:
    return BadFields(FieldError(pointer="/cursor", detail="is not a cursor of this list"))
