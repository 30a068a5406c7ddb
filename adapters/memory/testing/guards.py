"""Contract: guarded counters of seats and credits, and heads of chains."""

# ruff: noqa: S101 - assert is how a contract speaks

from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_practitioner, make_service, make_session
from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import make_account, make_credit_change
from adapters.memory.testing.sales import stock
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.errors import InsufficientCredits, SessionFull
from core.domain.ids import UserId
from core.domain.ledger import ChainOwner, HeadMove
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.statuses import SessionStatus
from ports.errors import ConcurrencyConflict
from ports.store import Store


async def _public_session(store: Store, **overrides: Any) -> ServiceSession:
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop, **({"max_participants": 3} | overrides))
    await stock(store, seller, workshop, session)
    return session


def _take(session: ServiceSession, seats: int) -> Changes:
    return Changes(seats=(SeatChange(session_id=session.id, seats=seats),))


class SeatGuards:
    """Nobody sits on anybody's lap."""

    async def test_seats_are_taken_and_given_back_each_as_a_new_version(self, store: Store) -> None:
        session = await _public_session(store)

        await store.commit(_take(session, 3))
        assert evolve(session, current_participants=3, version=2) == await store.session(session.id)

        await store.commit(_take(session, -2))
        assert evolve(session, current_participants=1, version=3) == await store.session(session.id)

    async def test_more_seats_than_are_left_are_refused_by_name(self, store: Store) -> None:
        session = await _public_session(store, current_participants=2)

        with pytest.raises(SessionFull) as refused:
            await store.commit(_take(session, 2))

        assert session.id == refused.value.session_id
        assert session == await store.session(session.id)

    async def test_seats_that_nobody_took_cannot_be_given_back(self, store: Store) -> None:
        session = await _public_session(store, current_participants=1)

        with pytest.raises(ConcurrencyConflict):
            await store.commit(_take(session, -2))

    @pytest.mark.parametrize("status", SessionStatus)
    async def test_seats_are_taken_in_open_sessions_only(self, store: Store, status: SessionStatus) -> None:
        session = await _public_session(store, status=status)
        if status in OPEN_STATUSES:
            await store.commit(_take(session, 1))
            return

        with pytest.raises(SessionFull):
            await store.commit(_take(session, 1))

    @pytest.mark.parametrize("status", SessionStatus)
    async def test_seats_are_given_back_in_any_session(self, store: Store, status: SessionStatus) -> None:
        session = await _public_session(store, status=status, current_participants=1)

        await store.commit(_take(session, -1))

        assert evolve(session, current_participants=0, version=2) == await store.session(session.id)

    async def test_the_status_counts_as_this_commit_leaves_it(self, store: Store) -> None:
        session = await _public_session(store)
        canceled = evolve(session, status=SessionStatus.CANCELED, version=2)

        with pytest.raises(SessionFull):
            await store.commit(
                Changes(updates=(canceled,), seats=(SeatChange(session_id=session.id, seats=1),))
            )

    async def test_an_update_never_moves_the_count(self, store: Store) -> None:
        session = await _public_session(store, current_participants=2)

        await store.commit(
            Changes(updates=(evolve(session, current_participants=0, timezone="UTC", version=2),))
        )

        assert evolve(session, timezone="UTC", version=2) == await store.session(session.id)

    async def test_an_update_and_seats_are_two_versions(self, store: Store) -> None:
        session = await _public_session(store)
        renewed = evolve(session, timezone="UTC", version=2)

        await store.commit(Changes(updates=(renewed,), seats=(SeatChange(session_id=session.id, seats=2),)))

        assert evolve(renewed, current_participants=2, version=3) == await store.session(session.id)

    async def test_several_sessions_are_all_taken_or_none(self, store: Store) -> None:
        free, full = await _public_session(store), await _public_session(store, current_participants=3)
        both = (SeatChange(session_id=free.id, seats=1), SeatChange(session_id=full.id, seats=1))

        with pytest.raises(SessionFull) as refused:
            await store.commit(Changes(seats=both))

        assert full.id == refused.value.session_id
        assert free == await store.session(free.id)


