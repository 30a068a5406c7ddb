"""Contract: a seat that was given to somebody else is theirs, wherever one looks."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_booking, make_order
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.rivals import last_seats
from adapters.memory.testing.sales import make_sale, stock
from core.domain.changes import Changes
from core.domain.ids import BookingId, UserId
from ports.errors import SEAT, AlreadyExists
from ports.queries import BookingState, Page
from ports.store import Store


class ChangingHands:
    """Seats found by their holder; orders stay with whoever bought them."""

    async def test_a_seat_is_listed_for_its_new_holder_alone(self, store: Store) -> None:
        sale = make_sale(seats=3)
        buyer, friend = sale.order.user_id, new_user()
        await stock(store, *sale.rows)

        given = evolve(sale.booking, user_id=friend, version=2)
        await store.commit(Changes(updates=(given,)))

        async def held(user: UserId) -> list[BookingId]:
            listed = await store.seats(
                Page(),
                user_id=user,
                now=NOW,
                state=BookingState.UPCOMING,
                order_id=sale.order.id,
            )
            return [seat.booking.id for seat in listed.items]

        assert [given.id] == await held(friend)
        assert [seat.id for seat in reversed(sale.bookings[1:])] == await held(buyer)
        assert [sale.order] == list((await store.orders(Page(), user_id=buyer)).items)
        assert [] == list((await store.orders(Page(), user_id=friend)).items)
        view = await store.load_order(sale.order.id)
        assert view is not None
        assert [given, *sale.bookings[1:]] == [seat.booking for seat in view.seats]

    async def test_nobody_is_given_a_second_seat_in_one_session(self, store: Store) -> None:
        workshop, session = await last_seats(store, 2)
        orders = [make_order(workshop) for _ in range(2)]
        mine, theirs = (make_booking(order, session) for order in orders)
        await stock(store, *orders, mine, theirs)

        with pytest.raises(AlreadyExists) as refused:
            await store.commit(Changes(updates=(evolve(mine, user_id=theirs.user_id, version=2),)))

        assert SEAT == refused.value.constraint
        assert mine == getattr(await store.seat(mine.id), "booking", None)

    async def test_a_seat_that_was_given_away_makes_room_for_another(self, store: Store) -> None:
        workshop, session = await last_seats(store, 2)
        order = make_order(workshop)
        given, again = make_booking(order, session), make_booking(order, session)
        await stock(store, order, given)

        await store.commit(Changes(updates=(evolve(given, user_id=new_user(), version=2),)))
        await stock(store, again)

        assert again == getattr(await store.seat(again.id), "booking", None)
