"""What customers buy, and how their payments end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.memory.payments import MovementStatus
from core.domain.catalogue import Service
from core.domain.errors import SessionOverlap
from core.domain.orders import Payment
from core.domain.planning import Checkout
from core.domain.purchasing import BuyCredits
from core.domain.statuses import OrderStatus, PaymentStatus
from core.usecases.checkout import buy_credits, checkout, resolve_payment
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from tests.simulation.people import Person
from tests.simulation.studio import Studio
from tests.usecases.world import VISA


async def buy_session(studio: Studio, person: Person) -> str | None:
    """One session, mostly at a time that is free."""
    service = studio.random.choice(studio.offers.sessions)
    start = await studio.free_start(service)
    if start is None:
        return None
    late = timedelta(minutes=10 if studio.chance(4) else 0)
    return await buy(studio, person, service, start_time=start + late)


async def buy_gift(studio: Studio, person: Person) -> str | None:
    """A session that is free, for which the platform pays the practitioner."""
    service = studio.random.choice(studio.offers.gifts)
    start = await studio.free_start(service)
    return None if start is None else await buy(studio, person, service, start_time=start)


async def buy_workshop(studio: Studio, person: Person) -> str | None:
    """A seat in a workshop, which may be full, or taken by this customer already."""
    service = studio.random.choice(studio.offers.workshops)
    session = await studio.upcoming(service.id)
    return None if session is None else await buy(studio, person, service, session_id=session.id)


async def buy_course(studio: Studio, person: Person) -> str | None:
    """A seat in all classes of the newest course, which may have begun."""
    return await buy(studio, person, studio.offers.courses[-1])


async def join_late(studio: Studio, person: Person) -> str | None:
    """A seat in the classes that are left of a course that lets latecomers in."""
    course = studio.choice([course for course in studio.offers.courses if course.allow_late_entry])
    if course is None:
        return None
    sessions = await studio.store.sessions(Page(), service_id=course.id)
    starts = [session.start_time for session in sessions.items if session.start_time is not None]
    if not min(starts) < studio.now < max(starts):
        return None
    return await buy(studio, person, course)


async def buy_package(studio: Studio, person: Person) -> str | None:
    """A package or bundle, to be scheduled later."""
    return await buy(studio, person, studio.random.choice(studio.offers.packages))


async def top_up(studio: Studio, person: Person) -> str | None:
    """Credits for later."""
    amount = studio.random.choice((2500, 5000, 9999, 20_000))
    command = BuyCredits(
        user_id=person.actor.user_id, amount_cents=amount, payment_method_id=_card(studio, person)
    )
    return await _ended(studio, await buy_credits(command, ports=studio.ports))


async def pay_too_late(studio: Studio, person: Person) -> str | None:
    """The charge reaches the gateway after the order was given up; perhaps a rival took the time."""
    service = studio.random.choice(studio.offers.sessions)
    start = await studio.free_start(service)
    if start is None or start < studio.now + timedelta(days=1):
        return None
    rival = studio.random.choice(studio.people) if studio.chance(50) else None

    async def meanwhile() -> None:
        studio.clock.advance(timedelta(minutes=20))
        await studio.sweep()
        if rival is not None:
            await _snatch(studio, rival, service, start)

    studio.gateway.meanwhile = meanwhile
    try:
        receipt = await _checkout(
            studio, person, service, payment_method_id=VISA, apply_credits=True, start_time=start
        )
    finally:
        studio.gateway.meanwhile = None
    if receipt.payment is None:
        return "paid by credits"
    return "has the seat" if receipt.order.status is OrderStatus.PAID else "sent back"


async def _snatch(studio: Studio, rival: Person, service: Service, start: datetime) -> None:
    """Buy a time that may be free again; not if the gateway could not say so just now."""
    try:
        await _checkout(studio, rival, service, payment_method_id=VISA, start_time=start)
    except SessionOverlap:
        studio.note("a rival's time is still held", rival.name)


async def buy(studio: Studio, person: Person, service: Service, **where: Any) -> str:
    """Buy by whatever tender the customer feels like, and see how the payment ends."""
    receipt = await _checkout(studio, person, service, **_tender(studio, person), **where)
    return await _ended(studio, receipt)


async def _checkout(studio: Studio, person: Person, service: Service, **fields: Any) -> Receipt:
    command = Checkout(user_id=person.actor.user_id, service_id=service.id, **fields)
    receipt = await checkout(command, ports=studio.ports)
    studio.buyers[person.actor.user_id] = person
    return receipt


def _tender(studio: Studio, person: Person) -> Mapping[str, Any]:
    """By card, by credits as far as they go, by some credits, or by credits alone."""
    card = _card(studio, person)
    roll = studio.random.randrange(100)
    if roll < 45:
        return {"payment_method_id": card}
    if roll < 75:
        return {"payment_method_id": card, "apply_credits": True}
    if roll < 90:
        return {"payment_method_id": card, "credits_to_apply_cents": studio.random.randrange(1, 9000)}
    return {"apply_credits": True}


def _card(studio: Studio, person: Person) -> str:
    """The usual card; somebody whose card is declined mostly finds another."""
    return VISA if studio.chance(40) else person.card


async def _ended(studio: Studio, receipt: Receipt) -> str:
    """How the payment ended, in a word or two."""
    order, payment = receipt.order, receipt.payment
    if payment is None:
        return "free" if order.subtotal_amount_cents == 0 else "paid by credits"
    if payment.status is PaymentStatus.REQUIRES_ACTION and payment.gateway_ref is not None:
        return await _authenticate(studio, payment, payment.gateway_ref)
    if payment.status is not PaymentStatus.SUCCEEDED:
        return payment.status.value
    return "paid by both" if order.credits_applied_cents > 0 else "paid by card"


async def _authenticate(studio: Studio, payment: Payment, ref: str) -> str:
    """The bank asks the customer, who answers soon, shortly before the hold ends, wrongly, or never."""
    match studio.random.randrange(4):
        case 0:
            studio.clock.advance(timedelta(minutes=2))
            await studio.gateway.confirm(ref)
            receipt = await resolve_payment(payment.id, ports=studio.ports)
            return f"confirmed, then {receipt.order.status}"
        case 1:
            studio.clock.advance(timedelta(minutes=14))
            await studio.gateway.confirm(ref)
            return "confirmed late, and nobody told us"
        case 2:
            studio.gateway.finish(ref, MovementStatus.DECLINED, code="payment_intent_authentication_failure")
            return "not confirmed"
        case _:
            return "abandoned"
