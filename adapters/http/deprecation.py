"""Fields that are on their way out: how the answers that carry them say so.

`Deprecation` is RFC 9745's, `Sunset` RFC 8594's, and the link's target says what is meant: never the route,
only the fields that the document marks.
"""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

import msgspec
from attrs import field, frozen
from litestar.types import Message, Scope

CARRIES: Final = "deprecated_fields"
"""What a route's `opt` says under this name: whether its answer has such fields."""

HEADERS: Final = {
    "Deprecation": {
        "description": "Fields of the answer are deprecated since then (RFC 9745): those marked here.",
        "schema": {"type": "string", "pattern": "^@-?[0-9]+$"},
    },
    "Sunset": {
        "description": "Until then they stay at least (RFC 8594). Absent while that is not decided.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": 'What to use instead: the target of `rel="deprecation"`.',
        "schema": {"type": "string"},
    },
}
"""As the document describes them."""


def _not_before_deprecation(deprecation: "Deprecation", _: Any, sunset_on: date | None) -> None:
    if sunset_on is not None and sunset_on < deprecation.deprecated_on:
        raise ValueError("fields cannot go before they are deprecated")


@frozen(kw_only=True)
class Deprecation:
    """Since when fields are deprecated, and on which day they may go (None: not decided), each from the
    beginning of the day in UTC. `guide` is where clients read what to use instead: a URL, or a path here.
    Raises ValueError for a sunset before the deprecation (RFC 9745, 4).
    """

    deprecated_on: date = date(2026, 12, 1)
    sunset_on: date | None = field(default=date(2027, 12, 1), validator=_not_before_deprecation)
    guide: str = "/schema"

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that say so."""
        said = {
            "deprecation": f"@{int(_midnight(self.deprecated_on).timestamp())}",
            "link": f'<{self.guide}>; rel="deprecation"',
        }
        if self.sunset_on is not None:
            said["sunset"] = format_datetime(_midnight(self.sunset_on), usegmt=True)
        return [(name.encode(), value.encode()) for name, value in said.items()]


@cache
def carries_deprecated(shape: Any) -> bool:
    """Whether an answer of this shape has a field that its schema marks as deprecated, however deep."""
    _, schemas = msgspec.json.schema_components([shape])
    fields = [field for schema in schemas.values() for field in schema.get("properties", {}).values()]
    return any(field.get("deprecated", False) for field in fields)


async def tell_deprecation(message: Message, scope: Scope) -> None:
    """Add the headers to a successful answer that carries such fields."""
    if message["type"] != "http.response.start" or message["status"] >= 300:
        return
    # Where no route fits there is no handler.
    if getattr(scope.get("route_handler"), "opt", {}).get(CARRIES, False):
        deprecation: Deprecation = scope["litestar_app"].state.config.deprecation
        message["headers"] = [*message["headers"], *deprecation.headers]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
