"""Each start time is told of a day and an hour before, once, and never when it is too late."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.changes import Changes
from core.domain.events import EventType
from core.domain.reminders import remind
from core.domain.sessions import ServiceSession, next_reminder
from core.domain.statuses import SessionStatus
from tests.builders import NOW, make_service, make_session, new_id

HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=1)


def session_in(wait: timedelta) -> ServiceSession:
    """A session that was scheduled just now."""
    start = NOW + wait
    return make_session(make_service(), start_time=start, next_reminder_at=next_reminder(start, after=NOW))


def told(changes: Changes) -> list[object]:
    return [event.payload["hours"] for event in changes.events]


def swept(session: ServiceSession, at: datetime) -> tuple[list[object], ServiceSession]:
    """What a sweep at that time tells, and the session after it."""
    changes = remind(session, now=at, new_id=new_id)
    (after,) = changes.updates or (session,)
    assert isinstance(after, ServiceSession)
    return told(changes), after


@pytest.mark.parametrize(
    ("wait", "hours"),
    [
        (7 * 24 * HOUR, 24),
        (24 * HOUR + TICK, 24),
        (24 * HOUR, 1),
        (HOUR + TICK, 1),
        (HOUR, None),
        (TICK, None),
    ],
)
def test_the_first_reminder_is_the_first_still_to_come(wait: timedelta, hours: int | None) -> None:
    start = NOW + wait
    expected = None if hours is None else start - hours * HOUR
    assert expected == next_reminder(start, after=NOW)


def test_a_session_is_told_of_a_day_and_an_hour_before() -> None:
    session = session_in(48 * HOUR)
    start = NOW + 48 * HOUR

    assert ([], session) == swept(session, start - 24 * HOUR - TICK)
    first, session = swept(session, start - 24 * HOUR)
    nothing, session = swept(session, start - HOUR - TICK)
    second, session = swept(session, start - HOUR)

    assert ([24], [], [1]) == (first, nothing, second)
    assert session.next_reminder_at is None


def test_an_event_says_which_start_it_is_about() -> None:
    session = session_in(48 * HOUR)
    (event,) = remind(session, now=NOW + 24 * HOUR, new_id=new_id).events

    assert (EventType.SESSION_REMINDER, session.id) == (event.type, event.subject_id)
    assert "2026-03-04T09:00:00.000+00:00" == event.payload["start_time"]


def test_of_missed_reminders_only_the_last_is_told() -> None:
    hours, session = swept(session_in(48 * HOUR), NOW + 47 * HOUR + HOUR / 2)

    assert [1] == hours
    assert session.next_reminder_at is None


def test_a_session_that_has_begun_is_not_told_of() -> None:
    hours, session = swept(session_in(48 * HOUR), NOW + 48 * HOUR)

    assert [] == hours
    assert session.next_reminder_at is None


@pytest.mark.parametrize("status", [status for status in SessionStatus if status != "scheduled"])
def test_only_scheduled_sessions_are_told_of(status: SessionStatus) -> None:
    session = evolve(session_in(48 * HOUR), status=status)

    assert Changes() == remind(session, now=NOW + 24 * HOUR, new_id=new_id)


@given(
    wait=st.timedeltas(min_value=TICK, max_value=timedelta(days=5)),
    steps=st.lists(st.timedeltas(min_value=TICK, max_value=timedelta(days=2)), max_size=12),
)
def test_no_reminder_is_told_twice_however_sweeps_come(wait: timedelta, steps: list[timedelta]) -> None:
    session, now, heard = session_in(wait), NOW, list[object]()
    for step in steps:
        now += step
        hours, session = swept(session, now)
        heard += hours

    assert heard in ([], [24], [1], [24, 1])
    assert session.next_reminder_at is None or session.next_reminder_at > now
