"""Packages run out: sweeps warn in time, cancel once, and the books stay right."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.testing.waiting import waiting_events
from core.domain.actors import Actor, Role
from core.domain.catalogue import OnExpiry
from core.domain.errors import NotFound, NothingToRefund, PackageExpired
from core.domain.events import EventType
from core.domain.ids import OrderId
from core.domain.ledger import PLATFORM_FORFEITS, order_value
from core.domain.statuses import BookingStatus, OrderStatus, SessionStatus
from core.usecases.deliver import complete_session
from core.usecases.expire import look_at_expiry
from core.usecases.settle_payment import Receipt
from core.usecases.sweep import SweepReport
from ports.store import DueKind
from tests.usecases.world import World

DAY, TICK = timedelta(days=1), timedelta(milliseconds=1)


async def buy_package(world: World, *, days: int = 30, **fields: Any) -> tuple[Actor, Actor, Receipt]:
    """Ana's package of five for 40000, bought by Eva with 10000 credits and the rest by card."""
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana, validity_days=days, **fields)
    await world.give_credits(eva, 10_000)
    return ana, eva, await world.buy(eva, package, apply_credits=True)


async def warnings(world: World) -> list[object]:
    """How many days each warning says are left, in the order in which they were sent."""
    events = await waiting_events(world.store)
    return [event.payload["days_left"] for event in events if event.type is EventType.PACKAGE_EXPIRING]


def counts(report: SweepReport) -> tuple[int, int]:
    assert report.failures == ()
    return (report.expiry_warnings, report.packages_expired)


async def test_holders_are_warned_twice_and_then_the_package_is_gone(world: World) -> None:
    _, _, receipt = await buy_package(world)

    assert (0, 0) == counts(await world.sweep_after(16 * DAY - TICK))
    assert (1, 0) == counts(await world.sweep_after(TICK))
    assert (0, 0) == counts(await world.sweep_after(13 * DAY - TICK))
    assert (1, 0) == counts(await world.sweep_after(TICK))
    assert (0, 0) == counts(await world.sweep_after(DAY - TICK))
    assert OrderStatus.PAID is (await world.order(receipt)).status
    assert (0, 1) == counts(await world.sweep_after(TICK))
    assert (0, 0) == counts(await world.sweep_after(400 * DAY))

    assert [14, 1] == await warnings(world)
    assert 40_000 == await world.balance(PLATFORM_FORFEITS)
    assert {BookingStatus.CANCELED} == {seat.booking.status for seat in await world.seats(receipt)}
    assert {SessionStatus.CANCELED} == {seat.session.status for seat in await world.seats(receipt)}


async def test_a_package_of_a_week_is_warned_of_once(world: World) -> None:
    await buy_package(world, days=7)

    for _ in range(8):
        await world.sweep_after(DAY)

    assert [1] == await warnings(world)


async def test_a_sweep_that_was_down_for_a_month_sends_no_belated_warning(world: World) -> None:
    _, _, receipt = await buy_package(world)

    assert (0, 1) == counts(await world.sweep_after(31 * DAY))

    assert [] == await warnings(world)
    assert 5 == (await world.order(receipt)).sessions_expired


async def test_a_sweep_that_was_down_for_a_fortnight_sends_the_latest_warning_alone(world: World) -> None:
    await buy_package(world)

    assert (1, 0) == counts(await world.sweep_after(29 * DAY + timedelta(hours=3)))

    assert [1] == await warnings(world)


async def test_what_two_deliveries_left_comes_back_as_credits(world: World) -> None:
    ana, eva, receipt = await buy_package(world, on_expiry=OnExpiry.CREDITS)
    for day, seat in enumerate(receipt.seats[:2], start=1):
        taken = await world.put_on(eva, seat, world.clock.now() + day * DAY)
        await complete_session(taken.session.id, actor=ana, ports=world.ports)

    assert (0, 1) == counts(await world.sweep_after(30 * DAY))

    order = await world.order(receipt)
    assert (24_000, 0, 18_000) == (
        order.refunded_credits_cents,
        order.refunded_card_cents,
        order.card_to_credits_cents,
    )
    assert (OrderStatus.PARTIALLY_REFUNDED, 2, 3, 3, 0) == (
        order.status,
        order.sessions_completed,
        order.sessions_canceled,
        order.sessions_expired,
        order.sessions_remaining,
    )
    assert (24_000, 0) == await world.credits_of(eva)
    assert 0 == await world.balance(order_value(order.id))
    assert 0 == world.gateway.refunded_cents()
    (usage,) = await world.store.package_usage(practitioner_id=ana.user_id)
    assert (2, 0, 3, 0) == (
        usage.sessions_completed,
        usage.sessions_canceled,
        usage.sessions_expired,
        usage.breakage_cents,
    )


async def test_what_was_forfeited_is_breakage_and_a_scheduled_seat_stands(world: World) -> None:
    ana, eva, receipt = await buy_package(world)
    stands = await world.put_on(eva, receipt.seats[0], world.clock.now() + 30 * DAY - TICK)

    await world.sweep_after(30 * DAY)

    (usage,) = await world.store.package_usage(practitioner_id=ana.user_id)
    assert (1, 4, 32_000) == (usage.sessions_scheduled, usage.sessions_expired, usage.breakage_cents)
    assert 1 == usage.sessions_remaining
    assert (0, 0) == await world.credits_of(eva)
    done = await complete_session(stands.session.id, actor=ana, ports=world.ports)
    assert SessionStatus.COMPLETED is done.status
    assert 0 == (await world.order(receipt)).sessions_remaining


async def test_between_the_end_and_the_sweep_nothing_is_scheduled_or_returned(world: World) -> None:
    _, eva, receipt = await buy_package(world)
    world.clock.advance(30 * DAY)

    with pytest.raises(PackageExpired):
        await world.put_on(eva, receipt.seats[0], world.clock.now() + DAY)
    with pytest.raises(NothingToRefund):
        await world.refund(eva, receipt)


async def test_an_order_that_was_refunded_or_never_paid_does_not_expire(world: World) -> None:
    _, eva, receipt = await buy_package(world)
    await world.refund(eva, receipt)
    package = await world.store.service(receipt.order.service_id or pytest.fail("it has a service"))
    assert package is not None
    unpaid = await world.buy(world.person(Role.CLIENT), package, "pm_card_authenticationRequired")

    assert (0, 0) == counts(await world.sweep_after(31 * DAY))

    assert OrderStatus.REFUNDED is (await world.order(receipt)).status
    assert OrderStatus.CANCELED is (await world.order(unpaid)).status
    assert [] == list(await world.store.due(DueKind.EXPIRIES, world.clock.now(), 10))
    assert [] == await warnings(world)


async def test_looks_at_one_moment_expire_a_package_once(world: World) -> None:
    _, eva, receipt = await buy_package(world, on_expiry=OnExpiry.CREDITS)
    world.clock.advance(30 * DAY)

    looks = await asyncio.gather(*(look_at_expiry(receipt.order.id, ports=world.ports) for _ in range(8)))

    assert [0] * 7 + [5] == sorted(look.expired for look in looks)
    assert (40_000, 0) == await world.credits_of(eva)


async def test_an_order_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await look_at_expiry(OrderId(world.ids()), ports=world.ports)
