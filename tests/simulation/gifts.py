"""Packages change hands: somebody else goes to what is left of them."""

from core.domain.bookings import SeatPayment
from core.domain.orders import OrderType
from core.domain.statuses import BookingStatus
from core.usecases.transfer import transfer_package
from ports.queries import BookingState, Page
from tests.simulation.people import Person
from tests.simulation.studio import Studio

GIVEABLE = (OrderType.PACKAGE, OrderType.BUNDLE)


async def give_package(studio: Studio, person: Person) -> str | None:
    """A buyer gives the rest of a package away, or one of its seats that has no time yet."""
    orders = await studio.store.orders(Page(), user_id=person.actor.user_id)
    order = studio.choice([o for o in orders.items if o.order_type in GIVEABLE and o.sessions_remaining])
    if order is None:
        return None
    one_seat = None
    if studio.chance(40):
        page = await studio.store.seats(
            Page(),
            user_id=person.actor.user_id,
            now=studio.now,
            state=BookingState.UNSCHEDULED,
            order_id=order.id,
        )
        one_seat = [
            seat.booking.id
            for seat in page.items[:1]
            if (seat.booking.status, seat.booking.payment_status) == (BookingStatus.DRAFT, SeatPayment.PAID)
        ]
    friend = studio.random.choice([one for one in studio.people if one is not person])
    moved = await transfer_package(
        order.id,
        to=friend.actor.user_id,
        booking_ids=one_seat or None,
        actor=person.actor,
        ports=studio.ports,
    )
    studio.buyers[friend.actor.user_id] = friend
    studio.received.update(seat.booking.id for seat in moved.seats)
    return "a seat" if one_seat else "all that is left"
