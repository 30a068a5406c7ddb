"""What a worker does, pass after pass, seen from inside; and the machine's clock and ids."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, timedelta

import pytest
from attrs import evolve

from adapters.cli import working
from adapters.cli.working import work
from adapters.clock import SystemClock, new_id
from adapters.memory.clock import FixedClock, MovableClock
from adapters.memory.consumers import CollectedEvents, CollectedMessages
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from adapters.memory.testing.waiting import waiting_events
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Lease, Notice, SendOutcome, Sent
from core.domain.events import Event, EventType
from core.domain.ids import EventId
from core.domain.rules import Rules
from core.usecases.context import Ports
from ports.errors import Unavailable
from ports.senders import Sender
from tests.builders import NOW, SequentialIds


def make_ports() -> Ports:
    return Ports(
        store=MemoryStore(),
        payments=FakeGateway(),
        clock=FixedClock(NOW + timedelta(hours=1)),
        ids=SequentialIds(),
        rules=Rules(),
    )


def make_event(number: int) -> Event:
    return Event(
        id=EventId(SequentialIds(number)()),
        type=EventType.ORDER_PAID,
        subject_id=SequentialIds(number)(),
        payload={"number": number},
        occurred_at=NOW + timedelta(seconds=number),
    )


class StopsAfter(CollectedMessages):
    """Tells the worker to stop once so many messages were sent."""

    def __init__(self, count: int, stop: asyncio.Event) -> None:
        super().__init__()
        self._count = count
        self._stop = stop

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        outcome = await super().send(dispatch)
        if len(self.messages) == self._count:
            self._stop.set()
        return outcome


class Stuck:
    """Begins to send, and never ends."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    async def send(self, dispatch: Dispatch) -> SendOutcome:  # noqa: ARG002 - it looks at nothing
        self._stop.set()
        await asyncio.Event().wait()
        return Sent()


class SometimesDown(MemoryStore):
    """A store whose first passes find it down."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 2

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        self._fail_sometimes()
        return await super().claim_events(lease, limit)

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        self._fail_sometimes()
        return await super().claim_dispatches(channel, lease, limit)

    def _fail_sometimes(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise Unavailable("down for a moment")


async def run(ports: Ports, consumer: CollectedEvents, sender: Sender, stop: asyncio.Event) -> None:
    """Work until told to stop, or for ten seconds at most."""
    async with asyncio.timeout(10):
        await work(
            ports,
            consumers=[consumer],
            senders={Channel.MAIL: sender},
            interval_seconds=0.001,
            stop=stop,
        )


async def test_a_worker_plans_committed_events_and_sends_what_follows() -> None:
    ports, stop = make_ports(), asyncio.Event()
    events = tuple(make_event(number) for number in (1, 2, 3))
    await ports.store.commit(Changes(events=events))
    consumer, sender = CollectedEvents("ana", "eva"), StopsAfter(6, stop)

    await run(ports, consumer, sender, stop)

    assert [event.id for event in events] == [event.id for event in consumer.events]
    assert 6 == len({(one.event_id, one.recipient) for one in sender.messages})
    assert [] == await waiting_events(ports.store)
    assert 0 == (await ports.store.outbox_state()).dispatches.waiting


async def test_a_worker_outlives_an_outage_of_the_store() -> None:
    store, stop = SometimesDown(), asyncio.Event()
    ports = evolve(make_ports(), store=store)
    await store.commit(Changes(events=(make_event(1),)))
    sender = StopsAfter(1, stop)

    await run(ports, CollectedEvents("ana"), sender, stop)

    assert [make_event(1).id] == [one.event_id for one in sender.messages]


async def test_a_worker_that_is_told_to_stop_at_once_makes_no_pass() -> None:
    ports, stop, consumer = make_ports(), asyncio.Event(), CollectedEvents("ana")
    await ports.store.commit(Changes(events=(make_event(1),)))
    stop.set()

    await run(ports, consumer, CollectedMessages(), stop)

    assert [] == consumer.events


async def test_a_worker_without_senders_sweeps_and_relays() -> None:
    ports, stop = make_ports(), asyncio.Event()

    class Last(CollectedEvents):
        async def plan(self, event: Event) -> Sequence[Notice]:
            stop.set()
            return await super().plan(event)

    await ports.store.commit(Changes(events=(make_event(1),)))
    async with asyncio.timeout(10):
        await work(ports, consumers=[Last("ana")], senders={}, interval_seconds=0.001, stop=stop)

    assert 1 == (await ports.store.outbox_state()).dispatches.waiting


async def test_a_worker_breaks_off_what_does_not_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "GRACE_SECONDS", 0.01)
    ports, stop = make_ports(), asyncio.Event()
    await ports.store.commit(Changes(events=(make_event(1),)))

    await run(ports, CollectedEvents("ana"), Stuck(stop), stop)

    assert 1 == (await ports.store.outbox_state()).dispatches.waiting


async def test_a_defect_ends_the_worker_and_is_not_hushed_up() -> None:
    class Broken(MemoryStore):
        async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
            raise KeyError(lease, limit)

    with pytest.raises(KeyError):
        await run(
            evolve(make_ports(), store=Broken()), CollectedEvents(), CollectedMessages(), asyncio.Event()
        )


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
