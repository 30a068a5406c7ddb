"""Contract: of many commits at once exactly as many win as may."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from attrs import evolve

from adapters.memory.testing.builders import (
    make_order,
    make_practitioner,
    make_service,
)
from adapters.memory.testing.ids import moments, new_user
from adapters.memory.testing.journal import (
    make_account,
    make_credit_change,
    make_event,
    make_idempotency,
)
from adapters.memory.testing.rivals import (
    RIVALS,
    WON,
    credit_rival,
    last_seats,
    outcomes,
    seat_rival,
    slot_rival,
)
from adapters.memory.testing.sales import make_sale, stock
from adapters.memory.testing.waiting import waiting_events
from core.domain.catalogue import Practitioner, Service
from core.domain.changes import Changes, SeatChange
from core.domain.errors import InsufficientCredits, SessionFull, SessionOverlap
from core.domain.ledger import ChainOwner, HeadMove
from core.domain.sessions import ServiceSession
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.store import Kind, Store


class Races:
    """Everybody at once. `stores` are stores over one database, each with connections of its own."""

    @pytest.fixture
    def stores(self, store: Store) -> Sequence[Store]:
        """The stores that race. Override it with two where a database serves many processes."""
        return (store,)

    @pytest.mark.parametrize("seats", [1, 5])
    async def test_the_last_seats_are_sold_once(self, stores: Sequence[Store], seats: int) -> None:
        store = stores[0]
        workshop, session = await last_seats(store, seats)

        result = await outcomes(stores, [seat_rival(workshop, session) for _ in range(RIVALS)])

        assert Counter({WON: seats, SessionFull.__name__: RIVALS - seats}) == result
        expected = evolve(session, current_participants=20, version=1 + seats)
        assert expected == await store.session(session.id)
        for kind in (Kind.ORDER, Kind.BOOKING, Kind.ENTRY, Kind.EVENT, Kind.IDEMPOTENCY):
            assert seats == len([row async for row in store.scan(kind)]), kind

    @pytest.mark.parametrize("affordable", [1, 10])
    async def test_the_last_credits_are_spent_once(self, stores: Sequence[Store], affordable: int) -> None:
        store = stores[0]
        user = new_user()
        await store.commit(Changes(credits=(make_credit_change(user, affordable * 300 + 299),)))

        result = await outcomes(stores, [credit_rival(user, 300) for _ in range(RIVALS)])

        expected = Counter({WON: affordable, InsufficientCredits.__name__: RIVALS - affordable})
        assert expected == result
        assert make_account(user, balance_cents=299) == await store.credit_account(user)
        assert affordable == len([row async for row in store.scan(Kind.ENTRY)])

    async def test_a_new_account_is_made_once(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        user = new_user()

        result = await outcomes(
            stores, [Changes(credits=(make_credit_change(user, 10),)) for _ in range(RIVALS)]
        )

        assert Counter({WON: RIVALS}) == result
        assert make_account(user, balance_cents=10 * RIVALS) == await store.credit_account(user)

    async def test_one_slot_is_given_once(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        seller, service = await _practice(store)

        rivals = [slot_rival(service, minutes) for minutes in range(-RIVALS // 2, RIVALS // 2)]
        result = await outcomes(stores, rivals)

        # The winner is in everybody's way: the starts are less than an hour and a few minutes apart.
        lost = result[SessionOverlap.__name__]
        sessions = [row async for row in store.scan(Kind.SESSION) if isinstance(row, ServiceSession)]
        assert result[WON] + lost == RIVALS
        assert result[WON] == len(sessions)
        assert _disjoint(sessions)
        practitioner = await store.practitioner(seller.id)
        assert practitioner is not None
        assert result[WON] == practitioner.agenda_version

    async def test_the_same_slot_is_given_once(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        _, service = await _practice(store)

        result = await outcomes(stores, [slot_rival(service, 0) for _ in range(RIVALS)])

        assert Counter({WON: 1, SessionOverlap.__name__: RIVALS - 1}) == result
        assert 1 == len([row async for row in store.scan(Kind.SESSION)])

    async def test_one_version_is_followed_by_one(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        order = make_order()
        await stock(store, order)

        rivals = [
            Changes(
                updates=(evolve(order, client_notes=str(number), version=2),),
                events=(make_event(order.id),),
            )
            for number in range(RIVALS)
        ]
        result = await outcomes(stores, rivals)

        assert Counter({WON: 1, ConcurrencyConflict.__name__: RIVALS - 1}) == result
        assert 1 == len(await waiting_events(store))

    async def test_one_head_is_moved_once(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        user = new_user()
        move = HeadMove(
            owner=ChainOwner.USER, owner_id=user, currency="usd", from_seq=0, to_seq=1, head="1" * 64
        )

        result = await outcomes(
            stores,
            [Changes(credits=(make_credit_change(user, 10),), heads=(move,)) for _ in range(RIVALS)],
        )

        assert Counter({WON: 1, ConcurrencyConflict.__name__: RIVALS - 1}) == result
        expected = make_account(user, balance_cents=10, ledger_seq=1, ledger_head="1" * 64)
        assert expected == await store.credit_account(user)

    async def test_one_request_has_one_effect(self, stores: Sequence[Store]) -> None:
        store = stores[0]

        rivals = [Changes(inserts=(make_order(), make_idempotency())) for _ in range(RIVALS)]
        result = await outcomes(stores, rivals)

        assert Counter({WON: 1, AlreadyExists.__name__: RIVALS - 1}) == result
        assert 1 == len([row async for row in store.scan(Kind.ORDER)])

    async def test_commits_that_share_nothing_all_win(self, stores: Sequence[Store]) -> None:
        store = stores[0]

        result = await outcomes(stores, [Changes(inserts=make_sale().rows) for _ in range(RIVALS)])

        assert Counter({WON: RIVALS}) == result
        assert len([row async for row in store.scan(Kind.ORDER)]) == RIVALS

    async def test_buyers_of_one_service_do_not_disturb_each_other(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        seller, service = await _practice(store)
        starts = moments(RIVALS, timedelta(hours=1))
        sales = [make_sale(practitioner=seller, service=service, first_start=start) for start in starts]

        result = await outcomes(stores, [Changes(inserts=sale.purchase) for sale in sales])

        assert Counter({WON: RIVALS}) == result

    async def test_commits_that_cross_each_other_do_not_lock_up(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        first, second = new_user(), new_user()
        _, left = await last_seats(store, 20)
        _, right = await last_seats(store, 20)
        seats = [SeatChange(session_id=session.id, seats=1) for session in (left, right)]
        tips = [make_credit_change(user, 1) for user in (first, second)]

        rivals = [
            Changes(seats=tuple(seats[::order]), credits=tuple(tips[::order])) for order in (1, -1) * 10
        ]
        result = await outcomes(stores, rivals)

        assert Counter({WON: 20}) == result
        for session in (left, right):
            expected = evolve(session, current_participants=20, version=21)
            assert expected == await store.session(session.id)


async def _practice(store: Store) -> tuple[Practitioner, Service]:
    seller = make_practitioner()
    service = make_service(seller)
    await stock(store, seller, service)
    return seller, service


def _disjoint(sessions: list[ServiceSession]) -> bool:
    times = sorted((s.start_time, s.end_time) for s in sessions if s.start_time and s.end_time)
    return all(before[1] <= after[0] for before, after in pairwise(times))
