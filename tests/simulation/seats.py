"""What customers do with the seats they have: schedule, move, cancel, give back."""

from collections.abc import Sequence

from core.domain.actors import Actor
from core.domain.bookings import Seat
from core.domain.ids import BookingId
from core.domain.orders import Destination
from core.domain.sessions import SessionType
from core.domain.statuses import OrderStatus
from core.usecases.cancel_order import cancel_order
from core.usecases.refund import cancel_booking, quote_refund, refund_order
from core.usecases.reschedule import reschedule_booking
from core.usecases.schedule import schedule
from ports.queries import BookingState, Page
from tests.simulation.people import Person
from tests.simulation.practice import seller_of
from tests.simulation.studio import Studio


async def schedule_seat(studio: Studio, person: Person) -> str | None:
    """A seat of a package gets its time, or its place in a workshop."""
    seat = await _seat(studio, person, BookingState.UNSCHEDULED)
    if seat is None:
        return None
    service = studio.offers.known()[seat.booking.service_id]
    if service in studio.offers.workshops:
        session = await studio.upcoming(service.id)
        if session is None:
            return None
        await schedule(seat.booking.id, actor=person.actor, session_id=session.id, ports=studio.ports)
        return f"into a workshop{_whose(studio, seat)}"
    start = await studio.free_start(service)
    if start is None:
        return None
    await schedule(seat.booking.id, actor=person.actor, start_time=start, ports=studio.ports)
    return f"at a free time{_whose(studio, seat)}"


async def move_seat(studio: Studio, person: Person) -> str | None:
    """A seat moves to another time or session; an admin may do so at any notice."""
    seat = await _seat(studio, person, BookingState.UPCOMING)
    if seat is None:
        return None
    actor = studio.admin if studio.chance(15) else person.actor
    service = studio.offers.known()[seat.booking.service_id]
    if seat.session.session_type is SessionType.INDIVIDUAL:
        start = await studio.free_start(service)
        if start is None:
            return None
        await reschedule_booking(seat.booking.id, actor=actor, start_time=start, ports=studio.ports)
        return "to another time"
    session = await studio.upcoming(service.id)
    if session is None:
        return None
    await reschedule_booking(seat.booking.id, actor=actor, session_id=session.id, ports=studio.ports)
    return "into another session"


async def cancel_seat(studio: Studio, person: Person) -> str | None:
    """A seat is given up, by its holder at whatever notice, by its practitioner or by an admin."""
    state = BookingState.UNSCHEDULED if studio.chance(15) else BookingState.UPCOMING
    seat = await _seat(studio, person, state)
    if seat is None:
        return None
    booking = seat.booking
    canceled = await cancel_booking(
        booking.id, actor=_canceler(studio, person, seat), reason="something came up", ports=studio.ports
    )
    if canceled.refund is None:
        return f"for nothing{_whose(studio, seat)}"
    whole = canceled.refund.refund_value_cents == booking.session_value_cents
    return f"{'in full' if whole else 'in part'}{_whose(studio, seat)}"


def _whose(studio: Studio, seat: Seat) -> str:
    return ", received" if seat.booking.id in studio.received else ""


def _canceler(studio: Studio, person: Person, seat: Seat) -> Actor:
    roll = studio.random.randrange(10)
    if roll == 0:
        return studio.admin
    if roll == 1:
        return seller_of(studio, seat.booking.practitioner_id)
    return person.actor


async def give_back(studio: Studio, person: Person) -> str | None:
    """A whole order or some of its seats go back, to the card or as credits, exactly as quoted."""
    status = OrderStatus.PARTIALLY_REFUNDED if studio.chance(25) else OrderStatus.PAID
    orders = await studio.store.orders(Page(), user_id=person.actor.user_id, status=status)
    order = studio.choice([order for order in orders.items if order.sessions_remaining or studio.chance(10)])
    if order is None:
        return None
    actor = studio.admin if studio.chance(10) else person.actor
    destination = studio.random.choice((Destination.ORIGINAL, Destination.CREDITS))
    seats = await studio.store.order_seats(order.id)
    own = [seat for seat in seats if actor.owns(seat.booking.user_id)]
    chosen = _some_seats(studio, own)
    quoted = await quote_refund(
        order.id, actor=actor, booking_ids=chosen, destination=destination, ports=studio.ports
    )
    made = await refund_order(
        order.id,
        actor=actor,
        booking_ids=chosen,
        destination=destination,
        reason="moving away",
        ports=studio.ports,
    )
    assert (quoted.lines, quoted.credits_cents, quoted.card_cents, quoted.forfeited_cents) == (
        made.lines,
        made.credits_cents,
        made.card_cents,
        made.forfeited_cents,
    )
    return f"to {'credits' if made.card_cents == 0 else 'the card'}: {made.status}"


async def cancel_whole_order(studio: Studio, person: Person) -> str | None:
    """What is left of an order is canceled by its buyer, or in full by its practitioner."""
    orders = await studio.store.orders(Page(), user_id=person.actor.user_id)
    order = studio.choice([o for o in orders.items if o.sessions_remaining > 1])
    if order is None:
        return None
    by_seller = studio.chance(20)
    canceled = await cancel_order(
        order.id,
        actor=seller_of(studio, order.practitioner_id) if by_seller else person.actor,
        destination=studio.random.choice((Destination.ORIGINAL, Destination.CREDITS)),
        reason="moving away",
        ports=studio.ports,
    )
    came_of_it = "for nothing" if canceled.refund is None else f"{canceled.order.status}"
    return f"by its {'practitioner' if by_seller else 'buyer'}, {came_of_it}"


async def take_back(studio: Studio, person: Person) -> str | None:
    """An admin gives the money of a seat back that was delivered, at its practitioner's cost."""
    seat = await _seat(studio, person, BookingState.PAST)
    if seat is None:
        return None
    made = await refund_order(
        seat.booking.order_id,
        actor=studio.admin,
        booking_ids=[seat.booking.id],
        destination=studio.random.choice((Destination.ORIGINAL, Destination.CREDITS)),
        reason="a complaint",
        ports=studio.ports,
    )
    return f"{made.status}"


def _some_seats(studio: Studio, seats: Sequence[Seat]) -> list[BookingId] | None:
    """Two seats of three, or all."""
    if studio.chance(40):
        return None
    return [seat.booking.id for seat in seats if studio.random.randrange(3)]


async def _seat(studio: Studio, person: Person, state: BookingState) -> Seat | None:
    """One of the customer's seats; often the next one to take place."""
    page = await studio.store.seats(Page(), user_id=person.actor.user_id, now=studio.now, state=state)
    if page.items and state is BookingState.UPCOMING and studio.chance(40):
        return min(page.items, key=lambda seat: (seat.session.start_time or studio.now, seat.booking.id))
    return studio.choice(page.items)
