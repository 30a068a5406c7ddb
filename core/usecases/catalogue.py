"""What is on sale: practitioners, services and public sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from core.domain.actors import Actor, Role
from core.domain.catalogue import Practitioner, Service, ServiceType, Visibility
from core.domain.changes import Changes
from core.domain.errors import Conflict, Forbidden, Invalid, NotFound
from core.domain.ids import ServiceId, SessionId, UserId
from core.domain.money import BPS
from core.domain.offering import MAX_NAME, public_session, require_offerable
from core.domain.sessions import ServiceSession
from core.domain.time import require_zone
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from ports.errors import AlreadyExists


@frozen(kw_only=True)
class PractitionerProfile:
    """What a practitioner says of themselves; `commission_bps` is the marketplace's to say.

    None leaves the commission or the gateway account as it is.
    """

    id: UserId
    display_name: str
    timezone: str
    commission_bps: int | None = None
    stripe_account_id: str | None = None


@frozen(kw_only=True)
class NewSession:
    """A session of a workshop or course to be offered."""

    service_id: ServiceId
    start_time: datetime
    end_time: datetime | None = None
    timezone: str | None = None
    max_participants: int | None = None
    visibility: Visibility = Visibility.PUBLIC


async def save_practitioner(profile: PractitionerProfile, *, actor: Actor, ports: Ports) -> Practitioner:
    """Create or change a practitioner, as themselves or as an admin; commission as an admin only."""
    if not actor.owns(profile.id):
        raise Forbidden("a profile is changed by its practitioner or an admin")
    if not actor.is_admin:
        actor.require(Role.PRACTITIONER)
    if profile.commission_bps is not None and not actor.is_admin:
        raise Forbidden("only an admin sets a commission")
    _require_profile(profile)

    async def attempt() -> Practitioner:
        stored = await ports.store.practitioner(profile.id)
        practitioner = _applied(stored, profile, now=ports.clock.now())
        changes = Changes(inserts=(practitioner,)) if stored is None else Changes(updates=(practitioner,))
        try:
            await ports.store.commit(changes)
        except AlreadyExists as error:
            raise Conflict("this practitioner was created at the same time; try again") from error
        return practitioner

    return await retrying(attempt, clock=ports.clock)


def _require_profile(profile: PractitionerProfile) -> None:
    if not 0 < len(profile.display_name.strip()) <= MAX_NAME:
        raise Invalid("/display_name", f"must have 1 to {MAX_NAME} characters")
    require_zone(profile.timezone, pointer="/timezone")
    if profile.commission_bps is not None and not 0 <= profile.commission_bps <= BPS:
        raise Invalid("/commission_bps", f"must be between 0 and {BPS}")


def _applied(stored: Practitioner | None, profile: PractitionerProfile, *, now: datetime) -> Practitioner:
    if stored is None:
        return Practitioner(
            id=profile.id,
            display_name=profile.display_name,
            timezone=profile.timezone,
            commission_bps=profile.commission_bps,
            stripe_account_id=profile.stripe_account_id,
            created_at=now,
        )
    account = profile.stripe_account_id or stored.stripe_account_id
    return evolve(
        stored,
        display_name=profile.display_name,
        timezone=profile.timezone,
        commission_bps=stored.commission_bps if profile.commission_bps is None else profile.commission_bps,
        stripe_account_id=account,
        payouts_enabled=stored.payouts_enabled if account == stored.stripe_account_id else None,
        version=stored.version + 1,
    )


async def create_service(
    draft: Service, *, actor: Actor, ports: Ports, claim: Claim[Service] | None = None
) -> Service:
    """Put a service on sale, as its practitioner or an admin.

    `draft.id` and `draft.created_at` are given here. Raises Invalid, naming the field.
    """
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    if not actor.owns(draft.practitioner_id):
        raise Forbidden("only an admin offers services for others")
    if await ports.store.practitioner(draft.practitioner_id) is None:
        raise Invalid("/practitioner_id", "this practitioner has no profile yet")

    service = evolve(draft, id=ServiceId(ports.ids()), created_at=ports.clock.now(), version=1)
    await _require_offerable(service, ports)
    await ports.store.commit(finishing(Changes(inserts=(service,)), claim, service))
    return service


async def update_service(
    service_id: ServiceId, changes: Mapping[str, Any], *, actor: Actor, ports: Ports
) -> Service:
    """Change fields of a service by name, as its practitioner or an admin. No past order changes."""
    actor.require(Role.PRACTITIONER, Role.ADMIN)

    async def attempt() -> Service:
        stored = await ports.store.service(service_id)
        if stored is None:
            raise NotFound("service", service_id)
        if not actor.owns(stored.practitioner_id):
            raise Forbidden("a service is changed by its practitioner or an admin")
        service = evolve(stored, **changes, version=stored.version + 1)
        await _require_offerable(service, ports)
        await ports.store.commit(Changes(updates=(service,)))
        return service

    return await retrying(attempt, clock=ports.clock)


async def _require_offerable(service: Service, ports: Ports) -> None:
    parts = await ports.store.services_by_id([p.service_id for p in service.parts]) if service.parts else ()
    require_offerable(service, parts, rules=ports.rules)


async def create_session(
    command: NewSession, *, actor: Actor, ports: Ports, claim: Claim[ServiceSession] | None = None
) -> ServiceSession:
    """Offer a session of a workshop or course; a course's classes number themselves by time."""

    async def attempt() -> ServiceSession:
        view = await ports.store.load_checkout(command.service_id, actor.user_id)
        if view is None:
            raise NotFound("service", command.service_id)
        if not actor.owns(view.service.practitioner_id):
            raise Forbidden("sessions are offered by the service's practitioner or an admin")
        session, renumbered = public_session(
            view.service,
            view.practitioner,
            view.sessions,
            session_id=SessionId(ports.ids()),
            start_time=command.start_time,
            end_time=command.end_time,
            timezone=command.timezone,
            max_participants=command.max_participants,
            visibility=command.visibility,
            now=ports.clock.now(),
        )
        # Two classes added at once must not share a number: the service's version decides.
        is_course = view.service.service_type is ServiceType.COURSE
        service = (evolve(view.service, version=view.service.version + 1),) if is_course else ()
        changes = Changes(inserts=(session,), updates=(*service, *renumbered))
        await ports.store.commit(finishing(changes, claim, session))
        return session

    return await retrying(attempt, clock=ports.clock)
