"""Commits in few commands, and errors that still name the row."""

import pytest

from adapters.memory.testing.builders import make_practitioner, make_service, make_session
from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import make_account, make_credit_change, make_event
from adapters.memory.testing.sales import make_sale, stock
from adapters.memory.testing.waiting import waiting_events
from adapters.mongo.store import MongoStore
from adapters.mongo.turns import changed_ids
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.errors import InsufficientCredits, SessionFull
from core.domain.sessions import ServiceSession
from tests.mongo.commands import Commands


async def workshops(store: MongoStore, *taken: int) -> list[ServiceSession]:
    """Stored sessions of ten seats, so many of which are taken."""
    seller = make_practitioner()
    service = make_service(seller, service_type=ServiceType.WORKSHOP)
    sessions = [make_session(service, current_participants=seats) for seats in taken]
    await stock(store, seller, service, *sessions)
    return sessions


def a_seat_in(session: ServiceSession) -> SeatChange:
    return SeatChange(session_id=session.id, seats=1)


@pytest.mark.parametrize("full", [0, 1, 2])
async def test_of_many_sessions_the_full_one_is_named(store: MongoStore, full: int) -> None:
    sessions = await workshops(store, *(10 if index == full else 3 for index in range(3)))

    with pytest.raises(SessionFull) as refusal:
        await store.commit(Changes(seats=tuple(map(a_seat_in, sessions)), events=(make_event(),)))

    assert sessions[full].id == refusal.value.session_id
    for session in sessions:
        assert session == await store.session(session.id)
    assert [] == await waiting_events(store)


async def test_of_many_users_the_poor_one_is_named(store: MongoStore) -> None:
    rich, poor = new_user(), new_user()
    await store.commit(Changes(credits=(make_credit_change(rich, 100), make_credit_change(poor, 9))))

    with pytest.raises(InsufficientCredits) as refusal:
        await store.commit(Changes(credits=(make_credit_change(rich, -10), make_credit_change(poor, -10))))

    assert poor == refusal.value.user_id
    assert make_account(rich, balance_cents=100) == await store.credit_account(rich)


async def test_seats_of_many_sessions_are_taken_by_one_command(store: MongoStore, commands: Commands) -> None:
    sessions = await workshops(store, *range(10))

    with commands.counted() as sent:
        await store.commit(Changes(seats=tuple(map(a_seat_in, sessions))))

    assert ["update"] == sent


async def test_nothing_to_write_sends_nothing(store: MongoStore, commands: Commands) -> None:
    with commands.counted() as sent:
        await store.commit(Changes())

    assert [] == sent


async def test_a_transaction_is_majority_journaled_and_a_snapshot(
    store: MongoStore, commands: Commands
) -> None:
    start = len(commands.sent)

    await store.commit(Changes(inserts=make_sale().rows))

    sent = commands.sent[start:]
    assert "snapshot" == sent[0]["readConcern"]["level"]
    assert sent[0]["startTransaction"]
    assert {"w": "majority", "j": True} == sent[-1]["writeConcern"]
    assert "commitTransaction" in sent[-1]


async def test_a_single_write_is_majority_journaled(store: MongoStore, commands: Commands) -> None:
    await store.commit(Changes(inserts=(make_practitioner(),)))

    assert {"w": "majority", "j": True} == commands.sent[-1]["writeConcern"]


async def test_reads_are_of_what_a_majority_has(store: MongoStore, commands: Commands) -> None:
    sale = make_sale()

    await store.order(sale.order.id)
    await store.load_order(sale.order.id)
    await store.load_delivery(sale.session.id)

    for command in commands.sent[-3:]:
        assert "snapshot" == command["readConcern"]["level"]


def test_turns_are_taken_at_what_is_changed_and_not_at_what_is_new() -> None:
    sale, user = make_sale(), new_user()
    changes = Changes(
        inserts=(sale.order,),
        updates=(sale.booking,),
        seats=(a_seat_in(sale.session),),
        credits=(make_credit_change(user, 1),),
    )

    assert sorted([sale.booking.id, sale.session.id, user]) == changed_ids(changes)
