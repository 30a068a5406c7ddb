"""A full workshop with a line, and three seats freed at once, on every store."""

import asyncio

import pytest

from adapters.clock import new_id
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from core.domain.actors import Actor, Role
from core.domain.catalogue import ServiceType
from core.domain.errors import DomainError, SessionFull
from core.domain.ids import UserId
from core.domain.planning import Checkout
from core.domain.rules import Rules
from core.domain.statuses import OrderStatus, WaitlistStatus
from core.usecases.checkout import checkout
from core.usecases.context import Ports
from core.usecases.ledger import check_ledger
from core.usecases.refund import cancel_booking
from core.usecases.settle_payment import Receipt
from core.usecases.waitlist import join_waitlist
from ports.queries import Page
from ports.store import Store
from tests.builders import NOW, make_practitioner, make_service, make_session, stock

SEATS, LINE, FREED, STRANGERS = 4, 5, 3, 16


@pytest.fixture
def ports(any_store: Store) -> Ports:
    """A deployment on each store in turn."""
    return Ports(
        store=any_store,
        payments=FakeGateway(),
        clock=MovableClock(NOW),
        ids=new_id,
        rules=Rules(),
    )


def client() -> Actor:
    return Actor(user_id=UserId(new_id()), roles=frozenset({Role.CLIENT}))


async def test_seats_freed_at_once_go_to_the_first_in_line_and_to_nobody_else(ports: Ports) -> None:
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop, max_participants=SEATS)
    await stock(ports.store, seller, workshop, session)

    async def buy(actor: Actor) -> Receipt:
        command = Checkout(
            user_id=actor.user_id,
            service_id=workshop.id,
            session_id=session.id,
            payment_method_id="pm_card_visa",
        )
        return await checkout(command, ports=ports)

    async def status_of(actor: Actor) -> WaitlistStatus:
        return (await ports.store.places(Page(), user_id=actor.user_id)).items[0].entry.status

    holders = [client() for _ in range(SEATS)]
    receipts = [await buy(holder) for holder in holders]
    line = [client() for _ in range(LINE)]
    for actor in line:
        await join_waitlist(session.id, actor=actor, ports=ports)

    cancellations = [
        cancel_booking(receipt.seats[0].booking.id, actor=holder, reason=None, ports=ports)
        for holder, receipt in zip(holders[:FREED], receipts[:FREED], strict=True)
    ]
    purchases = [buy(client()) for _ in range(STRANGERS)]
    results = await asyncio.gather(*purchases, *cancellations, return_exceptions=True)

    assert [SessionFull] * STRANGERS == [type(result) for result in results[:STRANGERS]]
    assert [] == [result for result in results[STRANGERS:] if isinstance(result, BaseException)]
    expected = [WaitlistStatus.OFFERED] * FREED + [WaitlistStatus.WAITING] * (LINE - FREED)
    assert expected == [await status_of(actor) for actor in line]

    accepted = await asyncio.gather(*(buy(actor) for actor in line), return_exceptions=True)

    paid = [r.order.status for r in accepted[:FREED] if isinstance(r, Receipt)]
    assert [OrderStatus.PAID] * FREED == paid
    assert [SessionFull] * (LINE - FREED) == [type(result) for result in accepted[FREED:]]
    assert () == (await check_ledger(ports=ports)).violations


async def test_many_join_at_once_and_each_has_a_place_of_their_own(ports: Ports) -> None:
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop, max_participants=0)
    await stock(ports.store, seller, workshop, session)
    people = [client() for _ in range(LINE)]

    results = await asyncio.gather(
        *(join_waitlist(session.id, actor=actor, ports=ports) for actor in people * 2),
        return_exceptions=True,
    )

    codes = [result.code for result in results if isinstance(result, DomainError)]
    assert ["already_waiting"] * LINE == codes
    places = [(await ports.store.places(Page(), user_id=a.user_id)).items[0].position for a in people]
    assert list(range(1, LINE + 1)) == sorted(position or 0 for position in places)
    assert () == (await check_ledger(ports=ports)).violations
