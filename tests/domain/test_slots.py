"""Free start times: days of clock changes listed by hand; what hours, buffers, notice and horizon leave."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.availability import Availability, DayException, WeeklyHours
from core.domain.slots import Span, free_starts, is_free_start

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONG_AGO = datetime(2018, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def every_day(start: int, end: int) -> tuple[WeeklyHours, ...]:
    """The same window on each weekday, in whole hours by the wall."""
    return tuple(WeeklyHours(weekday=day, start_minute=start * 60, end_minute=end * 60) for day in range(7))


def hours(zone: str = "UTC", **fields: Any) -> Availability:
    """Open all day and for years ahead, in steps of an hour, unless said otherwise."""
    wanted: dict[str, Any] = {"weekly": every_day(0, 24), "horizon_days": 10_000, "step_minutes": 60}
    return Availability(timezone=zone, **(wanted | fields))


def on(
    availability: Availability,
    day: date,
    *,
    busy: Sequence[Span] = (),
    now: datetime = LONG_AGO,
    lasts: int = 60,
) -> list[datetime]:
    """The free start times of one day by the wall clock of the availability's zone."""
    zone = ZoneInfo(availability.timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    around = free_starts(
        availability, lasts * MINUTE, busy=busy, start=midnight - DAY, end=midnight + 2 * DAY, now=now
    )
    return [at for at in around if at.astimezone(zone).date() == day]


def walls(starts: Sequence[datetime], zone: str) -> str:
    """The start times as clocks on the wall show them, each with its offset from UTC in minutes."""
    local = [at.astimezone(ZoneInfo(zone)) for at in starts]
    return " ".join(f"{at:%H:%M}{(at.utcoffset() or timedelta()) // MINUTE:+d}" for at in local)


CHANGES = [
    # Madrid: 02:00 is followed by 03:00, then 03:00 by 02:00.
    ("Europe/Madrid", date(2026, 3, 29), (0, 5), "00:00+60 01:00+60 03:00+120 04:00+120"),
    (
        "Europe/Madrid",
        date(2026, 10, 25),
        (0, 5),
        "00:00+120 01:00+120 02:00+120 02:00+60 03:00+60 04:00+60",
    ),
    ("Europe/Madrid", date(2026, 3, 29), (2, 4), "03:00+120"),
    ("Europe/Madrid", date(2026, 3, 29), (1, 2), "01:00+60"),
    ("Europe/Madrid", date(2026, 3, 29), (2, 3), ""),
    ("Europe/Madrid", date(2026, 10, 25), (2, 3), "02:00+120 02:00+60"),
    ("Europe/Madrid", date(2026, 10, 25), (1, 2), "01:00+120 02:00+120"),
    ("Europe/Madrid", date(2026, 10, 25), (15, 18), "15:00+60 16:00+60 17:00+60"),
    # New York: 02:00 is followed by 03:00, then 02:00 by 01:00.
    ("America/New_York", date(2026, 3, 8), (0, 5), "00:00-300 01:00-300 03:00-240 04:00-240"),
    (
        "America/New_York",
        date(2026, 11, 1),
        (0, 4),
        "00:00-240 01:00-240 01:00-300 02:00-300 03:00-300",
    ),
    # Lord Howe moves by half an hour: 02:00 is followed by 01:30, then 02:00 by 02:30.
    (
        "Australia/Lord_Howe",
        date(2026, 4, 5),
        (0, 4),
        "00:00+660 01:00+660 01:30+630 02:30+630",
    ),
    ("Australia/Lord_Howe", date(2026, 10, 4), (0, 4), "00:00+630 01:00+630 02:30+660"),
    # Sao Paulo in 2018: 23:00 came twice, and a day that began at 01:00. No changes nowadays.
    (
        "America/Sao_Paulo",
        date(2018, 2, 17),
        (21, 24),
        "21:00-120 22:00-120 23:00-120 23:00-180",
    ),
    ("America/Sao_Paulo", date(2018, 11, 4), (0, 4), "01:00-120 02:00-120 03:00-120"),
    ("America/Sao_Paulo", date(2018, 11, 3), (22, 24), "22:00-180 23:00-180"),
    ("America/Sao_Paulo", date(2026, 11, 1), (0, 3), "00:00-180 01:00-180 02:00-180"),
    ("UTC", date(2026, 3, 29), (0, 4), "00:00+0 01:00+0 02:00+0 03:00+0"),
    ("UTC", date(2026, 10, 25), (0, 4), "00:00+0 01:00+0 02:00+0 03:00+0"),
]


@pytest.mark.parametrize(("zone", "day", "window", "expected"), CHANGES)
def test_a_window_over_a_change_of_clocks(
    zone: str, day: date, window: tuple[int, int], expected: str
) -> None:
    assert expected == walls(on(hours(zone, weekly=every_day(*window)), day), zone)


@pytest.mark.parametrize(
    ("zone", "day", "whole", "halves"),
    [
        ("Europe/Madrid", date(2026, 3, 29), 23, 46),
        ("Europe/Madrid", date(2026, 10, 25), 25, 50),
        ("America/New_York", date(2026, 3, 8), 23, 46),
        ("America/New_York", date(2026, 11, 1), 25, 50),
        ("Australia/Lord_Howe", date(2026, 10, 4), 24, 47),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25, 49),
        ("America/Sao_Paulo", date(2018, 11, 4), 23, 46),
        ("America/Sao_Paulo", date(2018, 2, 17), 25, 50),
        ("UTC", date(2026, 3, 29), 24, 48),
    ],
)
def test_a_whole_day_has_every_hour_that_passes_in_it_once(
    zone: str, day: date, whole: int, halves: int
) -> None:
    starts = on(hours(zone), day)
    assert whole == len(starts)
    assert {HOUR} == {later - earlier for earlier, later in pairwise(starts)}

    half_hours = on(hours(zone, step_minutes=30), day, lasts=30)
    assert (halves, halves) == (len(half_hours), len(set(half_hours)))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("02:30", "04:00", "03:00+120"),
        ("01:00", "02:30", "01:00+60"),
        ("02:15", "02:45", ""),
    ],
)
def test_a_time_that_does_not_exist_is_the_first_one_after_the_change(
    start: str, end: str, expected: str
) -> None:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (start, end))
    weekly = (WeeklyHours(weekday=6, start_minute=first, end_minute=last),)

    assert expected == walls(on(hours("Europe/Madrid", weekly=weekly), date(2026, 3, 29)), "Europe/Madrid")


