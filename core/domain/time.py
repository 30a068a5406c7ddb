"""Instants: aware UTC, whole milliseconds. Wall time lives only in availability rules."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.domain.errors import Invalid


def instant(moment: datetime) -> datetime:
    """The same moment in UTC, cut to the millisecond (the coarsest of our stores).

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    spare = utc.microsecond % 1000
    return utc if spare == 0 else utc.replace(microsecond=utc.microsecond - spare)


def optional_instant(moment: datetime | None) -> datetime | None:
    """`instant`, or None for None."""
    return None if moment is None else instant(moment)


def require_zone(name: str, *, pointer: str) -> str:
    """The IANA zone's name, or Invalid that names the field."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(pointer, f"{name!r} is not an IANA time zone") from error
    return name
