"""What a worker does, pass after pass, seen from inside; and the machine's clock and ids."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, timedelta

from attrs import evolve

from adapters.cli.work import work
from adapters.clock import SystemClock, new_id
from adapters.memory.clock import FixedClock, MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.publisher import CollectedEvents
from adapters.memory.store import MemoryStore
from core.domain.changes import Changes
from core.domain.events import Event, EventType
from core.domain.ids import EventId
from core.domain.rules import Rules
from core.usecases.context import Ports
from ports.errors import Unavailable
from tests.builders import NOW, SequentialIds


def make_ports() -> Ports:
    return Ports(
        store=MemoryStore(), payments=FakeGateway(), clock=FixedClock(NOW), ids=SequentialIds(), rules=Rules()
    )


def make_event(number: int) -> Event:
    return Event(
        id=EventId(SequentialIds(number)()),
        type=EventType.ORDER_PAID,
        subject_id=SequentialIds(number)(),
        payload={"number": number},
        occurred_at=NOW + timedelta(seconds=number),
    )


class StopsAfter(CollectedEvents):
    """Tells the worker to stop once so many events were handed on."""

    def __init__(self, count: int, stop: asyncio.Event) -> None:
        super().__init__()
        self._count = count
        self._stop = stop

    async def publish(self, event: Event) -> None:
        await super().publish(event)
        if len(self.events) == self._count:
            self._stop.set()


class SometimesDown(MemoryStore):
    """A store whose first pass finds it down."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 1

    async def unpublished(self, limit: int) -> Sequence[Event]:
        if self.failures > 0:
            self.failures -= 1
            raise Unavailable("down for a moment")
        return await super().unpublished(limit)


async def test_a_worker_hands_on_committed_events_in_order() -> None:
    ports, stop = make_ports(), asyncio.Event()
    events = tuple(make_event(number) for number in (1, 2, 3))
    await ports.store.commit(Changes(events=events))
    publisher = StopsAfter(3, stop)

    await work(ports, publisher, interval_seconds=0.001, stop=stop)
    assert list(events) == publisher.events
    assert [] == list(await ports.store.unpublished(10))


async def test_a_worker_outlives_an_outage_of_the_store() -> None:
    store, stop = SometimesDown(), asyncio.Event()
    ports = evolve(make_ports(), store=store)
    await store.commit(Changes(events=(make_event(1),)))
    publisher = StopsAfter(1, stop)

    await work(ports, publisher, interval_seconds=0.001, stop=stop)
    assert [make_event(1)] == publisher.events


async def test_a_worker_that_is_told_to_stop_at_once_makes_no_pass() -> None:
    ports, stop, publisher = make_ports(), asyncio.Event(), CollectedEvents()
    await ports.store.commit(Changes(events=(make_event(1),)))
    stop.set()

    await work(ports, publisher, interval_seconds=60, stop=stop)
    assert [] == publisher.events


async def test_the_machine_tells_aware_milliseconds() -> None:
    now = SystemClock().now()

    assert UTC is now.tzinfo
    assert 0 == now.microsecond % 1000


async def test_backing_off_waits_no_longer_than_it_says() -> None:
    async with asyncio.timeout(1):
        await SystemClock().back_off(1)


def test_ids_ascend() -> None:
    ids = [new_id() for _ in range(10_000)]

    assert sorted(ids) == ids
    assert {7} == {i.version for i in ids}


def test_a_clock_can_be_moved() -> None:
    clock = MovableClock(NOW)

    assert NOW + timedelta(hours=1) == clock.advance(timedelta(hours=1))
    clock.set(NOW)
    assert NOW == clock.now()
