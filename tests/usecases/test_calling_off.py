"""A practitioner calls a session off: every seat goes back in full, whoever paid for it and however."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory.payments import FakeGateway, Fault, Operation
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.catalogue import ServiceType
from core.domain.errors import Conflict, Forbidden, IllegalTransition, NotFound
from core.domain.events import EventType
from core.domain.ids import SessionId
from core.domain.ledger import order_value
from core.domain.orders import Destination
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    SessionStatus,
)
from core.usecases.call_off import SENT_AT_ONCE, cancel_session
from core.usecases.deliver import complete_session, start_session
from core.usecases.refund import refund_order
from ports.queries import Page
from ports.store import Kind
from tests.usecases.world import ASKING, World


async def workshop_in(world: World, ana: Actor, **fields: object) -> ServiceSession:
    """A workshop of the practitioner with one public session in a week."""
    service = await world.offer(ana, ServiceType.WORKSHOP, max_participants=80, **fields)
    await world.offer_class(service, ana, seats=80)
    (session,) = (await world.store.sessions(Page(), service_id=service.id)).items
    return session


async def call_off(world: World, session_id: SessionId, actor: Actor) -> ServiceSession:
    return await cancel_session(session_id, actor=actor, reason="I am ill", ports=world.ports)


async def test_every_seat_goes_back_in_full_the_way_it_was_paid(world: World) -> None:
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    eva, tom, kim = (world.person(Role.CLIENT) for _ in range(3))
    await world.give_credits(eva, 3000)
    await world.give_credits(kim, 9000)
    bought = [
        await world.buy(eva, service, session_id=session.id, apply_credits=True),
        await world.buy(tom, service, session_id=session.id),
        await world.buy(kim, service, session_id=session.id, apply_credits=True),
    ]
    world.clock.advance(timedelta(days=6, hours=23))

    canceled = await call_off(world, session.id, ana)

    assert (SessionStatus.CANCELED, 0) == (canceled.status, canceled.current_participants)
    stored = await world.store.session(session.id)
    assert stored is not None
    assert (SessionStatus.CANCELED, 0) == (stored.status, stored.current_participants)
    for receipt, card, in_credits in zip(bought, (5000, 8000, 0), (3000, 0, 8000), strict=True):
        order = await world.order(receipt)
        (seat,) = await world.seats(receipt)
        (refund,) = await world.store.refunds(order.id)
        assert (OrderStatus.REFUNDED, in_credits, card) == (
            order.status,
            order.refunded_credits_cents,
            order.refunded_card_cents,
        )
        assert (BookingStatus.CANCELED, 8000, "I am ill") == (
            seat.booking.status,
            seat.booking.refunded_cents,
            seat.booking.cancel_reason,
        )
        assert (RefundStatus.SUCCEEDED, 8000) == (refund.status, refund.refund_value_cents)
        assert 0 == await world.balance(order_value(order.id))
    assert (3000, 0) == await world.credits_of(eva)
    assert 13_000 == world.gateway.refunded_cents()
    rows = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert {EarningsStatus.REVERSED} == {row.status for row in rows}
    events = [event.type async for event in world.store.scan(Kind.EVENT)]  # type: ignore[union-attr] # events
    assert (1, 3) == (
        events.count(EventType.SESSION_CANCELED),
        events.count(EventType.BOOKING_CANCELED),
    )


async def test_a_second_call_changes_nothing(world: World) -> None:
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    receipt = await world.buy(world.person(Role.CLIENT), service, session_id=session.id)
    await call_off(world, session.id, ana)
    once = await world.store.session(session.id)

    again = await call_off(world, session.id, ana)

    assert once == again
    assert 1 == len(await world.store.refunds(receipt.order.id))
    assert 8000 == world.gateway.refunded_cents()


async def test_one_class_of_a_course_gives_back_its_share_and_the_rest_stands(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    course = await world.offer(ana, ServiceType.COURSE, price_cents=10_000)
    for day in (7, 8, 9):
        await world.offer_class(course, ana, days=day)
    receipt = await world.buy(eva, course)

    await call_off(world, receipt.seats[0].session.id, ana)

    order = await world.order(receipt)
    assert (OrderStatus.PARTIALLY_REFUNDED, 3334, 2) == (
        order.status,
        order.refunded_card_cents,
        order.sessions_remaining,
    )
    statuses = [seat.booking.status for seat in await world.seats(receipt)]
    assert [BookingStatus.CANCELED, BookingStatus.CONFIRMED, BookingStatus.CONFIRMED] == statuses


async def test_an_unpaid_order_is_given_up_first(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    await world.give_credits(eva, 1000)
    waiting = await world.buy(eva, service, ASKING, session_id=session.id, apply_credits=True)
    paid = await world.buy(world.person(Role.CLIENT), service, session_id=session.id)

    await call_off(world, session.id, ana)

    assert OrderStatus.CANCELED is (await world.order(waiting)).status
    assert OrderStatus.REFUNDED is (await world.order(paid)).status
    (payment,) = await world.store.order_payments(waiting.order.id)
    assert PaymentStatus.CANCELED is payment.status
    assert (1000, 0) == await world.credits_of(eva)


async def test_money_that_came_before_it_was_given_up_goes_back_too(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    unknown = await world.buy(eva, service, session_id=session.id)
    assert OrderStatus.PENDING_PAYMENT is unknown.order.status

    await call_off(world, session.id, ana)

    order = await world.order(unknown)
    assert (OrderStatus.REFUNDED, 8000) == (order.status, order.refunded_card_cents)
    assert (8000, 8000) == (world.gateway.charged_cents(), world.gateway.refunded_cents())


async def test_a_charge_of_which_the_gateway_says_nothing_holds_everything_up(world: World) -> None:
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    paid = await world.buy(world.person(Role.CLIENT), service, session_id=session.id)
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    await world.buy(world.person(Role.CLIENT), service, session_id=session.id)
    world.gateway.script(Operation.CANCEL_CHARGE, Fault.LOST_BEFORE)

    with pytest.raises(Conflict, match="still waits for its payment"):
        await call_off(world, session.id, ana)

    assert OrderStatus.PAID is (await world.order(paid)).status
    assert SessionStatus.CANCELED is (await call_off(world, session.id, ana)).status


async def test_a_refund_that_the_gateway_does_not_answer_is_finished_by_the_sweep(world: World) -> None:
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    receipt = await world.buy(world.person(Role.CLIENT), service, session_id=session.id)
    world.gateway.script(Operation.REFUND, Fault.LOST_AFTER)

    await call_off(world, session.id, ana)

    (refund,) = await world.store.refunds(receipt.order.id)
    assert RefundStatus.PENDING is refund.status
    await world.sweep_after(timedelta(minutes=1))
    (refund,) = await world.store.refunds(receipt.order.id)
    assert RefundStatus.SUCCEEDED is refund.status
    assert 8000 == world.gateway.refunded_cents()


async def test_the_sweep_sends_what_is_too_much_for_one_request(world: World) -> None:
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    buyers = SENT_AT_ONCE + 10
    for _ in range(buyers):
        await world.buy(world.person(Role.CLIENT), service, session_id=session.id)

    await call_off(world, session.id, ana)

    assert SENT_AT_ONCE * 8000 == world.gateway.refunded_cents()
    await world.sweep_after(timedelta(minutes=1))
    assert buyers * 8000 == world.gateway.refunded_cents()


async def test_a_scheduled_package_seat_and_a_draft_one_go_with_their_sessions(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana, seats=3))
    scheduled = await world.put_on(eva, receipt.seats[0], world.clock.now() + timedelta(hours=2))

    await call_off(world, scheduled.session.id, ana)
    await call_off(world, receipt.seats[1].session.id, ana)

    order = await world.order(receipt)
    assert (26_667, 1) == (order.refunded_cents, order.sessions_remaining)
    assert OrderStatus.PARTIALLY_REFUNDED is order.status


async def test_a_session_under_way_can_be_called_off_and_one_that_is_over_cannot(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    hour = await world.offer(ana)
    first = await world.buy(eva, hour, start_time=world.clock.now() + timedelta(days=1))
    second = await world.buy(eva, hour, start_time=world.clock.now() + timedelta(days=2))
    await start_session(first.seats[0].session.id, actor=ana, ports=world.ports)
    await complete_session(second.seats[0].session.id, actor=ana, ports=world.ports)

    assert SessionStatus.CANCELED is (await call_off(world, first.seats[0].session.id, ana)).status
    with pytest.raises(IllegalTransition, match="session is completed: cannot cancel"):
        await call_off(world, second.seats[0].session.id, ana)
    assert 8000 == (await world.order(first)).refunded_cents


async def test_only_its_practitioner_or_an_admin_calls_a_session_off(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    public = await workshop_in(world, ana)
    hour = await world.offer(ana)
    private = await world.buy(eva, hour, start_time=world.clock.now() + timedelta(days=1))

    with pytest.raises(Forbidden):
        await call_off(world, public.id, world.person(Role.PRACTITIONER))
    with pytest.raises(NotFound):
        await call_off(world, private.seats[0].session.id, eva)
    with pytest.raises(NotFound):
        await call_off(world, SessionId(world.ids()), ana)
    admin = world.person(Role.ADMIN)
    assert SessionStatus.CANCELED is (await call_off(world, public.id, admin)).status


async def test_seats_sold_and_given_back_meanwhile_are_counted_right() -> None:
    world = World(store=MemoryStore(yielding=True), gateway=FakeGateway())
    ana = await world.seller()
    session = await workshop_in(world, ana)
    service = await world.store.service(session.service_id)
    assert service is not None
    receipts = [await world.buy(world.person(Role.CLIENT), service, session_id=session.id) for _ in range(5)]

    await asyncio.gather(
        call_off(world, session.id, ana),
        world.buy(world.person(Role.CLIENT), service, session_id=session.id),
        *(
            refund_order(
                receipt.order.id,
                actor=Actor(user_id=receipt.order.user_id, roles=frozenset({Role.CLIENT})),
                booking_ids=None,
                destination=Destination.ORIGINAL,
                reason=None,
                ports=world.ports,
            )
            for receipt in receipts[:2]
        ),
        call_off(world, session.id, ana),
        return_exceptions=True,
    )
    await call_off(world, session.id, ana)

    stored = await world.store.session(session.id)
    assert stored is not None
    assert (SessionStatus.CANCELED, 0) == (stored.status, stored.current_participants)
    assert world.gateway.charged_cents() == world.gateway.refunded_cents()
    await world.assert_books_balance()