def test_windows_that_share_a_repeated_hour_show_it_once() -> None:
    weekly = (
        WeeklyHours(weekday=6, start_minute=60, end_minute=150),
        WeeklyHours(weekday=6, start_minute=150, end_minute=240),
    )
    shown = walls(on(hours("Europe/Madrid", weekly=weekly), date(2026, 10, 25)), "Europe/Madrid")

    assert "01:00+120 02:00+120 02:30+120 02:00+60 02:30+60" == shown


def test_a_session_may_last_over_midnight_and_into_another_window() -> None:
    weekly = (
        WeeklyHours(weekday=0, start_minute=23 * 60, end_minute=1440),
        WeeklyHours(weekday=1, start_minute=0, end_minute=60),
        WeeklyHours(weekday=1, start_minute=120, end_minute=180),
    )
    starts = on(hours(weekly=weekly, step_minutes=30), date(2026, 3, 2), lasts=90)

    assert "23:00+0 23:30+0" == walls(starts, "UTC")


def test_start_times_are_counted_from_the_start_of_their_window() -> None:
    weekly = (WeeklyHours(weekday=0, start_minute=550, end_minute=620),)

    shown = walls(on(hours(weekly=weekly, step_minutes=15), date(2026, 3, 2), lasts=30), "UTC")

    assert "09:10+0 09:25+0 09:40+0" == shown


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ([(None, None)], ""),
        ([(600, 660)], "10:00+0"),
        ([(600, 660), (900, 1020)], "10:00+0 15:00+0 16:00+0"),
    ],
)
def test_an_exception_replaces_the_hours_of_its_day(
    exceptions: list[tuple[int | None, int | None]], expected: str
) -> None:
    day = date(2026, 3, 3)
    replaced = tuple(DayException(day=day, start_minute=a, end_minute=b) for a, b in exceptions)
    availability = hours(weekly=every_day(9, 12), exceptions=replaced)

    assert expected == walls(on(availability, day), "UTC")
    assert "09:00+0 10:00+0 11:00+0" == walls(on(availability, day + DAY), "UTC")


@pytest.mark.parametrize(
    ("buffer", "expected"),
    [(0, "09:00+0 10:00+0 12:00+0 13:00+0"), (1, "09:00+0 13:00+0"), (60, "09:00+0 13:00+0"), (61, "")],
)
def test_sessions_and_the_buffers_around_them_are_taken_out(buffer: int, expected: str) -> None:
    busy = (Span(start=MONDAY + 11 * HOUR, end=MONDAY + 12 * HOUR),)
    availability = hours(weekly=every_day(9, 14), buffer_minutes=buffer)

    assert expected == walls(on(availability, MONDAY.date(), busy=busy), "UTC")


@pytest.mark.parametrize(
    ("notice", "now", "expected"),
    [
        (0, timedelta(hours=10), "11:00+0 12:00+0"),
        (0, timedelta(hours=9, minutes=59), "10:00+0 11:00+0 12:00+0"),
        (60, timedelta(hours=10), "11:00+0 12:00+0"),
        (61, timedelta(hours=10), "12:00+0"),
        (24 * 60, timedelta(hours=-13), "11:00+0 12:00+0"),
    ],
)
def test_notice_counts_the_time_that_passes(notice: int, now: timedelta, expected: str) -> None:
    availability = hours(weekly=every_day(9, 13), min_notice_minutes=notice)

    assert expected == walls(on(availability, MONDAY.date(), now=MONDAY + now), "UTC")


