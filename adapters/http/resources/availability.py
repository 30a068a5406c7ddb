"""`/practitioners/{id}/availability` and `/slots`: when they may be booked."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta, Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented
from adapters.http.fields import Count, Zone, moment_in
from adapters.http.problems import BadFields, FieldError
from adapters.http.requests import ApiRequest
from adapters.http.views.availability import (
    AvailabilityView,
    SlotsView,
    availability_view,
    slots_view,
)
from core.domain.availability import (
    DEFAULT_HORIZON_DAYS,
    DEFAULT_STEP_MINUTES,
    Availability,
    DayException,
    WeeklyHours,
)
from core.domain.ids import ServiceId, UserId
from core.usecases.availability import (
    FreeSlots,
    SlotsWanted,
    availability_of,
    free_slots,
    set_availability,
)

RFC_3339: Final = {"format": "date-time"}
HOURS: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"

Weekday = Annotated[int, Meta(ge=0, le=6, description="0 is Monday.")]
Opening = Annotated[str, Meta(pattern=f"^{HOURS}$", description="A wall time.")]
Closing = Annotated[str, Meta(pattern=f"^({HOURS}|24:00)$", description="A wall time, 24:00 at the latest.")]
Since = Annotated[
    str | None,
    QueryParameter(name="from", description="Starts then or later; required.", schema_extra=RFC_3339),
]
Until = Annotated[
    str | None,
    QueryParameter(name="to", description="Starts earlier; required.", schema_extra=RFC_3339),
]


class WeeklyBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A window of one weekday. Hours past midnight are two windows."""

    weekday: Weekday
    start: Opening
    end: Closing


class ExceptionBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A window that replaces a day's hours, of which a day may have several; without times the day is off."""

    date: date
    start: Opening | None = None
    end: Closing | None = None


class AvailabilityBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Hours. A session starts a whole number of steps after the start of a window, at least the notice
    ahead, less than the horizon away, and at least the buffer apart from any other.
    """

    timezone: Zone
    weekly: list[WeeklyBody]
    exceptions: list[ExceptionBody] = []
    buffer_minutes: Count = 0
    min_notice_minutes: Count = 0
    horizon_days: Count = DEFAULT_HORIZON_DAYS
    step_minutes: Count = DEFAULT_STEP_MINUTES


_hours = Availability(
    timezone="Europe/Lisbon",
    weekly=(WeeklyHours(weekday=0, start_minute=9 * 60, end_minute=17 * 60),),
    exceptions=(DayException(day=date(2026, 4, 6)),),
    buffer_minutes=15,
    min_notice_minutes=120,
)
_example = availability_view(examples.PRACTITIONER, _hours)
_slots = slots_view(
    FreeSlots(
        starts=(datetime(2026, 3, 30, 8, tzinfo=UTC),),
        duration=timedelta(hours=1),
        timezone="Europe/Madrid",
    )
)


@put(
    "/practitioners/{practitioner_id:uuid}/availability",
    summary="Set the hours in which a practitioner may be booked",
    **documented(
        returns=AvailabilityView,
        example=_example,
        request=AvailabilityBody(
            timezone="Europe/Lisbon",
            weekly=[WeeklyBody(weekday=0, start="09:00", end="17:00")],
            exceptions=[ExceptionBody(date=date(2026, 4, 6))],
            buffer_minutes=15,
            min_notice_minutes=120,
        ),
        problems=(403, 404, 409),
    ),
)
async def save(
    request: ApiRequest, practitioner_id: FromPath[UUID], data: JSONBody[AvailabilityBody]
) -> Response[bytes]:
    saved = await set_availability(
        UserId(practitioner_id), _availability(data), actor=request.actor, ports=request.ports
    )
    return shown(availability_view(practitioner_id, saved))


@get(
    "/practitioners/{practitioner_id:uuid}/availability",
    summary="The hours in which a practitioner may be booked; not found where any time will do",
    **documented(returns=AvailabilityView, example=_example, problems=(404,), access=Access.OPTIONAL),
)
async def read(request: ApiRequest, practitioner_id: FromPath[UUID]) -> Response[bytes]:
    found = await availability_of(UserId(practitioner_id), ports=request.ports)
    return shown(availability_view(practitioner_id, found))


@get(
    "/practitioners/{practitioner_id:uuid}/slots",
    summary="Free start times for a service, the earliest first, over at most 62 days",
    **documented(returns=SlotsView, example=_slots, problems=(400, 404), access=Access.OPTIONAL),
)
async def slots(
    request: ApiRequest,
    *,
    practitioner_id: FromPath[UUID],
    service_id: Annotated[UUID | None, QueryParameter(description="Required.")] = None,
    start: Since = None,
    end: Until = None,
    timezone: Annotated[
        str | None, QueryParameter(description="Whose wall clock shows; the practitioner's unless named.")
    ] = None,
) -> Response[bytes]:
    if service_id is None:
        raise _missing("/service_id")
    wanted = SlotsWanted(
        practitioner_id=UserId(practitioner_id),
        service_id=ServiceId(service_id),
        start=_required(start, "/from"),
        end=_required(end, "/to"),
        timezone=timezone,
    )
    return shown(slots_view(await free_slots(wanted, ports=request.ports)))


def _required(text: str | None, pointer: str) -> datetime:
    moment = moment_in(text, pointer)
    if moment is None:
        raise _missing(pointer)
    return moment


def _missing(pointer: str) -> BadFields:
    return BadFields(FieldError(pointer=pointer, detail="is required"))


def _availability(body: AvailabilityBody) -> Availability:
    return Availability(
        timezone=body.timezone,
        weekly=tuple(
            WeeklyHours(weekday=w.weekday, start_minute=_minute(w.start), end_minute=_minute(w.end))
            for w in body.weekly
        ),
        exceptions=tuple(
            DayException(day=e.date, start_minute=_optional(e.start), end_minute=_optional(e.end))
            for e in body.exceptions
        ),
        buffer_minutes=body.buffer_minutes,
        min_notice_minutes=body.min_notice_minutes,
        horizon_days=body.horizon_days,
        step_minutes=body.step_minutes,
    )


def _minute(clock: str) -> int:
    """Minutes since midnight of "HH:MM"."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _optional(clock: str | None) -> int | None:
    return None if clock is None else _minute(clock)


ROUTES: Final = (save, read, slots)
