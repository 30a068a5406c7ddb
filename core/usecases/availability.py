"""When practitioners may be booked, and the start times that are left."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.actors import Actor, Role
from core.domain.availability import Availability, require_availability
from core.domain.changes import Changes
from core.domain.errors import Forbidden, Invalid, NotFound
from core.domain.ids import ServiceId, UserId
from core.domain.offering import PART_TYPES
from core.domain.slots import free_starts, spans_of
from core.domain.time import require_zone
from core.usecases.attempts import retrying
from core.usecases.context import Ports

MAX_SLOT_DAYS = 62


@frozen(kw_only=True)
class SlotsWanted:
    """Start times in [start, end) for a service; `timezone` is the asker's, the practitioner's with None."""

    practitioner_id: UserId
    service_id: ServiceId
    start: datetime
    end: datetime
    timezone: str | None = None


@frozen(kw_only=True)
class FreeSlots:
    """Free start times in order, what each session would take, and the zone to show them in."""

    starts: Sequence[datetime]
    duration: timedelta
    timezone: str


async def set_availability(
    practitioner_id: UserId, availability: Availability, *, actor: Actor, ports: Ports
) -> Availability:
    """Replace a practitioner's hours, as themselves or as an admin. No session that is booked moves."""
    if not actor.owns(practitioner_id):
        raise Forbidden("hours are set by their practitioner or an admin")
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    require_availability(availability)

    async def attempt() -> Availability:
        stored = await ports.store.practitioner(practitioner_id)
        if stored is None:
            raise NotFound("practitioner", practitioner_id)
        changed = evolve(stored, availability=availability, version=stored.version + 1)
        await ports.store.commit(Changes(updates=(changed,)))
        return availability

    return await retrying(attempt, clock=ports.clock)


async def availability_of(practitioner_id: UserId, *, ports: Ports) -> Availability:
    """A practitioner's hours; NotFound where none are set."""
    practitioner = await ports.store.practitioner(practitioner_id)
    if practitioner is None or practitioner.availability is None:
        raise NotFound("availability of practitioner", practitioner_id)
    return practitioner.availability


async def free_slots(wanted: SlotsWanted, *, ports: Ports) -> FreeSlots:
    """The start times at which a service can be booked; none where no hours are set.

    Raises NotFound for a practitioner or a service of theirs that does not exist, Invalid for a
    service that is no single session, and for a range that is empty or longer than MAX_SLOT_DAYS.
    """
    _require_range(wanted)
    practitioner = await ports.store.practitioner(wanted.practitioner_id)
    if practitioner is None:
        raise NotFound("practitioner", wanted.practitioner_id)
    duration = await _duration(wanted, ports)
    availability = practitioner.availability
    zone = practitioner.timezone if availability is None else availability.timezone
    timezone = zone if wanted.timezone is None else require_zone(wanted.timezone, pointer="/timezone")
    if availability is None:
        return FreeSlots(starts=(), duration=duration, timezone=timezone)

    buffer = timedelta(minutes=availability.buffer_minutes)
    busy = await ports.store.busy(
        practitioner.id, start=wanted.start - buffer, end=wanted.end + duration + buffer
    )
    starts = free_starts(
        availability,
        duration,
        busy=spans_of(busy),
        start=wanted.start,
        end=wanted.end,
        now=ports.clock.now(),
    )
    return FreeSlots(starts=starts, duration=duration, timezone=timezone)


def _require_range(wanted: SlotsWanted) -> None:
    if wanted.end <= wanted.start:
        raise Invalid("/to", "must be after from")
    if wanted.end - wanted.start > timedelta(days=MAX_SLOT_DAYS):
        raise Invalid("/to", f"must be at most {MAX_SLOT_DAYS} days after from")


async def _duration(wanted: SlotsWanted, ports: Ports) -> timedelta:
    service = await ports.store.service(wanted.service_id)
    if service is None or service.practitioner_id != wanted.practitioner_id:
        raise NotFound("service", wanted.service_id)
    if service.service_type not in PART_TYPES:
        raise Invalid("/service_id", f"a {service.service_type} is booked through the sessions in it")
    return timedelta(minutes=service.duration_minutes)
