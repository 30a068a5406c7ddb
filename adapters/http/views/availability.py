"""Hours and free start times as clients read them."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType

from adapters.http.fields import Instant
from core.domain.availability import Availability
from core.usecases.availability import FreeSlots


class WeeklyView(Struct, frozen=True, kw_only=True):
    """A window of one weekday, 0 being Monday, by the wall clock."""

    weekday: int
    start: str
    end: str


class ExceptionView(Struct, frozen=True, kw_only=True):
    """A window that replaces a day's hours; without times the day is off."""

    date: date
    start: str | UnsetType = UNSET
    end: str | UnsetType = UNSET


class AvailabilityView(Struct, frozen=True, kw_only=True):
    """When a practitioner may be booked."""

    practitioner_id: UUID
    timezone: str
    weekly: list[WeeklyView]
    exceptions: list[ExceptionView]
    buffer_minutes: int
    min_notice_minutes: int
    horizon_days: int
    step_minutes: int


class SlotView(Struct, frozen=True, kw_only=True):
    """A free start time, in UTC and by the wall clock of the zone that was asked for."""

    start_time: Instant
    end_time: Instant
    local_start_time: Instant


class SlotsView(Struct, frozen=True, kw_only=True):
    """Free start times, the earliest first. They are offers: somebody else may be faster."""

    items: list[SlotView]
    timezone: str


def availability_view(practitioner_id: UUID, availability: Availability) -> AvailabilityView:
    """A practitioner's hours."""
    return AvailabilityView(
        practitioner_id=practitioner_id,
        timezone=availability.timezone,
        weekly=[
            WeeklyView(weekday=w.weekday, start=_clock(w.start_minute), end=_clock(w.end_minute))
            for w in availability.weekly
        ],
        exceptions=[
            ExceptionView(date=e.day)
            if e.start_minute is None or e.end_minute is None
            else ExceptionView(date=e.day, start=_clock(e.start_minute), end=_clock(e.end_minute))
            for e in availability.exceptions
        ],
        buffer_minutes=availability.buffer_minutes,
        min_notice_minutes=availability.min_notice_minutes,
        horizon_days=availability.horizon_days,
        step_minutes=availability.step_minutes,
    )


def slots_view(found: FreeSlots) -> SlotsView:
    """Free start times in the zone that they are to be shown in."""
    zone = ZoneInfo(found.timezone)
    return SlotsView(
        items=[
            SlotView(start_time=at, end_time=at + found.duration, local_start_time=at.astimezone(zone))
            for at in found.starts
        ],
        timezone=found.timezone,
    )


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, 60)
    return f"{hours:02}:{minutes:02}"
