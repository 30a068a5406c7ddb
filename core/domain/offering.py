"""What a practitioner may put on sale, and when: checks for services and their public sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from core.domain.catalogue import Component, Practitioner, Service, ServiceStatus, ServiceType, Visibility
from core.domain.errors import Invalid
from core.domain.ids import SessionId
from core.domain.money import MAX_CENTS
from core.domain.rules import Rules
from core.domain.sessions import SESSION_TYPE_OF, ServiceSession, SessionType, next_reminder
from core.domain.statuses import SessionStatus
from core.domain.time import require_zone

MAX_NAME = 200
MAX_DESCRIPTION = 10_000
MAX_DURATION_MINUTES = 24 * 60
MAX_PARTICIPANTS = 100_000
MAX_VALIDITY_DAYS = 3650
MAX_SEATS_PER_ORDER = 500
DEFAULT_BUNDLE_SIZE = 10

PART_TYPES = (ServiceType.SESSION, ServiceType.WORKSHOP)
"""What a package or bundle may contain."""


def require_offerable(service: Service, parts: Sequence[Service], *, rules: Rules) -> None:
    """Invalid, naming the field, unless the service can be sold as it stands.

    `parts` are the services that its components name, as far as they exist.
    """
    _require_texts(service)
    _require_amounts(service, rules)
    _require_shape(service)
    _require_policy(service)
    _require_parts(service, {part.id: part for part in parts})


def _require_texts(service: Service) -> None:
    if not 0 < len(service.name.strip()) <= MAX_NAME:
        raise Invalid("/name", f"must have 1 to {MAX_NAME} characters")
    if len(service.description) > MAX_DESCRIPTION:
        raise Invalid("/description", f"must have at most {MAX_DESCRIPTION} characters")


def _require_amounts(service: Service, rules: Rules) -> None:
    if service.currency != rules.currency:
        raise Invalid("/currency", f"this marketplace sells in {rules.currency}")
    if not 0 <= service.price_cents <= MAX_CENTS:
        raise Invalid("/price_cents", f"must be between 0 and {MAX_CENTS}")
    if 0 < service.price_cents < rules.minimum_charge_cents:
        raise Invalid("/price_cents", f"must be 0 or at least {rules.minimum_charge_cents}")
    if not 0 <= service.complimentary_earnings_cents <= MAX_CENTS:
        raise Invalid("/complimentary_earnings_cents", f"must be between 0 and {MAX_CENTS}")


def _require_shape(service: Service) -> None:
    if not 1 <= service.duration_minutes <= MAX_DURATION_MINUTES:
        raise Invalid("/duration_minutes", f"must be between 1 and {MAX_DURATION_MINUTES}")
    if not 1 <= service.max_participants <= MAX_PARTICIPANTS:
        raise Invalid("/max_participants", f"must be between 1 and {MAX_PARTICIPANTS}")
    if service.service_type is ServiceType.SESSION and service.max_participants != 1:
        raise Invalid("/max_participants", "a session is for one; offer a workshop for more")
    if service.allow_late_entry and service.service_type is not ServiceType.COURSE:
        raise Invalid("/allow_late_entry", "only a course has it")
    if service.validity_days is not None and not 1 <= service.validity_days <= MAX_VALIDITY_DAYS:
        raise Invalid("/validity_days", f"must be between 1 and {MAX_VALIDITY_DAYS}")


def _require_policy(service: Service) -> None:
    seen: set[int] = set()
    for index, tier in enumerate(service.cancellation_policy):
        if tier.min_notice_hours < 0 or tier.min_notice_hours in seen:
            raise Invalid(
                f"/cancellation_policy/{index}/min_notice_hours", "must not be negative or stand twice"
            )
        if not 0 <= tier.refund_percent <= 100:
            raise Invalid(f"/cancellation_policy/{index}/refund_percent", "must be between 0 and 100")
        seen.add(tier.min_notice_hours)


def _require_parts(service: Service, parts: dict[object, Service]) -> None:
    if service.service_type is ServiceType.PACKAGE:
        _require_no_bundle_fields(service)
        if not service.components:
            raise Invalid("/components", "a package needs at least one")
        for index, component in enumerate(service.components):
            _require_part(service, component, parts, pointer=f"/components/{index}")
        if len({c.service_id for c in service.components}) < len(service.components):
            raise Invalid("/components", "names a service twice; use its quantity")
    elif service.service_type is ServiceType.BUNDLE:
        if service.components:
            raise Invalid("/components", "a bundle has a bundled_service_id instead")
        if service.bundled_service_id is None:
            raise Invalid("/bundled_service_id", "is required for a bundle")
        _require_part(service, service.parts[0], parts, pointer="/bundled_service_id")
    else:
        _require_no_bundle_fields(service)
        if service.components:
            raise Invalid("/components", "only a package has components")
    if sum(part.quantity for part in service.parts) > MAX_SEATS_PER_ORDER:
        pointer = "/components" if service.components else "/session_count"
        raise Invalid(pointer, f"must not be more than {MAX_SEATS_PER_ORDER} sessions in all")


def _require_no_bundle_fields(service: Service) -> None:
    if service.bundled_service_id is not None:
        raise Invalid("/bundled_service_id", "only a bundle has one")
    if service.session_count is not None:
        raise Invalid("/session_count", "only a bundle has one")


def _require_part(service: Service, part: Component, parts: dict[object, Service], *, pointer: str) -> None:
    found = parts.get(part.service_id)
    if part.quantity < 1:
        raise Invalid(f"{pointer}/quantity" if service.components else "/session_count", "must be at least 1")
    if found is None or found.practitioner_id != service.practitioner_id:
        raise Invalid(pointer, f"no service {part.service_id} of this practitioner")
    if found.service_type not in PART_TYPES:
        raise Invalid(pointer, f"a {found.service_type} cannot be part of a {service.service_type}")
    if found.status is not ServiceStatus.ACTIVE:
        raise Invalid(pointer, f"service {part.service_id} is archived")


def public_session(
    service: Service,
    practitioner: Practitioner,
    existing: Sequence[ServiceSession],
    *,
    session_id: SessionId,
    start_time: datetime,
    end_time: datetime | None,
    timezone: str | None,
    max_participants: int | None,
    visibility: Visibility,
    now: datetime,
) -> tuple[ServiceSession, tuple[ServiceSession, ...]]:
    """A new session of a workshop or course, and the course's classes that it renumbers.

    Classes of a course are numbered from 1 by start time. Raises Invalid for a service of another
    type, a start that has passed, or an end that is not a minute to a day after the start.
    """
    kind = SESSION_TYPE_OF.get(service.service_type)
    if kind is None or kind is SessionType.INDIVIDUAL:
        raise Invalid("/service_id", f"a {service.service_type} has no public sessions")
    end = end_time or start_time + timedelta(minutes=service.duration_minutes)
    seats = service.max_participants if max_participants is None else max_participants
    if start_time <= now:
        raise Invalid("/start_time", "must be in the future")
    if not timedelta(minutes=1) <= end - start_time <= timedelta(minutes=MAX_DURATION_MINUTES):
        raise Invalid("/end_time", "must be a minute to a day after the start")
    if not 1 <= seats <= MAX_PARTICIPANTS:
        raise Invalid("/max_participants", f"must be between 1 and {MAX_PARTICIPANTS}")

    session = ServiceSession(
        id=session_id,
        service_id=service.id,
        practitioner_id=service.practitioner_id,
        session_type=kind,
        visibility=visibility,
        status=SessionStatus.SCHEDULED,
        start_time=start_time,
        end_time=end,
        timezone=require_zone(timezone or practitioner.timezone, pointer="/timezone"),
        duration_minutes=(end - start_time) // timedelta(minutes=1),
        max_participants=seats,
        next_reminder_at=next_reminder(start_time, after=now),
        created_at=now,
    )
    if kind is not SessionType.COURSE_SESSION:
        return session, ()
    return numbered(session, existing)


def numbered(
    session: ServiceSession, existing: Sequence[ServiceSession]
) -> tuple[ServiceSession, tuple[ServiceSession, ...]]:
    """A class with its number by start time among a course's others, and those that it renumbers."""
    by_time = sorted([*existing, session], key=lambda s: (s.start_time or s.created_at, s.id))
    numbers = {s.id: number for number, s in enumerate(by_time, start=1)}
    moved = tuple(
        evolve(s, sequence_number=numbers[s.id], version=s.version + 1)
        for s in existing
        if s.sequence_number != numbers[s.id]
    )
    return evolve(session, sequence_number=numbers[session.id]), moved
