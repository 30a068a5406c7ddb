"""What the studio sells: every kind of service, with every rule that can be set on one."""

from datetime import datetime, timedelta
from typing import Any, Final

from core.domain.actors import Actor, Role
from core.domain.availability import Availability, WeeklyHours
from core.domain.catalogue import (
    CancellationTier,
    Component,
    OnExpiry,
    Service,
    ServiceType,
    SessionPricing,
)
from core.domain.ids import ServiceId, UserId
from core.usecases.availability import set_availability
from core.usecases.catalogue import (
    NewSession,
    PractitionerProfile,
    create_service,
    create_session,
    save_practitioner,
)
from tests.simulation.studio import Studio

CLASSES: Final = 8
STRICT: Final = (CancellationTier(min_notice_hours=48, refund_percent=80),)


async def open_doors(studio: Studio) -> None:
    """Three practitioners, far apart, put up their services."""
    await _open_lisbon(studio, await _practitioner(studio, "Ana Reis", "Europe/Lisbon", opens=9, buffer=10))
    await _open_new_york(
        studio, await _practitioner(studio, "Ben Okafor", "America/New_York", opens=7, commission_bps=1234)
    )
    await _open_kolkata(studio, await _practitioner(studio, "Devi Rao", "Asia/Kolkata", opens=11, notice=180))


async def _open_lisbon(studio: Studio, ana: Actor) -> None:
    breathing = await _offer(studio, ana, ServiceType.SESSION, price_cents=8000)
    circle = await _offer(studio, ana, ServiceType.WORKSHOP, price_cents=4500, max_participants=6)
    consultation = await _offer(
        studio, ana, ServiceType.SESSION, price_cents=12_099, pay_practitioner_on_no_show=True
    )
    studio.offers.sessions.extend((breathing, consultation))
    studio.offers.workshops.append(circle)
    five = await _package(studio, ana, (breathing, 5), price_cents=40_000)
    mixed = await _package(
        studio,
        ana,
        (breathing, 3),
        (circle, 2),
        price_cents=30_001,
        session_pricing=SessionPricing.PROPORTIONAL,
        pay_practitioner_on_no_show=True,
    )
    studio.offers.packages.extend((five, mixed))


async def _open_new_york(studio: Studio, ben: Actor) -> None:
    coaching = await _offer(
        studio,
        ben,
        ServiceType.SESSION,
        price_cents=10_000,
        duration_minutes=45,
        pay_practitioner_on_late_cancel=True,
    )
    studio.offers.sessions.append(coaching)
    ten = await _offer(
        studio,
        ben,
        ServiceType.BUNDLE,
        price_cents=85_000,
        bundled_service_id=coaching.id,
        session_count=10,
        validity_days=30,
    )
    three = await _package(
        studio, ben, (coaching, 3), price_cents=25_000, validity_days=8, on_expiry=OnExpiry.CREDITS
    )
    studio.offers.packages.extend((ten, three))


async def _open_kolkata(studio: Studio, devi: Actor) -> None:
    taster = await _offer(studio, devi, ServiceType.SESSION, price_cents=0, complimentary_earnings_cents=1500)
    listening = await _offer(
        studio,
        devi,
        ServiceType.SESSION,
        price_cents=6050,
        cancellation_policy=STRICT,
        pay_practitioner_on_late_cancel=True,
    )
    singing = await _offer(studio, devi, ServiceType.WORKSHOP, price_cents=2000, max_participants=3)
    meeting = await _offer(studio, devi, ServiceType.WORKSHOP, price_cents=0, max_participants=20)
    studio.offers.gifts.append(taster)
    studio.offers.sessions.append(listening)
    studio.offers.workshops.extend((singing, meeting))
    soon_over = await _package(studio, devi, (listening, 3), price_cents=15_001, validity_days=6)
    studio.offers.packages.append(soon_over)


async def _practitioner(
    studio: Studio,
    name: str,
    zone: str,
    *,
    opens: int,
    buffer: int = 0,
    notice: int = 0,
    commission_bps: int | None = None,
) -> Actor:
    """Somebody with a working day of nine hours, on six days of the week."""
    actor = Actor(user_id=UserId(studio.ids()), roles=frozenset({Role.PRACTITIONER}))
    profile = PractitionerProfile(
        id=actor.user_id, display_name=name, timezone=zone, commission_bps=commission_bps
    )
    await save_practitioner(profile, actor=studio.admin, ports=studio.ports)
    hours = Availability(
        timezone=zone,
        weekly=tuple(
            WeeklyHours(weekday=day, start_minute=opens * 60, end_minute=(opens + 9) * 60) for day in range(6)
        ),
        buffer_minutes=buffer,
        min_notice_minutes=notice,
        step_minutes=30,
    )
    await set_availability(actor.user_id, hours, actor=actor, ports=studio.ports)
    studio.practitioners.append(actor)
    return actor


async def _package(studio: Studio, seller: Actor, *parts: tuple[Service, int], **fields: Any) -> Service:
    components = tuple(Component(service_id=part.id, quantity=quantity) for part, quantity in parts)
    return await _offer(studio, seller, ServiceType.PACKAGE, components=components, **fields)


async def _offer(studio: Studio, seller: Actor, kind: ServiceType, **fields: Any) -> Service:
    draft = Service(
        id=ServiceId(studio.ids()),
        practitioner_id=seller.user_id,
        service_type=kind,
        name=f"{kind} of {len(studio.offers.known())}",
        currency="usd",
        created_at=studio.now,
        **fields,
    )
    return await create_service(draft, actor=seller, ports=studio.ports)


async def announce(studio: Studio, week: int) -> None:
    """Every week two sessions of each workshop; every fourth a course of eight weekly classes, of which
    every second lets latecomers in.
    """
    for workshop in studio.offers.workshops:
        for days in (4, 11):
            hours = timedelta(days=days, hours=studio.random.randrange(8, 20))
            await _session(studio, workshop, studio.now + hours)
    if week % 4 == 0:
        seller = studio.practitioners[week // 4 % 3]
        lets_latecomers_in = week % 8 == 0
        course = await _offer(
            studio,
            seller,
            ServiceType.COURSE,
            price_cents=24_004,
            max_participants=12 if lets_latecomers_in else 8,
            duration_minutes=90,
            allow_late_entry=lets_latecomers_in,
        )
        for number in range(CLASSES):
            await _session(studio, course, studio.now + timedelta(days=10 + 7 * number, hours=18))
        studio.offers.courses.append(course)


async def _session(studio: Studio, service: Service, start_time: datetime) -> None:
    command = NewSession(
        service_id=service.id, start_time=start_time, max_participants=service.max_participants
    )
    await create_session(command, actor=studio.admin, ports=studio.ports)
    studio.happened["session announced"] += 1
