"""What happened is told: planned once, sent at least once, and nobody waits for what fails."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import evolve

from adapters.memory.consumers import CollectedEvents, CollectedMessages
from adapters.memory.faults import Fault, FaultyStore
from adapters.memory.testing.journal import make_dispatch, make_event, make_lease
from core.domain.actors import Role
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Dropped, Failed, Notice, SendOutcome, Sent
from core.domain.errors import NotFound
from core.domain.events import Event, EventType
from core.domain.outbox import MAX_ATTEMPTS
from core.domain.statuses import DispatchStatus
from core.usecases.dispatch import DispatchReport, dispatch
from core.usecases.outbox import Pace, retry_all_parked, retry_parked
from core.usecases.relay import RelayReport, relay_events
from ports.errors import Unavailable
from ports.queries import Page
from ports.store import Kind
from tests.builders import NOW
from tests.usecases.world import DECLINED, World

HOURS = timedelta(hours=7)
QUICK = Pace(timeout_seconds=1, claim_seconds=60)


class Poisoned(CollectedEvents):
    """Cannot make sense of one event."""

    def __init__(self, poison: Event) -> None:
        super().__init__("ana")
        self._poison = poison

    async def plan(self, event: Event) -> Sequence[Notice]:
        if event.id == self._poison.id:
            raise ValueError("what is this?")
        return await super().plan(event)


class Hanging:
    """Never answers about one recipient, and takes all other messages."""

    def __init__(self, recipient: str) -> None:
        self.taken: list[str] = []
        self._recipient = recipient

    async def send(self, message: Dispatch) -> SendOutcome:
        if message.recipient == self._recipient:
            await asyncio.Event().wait()
        self.taken.append(message.recipient)
        return Sent()


class Raising:
    """Raises for every message."""

    async def send(self, message: Dispatch) -> SendOutcome:
        raise ConnectionRefusedError(f"nobody listens on {message.channel}")


class ClaimingAgain:
    """Takes a message for so long that its claim expires, and another worker claims it."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, message: Dispatch) -> SendOutcome:
        now = self._world.clock.advance(timedelta(seconds=60))
        (again,) = await self._world.store.claim_dispatches(message.channel, make_lease(at=now), 1)
        assert message.id == again.id
        return Sent()


async def events_of(world: World, count: int) -> list[Event]:
    events = [make_event(payload={"number": number}) for number in range(count)]
    await world.store.commit(Changes(events=tuple(events)))
    return events


async def messages_of(world: World, count: int, **fields: object) -> list[Dispatch]:
    messages = [make_dispatch(recipient=f"{number}", **fields) for number in range(count)]  # type: ignore[arg-type] # fields of all types
    await world.store.commit(Changes(inserts=tuple(messages)))
    return messages


async def dispatches(world: World) -> list[Dispatch]:
    return [row async for row in world.store.scan(Kind.DISPATCH) if isinstance(row, Dispatch)]


async def test_a_purchase_is_told_once(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana)
    receipt = await world.buy(eva, package)
    heard = CollectedEvents("ana", "eva")

    first = await relay_events([heard], ports=world.ports)
    second = await relay_events([heard], ports=world.ports)

    assert (RelayReport(published=1, planned=2), RelayReport()) == (first, second)
    assert [(EventType.ORDER_PAID, receipt.order.id)] == [(e.type, e.subject_id) for e in heard.events]
    assert ["ana", "eva"] == [one.recipient for one in await dispatches(world)]


