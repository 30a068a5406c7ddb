"""The free start times that a practitioner's availability leaves.

How wall times become instants where clocks are changed:

- A time that a change leaves out (02:30 where 02:00 is followed by 03:00) stands for the first instant
  after the change, at the start of a window and at its end.
- A time that comes twice is its first occurrence at the start of a window and its second at the end,
  so that a window over the change has every hour that passes in it.

A window is as long as the time that really passes in it, and start times are counted from its first
instant: none is missing, none comes twice. Windows that touch are one stretch, across midnight too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from core.domain.availability import Availability
from core.domain.sessions import ServiceSession

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)


@frozen(kw_only=True)
class Span:
    """The instants in [start, end)."""

    start: datetime
    end: datetime


def free_starts(
    availability: Availability,
    duration: timedelta,
    *,
    busy: Iterable[Span],
    start: datetime,
    end: datetime,
    now: datetime,
) -> tuple[datetime, ...]:
    """Every instant in [start, end) at which a session of this duration can be booked, in order.

    `busy` must have at least what keeps the practitioner busy, buffers included, in the time that
    such sessions would take.
    """
    earliest, latest = _bookable(availability, start, end, now)
    if earliest >= latest:
        return ()
    windows = list(_windows(availability, earliest, latest + duration))
    buffer = availability.buffer_minutes * MINUTE
    taken = _merged(Span(start=span.start - buffer, end=span.end + buffer) for span in busy)
    free = list(_without(_merged(windows), taken))
    step = availability.step_minutes * MINUTE
    starts = {at for window in windows for at in _steps(window, step) if earliest <= at < latest}
    return tuple(at for at in sorted(starts) if _fits(free, at, at + duration))


def is_free_start(
    availability: Availability, start: datetime, end: datetime, *, busy: Iterable[Span], now: datetime
) -> bool:
    """Whether `free_starts` would show `start` for a session until `end`."""
    shown = free_starts(availability, end - start, busy=busy, start=start, end=start + MILLISECOND, now=now)
    return shown == (start,)


def spans_of(sessions: Iterable[ServiceSession]) -> Iterator[Span]:
    """The time that sessions take, without those that have none."""
    for session in sessions:
        if session.start_time is not None and session.end_time is not None:
            yield Span(start=session.start_time, end=session.end_time)


def _bookable(
    availability: Availability, start: datetime, end: datetime, now: datetime
) -> tuple[datetime, datetime]:
    """[start, end) without the past, what is too soon and what is too far away."""
    notice = max(availability.min_notice_minutes * MINUTE, MILLISECOND)
    return max(start, now + notice), min(end, now + availability.horizon_days * DAY)


def _windows(availability: Availability, start: datetime, end: datetime) -> Iterator[Span]:
    """The windows of every day that [start, end) touches, with a day to spare on both sides."""
    zone = ZoneInfo(availability.timezone)
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY
    while day <= last:
        for opens, closes in _hours(availability, day):
            first = _instant(day, opens, zone, is_end=False)
            until = _instant(day, closes, zone, is_end=True)
            if first < until:
                yield Span(start=first, end=until)
        day += DAY


def _hours(availability: Availability, day: date) -> Iterator[tuple[int, int]]:
    """The day's windows in minutes since midnight by the wall: its exceptions', else its weekday's."""
    exceptions = [exception for exception in availability.exceptions if exception.day == day]
    for exception in exceptions:
        if exception.start_minute is not None and exception.end_minute is not None:
            yield exception.start_minute, exception.end_minute
    if exceptions:
        return
    for hours in availability.weekly:
        if hours.weekday == day.weekday():
            yield hours.start_minute, hours.end_minute


def _instant(day: date, minute: int, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """The instant of a wall time, by the rules above."""
    # Adding to a datetime in a zone moves the wall clock, not the time that passes: what is wanted here.
    wall = datetime.combine(day, time.min, tzinfo=zone) + minute * MINUTE
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:
        return _change_between(second, first, zone)
    return second if is_end else first


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the new offset, in (before, after]."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, (after - before) // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * SECOND).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + high * SECOND


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few spans as possible, by start."""
    merged: list[Span] = []
    for span in sorted(spans, key=_start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return merged


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """What is left of the spans; both come merged."""
    for span in spans:
        start = span.start
        for block in taken[max(bisect_right(taken, start, key=_start) - 1, 0) :]:
            if block.start >= span.end:
                break
            if start < block.start:
                yield Span(start=start, end=block.start)
            start = max(start, block.end)
        if start < span.end:
            yield Span(start=start, end=span.end)


def _steps(window: Span, step: timedelta) -> Iterator[datetime]:
    at = window.start
    while at < window.end:
        yield at
        at += step


def _fits(free: Sequence[Span], start: datetime, end: datetime) -> bool:
    """Whether one of the spans has room from start to end."""
    index = bisect_right(free, start, key=_start) - 1
    return index >= 0 and end <= free[index].end


def _start(span: Span) -> datetime:
    return span.start
