"""Asking LiveKit who is in a room, at a session's end: what was lost is found, and nothing waits for ever."""

from datetime import timedelta

import pytest
from attrs import evolve

from core.domain.bookings import Attendance
from core.domain.statuses import SessionStatus
from core.usecases.sweep import SweepReport
from ports.errors import Unavailable
from ports.rooms import Participant
from tests.http.market import User
from tests.livekit.live import DAY, MINUTE, START, Live, closing, open_live, rooms_at
from tests.servers.ports import LOOPBACK, free_port

ATTENDED, NO_SHOW, UNKNOWN = Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.UNKNOWN


def ended(report: SweepReport) -> tuple[int, int, int]:
    """Completed, left for review, failed."""
    return report.sessions_completed, report.sessions_for_review, len(report.failures)


async def test_who_is_in_a_room_is_told_with_the_time_of_coming(live: Live) -> None:
    live.go_to(1.5)
    await live.enter(live.market.bea)
    live.go_to(2)
    await live.enter(live.market.ana)
    live.server.add_agent(live.room, "agent-of-notes")
    live.server.leave(live.room, str(live.market.ana.id))

    async with closing(rooms_at(live.server)) as rooms:
        found = await rooms.participants(live.session_id)

    assert [(live.market.bea.id, START + 1.5 * MINUTE), (None, START + 2 * MINUTE)] == [
        (one.user_id, one.joined_at) for one in found
    ]


async def test_in_a_room_that_nobody_opened_is_nobody(live: Live) -> None:
    async with closing(rooms_at(live.server)) as rooms:
        nobody: list[Participant] = []
        assert nobody == list(await rooms.participants(live.session_id))
        live.server.fault = 404
        with pytest.raises(Unavailable):
            await rooms.participants(live.session_id)


@pytest.mark.parametrize("fault", [401, 403, 429, 500, 503, "hang", "garbage"])
async def test_no_answer_is_told_as_one(live: Live, fault: int | str) -> None:
    live.server.fault = fault
    async with closing(rooms_at(live.server, timeout_seconds=0.3)) as rooms:
        with pytest.raises(Unavailable, match="LiveKit did not tell"):
            await rooms.participants(live.session_id)


@pytest.mark.parametrize(
    "choice", [{"api_secret": "another secret of thirty-two bytes"}, {"api_key": "API2"}]
)
async def test_who_is_not_let_in_gets_no_answer(live: Live, choice: dict[str, str]) -> None:
    async with closing(rooms_at(live.server, **choice)) as rooms:
        with pytest.raises(Unavailable, match="401"):
            await rooms.participants(live.session_id)


async def test_where_nobody_listens_there_is_no_answer(live: Live) -> None:
    async with closing(rooms_at(live.server, url=f"http://{LOOPBACK}:{free_port()}")) as rooms:
        with pytest.raises(Unavailable, match="ClientConnectorError"):
            await rooms.participants(live.session_id)


async def test_after_no_answer_the_next_are_not_waited_for(live: Live) -> None:
    live.server.fault = 503
    async with closing(rooms_at(live.server, rest_seconds=60)) as rooms:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await rooms.participants(live.session_id)

    assert 1 == live.server.questions


async def test_events_that_were_lost_are_repaired_at_the_end() -> None:
    eva = User()
    async with open_live(eva) as live:
        live.go_to(1)
        await live.enter(live.market.ana)
        await live.enter(live.market.bea)
        live.go_to(60)
        assert [] == await live.room_events()

        assert (1, 0, 0) == ended(await live.sweep())

        assert {live.market.bea.id: ATTENDED, eva.id: NO_SHOW} == await live.attendance()
        assert (6800, 2, 1) == (await live.owed(), len(await live.room_events()), live.server.questions)
        sheet = await live.market.get(f"/sessions/{live.session_id}/attendance", live.market.ana)
        assert [59 * 60] * 2 == [one["duration_seconds"] for one in sheet.json()["participants"]]


async def test_with_and_without_the_events_the_end_is_the_same() -> None:
    ends = []
    for delivered in (0, 1, 2, 3):
        async with open_live() as live:
            live.go_to(1)
            await live.enter(live.market.ana)
            await live.enter(live.market.bea)
            await live.deliver(live.server.webhooks[:delivered])
            live.go_to(60)
            await live.sweep()
            found = await live.session()
            ends.append((found.status, *(await live.attendance()).values(), await live.owed()))

    assert [(SessionStatus.COMPLETED, ATTENDED, 6800)] * 4 == ends


async def test_customers_without_their_practitioner_are_found_too(live: Live) -> None:
    live.go_to(1)
    await live.enter(live.market.bea)
    live.go_to(60)

    assert (0, 1, 0) == ended(await live.sweep())
    assert (True, 0) == ((await live.session()).needs_review, await live.owed())


async def test_asking_twice_adds_nothing(live: Live) -> None:
    live.go_to(1)
    await live.enter(live.market.bea)
    live.go_to(60)
    await live.sweep()
    before = await live.room_events()
    # Its practitioner comes after all: the review ends, and the next sweep asks again.
    await live.enter(live.market.ana)
    await live.deliver(live.server.webhooks[-1:])

    assert (1, 0, 0) == ended(await live.sweep())

    stays = {event.user_id for event in await live.room_events()}
    assert {live.market.ana.id, live.market.bea.id} == stays
    assert 2 == live.server.questions
    assert before == [event for event in await live.room_events() if event.user_id == live.market.bea.id]


async def test_no_answer_delays_the_end_but_not_for_ever(live: Live) -> None:
    live.go_to(1)
    await live.enter(live.market.bea)
    await live.enter(live.market.ana)
    await live.deliver(live.server.webhooks)
    live.server.fault = 503

    for minute, expected in ((60, (0, 0, 1)), (69.9, (0, 0, 1)), (70, (1, 0, 0))):
        live.go_to(minute)
        assert expected == ended(await live.sweep())

    assert 3 == live.server.questions
    assert {live.market.bea.id: ATTENDED} == await live.attendance()


async def test_an_answer_that_comes_late_still_counts(live: Live) -> None:
    live.go_to(1)
    await live.enter(live.market.ana)
    await live.enter(live.market.bea)
    live.server.fault = 503
    live.go_to(60)
    await live.sweep()
    live.server.fault = None
    live.go_to(65)

    assert (1, 0, 0) == ended(await live.sweep())
    assert {live.market.bea.id: ATTENDED} == await live.attendance()


async def test_who_meets_in_person_is_not_looked_for() -> None:
    async with open_live(location="in_person") as live:
        live.server.fault = 503
        live.go_to(60)

        assert (1, 0, 0) == ended(await live.sweep())
        assert ({live.market.bea.id: UNKNOWN}, 0) == (await live.attendance(), live.server.questions)


async def test_a_session_that_ended_long_ago_does_not_wait(live: Live) -> None:
    live.server.fault = 503
    live.market.clock.advance(3 * DAY)

    assert (1, 0, 0) == ended(await live.sweep())


async def test_how_long_to_wait_is_the_operators_choice(live: Live) -> None:
    live.server.fault = 503
    ports = live.market.ports
    impatient = evolve(ports, rules=evolve(ports.rules, room_answer_minutes=0))
    live.go_to(60)

    report = await evolve(live, market=evolve(live.market, ports=impatient)).sweep()

    assert (1, 0, 0) == ended(report)
    assert timedelta(hours=1) == (await live.session()).actual_end_time - START  # type: ignore[operator] # it ended
