"""A seat moves only to where its practitioner works, buffers included."""

from datetime import timedelta

import pytest

from core.domain.actors import Role
from core.domain.availability import Availability, WeeklyHours
from core.domain.errors import OutsideAvailability
from core.usecases.availability import set_availability
from core.usecases.reschedule import reschedule_booking
from tests.usecases.world import World

EVERY_DAY = tuple(WeeklyHours(weekday=day, start_minute=9 * 60, end_minute=17 * 60) for day in range(7))


async def test_a_seat_moves_within_the_hours_and_past_the_buffer(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    hours = Availability(timezone="Europe/Lisbon", weekly=EVERY_DAY, buffer_minutes=15)
    await set_availability(ana.user_id, hours, actor=ana, ports=world.ports)
    hour = await world.offer(ana)
    nine = world.clock.now() + timedelta(days=7)
    mine = (await world.buy(eva, hour, start_time=nine)).seats[0]
    await world.buy(world.person(Role.CLIENT), hour, start_time=nine + timedelta(hours=3))

    for minutes in (-60, 2 * 60, 7 * 60 + 30):  # before they open; within the buffer; past closing
        with pytest.raises(OutsideAvailability):
            await reschedule_booking(
                mine.booking.id, actor=eva, start_time=nine + timedelta(minutes=minutes), ports=world.ports
            )
    moved = await reschedule_booking(
        mine.booking.id, actor=eva, start_time=nine + timedelta(minutes=105), ports=world.ports
    )

    assert nine + timedelta(minutes=105) == moved.session.start_time