def test_notice_over_a_change_of_clocks_counts_the_time_that_passes() -> None:
    """A day before 09:00 of that Sunday it is 08:00 of the Saturday: an hour is left out."""
    saturday = datetime(2026, 3, 28, 7, tzinfo=UTC)
    availability = hours("Europe/Madrid", weekly=every_day(9, 11), min_notice_minutes=24 * 60)

    assert "09:00+120 10:00+120" == walls(on(availability, date(2026, 3, 29), now=saturday), "Europe/Madrid")
    late = saturday + MINUTE
    assert "10:00+120" == walls(on(availability, date(2026, 3, 29), now=late), "Europe/Madrid")


def test_nothing_is_free_beyond_the_horizon() -> None:
    availability = hours(weekly=every_day(9, 12), horizon_days=2)
    now = MONDAY + 10 * HOUR

    found = free_starts(availability, HOUR, busy=(), start=MONDAY, end=MONDAY + 30 * DAY, now=now)

    days = (now.date(), now.date() + DAY, now.date() + 2 * DAY)
    assert [1, 3, 1] == [len([at for at in found if at.date() == day]) for day in days]
    assert MONDAY + 2 * DAY + 9 * HOUR == max(found)


def test_a_range_has_its_start_and_not_its_end() -> None:
    found = free_starts(hours(), HOUR, busy=(), start=MONDAY + 9 * HOUR, end=MONDAY + 11 * HOUR, now=LONG_AGO)

    assert (MONDAY + 9 * HOUR, MONDAY + 10 * HOUR) == found


def test_who_is_never_open_is_never_free() -> None:
    assert [] == on(hours(weekly=()), MONDAY.date())


ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo")
WINDOWS = st.tuples(st.integers(0, 1435), st.integers(5, 1440)).filter(lambda pair: pair[0] < pair[1])
CHANGING_DAYS = st.sampled_from(sorted({day for _, day, _, _ in CHANGES} | {date(2026, 6, 1)}))


@st.composite
def agendas(draw: st.DrawFn) -> tuple[Availability, datetime, list[Span]]:
    """Somebody's hours, a midnight near a change of clocks, and what they have to do around it."""
    day = draw(CHANGING_DAYS)
    weekly = tuple(
        WeeklyHours(weekday=draw(st.integers(0, 6)), start_minute=start, end_minute=end)
        for start, end in draw(st.lists(WINDOWS, min_size=1, max_size=6))
    )
    availability = hours(
        draw(st.sampled_from(ZONES)),
        weekly=weekly,
        buffer_minutes=draw(st.sampled_from([0, 10, 45])),
        step_minutes=draw(st.sampled_from([5, 15, 40])),
    )
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    offsets = draw(st.lists(st.integers(-300, 300), max_size=4))
    busy = [Span(start=midnight + o * 10 * MINUTE, end=midnight + o * 10 * MINUTE + HOUR) for o in offsets]
    return availability, midnight, busy


@given(agenda=agendas(), lasts=st.sampled_from([20, 60, 95]))
def test_what_is_shown_is_free_and_what_is_not_shown_is_not(
    agenda: tuple[Availability, datetime, list[Span]], lasts: int
) -> None:
    availability, midnight, busy = agenda
    duration = lasts * MINUTE
    shown = set(
        free_starts(availability, duration, busy=busy, start=midnight - DAY, end=midnight + DAY, now=LONG_AGO)
    )

    for minutes in range(-24 * 60, 24 * 60, 5):
        at = midnight + minutes * MINUTE
        free = is_free_start(availability, at, at + duration, busy=busy, now=LONG_AGO)
        assert (at in shown) == free
        shown.discard(at)
        assert not is_free_start(
            availability, at + MINUTE / 2, at + MINUTE / 2 + duration, busy=busy, now=LONG_AGO
        )
    for at in shown:
        assert is_free_start(availability, at, at + duration, busy=busy, now=LONG_AGO)


@given(agenda=agendas(), lasts=st.sampled_from([20, 60, 95]))
def test_what_is_shown_lies_within_hours_by_the_wall_and_apart_from_sessions(
    agenda: tuple[Availability, datetime, list[Span]], lasts: int
) -> None:
    """Told minute by minute from the wall clock, without any of the code's own arithmetic."""
    availability, midnight, busy = agenda
    zone, buffer = ZoneInfo(availability.timezone), availability.buffer_minutes * MINUTE
    found = free_starts(
        availability, lasts * MINUTE, busy=busy, start=midnight - DAY, end=midnight + DAY, now=LONG_AGO
    )

    assert sorted(set(found)) == list(found)
    for at in found:
        end = at + lasts * MINUTE
        assert all(end + buffer <= span.start or at >= span.end + buffer for span in busy)
        for local in ((at + minute * MINUTE).astimezone(zone) for minute in range(lasts)):
            assert _is_open(availability, local), local


def _is_open(availability: Availability, local: datetime) -> bool:
    """Whether a window has this wall time, or a repeated hour joins it to one."""
    minute = local.hour * 60 + local.minute
    twin = local.replace(fold=1 - local.fold)
    repeated = twin.utcoffset() != local.utcoffset()
    return any(
        window.weekday == local.weekday()
        and (
            window.start_minute <= minute < window.end_minute
            or (repeated and window.start_minute - 60 < minute < window.end_minute + 60)
        )
        for window in availability.weekly
    )
