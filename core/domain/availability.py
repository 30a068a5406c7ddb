"""When a practitioner may be booked: weekly hours by the wall clock of one zone, and exceptions to them.

These are rules, so they are kept as wall times with their zone; `slots` turns them into instants.
"""

from collections.abc import Hashable, Iterable
from datetime import date

from attrs import frozen

from core.domain.errors import Invalid
from core.domain.time import require_zone

DAY_MINUTES = 24 * 60
DEFAULT_HORIZON_DAYS = 90
DEFAULT_STEP_MINUTES = 15
MIN_STEP_MINUTES = 5
MAX_BUFFER_MINUTES = DAY_MINUTES
MAX_NOTICE_MINUTES = 366 * DAY_MINUTES
MAX_HORIZON_DAYS = 3 * 366
MAX_WEEKLY = 7 * 24
MAX_EXCEPTIONS = 1000


@frozen(kw_only=True)
class WeeklyHours:
    """A window of one weekday (0 is Monday), in minutes since its midnight by the wall clock.

    `end_minute` is exclusive; 1440 is the end of the day. Hours past midnight are two windows.
    """

    weekday: int
    start_minute: int
    end_minute: int


@frozen(kw_only=True)
class DayException:
    """What replaces one day's hours: a window, of which a day may have several, or no hours at all."""

    day: date
    start_minute: int | None = None
    end_minute: int | None = None

    @property
    def is_off(self) -> bool:
        """Whether the whole day is off."""
        return self.start_minute is None


@frozen(kw_only=True)
class Availability:
    """The hours in which individual sessions may take place, and how they may be booked.

    `buffer_minutes` lie at least between any two sessions. A session is booked at least
    `min_notice_minutes` ahead and less than `horizon_days` (of 24 hours). It starts a whole number
    of `step_minutes` after the start of one of the windows.
    """

    timezone: str
    weekly: tuple[WeeklyHours, ...] = ()
    exceptions: tuple[DayException, ...] = ()
    buffer_minutes: int = 0
    min_notice_minutes: int = 0
    horizon_days: int = DEFAULT_HORIZON_DAYS
    step_minutes: int = DEFAULT_STEP_MINUTES


def require_availability(availability: Availability) -> None:
    """Invalid, naming the field, unless the rules make sense and do not contradict each other."""
    require_zone(availability.timezone, pointer="/timezone")
    _require_numbers(availability)
    if len(availability.weekly) > MAX_WEEKLY:
        raise Invalid("/weekly", f"must have at most {MAX_WEEKLY} windows")
    if len(availability.exceptions) > MAX_EXCEPTIONS:
        raise Invalid("/exceptions", f"must have at most {MAX_EXCEPTIONS} windows")
    _require_weekly(availability.weekly)
    _require_exceptions(availability.exceptions)


def _require_numbers(availability: Availability) -> None:
    for name, value, least, most in (
        ("buffer_minutes", availability.buffer_minutes, 0, MAX_BUFFER_MINUTES),
        ("min_notice_minutes", availability.min_notice_minutes, 0, MAX_NOTICE_MINUTES),
        ("horizon_days", availability.horizon_days, 1, MAX_HORIZON_DAYS),
        ("step_minutes", availability.step_minutes, MIN_STEP_MINUTES, DAY_MINUTES),
    ):
        if not least <= value <= most:
            raise Invalid(f"/{name}", f"must be between {least} and {most}")


def _require_weekly(weekly: Iterable[WeeklyHours]) -> None:
    windows: list[tuple[Hashable, int, int, str]] = []
    for index, hours in enumerate(weekly):
        pointer = f"/weekly/{index}"
        if not 0 <= hours.weekday <= 6:
            raise Invalid(f"{pointer}/weekday", "must be between 0 (Monday) and 6")
        _require_window(hours.start_minute, hours.end_minute, pointer)
        windows.append((hours.weekday, hours.start_minute, hours.end_minute, pointer))
    _require_apart(windows)


def _require_exceptions(exceptions: Iterable[DayException]) -> None:
    windows: list[tuple[Hashable, int, int, str]] = []
    for index, exception in enumerate(exceptions):
        pointer = f"/exceptions/{index}"
        start, end = exception.start_minute, exception.end_minute
        if start is None and end is None:
            windows.append((exception.day, 0, DAY_MINUTES, pointer))
            continue
        if start is None:
            raise Invalid(f"{pointer}/start", "is required with an end")
        if end is None:
            raise Invalid(f"{pointer}/end", "is required with a start")
        _require_window(start, end, pointer)
        windows.append((exception.day, start, end, pointer))
    _require_apart(windows)


def _require_window(start: int, end: int, pointer: str) -> None:
    if not 0 <= start < DAY_MINUTES:
        raise Invalid(f"{pointer}/start", "must be between 00:00 and 23:59")
    if not start < end <= DAY_MINUTES:
        raise Invalid(f"{pointer}/end", "must be after the start, 24:00 at the latest")


def _require_apart(windows: Iterable[tuple[Hashable, int, int, str]]) -> None:
    """Windows of one day may touch but not overlap; a day off counts as the whole day."""
    earlier: dict[Hashable, list[tuple[int, int]]] = {}
    for day, start, end, pointer in windows:
        others = earlier.setdefault(day, [])
        if any(start < other_end and other_start < end for other_start, other_end in others):
            raise Invalid(pointer, "overlaps another window of the same day")
        others.append((start, end))
