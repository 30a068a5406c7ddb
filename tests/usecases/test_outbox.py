"""What happened is handed on: in order, at least once, and with its cause or not at all."""

import pytest

from adapters.memory.publisher import CollectedEvents
from core.domain.actors import Role
from core.domain.events import Event, EventType
from core.usecases.relay import relay_events
from tests.usecases.world import DECLINED, World


class BrokenAfter:
    """A publisher that takes so many events and then fails."""

    def __init__(self, count: int) -> None:
        self.taken: list[Event] = []
        self._count = count

    async def publish(self, event: Event) -> None:
        if len(self.taken) == self._count:
            raise ConnectionError("nobody listens")
        self.taken.append(event)


async def test_a_purchase_is_told_once(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana)
    receipt = await world.buy(eva, package)
    heard = CollectedEvents()

    assert 1 == await relay_events(heard, ports=world.ports)
    assert 0 == await relay_events(heard, ports=world.ports)

    assert [(EventType.ORDER_PAID, receipt.order.id)] == [(e.type, e.subject_id) for e in heard.events]


async def test_a_declined_purchase_tells_of_its_end_alone(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await world.buy(eva, await world.offer_package(ana), DECLINED)
    heard = CollectedEvents()

    await relay_events(heard, ports=world.ports)

    assert [EventType.ORDER_CANCELED] == [event.type for event in heard.events]


async def test_what_a_broken_publisher_did_not_take_is_told_later_in_order(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana)
    orders = [(await world.buy(eva, package)).order.id for _ in range(5)]
    broken, heard = BrokenAfter(2), CollectedEvents()

    with pytest.raises(ConnectionError):
        await relay_events(broken, ports=world.ports)
    await relay_events(heard, ports=world.ports)

    assert orders == [event.subject_id for event in (*broken.taken, *heard.events)]
