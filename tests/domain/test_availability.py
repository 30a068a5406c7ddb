"""Hours that make no sense are refused by field; hours in force decide what is bought and scheduled."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from core.domain.availability import Availability, DayException, WeeklyHours, require_availability
from core.domain.catalogue import ServiceType
from core.domain.changes import SlotClaim
from core.domain.errors import Invalid, OutsideAvailability, SessionOverlap
from core.domain.purchasing import purchase
from core.domain.scheduling import schedule
from core.domain.sessions import ServiceSession
from core.domain.views import ScheduleView
from tests.builders import NOW, make_service, make_session, new_id, new_user
from tests.domain.shop import RULES, SLOT, bought, offer

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = date(2026, 3, 9)

OPEN = Availability(
    timezone="UTC", weekly=(WeeklyHours(weekday=0, start_minute=540, end_minute=1020),), buffer_minutes=30
)
"""On Mondays from nine to five: SLOT is nine o'clock of a Monday."""


def window(weekday: int, start: int, end: int) -> WeeklyHours:
    return WeeklyHours(weekday=weekday, start_minute=start, end_minute=end)


def replaced(start: int | None, end: int | None) -> DayException:
    return DayException(day=DAY, start_minute=start, end_minute=end)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"buffer_minutes": -1}, "/buffer_minutes"),
        ({"buffer_minutes": 1441}, "/buffer_minutes"),
        ({"min_notice_minutes": -1}, "/min_notice_minutes"),
        ({"horizon_days": 0}, "/horizon_days"),
        ({"step_minutes": 4}, "/step_minutes"),
        ({"weekly": (window(7, 0, 60),)}, "/weekly/0/weekday"),
        ({"weekly": (window(0, 1440, 1440),)}, "/weekly/0/start"),
        ({"weekly": (window(0, 0, 60), window(0, 60, 60))}, "/weekly/1/end"),
        ({"weekly": (window(0, 0, 1441),)}, "/weekly/0/end"),
        ({"weekly": (window(0, 0, 60), window(1, 0, 60), window(0, 59, 90))}, "/weekly/2"),
        ({"weekly": (window(0, 60, 90), window(0, 0, 1440))}, "/weekly/1"),
        ({"weekly": tuple(window(0, n, n + 1) for n in range(169))}, "/weekly"),
        ({"exceptions": (replaced(None, 60),)}, "/exceptions/0/start"),
        ({"exceptions": (replaced(60, None),)}, "/exceptions/0/end"),
        ({"exceptions": (replaced(60, 30),)}, "/exceptions/0/end"),
        ({"exceptions": (replaced(0, 60), replaced(30, 90))}, "/exceptions/1"),
        ({"exceptions": (replaced(0, 60), replaced(None, None))}, "/exceptions/1"),
        ({"exceptions": (replaced(None, None), replaced(None, None))}, "/exceptions/1"),
        ({"exceptions": tuple(replaced(n, n + 1) for n in range(1001))}, "/exceptions"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_field(fields: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_availability(Availability(**({"timezone": "UTC"} | fields)))

    assert pointer == refused.value.pointer


def test_windows_may_touch_and_a_day_may_have_several() -> None:
    require_availability(
        Availability(
            timezone="Pacific/Chatham",
            weekly=(window(0, 0, 60), window(0, 60, 1440), window(1, 0, 1440)),
            exceptions=(replaced(60, 120), replaced(0, 60), DayException(day=date(2026, 3, 10))),
        )
    )


def buying(availability: Availability | None, busy: tuple[ServiceSession, ...] = ()) -> Any:
    """Buy an hour at SLOT of somebody with these hours."""
    what = offer(ServiceType.SESSION)
    seller = evolve(what.practitioner, availability=availability)
    user = new_user()
    view = what.view(user, practitioner=seller, busy=busy)
    return purchase(view, what.command(user), rules=RULES, now=NOW, new_id=new_id)


def scheduling(availability: Availability | None, busy: tuple[ServiceSession, ...] = ()) -> Any:
    """Schedule a draft at SLOT with somebody with these hours."""
    what = offer(ServiceType.PACKAGE)
    order = bought(what)
    view = ScheduleView(
        seat=order.seats[0],
        order=order.order,
        service=what.parts[0],
        practitioner=evolve(what.practitioner, availability=availability),
        busy=busy,
    )
    return schedule(view, start_time=SLOT, session_id=None, now=NOW, new_id=new_id)


@pytest.mark.parametrize("act", [buying, scheduling])
class TestBooking:
    """Buying and scheduling an individual session ask the same."""

    def test_a_free_start_time_is_claimed_with_its_buffers(self, act: Any) -> None:
        (claim,) = act(OPEN).changes.slots

        expected = SlotClaim(
            practitioner_id=claim.practitioner_id,
            session_id=claim.session_id,
            start_time=SLOT - 30 * MINUTE,
            end_time=SLOT + HOUR + 30 * MINUTE,
        )
        assert expected == claim

    def test_without_hours_any_time_will_do(self, act: Any) -> None:
        (claim,) = act(None).changes.slots

        assert (SLOT, SLOT + HOUR) == (claim.start_time, claim.end_time)

    @pytest.mark.parametrize(
        "fields",
        [
            {"weekly": ()},
            {"weekly": (window(1, 540, 1020),)},
            {"weekly": (window(0, 541, 1020),)},
            {"weekly": (window(0, 540, 599),)},
            {"weekly": (window(0, 530, 1020),)},
            {"timezone": "Europe/Madrid", "weekly": (window(0, 540, 600),)},
            {"exceptions": (replaced(None, None),)},
            {"exceptions": (replaced(600, 720),)},
            {"min_notice_minutes": 7 * 24 * 60 + 1},
            {"horizon_days": 7},
        ],
        ids=str,
    )
    def test_a_time_that_is_not_shown_is_refused(self, act: Any, fields: dict[str, Any]) -> None:
        with pytest.raises(OutsideAvailability) as refused:
            act(evolve(OPEN, **fields))

        assert ("outside_availability", SLOT) == (refused.value.code, refused.value.start_time)

    @pytest.mark.parametrize(("shift", "refusal"), [(59, SessionOverlap), (60, OutsideAvailability)])
    def test_a_session_is_not_booked_into_anothers_buffer(
        self, act: Any, shift: int, refusal: type[Exception]
    ) -> None:
        for start in (SLOT + shift * MINUTE, SLOT - shift * MINUTE):
            with pytest.raises(refusal):
                act(OPEN, (make_session(make_service(), start_time=start),))

    def test_a_session_a_buffer_away_is_not_in_the_way(self, act: Any) -> None:
        busy = tuple(make_session(make_service(), start_time=SLOT + m * MINUTE) for m in (-90, 90))

        assert 1 == len(act(OPEN, busy).changes.slots)
