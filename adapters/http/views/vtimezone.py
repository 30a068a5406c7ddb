"""A zone of the tz database as a VTIMEZONE (RFC 5545, 3.6.5), for the years that a calendar needs.

Each change of the clock is written out, with the wall time that the old offset shows when it comes.
So zones whose changes follow no rule (Africa/Casablanca), or are of half an hour, are as right as the rest.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


@lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> Timezone:
    """The zone's offsets for every wall time of these years, the last one included.

    The same object is given out again: it is to be read only.
    """
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("TZID", name)
    start = datetime(first_year, 1, 1, tzinfo=zone)
    component.add_component(_observance(start, start))
    for before, after in _changes(zone, start, datetime(last_year + 1, 1, 1, tzinfo=zone)):
        component.add_component(_observance(before, after))
    return component


def _observance(before: datetime, after: datetime) -> TimezoneStandard | TimezoneDaylight:
    """What the clocks show from `after` on, where they showed `before` until then."""
    shown = TimezoneDaylight() if after.dst() else TimezoneStandard()
    old = before.utcoffset() or timedelta()
    shown.DTSTART = (after.astimezone(UTC) + old).replace(tzinfo=None)
    shown.TZOFFSETFROM = old
    shown.TZOFFSETTO = after.utcoffset() or timedelta()
    shown.add("TZNAME", after.tzname() or "")
    return shown


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The instants in (start, end) at which the offset changes, each after the second before it."""
    low, until = start.astimezone(UTC), end.astimezone(UTC)
    while low < until:
        high = low + DAY
        if _offset(low, zone) != _offset(high, zone):
            yield _change(low, high, zone)
        low = high


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    old = _offset(low, zone)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(middle, zone) == old:
            low = middle
        else:
            high = middle
    return low.astimezone(zone), high.astimezone(zone)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
