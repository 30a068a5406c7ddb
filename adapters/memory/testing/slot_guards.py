"""Contract: a practitioner does one thing at a time."""

# ruff: noqa: S101 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_practitioner, make_service, make_session
from adapters.memory.testing.ids import new_id
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes, SlotClaim
from core.domain.errors import SessionOverlap
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import SessionStatus
from ports.store import Store


async def _private_session(store: Store, **overrides: Any) -> ServiceSession:
    seller = make_practitioner()
    service = make_service(seller)
    session = make_session(service, **overrides)
    await stock(store, seller, service, session)
    return session


def _another(session: ServiceSession, minutes: int = 0, lasts: int = 60) -> ServiceSession:
    """An individual session of the same practitioner that starts so much later."""
    assert session.start_time is not None
    start = session.start_time + timedelta(minutes=minutes)
    return evolve(
        session,
        id=SessionId(new_id()),
        session_type=SessionType.INDIVIDUAL,
        status=SessionStatus.SCHEDULED,
        start_time=start,
        end_time=start + timedelta(minutes=lasts),
    )


def _claimed(session: ServiceSession) -> Changes:
    """The session, and its claim on the practitioner's time."""
    assert session.start_time is not None
    assert session.end_time is not None
    slot = SlotClaim(
        practitioner_id=session.practitioner_id,
        session_id=session.id,
        start_time=session.start_time,
        end_time=session.end_time,
    )
    return Changes(inserts=(session,), slots=(slot,))


class SlotGuards:
    """A practitioner does one thing at a time."""

    @pytest.mark.parametrize(
        ("starts", "lasts"),
        [(0, 60), (-59, 60), (59, 60), (15, 30), (-30, 120)],
        ids=["same", "into the start", "out of the end", "inside", "around"],
    )
    async def test_an_overlapping_slot_is_refused(self, store: Store, starts: int, lasts: int) -> None:
        taken = await _private_session(store)
        wanted = _another(taken, minutes=starts, lasts=lasts)

        with pytest.raises(SessionOverlap) as refused:
            await store.commit(_claimed(wanted))

        assert (wanted.start_time, wanted.end_time) == (refused.value.start_time, refused.value.end_time)
        assert await store.session(wanted.id) is None

    @pytest.mark.parametrize("starts", [-60, 60], ids=["right before", "right after"])
    async def test_a_slot_that_only_touches_is_free(self, store: Store, starts: int) -> None:
        taken = await _private_session(store)
        wanted = _another(taken, minutes=starts)

        await store.commit(_claimed(wanted))

        assert wanted == await store.session(wanted.id)
        practitioner = await store.practitioner(taken.practitioner_id)
        assert practitioner is not None
        assert (practitioner.agenda_version, practitioner.version) == (1, 1)

    @pytest.mark.parametrize("status", [SessionStatus.COMPLETED, SessionStatus.CANCELED, SessionStatus.DRAFT])
    async def test_a_session_that_is_not_to_come_takes_no_time(
        self, store: Store, status: SessionStatus
    ) -> None:
        past = await _private_session(store, status=status)

        await store.commit(_claimed(_another(past)))

    async def test_a_session_in_progress_takes_time(self, store: Store) -> None:
        running = await _private_session(store, status=SessionStatus.IN_PROGRESS)

        with pytest.raises(SessionOverlap):
            await store.commit(_claimed(_another(running)))

    async def test_groups_and_other_practitioners_are_not_in_the_way(self, store: Store) -> None:
        await _private_session(store)
        group = await _private_session(store, session_type=SessionType.WORKSHOP)

        await store.commit(_claimed(_another(group)))

    async def test_a_session_moves_over_its_own_old_time(self, store: Store) -> None:
        session = await _private_session(store)
        moved = evolve(_another(session, minutes=30), id=session.id, version=2)

        await store.commit(evolve(_claimed(moved), inserts=(), updates=(moved,)))

        assert moved == await store.session(session.id)

    async def test_time_that_this_commit_frees_is_free(self, store: Store) -> None:
        session = await _private_session(store)
        canceled = evolve(session, status=SessionStatus.CANCELED, version=2)

        await store.commit(evolve(_claimed(_another(session)), updates=(canceled,)))

    async def test_two_overlapping_slots_of_one_commit_are_refused(self, store: Store) -> None:
        earlier = await _private_session(store)
        first, second = _another(earlier, minutes=600), _another(earlier, minutes=630)

        with pytest.raises(SessionOverlap):
            await store.commit(
                Changes(inserts=(first, second), slots=(*_claimed(first).slots, *_claimed(second).slots))
            )

    async def test_one_commit_may_claim_the_same_time_of_two_practitioners(self, store: Store) -> None:
        here, there = await _private_session(store), await _private_session(store)
        first, second = _another(here, minutes=600), _another(there, minutes=600)

        await store.commit(
            Changes(inserts=(first, second), slots=(*_claimed(first).slots, *_claimed(second).slots))
        )

        assert second == await store.session(second.id)

    async def test_a_profile_change_keeps_the_agenda(self, store: Store) -> None:
        taken = await _private_session(store)
        before = await store.practitioner(taken.practitioner_id)
        assert before is not None
        await store.commit(_claimed(_another(taken, minutes=60)))

        await store.commit(Changes(updates=(evolve(before, display_name="A. Reis", version=2),)))

        expected = evolve(before, display_name="A. Reis", agenda_version=1, version=2)
        assert expected == await store.practitioner(before.id)
