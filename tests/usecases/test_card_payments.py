"""The payment saga: declines, customers who are needed, silence, crashes and late money."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.catalogue import Service, ServiceType
from core.domain.errors import SessionOverlap
from core.domain.gateway import ChargeOutcome, Declined, Succeeded
from core.domain.purchasing import BuyCredits
from core.domain.statuses import BookingStatus, OrderStatus, PaymentStatus, SessionStatus
from core.usecases.checkout import buy_credits, resolve_payment
from core.usecases.refund import cancel_booking
from core.usecases.settle_payment import Receipt, settle_payment
from ports.queries import Page
from tests.usecases.world import ASKING, DECLINED, World

WEEK = timedelta(days=7)


@pytest.fixture
async def ana(world: World) -> Actor:
    return await world.seller()


@pytest.fixture
def eva(world: World) -> Actor:
    return world.person(Role.CLIENT)


@pytest.fixture
async def hour(world: World, ana: Actor) -> Service:
    return await world.offer(ana)


def reference(receipt: Receipt) -> str:
    """The gateway's name of the receipt's charge."""
    assert receipt.payment is not None
    assert receipt.payment.gateway_ref is not None
    return receipt.payment.gateway_ref


async def test_a_declined_card_leaves_nothing_held(world: World, eva: Actor, hour: Service) -> None:
    await world.give_credits(eva, 1000)
    at = world.clock.now() + WEEK

    receipt = await world.buy(eva, hour, DECLINED, apply_credits=True, start_time=at)

    assert receipt.payment is not None
    assert (OrderStatus.CANCELED, PaymentStatus.FAILED, "card_declined") == (
        receipt.order.status,
        receipt.payment.status,
        receipt.payment.failure_code,
    )
    assert (1000, 0) == await world.credits_of(eva)
    (seat,) = await world.seats(receipt)
    assert (BookingStatus.CANCELED, SessionStatus.CANCELED, 0) == (
        seat.booking.status,
        seat.session.status,
        seat.session.current_participants,
    )
    again = await world.buy(world.person(Role.CLIENT), hour, start_time=at)
    assert OrderStatus.PAID is again.order.status


async def test_a_payment_that_needs_the_customer_waits_and_then_confirms(
    world: World, eva: Actor, hour: Service
) -> None:
    receipt = await world.buy(eva, hour, ASKING, start_time=world.clock.now() + WEEK)
    assert receipt.payment is not None
    assert (OrderStatus.PENDING_PAYMENT, PaymentStatus.REQUIRES_ACTION) == (
        receipt.order.status,
        receipt.payment.status,
    )
    assert receipt.payment.client_secret is not None

    outcome = await world.gateway.confirm(reference(receipt))
    settled = await settle_payment(receipt.payment.id, outcome, ports=world.ports)
    again = await settle_payment(receipt.payment.id, outcome, ports=world.ports)

    assert (OrderStatus.PAID, None) == (
        settled.order.status,
        settled.payment and settled.payment.client_secret,
    )
    assert settled.order == again.order
    assert 8000 == world.gateway.charged_cents()


async def test_an_unpaid_hold_lapses_after_fifteen_minutes_and_frees_the_time(
    world: World, eva: Actor, hour: Service
) -> None:
    at = world.clock.now() + WEEK
    await world.give_credits(eva, 500)
    receipt = await world.buy(eva, hour, ASKING, apply_credits=True, start_time=at)
    assert (500, 500) == await world.credits_of(eva)
    with pytest.raises(SessionOverlap):
        await world.buy(world.person(Role.CLIENT), hour, start_time=at + timedelta(minutes=59))

    assert 0 == (await world.sweep_after(timedelta(minutes=14, seconds=59))).orders_lapsed
    assert 1 == (await world.sweep_after(timedelta(seconds=1))).orders_lapsed

    assert OrderStatus.CANCELED is (await world.order(receipt)).status
    assert (500, 0) == await world.credits_of(eva)
    await world.buy(world.person(Role.CLIENT), hour, start_time=at)


@pytest.mark.parametrize(
    ("fault", "then"),
    [(Fault.LOST_AFTER, (OrderStatus.PAID, 8000)), (Fault.LOST_BEFORE, (OrderStatus.CANCELED, 0))],
)
async def test_a_charge_without_an_answer_is_settled_by_what_the_gateway_then_tells(
    world: World, eva: Actor, hour: Service, fault: Fault, then: tuple[OrderStatus, int]
) -> None:
    world.gateway.script(Operation.CHARGE, fault)
    receipt = await world.buy(eva, hour, start_time=world.clock.now() + WEEK)
    assert receipt.payment is not None
    assert PaymentStatus.UNKNOWN is receipt.payment.status

    assert 0 == (await world.sweep_after(timedelta(seconds=14))).payments_settled
    assert 1 == (await world.sweep_after(timedelta(seconds=1))).payments_settled

    assert then == ((await world.order(receipt)).status, world.gateway.charged_cents())


async def test_a_gateway_that_stays_silent_keeps_everything_held(
    world: World, eva: Actor, hour: Service
) -> None:
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    receipt = await world.buy(eva, hour, start_time=world.clock.now() + WEEK)
    world.gateway.script(Operation.FIND_CHARGE, Fault.LOST_BEFORE)
    world.gateway.script(Operation.CANCEL_CHARGE, Fault.LOST_BEFORE)

    await world.sweep_after(timedelta(minutes=20))
    assert OrderStatus.PENDING_PAYMENT is (await world.order(receipt)).status
    (seat,) = await world.seats(receipt)
    assert 1 == seat.session.current_participants

    await world.sweep_after(timedelta(seconds=15))
    assert OrderStatus.PAID is (await world.order(receipt)).status


async def test_late_money_wins_its_free_seat_back(world: World, eva: Actor, hour: Service) -> None:
    await world.give_credits(eva, 1000)
    receipt = await world.buy(eva, hour, ASKING, apply_credits=True, start_time=world.clock.now() + WEEK)
    assert receipt.payment is not None
    await settle_payment(receipt.payment.id, Declined(code="expired", message="gave up"), ports=world.ports)
    assert OrderStatus.CANCELED is (await world.order(receipt)).status

    outcome = await world.gateway.confirm(reference(receipt))
    late = await settle_payment(receipt.payment.id, outcome, ports=world.ports)

    assert OrderStatus.PAID is late.order.status
    (seat,) = await world.seats(receipt)
    assert (BookingStatus.CONFIRMED, None, SessionStatus.SCHEDULED, 1) == (
        seat.booking.status,
        seat.booking.canceled_at,
        seat.session.status,
        seat.session.current_participants,
    )
    assert (0, 0) == await world.credits_of(eva)


async def test_late_money_for_a_taken_time_goes_back_in_full(world: World, eva: Actor, hour: Service) -> None:
    at = world.clock.now() + WEEK
    receipt = await world.buy(eva, hour, ASKING, start_time=at)
    assert receipt.payment is not None
    await settle_payment(receipt.payment.id, Declined(code="expired", message="gave up"), ports=world.ports)
    await world.buy(world.person(Role.CLIENT), hour, start_time=at)

    outcome = await world.gateway.confirm(reference(receipt))
    late = await settle_payment(receipt.payment.id, outcome, ports=world.ports)
    again = await settle_payment(receipt.payment.id, outcome, ports=world.ports)

    assert OrderStatus.CANCELED is late.order.status
    assert OrderStatus.CANCELED is again.order.status
    assert (8000, 8000) == (
        world.gateway.charged_cents(order_id=str(receipt.order.id)),
        world.gateway.refunded_cents(order_id=str(receipt.order.id)),
    )


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        (Succeeded(ref="pi_slow"), (OrderStatus.PAID, PaymentStatus.SUCCEEDED)),
        (Declined(code="card_declined", message="no"), (OrderStatus.CANCELED, PaymentStatus.CANCELED)),
    ],
    ids=["paid", "declined"],
)
async def test_an_answer_that_outlasts_the_hold_is_settled_by_what_became_of_the_order(
    world: World, eva: Actor, hour: Service, told: ChargeOutcome, ends: tuple[OrderStatus, PaymentStatus]
) -> None:
    await world.give_credits(eva, 3000)
    receipt = await world.buy(eva, hour, ASKING, apply_credits=True, start_time=world.clock.now() + WEEK)
    assert receipt.payment is not None
    view = await world.store.load_payment(receipt.payment.id)
    await world.sweep_after(timedelta(minutes=15))

    late = await settle_payment(receipt.payment.id, told, ports=world.ports, view=view)

    assert late.payment is not None
    assert ends == (late.order.status, late.payment.status)


async def test_late_money_for_a_sold_workshop_seat_goes_back(world: World, ana: Actor, eva: Actor) -> None:
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=1)
    await world.offer_class(workshop, ana, seats=1)
    view = await world.store.load_checkout(workshop.id, eva.user_id)
    assert view is not None
    sessions = (await world.store.sessions(Page(), service_id=workshop.id)).items
    receipt = await world.buy(eva, workshop, ASKING, session_id=sessions[0].id)
    assert receipt.payment is not None
    await world.sweep_after(timedelta(minutes=15))
    other = await world.buy(world.person(Role.CLIENT), workshop, session_id=sessions[0].id)

    late = await settle_payment(receipt.payment.id, Succeeded(ref=reference(receipt)), ports=world.ports)

    assert OrderStatus.CANCELED is late.order.status
    assert OrderStatus.PAID is (await world.order(other)).status
    refunds = await world.store.refunds(receipt.order.id)
    assert [8000] == [refund.card_cents for refund in refunds]


async def test_a_second_answer_that_contradicts_the_first_changes_nothing(
    world: World, eva: Actor, hour: Service
) -> None:
    receipt = await world.buy(eva, hour, start_time=world.clock.now() + WEEK)
    assert receipt.payment is not None

    after = await settle_payment(
        receipt.payment.id, Declined(code="card_declined", message="no"), ports=world.ports
    )
    resolved = await resolve_payment(receipt.payment.id, ports=world.ports)

    assert (OrderStatus.PAID, OrderStatus.PAID) == (after.order.status, resolved.order.status)


async def test_bought_credits_are_there_when_the_payment_succeeds(world: World, eva: Actor) -> None:
    for card in ("pm_card_visa", DECLINED):
        await buy_credits(
            BuyCredits(user_id=eva.user_id, amount_cents=10000, payment_method_id=card), ports=world.ports
        )

    assert (10000, 0) == await world.credits_of(eva)


async def test_canceling_an_unpaid_seat_gives_the_charge_up_first(
    world: World, eva: Actor, hour: Service
) -> None:
    receipt = await world.buy(eva, hour, ASKING, start_time=world.clock.now() + WEEK)

    canceled = await cancel_booking(receipt.seats[0].booking.id, actor=eva, reason=None, ports=world.ports)

    assert (BookingStatus.CANCELED, None) == (canceled.seat.booking.status, canceled.refund)
    assert 0 == world.gateway.charged_cents()
    assert OrderStatus.CANCELED is (await world.order(receipt)).status


async def test_a_price_just_above_the_balance_leaves_the_minimum_to_the_card(
    world: World, ana: Actor, eva: Actor
) -> None:
    cheap = await world.offer(ana, price_cents=4000)
    await world.give_credits(eva, 3980)

    receipt = await world.buy(eva, cheap, apply_credits=True, start_time=world.clock.now() + WEEK)

    assert (3950, 50) == (receipt.order.credits_applied_cents, receipt.order.total_amount_cents)
    assert (30, 0) == await world.credits_of(eva)


async def test_a_declined_workshop_seat_is_shown_as_free_again(world: World, ana: Actor, eva: Actor) -> None:
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=3)
    await world.offer_class(workshop, ana, seats=3)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items

    receipt = await world.buy(eva, workshop, DECLINED, session_id=session.id)

    stored = await world.store.session(session.id)
    assert stored is not None
    assert (0, 0) == (stored.current_participants, receipt.seats[0].session.current_participants)
