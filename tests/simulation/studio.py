"""The studio: its ports, its people, what it sells, and what has happened in it so far."""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from attrs import define, field, fields, frozen

from adapters.memory.clock import MovableClock
from core.domain.actors import Actor, Role
from core.domain.catalogue import Service
from core.domain.gateway import DisputeReport
from core.domain.ids import BookingId, ServiceId, UserId
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.statuses import DisputeStatus
from core.usecases.availability import SlotsWanted, free_slots
from core.usecases.context import Ports
from core.usecases.sweep import SweepReport, sweep
from ports.queries import Page
from ports.rooms import RoomReport
from ports.store import Store
from tests.builders import SequentialIds
from tests.simulation.gateway import UnsteadyGateway
from tests.simulation.people import Person, somebody

OPENING: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday: clocks change in New York on the first Sunday and in Lisbon on the fourth."""

REMEMBERED: Final = 30

MOMENT: Final = timedelta(milliseconds=1)
"""What starts this moment is not to come any more."""

WAITS: Final = "a seat of this session still waits for its payment"
"""The one reason for which a sweep may leave a session alone."""

T = TypeVar("T")


@frozen(kw_only=True)
class Offers:
    """What is on sale, by how it is bought."""

    sessions: list[Service] = field(factory=list)
    workshops: list[Service] = field(factory=list)
    courses: list[Service] = field(factory=list)
    packages: list[Service] = field(factory=list)
    gifts: list[Service] = field(factory=list)

    def known(self) -> dict[ServiceId, Service]:
        """Every service by its id."""
        kinds = (self.sessions, self.workshops, self.courses, self.packages, self.gifts)
        return {service.id: service for kind in kinds for service in kind}


@define(kw_only=True)
class Case:
    """A dispute as the bank tells it, and the status that was heard last; None if nothing was."""

    report: DisputeReport
    heard: DisputeStatus | None = None


@frozen(kw_only=True)
class Studio:
    """One run on one store. `buyers` have bought something; `happened` counts what came of each
    action; `told` are the last actions, for whoever has to find out what went wrong. `received` are
    seats that somebody else bought; `held_up` is what the room service has yet to tell; `cases` are the
    disputes, by the charge that they are about.
    """

    seed: int
    store: Store
    random: Random
    gateway: UnsteadyGateway
    people: Sequence[Person]
    admin: Actor
    clock: MovableClock = field(factory=lambda: MovableClock(OPENING))
    ids: SequentialIds
    practitioners: list[Actor] = field(factory=list)
    offers: Offers = field(factory=Offers)
    buyers: dict[UserId, Person] = field(factory=dict)
    received: set[BookingId] = field(factory=set)
    held_up: list[RoomReport] = field(factory=list)
    cases: dict[str, Case] = field(factory=dict)
    happened: Counter[str] = field(factory=Counter)
    told: deque[str] = field(factory=lambda: deque(maxlen=REMEMBERED))

    @property
    def ports(self) -> Ports:
        """What the use cases work with."""
        return Ports(store=self.store, payments=self.gateway, clock=self.clock, ids=self.ids, rules=Rules())

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def chance(self, percent: int) -> bool:
        """True so many times of a hundred."""
        return self.random.randrange(100) < percent

    def choice(self, things: Sequence[T]) -> T | None:
        """One of them; None of none."""
        return self.random.choice(things) if things else None

    def person(self, user_id: UserId) -> Person:
        """The customer with this id."""
        return next(one for one in self.people if one.actor.user_id == user_id)

    def wait(self, until: datetime) -> None:
        """Let time pass until then, unless it is later already."""
        self.clock.set(max(until, self.now))

    def note(self, what: str, who: str) -> None:
        """Count a thing that happened, and remember it for a while."""
        self.happened[what] += 1
        self.told.append(f"{self.now:%d %b %H:%M} {who}: {what}")

    async def sweep(self) -> None:
        """Do what time alone moves. Only a seat that waits for its payment may hold anything up."""
        report = await sweep(ports=self.ports)
        assert {WAITS}.issuperset(failure.detail for failure in report.failures), report.failures
        self.told.append(f"{self.now:%d %b %H:%M} the sweep")
        for field_ in fields(SweepReport):
            count = getattr(report, field_.name)
            if isinstance(count, int):
                self.happened[f"sweep: {field_.name}"] += count

    async def free_start(self, service: Service, *, days: int = 21) -> datetime | None:
        """A time at which the service can be booked, within so many days."""
        start = self.now + timedelta(days=self.random.randrange(days))
        wanted = SlotsWanted(
            practitioner_id=service.practitioner_id,
            service_id=service.id,
            start=start,
            end=start + timedelta(days=2),
        )
        return self.choice((await free_slots(wanted, ports=self.ports)).starts)

    async def upcoming(self, service_id: ServiceId) -> ServiceSession | None:
        """One of the public sessions of a service that are to come, full or not."""
        page = await self.store.sessions(
            Page(), service_id=service_id, start=self.now + MOMENT, end=self.now + timedelta(days=60)
        )
        return self.choice(page.items)


def studio_on(store: Store, *, seed: int, customers: int) -> Studio:
    """A studio without practitioners or anything to sell yet, on an empty store."""
    random, ids = Random(seed), SequentialIds()
    return Studio(
        seed=seed,
        store=store,
        random=random,
        gateway=UnsteadyGateway(random),
        people=[somebody(random, ids, number) for number in range(1, customers + 1)],
        admin=Actor(user_id=UserId(ids()), roles=frozenset({Role.ADMIN})),
        ids=ids,
    )
