"""Contract: what a room tells when it is asked is kept with its session's completion, once."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.rooms import PretendRooms
from adapters.memory.testing.builders import make_earnings
from adapters.memory.testing.ids import NOW, new_id
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Attendance
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.statuses import EarningsStatus, SessionStatus
from core.usecases.context import Ports
from core.usecases.end_session import end_session
from ports.rooms import Participant
from ports.store import Kind, Store

SWEEPS = 8


class RoomEnds:
    """Several sweeps over one database end one session, whose events were all lost."""

    async def test_a_session_ends_once_with_what_its_room_told(self, stores: Sequence[Store]) -> None:
        store, rooms = stores[0], PretendRooms()
        sale = make_sale()
        projected = make_earnings(sale.booking, status=EarningsStatus.PROJECTED)
        await stock(store, *sale.rows, projected)
        assert sale.session.start_time is not None
        for user_id in (sale.session.practitioner_id, sale.booking.user_id):
            at = sale.session.start_time + timedelta(minutes=1)
            rooms.put(sale.session.id, Participant(id=f"PA_{user_id}", user_id=user_id, joined_at=at))

        ended = await asyncio.gather(
            *(_end(each, sale.session, rooms) for each, _ in zip(cycle(stores), range(SWEEPS), strict=False))
        )

        assert {SessionStatus.COMPLETED} == {session.status for session in ended}
        assert [sale.session.version + 1] * SWEEPS == [session.version for session in ended]
        assert 2 == len([row async for row in store.scan(Kind.ROOM_EVENT)])
        view = await store.load_delivery(sale.session.id)
        assert view is not None
        assert ([Attendance.ATTENDED], 1) == (
            [seat.booking.attendance for seat in view.seats],
            len(view.earnings),
        )


async def _end(store: Store, session: ServiceSession, rooms: PretendRooms) -> ServiceSession:
    ports = Ports(
        store=store,
        payments=FakeGateway(),
        clock=MovableClock(session.end_time or NOW),
        ids=new_id,
        rules=Rules(),
        rooms=rooms,
    )
    return await end_session(session.id, ports=ports)
