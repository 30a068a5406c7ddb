"""Commits that want the same thing, and how to let them loose at once."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import cycle

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW
from adapters.memory.testing.journal import (
    make_credit_change,
    make_event,
    make_idempotency,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.sales import stock
from core.domain.catalogue import Service, ServiceType
from core.domain.changes import Changes, SeatChange, SlotClaim
from core.domain.errors import DomainError
from core.domain.ids import UserId
from core.domain.ledger import PAYMENT_GATEWAY, order_value, user_credit
from core.domain.sessions import ServiceSession
from ports.errors import PortError
from ports.store import Store

RIVALS = 64
WON = "won"


async def outcomes(stores: Sequence[Store], rivals: Iterable[Changes]) -> Counter[str]:
    """How many commits won, and how many lost with which error, when all run at once."""

    async def attempt(store: Store, changes: Changes) -> str:
        try:
            await store.commit(changes)
        except (DomainError, PortError) as error:
            return type(error).__name__
        return WON

    attempts = (attempt(store, changes) for store, changes in zip(cycle(stores), rivals, strict=False))
    return Counter(await asyncio.gather(*attempts))


def seat_rival(service: Service, session: ServiceSession) -> Changes:
    """Somebody new who buys a seat in the session, with everything that belongs to it."""
    order = make_order(service)
    value = order.subtotal_amount_cents
    entry = make_purchase(
        order, make_posting(order_value(order.id), value), make_posting(PAYMENT_GATEWAY, -value)
    )
    return Changes(
        inserts=(order, make_booking(order, session), make_idempotency(key=f"order:{order.id}")),
        seats=(SeatChange(session_id=session.id, seats=1),),
        entries=(entry,),
        events=(make_event(order.id),),
    )


async def last_seats(store: Store, seats: int) -> tuple[Service, ServiceSession]:
    """A stored workshop of 20 seats with so many left."""
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop, max_participants=20, current_participants=20 - seats)
    await stock(store, seller, workshop, session)
    return workshop, session


def credit_rival(user: UserId, amount: int) -> Changes:
    """A purchase of credits' worth, paid with the user's credits."""
    order = make_order(user_id=user, subtotal_amount_cents=amount, credits_applied_cents=amount)
    entry = make_purchase(
        order, make_posting(order_value(order.id), amount), make_posting(user_credit(user), -amount)
    )
    return Changes(inserts=(order,), credits=(make_credit_change(user, -amount),), entries=(entry,))


def slot_rival(service: Service, minutes: int) -> Changes:
    """A new individual session that claims an hour of the practitioner's, so many minutes after nine."""
    start = NOW + timedelta(days=7, minutes=minutes)
    end = start + timedelta(hours=1)
    session = make_session(service, start_time=start, end_time=end, current_participants=1)
    slot = SlotClaim(
        practitioner_id=service.practitioner_id, session_id=session.id, start_time=start, end_time=end
    )
    return Changes(inserts=(session,), slots=(slot,), events=(make_event(session.id),))