class CreditGuards:
    """0 <= held <= balance, always."""

    async def test_an_account_begins_with_its_first_change(self, store: Store) -> None:
        user = new_user()

        await store.commit(Changes(credits=(make_credit_change(user, 1000, held=400),)))

        assert make_account(user, balance_cents=1000, held_cents=400) == await store.credit_account(user)

    @pytest.mark.parametrize(
        ("balance", "held"), [(-1001, 0), (0, 601), (-601, 0), (0, -401), (-1, 600), (-1000, -399)]
    )
    async def test_a_change_that_breaks_the_guard_is_refused(
        self, store: Store, balance: int, held: int
    ) -> None:
        user = new_user()
        await store.commit(Changes(credits=(make_credit_change(user, 1000, held=400),)))

        with pytest.raises(InsufficientCredits) as refused:
            await store.commit(Changes(credits=(make_credit_change(user, balance, held),)))

        assert user == refused.value.user_id
        assert make_account(user, balance_cents=1000, held_cents=400) == await store.credit_account(user)

    @pytest.mark.parametrize(("balance", "held"), [(-600, 0), (0, 600), (-1000, -400), (-400, -400)])
    async def test_a_change_up_to_the_guard_is_accepted(self, store: Store, balance: int, held: int) -> None:
        user = new_user()
        await store.commit(Changes(credits=(make_credit_change(user, 1000, held=400),)))

        await store.commit(Changes(credits=(make_credit_change(user, balance, held),)))

        expected = make_account(user, balance_cents=1000 + balance, held_cents=400 + held)
        assert expected == await store.credit_account(user)

    @pytest.mark.parametrize(("balance", "held"), [(-1, 0), (0, 1), (0, -1), (5, 6)])
    async def test_an_account_that_does_not_exist_is_empty(
        self, store: Store, balance: int, held: int
    ) -> None:
        user = new_user()

        with pytest.raises(InsufficientCredits):
            await store.commit(Changes(credits=(make_credit_change(user, balance, held),)))

        assert await store.credit_account(user) is None


class HeadGuards:
    """A chain grows at its end only."""

    async def test_a_users_first_head_makes_the_account(self, store: Store) -> None:
        user = new_user()

        await store.commit(Changes(heads=(_head(ChainOwner.USER, user, 0),)))
        await store.commit(Changes(heads=(_head(ChainOwner.USER, user, 1),)))

        assert make_account(user, ledger_seq=2, ledger_head="2" * 64) == await store.credit_account(user)

    async def test_credits_and_head_move_in_one_commit(self, store: Store) -> None:
        user = new_user()

        await store.commit(
            Changes(credits=(make_credit_change(user, 500),), heads=(_head(ChainOwner.USER, user, 0),))
        )

        expected = make_account(user, balance_cents=500, ledger_seq=1, ledger_head="1" * 64)
        assert expected == await store.credit_account(user)

    async def test_a_practitioners_head_moves_without_a_new_version(self, store: Store) -> None:
        seller = make_practitioner()
        await stock(store, seller)

        await store.commit(Changes(heads=(_head(ChainOwner.PRACTITIONER, seller.id, 0),)))

        expected = evolve(seller, ledger_seq=1, ledger_head="1" * 64)
        assert expected == await store.practitioner(seller.id)

    @pytest.mark.parametrize("from_seq", [0, 2])
    async def test_a_head_that_stands_elsewhere_is_refused(self, store: Store, from_seq: int) -> None:
        seller, user = make_practitioner(), new_user()
        await stock(store, seller)
        heads = (_head(ChainOwner.PRACTITIONER, seller.id, 0), _head(ChainOwner.USER, user, 0))
        await store.commit(Changes(heads=heads))

        for owner, owner_id in ((ChainOwner.PRACTITIONER, seller.id), (ChainOwner.USER, user)):
            with pytest.raises(ConcurrencyConflict):
                await store.commit(Changes(heads=(_head(owner, owner_id, from_seq),)))

    async def test_a_profile_change_keeps_the_head(self, store: Store) -> None:
        seller = make_practitioner()
        await stock(store, seller)
        await store.commit(Changes(heads=(_head(ChainOwner.PRACTITIONER, seller.id, 0),)))

        await store.commit(Changes(updates=(evolve(seller, timezone="UTC", version=2),)))

        expected = evolve(seller, timezone="UTC", ledger_seq=1, ledger_head="1" * 64, version=2)
        assert expected == await store.practitioner(seller.id)


def _head(owner: ChainOwner, owner_id: UserId, from_seq: int) -> HeadMove:
    return HeadMove(
        owner=owner,
        owner_id=owner_id,
        currency="usd",
        from_seq=from_seq,
        to_seq=from_seq + 1,
        head=str(from_seq + 1) * 64,
    )