async def test_a_declined_purchase_tells_of_its_end_alone(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await world.buy(eva, await world.offer_package(ana), DECLINED)
    heard = CollectedEvents()

    await relay_events([heard], ports=world.ports)

    assert [EventType.ORDER_CANCELED] == [event.type for event in heard.events]


async def test_all_consumers_are_asked_and_their_plans_are_one(world: World) -> None:
    await events_of(world, 1)
    mails, hooks = CollectedEvents("ana", "eva"), CollectedEvents("ana", channel=Channel.WEBHOOK)

    await relay_events([mails, hooks], ports=world.ports)

    assert [("mail", "ana"), ("mail", "eva"), ("webhook", "ana")] == [
        (one.channel, one.recipient) for one in await dispatches(world)
    ]


async def test_a_poisoned_event_holds_up_no_other_and_is_parked_after_ten_attempts(world: World) -> None:
    events = await events_of(world, 5)
    consumer = Poisoned(events[2])

    first = await relay_events([consumer], ports=world.ports)
    reports = []
    for _ in range(MAX_ATTEMPTS - 1):
        world.clock.advance(HOURS)
        reports.append(await relay_events([consumer], ports=world.ports))
    world.clock.advance(HOURS)
    last = await relay_events([consumer], ports=world.ports)

    assert RelayReport(published=4, planned=4, put_off=1) == first
    assert [*[RelayReport(put_off=1)] * (MAX_ATTEMPTS - 2), RelayReport(parked=1)] == reports
    assert RelayReport() == last
    (parked,) = (await world.store.parked(Page())).items
    assert (events[2].id, 10, "ValueError: what is this?") == (
        parked.id,
        parked.attempts,
        parked.last_error,
    )


async def test_a_failing_event_plans_nothing_for_anybody_until_all_agree(world: World) -> None:
    await events_of(world, 1)
    willing, failing = CollectedEvents("ana"), CollectedEvents("eva")
    failing.failures = 1

    await relay_events([willing, failing], ports=world.ports)
    before = await dispatches(world)
    world.clock.advance(HOURS)
    await relay_events([willing, failing], ports=world.ports)

    assert [] == before
    assert ["ana", "eva"] == [one.recipient for one in await dispatches(world)]


async def test_a_consumer_that_hangs_is_given_up(world: World) -> None:
    class Lost:
        async def plan(self, event: Event) -> Sequence[Notice]:
            await asyncio.Event().wait()
            return [Notice(channel=Channel.MAIL, recipient=str(event.id))]

    await events_of(world, 2)

    assert RelayReport(put_off=2) == await relay_events([Lost()], ports=world.ports, pace=QUICK)


async def test_a_relay_that_comes_back_too_late_plans_nothing(world: World) -> None:
    class Slow(CollectedEvents):
        async def plan(self, event: Event) -> Sequence[Notice]:
            now = world.clock.advance(timedelta(seconds=60))
            (again,) = await world.store.claim_events(make_lease(at=now), 1)
            assert event.id == again.id
            return await super().plan(event)

    await events_of(world, 1)

    assert RelayReport() == await relay_events([Slow("ana")], ports=world.ports)
    assert [] == await dispatches(world)


async def test_one_conflict_costs_the_other_events_of_a_batch_nothing(world: World) -> None:
    class OneIsTaken(CollectedEvents):
        async def plan(self, event: Event) -> Sequence[Notice]:
            if event.payload["number"] == 1:
                await world.store.commit(
                    Changes(updates=(evolve(event, last_error="somebody else", version=event.version + 1),))
                )
            return await super().plan(event)

    await events_of(world, 3)

    report = await relay_events([OneIsTaken("ana")], ports=world.ports)

    assert RelayReport(published=2, planned=2) == report


async def test_messages_are_sent_once(world: World) -> None:
    messages = await messages_of(world, 25)
    post = CollectedMessages()

    first = await dispatch(Channel.MAIL, post, ports=world.ports)
    second = await dispatch(Channel.MAIL, post, ports=world.ports)

    assert (DispatchReport(sent=25), DispatchReport()) == (first, second)
    assert sorted(one.id for one in messages) == sorted(one.id for one in post.messages)
    assert {(DispatchStatus.SENT, NOW, 1)} == {
        (one.status, one.sent_at, one.attempts) for one in await dispatches(world)
    }


async def test_each_outcome_is_noted(world: World) -> None:
    await messages_of(world, 4)
    post = CollectedMessages(
        Sent(),
        Failed(reason="busy"),
        Failed(reason="no such address", permanent=True),
        Dropped(reason="gone"),
    )

    report = await dispatch(Channel.MAIL, post, ports=world.ports)

    assert DispatchReport(sent=1, put_off=1, parked=1, dropped=1) == report
    assert [None, "busy", "no such address", "gone"] == sorted(
        (one.last_error for one in await dispatches(world)),
        key=[None, "busy", "no such address", "gone"].index,
    )


async def test_a_message_that_hangs_holds_up_no_other(world: World) -> None:
    await messages_of(world, 40)
    post = Hanging("3")

    report = await dispatch(Channel.MAIL, post, ports=world.ports, pace=evolve(QUICK, concurrency=2))

    assert DispatchReport(sent=39, put_off=1) == report
    assert 39 == len(post.taken)
    assert {"no answer within 1 s"} == {one.last_error for one in await dispatches(world)} - {None}


async def test_a_message_that_fails_is_parked_after_ten_attempts(world: World) -> None:
    await messages_of(world, 1)
    for _ in range(MAX_ATTEMPTS):
        await dispatch(Channel.MAIL, Raising(), ports=world.ports)
        world.clock.advance(HOURS)

    (one,) = await dispatches(world)
    assert (DispatchStatus.PARKED, 10, "ConnectionRefusedError: nobody listens on mail") == (
        one.status,
        one.attempts,
        one.last_error,
    )
    assert DispatchReport() == await dispatch(Channel.MAIL, CollectedMessages(), ports=world.ports)


async def test_a_channel_sends_its_own_messages(world: World) -> None:
    await messages_of(world, 2, channel=Channel.WEBHOOK)

    assert DispatchReport() == await dispatch(Channel.MAIL, CollectedMessages(), ports=world.ports)
    assert DispatchReport(sent=2) == await dispatch(Channel.WEBHOOK, CollectedMessages(), ports=world.ports)


async def test_what_another_worker_took_over_is_not_noted_twice(world: World) -> None:
    await messages_of(world, 1)

    assert DispatchReport() == await dispatch(Channel.MAIL, ClaimingAgain(world), ports=world.ports)
    (one,) = await dispatches(world)
    assert (DispatchStatus.WAITING, 3) == (one.status, one.version)


async def test_nothing_is_sent_that_could_outlast_its_claim(world: World) -> None:
    """As a worker finds it that was paused between claiming and sending."""

    class PausedClock:
        def __init__(self) -> None:
            self._readings = iter([NOW])

        def now(self) -> object:
            return next(self._readings, NOW + timedelta(seconds=51))

        async def back_off(self, attempt: int) -> None:
            pass

    await messages_of(world, 3)
    post = CollectedMessages()
    ports = evolve(world.ports, clock=PausedClock())  # type: ignore[arg-type] # it says object to keep it short

    assert DispatchReport() == await dispatch(Channel.MAIL, post, ports=ports)
    assert [] == post.messages


async def test_a_short_outage_does_not_make_a_message_go_out_twice(world: World) -> None:
    store = FaultyStore([None, Fault.UNAVAILABLE, Fault.LOST_AFTER])
    faulty = evolve(world, store=store)
    await messages_of(faulty, 1)
    post = CollectedMessages()

    await dispatch(Channel.MAIL, post, ports=faulty.ports)

    assert 1 == len(post.messages)
    assert [DispatchStatus.SENT] == [one.status for one in await dispatches(faulty)]


async def test_a_long_outage_is_told_when_all_that_was_under_way_is_done(world: World) -> None:
    faulty = evolve(world, store=FaultyStore([None, *[Fault.UNAVAILABLE] * 100]))
    await messages_of(faulty, 5)
    post = CollectedMessages()

    with pytest.raises(Unavailable):
        await dispatch(Channel.MAIL, post, ports=faulty.ports)

    assert 5 == len(post.messages)
    assert {DispatchStatus.WAITING} == {one.status for one in await dispatches(faulty)}


async def test_a_pass_that_is_told_to_stop_finishes_what_is_under_way(world: World) -> None:
    await events_of(world, 3)
    await messages_of(world, 3)
    post = CollectedMessages()

    report = await dispatch(
        Channel.MAIL,
        post,
        ports=world.ports,
        pace=evolve(QUICK, concurrency=1),
        stopping=lambda: len(post.messages) == 2,
    )
    relayed = await relay_events([CollectedEvents()], ports=world.ports, stopping=lambda: True)

    assert (DispatchReport(sent=2), RelayReport()) == (report, RelayReport(published=0))
    assert RelayReport() == relayed


async def test_parked_items_are_tried_again_when_a_person_says_so(world: World) -> None:
    event = make_event(parked_at=NOW, attempts=10)
    message = make_dispatch(status=DispatchStatus.PARKED, parked_at=NOW, attempts=10)
    await world.store.commit(Changes(inserts=(event, message)))

    assert 2 == await retry_parked([event.id, message.id, event.id], ports=world.ports)

    assert RelayReport(published=1) == await relay_events([CollectedEvents()], ports=world.ports)
    assert DispatchReport(sent=1) == await dispatch(Channel.MAIL, CollectedMessages(), ports=world.ports)


async def test_all_that_is_parked_is_tried_again(world: World) -> None:
    await messages_of(world, 250, status=DispatchStatus.PARKED, parked_at=NOW)
    await messages_of(world, 10)

    assert 250 == await retry_all_parked(ports=world.ports)
    assert 0 == await retry_all_parked(ports=world.ports)
    assert {DispatchStatus.WAITING} == {one.status for one in await dispatches(world)}


async def test_what_is_not_parked_cannot_be_tried_again(world: World) -> None:
    parked, waiting = (
        make_dispatch(status=DispatchStatus.PARKED, parked_at=NOW),
        make_dispatch(),
    )
    await world.store.commit(Changes(inserts=(parked, waiting)))

    for wrong in (waiting.id, uuid4()):
        with pytest.raises(NotFound):
            await retry_parked([parked.id, wrong], ports=world.ports)

    assert [parked, waiting] == await dispatches(world)


def test_a_claim_outlasts_what_is_done_under_it() -> None:
    with pytest.raises(ValueError, match="longer"):
        Pace(claim_seconds=10, timeout_seconds=10)
