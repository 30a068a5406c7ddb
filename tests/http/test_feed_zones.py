"""The feed's times where clocks are changed: read back, and told from the file's own zones alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from icalendar import Calendar

from adapters.http.views.icalendar import icalendar
from adapters.http.views.vtimezone import vtimezone
from core.domain.availability import Availability
from core.domain.calendar import CalendarItem
from core.domain.ids import ServiceId, SessionId
from core.domain.sessions import SessionType
from core.domain.statuses import SessionStatus
from core.usecases.calendar import Feed
from tests.builders import make_practitioner, new_id, new_user

HALF_HOUR = timedelta(minutes=30)

CHANGES = {
    "Europe/Madrid": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    # Morocco leaves its time for Ramadan, by no rule that a year could repeat.
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00", "2027-02-07T02:00", "2027-03-14T02:00"),
    # No change since 2019.
    "America/Sao_Paulo": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Asia/Kathmandu": ("2026-03-29T01:00",),
}


def instants_around(changes: tuple[str, ...]) -> list[datetime]:
    """Every quarter of an hour, from three hours before each change to three hours after it."""
    quarters = [timedelta(minutes=15) * number for number in range(-12, 13)]
    return [
        datetime.fromisoformat(change).replace(tzinfo=UTC) + step for change in changes for step in quarters
    ]


def feed_of(zone: str, starts: list[datetime]) -> Feed:
    """A feed of half hours, of somebody who lives there."""
    items = tuple(
        CalendarItem(
            service_session_id=SessionId(new_id()),
            service_id=ServiceId(new_id()),
            practitioner_id=new_user(),
            title="Breathing",
            session_type=SessionType.INDIVIDUAL,
            status=SessionStatus.SCHEDULED,
            start_time=start,
            end_time=start + HALF_HOUR,
            max_participants=1,
            version=1,
        )
        for start in starts
    )
    return Feed(practitioner=evolve(make_practitioner(), timezone=zone), items=items, at=starts[0])


def events_of(calendar: Any) -> list[Any]:
    """The events, with the values that the library read."""
    return list(calendar.events)


@pytest.mark.parametrize("zone", CHANGES)
def test_a_feed_has_the_same_instants_across_every_change_of_the_clock(zone: str) -> None:
    starts = instants_around(CHANGES[zone])

    events = events_of(Calendar.from_ical(icalendar(feed_of(zone, starts))))

    assert starts == [event["DTSTART"].dt.astimezone(UTC) for event in events]
    assert [at + HALF_HOUR for at in starts] == [event["DTEND"].dt.astimezone(UTC) for event in events]


@pytest.mark.parametrize("zone", CHANGES)
def test_a_program_without_a_zone_database_finds_the_same_instants(zone: str) -> None:
    """It reads the file's own zone, which the library would else look up by its name."""
    starts = instants_around(CHANGES[zone])
    calendar = Calendar.from_ical(icalendar(feed_of(zone, starts)))
    (component,) = calendar.timezones
    own = component.to_tz(lookup_tzid=False)

    local = [event for event in events_of(calendar) if "TZID" in event["DTSTART"].params]
    inside = [event["DTSTART"].dt.replace(tzinfo=own).astimezone(UTC) for event in local]
    in_utc = [event["DTSTART"].dt for event in events_of(calendar) if event not in local]

    assert zone == component.tz_name
    assert starts == sorted(inside + in_utc)
    assert len(in_utc) <= 4 * len(CHANGES[zone]) < len(inside)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (
            "Australia/Lord_Howe",
            [
                ("DAYLIGHT", "20260101T000000", 660, 660),
                ("STANDARD", "20260405T020000", 660, 630),
                ("DAYLIGHT", "20261004T020000", 630, 660),
            ],
        ),
        (
            "America/New_York",
            [
                ("STANDARD", "20260101T000000", -300, -300),
                ("DAYLIGHT", "20260308T020000", -300, -240),
                ("STANDARD", "20261101T020000", -240, -300),
            ],
        ),
        ("America/Sao_Paulo", [("STANDARD", "20260101T000000", -180, -180)]),
    ],
)
def test_a_zone_lists_its_changes_by_the_clock_that_is_about_to_change(
    zone: str, expected: list[tuple[str, str, int, int]]
) -> None:
    assert expected == [
        (
            shown.name,
            f"{shown.DTSTART:%Y%m%dT%H%M%S}",
            shown.TZOFFSETFROM // timedelta(minutes=1),
            shown.TZOFFSETTO // timedelta(minutes=1),
        )
        for shown in vtimezone(zone, 2026, 2026).subcomponents
    ]


def test_the_second_of_two_equal_wall_times_stands_in_utc() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    file = icalendar(feed_of("Europe/Madrid", [first, second])).decode()

    assert "DTSTART;TZID=Europe/Madrid:20261025T023000" in file
    assert "DTSTART:20261025T013000Z" in file


def test_the_hours_zone_goes_before_the_profiles() -> None:
    start = datetime(2026, 7, 1, 9, tzinfo=UTC)
    feed = feed_of("Europe/Madrid", [start])
    hours = Availability(timezone="America/New_York")

    file = icalendar(evolve(feed, practitioner=evolve(feed.practitioner, availability=hours))).decode()

    assert "DTSTART;TZID=America/New_York:20260701T050000" in file
    assert "X-WR-TIMEZONE:America/New_York" in file


def test_a_feed_in_utc_needs_no_zone() -> None:
    file = icalendar(feed_of("UTC", [datetime(2026, 7, 1, 9, tzinfo=UTC)])).decode()

    assert "DTSTART:20260701T090000Z" in file
    assert "VTIMEZONE" not in file


def test_a_feed_over_the_turn_of_a_year_has_a_zone_for_both_its_years() -> None:
    zone = ZoneInfo("Pacific/Auckland")
    starts = [datetime(2025, 12, 31, 11, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)]

    calendar = Calendar.from_ical(icalendar(feed_of(zone.key, starts)))
    own = calendar.timezones[0].to_tz(lookup_tzid=False)

    assert starts == [
        event["DTSTART"].dt.replace(tzinfo=own).astimezone(UTC) for event in events_of(calendar)
    ]


def test_a_zone_is_made_once_for_the_same_years() -> None:
    assert vtimezone("Europe/Rome", 2026, 2027) is vtimezone("Europe/Rome", 2026, 2027)
