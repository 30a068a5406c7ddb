"""Contract: a commit writes everything or nothing, whichever guard refuses it."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import pytest
from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_dispute,
    make_order,
    make_payment,
    make_payout,
    make_placeholder,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
    make_waiting,
)
from adapters.memory.testing.contacts import make_contact
from adapters.memory.testing.examples_of_runs import make_run, noted
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.inbox_reading import make_notice
from adapters.memory.testing.journal import (
    make_credit_change,
    make_dispatch,
    make_event,
    make_idempotency,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.refusals import REFUSALS, TAKEN_KEYS, claim, make_stored
from adapters.memory.testing.rooms import make_room_event
from adapters.memory.testing.sales import contents, make_sale, stock
from adapters.memory.testing.subscriptions import make_subscription
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, SeatChange, merged
from core.domain.ledger import PAYMENT_GATEWAY, ChainOwner, HeadMove, order_value
from core.domain.statuses import BookingStatus
from ports.errors import AlreadyExists
from ports.store import Kind, Store


def _something_of_everything() -> Changes:
    """Changes that touch every table and that every guard accepts."""
    sale = make_sale()
    payment = make_payment(sale.order)
    user = sale.order.user_id
    postings = (make_posting(order_value(sale.order.id), 8000), make_posting(PAYMENT_GATEWAY, -8000))
    head = HeadMove(
        owner=ChainOwner.PRACTITIONER,
        owner_id=sale.practitioner.id,
        currency="usd",
        from_seq=0,
        to_seq=1,
        head="b" * 64,
    )
    return Changes(
        inserts=(
            *sale.rows,
            payment,
            make_dispute(payment),
            make_idempotency(key="k-2"),
            make_waiting(sale.session),
            make_dispatch(),
            make_notice(),
            make_contact(),
            make_subscription(),
            make_run(),
            noted(make_run(), sale.practitioner),
        ),
        updates=(evolve(sale.order, version=2),),
        credits=(make_credit_change(user, 500, held=100),),
        seats=(SeatChange(session_id=sale.session.id, seats=-1),),
        slots=(claim(sale),),
        heads=(head,),
        entries=(make_purchase(sale.order, *postings),),
        events=(make_event(sale.order.id),),
        room_events=(make_room_event(sale.session),),
    )


class Atomicity:
    """No trace is left of what was refused."""

    @pytest.mark.parametrize("what", REFUSALS)
    async def test_what_is_refused_leaves_no_trace(self, store: Store, what: str) -> None:
        error, change = REFUSALS[what]
        stored = make_stored()
        await store.commit(stored.changes)
        before = await contents(store)

        with pytest.raises(error):
            await store.commit(merged([_something_of_everything(), change(stored)]))

        assert before == await contents(store)

    async def test_the_same_changes_without_the_refused_one_are_written(self, store: Store) -> None:
        changes = _something_of_everything()

        await store.commit(changes)

        written = await contents(store)
        assert all(written[kind] for kind in written if kind not in (Kind.REFUND, Kind.EARNINGS, Kind.PAYOUT))

    async def test_one_commit_may_insert_and_change_a_row(self, store: Store) -> None:
        sale = make_sale()

        await store.commit(
            Changes(
                inserts=sale.rows,
                updates=(evolve(sale.session, timezone="Asia/Tokyo", version=2),),
                seats=(SeatChange(session_id=sale.session.id, seats=-1),),
            )
        )

        expected = evolve(sale.session, timezone="Asia/Tokyo", current_participants=0, version=3)
        assert expected == await store.session(sale.session.id)

    async def test_a_placeholder_gives_way_to_the_public_session(self, store: Store) -> None:
        sale = make_sale()
        workshop = make_service(sale.practitioner, service_type=ServiceType.WORKSHOP)
        public = make_session(workshop)
        placeholder = make_placeholder(sale.service)
        seat = make_booking(sale.order, placeholder)
        await stock(store, *sale.rows, workshop, public, placeholder, seat)

        moved = evolve(seat, session_id=public.id, status=BookingStatus.CONFIRMED, version=2)
        await store.commit(
            Changes(
                updates=(moved,),
                removals=(placeholder.id,),
                seats=(SeatChange(session_id=public.id, seats=1),),
            )
        )

        assert await store.session(placeholder.id) is None
        found = await store.seat(seat.id)
        assert found is not None
        assert (moved, 1) == (found.booking, found.session.current_participants)


class UniqueKeys:
    """A taken key is named."""

    @pytest.mark.parametrize("what", TAKEN_KEYS)
    async def test_it_is_named(self, store: Store, what: str) -> None:
        stored = make_stored()
        await store.commit(stored.changes)

        with pytest.raises(AlreadyExists) as refused:
            await store.commit(REFUSALS[what][1](stored))

        assert TAKEN_KEYS[what] == refused.value.constraint

    async def test_a_repeated_request_is_named_first(self, store: Store) -> None:
        sale = make_sale()
        await stock(store, *sale.rows, make_idempotency())

        with pytest.raises(AlreadyExists) as refused:
            await store.commit(
                Changes(
                    inserts=(sale.order, make_idempotency()),
                    credits=(make_credit_change(new_user(), -1),),
                    seats=(SeatChange(session_id=sale.session.id, seats=1),),
                )
            )

        assert "idempotency" == refused.value.constraint

    async def test_a_key_belongs_to_its_actor(self, store: Store) -> None:
        mine, theirs = make_idempotency("user:1"), make_idempotency("user:2")

        await stock(store, mine, theirs)

        assert mine == await store.find_idempotency("user:1", "k-1")
        assert theirs == await store.find_idempotency("user:2", "k-1")

    @pytest.mark.parametrize("status", [BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT])
    async def test_a_second_seat_of_a_user_is_named(self, store: Store, status: BookingStatus) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        again = make_order(sale.service, user_id=sale.order.user_id)

        with pytest.raises(AlreadyExists) as refused:
            await stock(store, again, make_booking(again, sale.session, status=status))

        assert "seat" == refused.value.constraint

    @pytest.mark.parametrize("status", [BookingStatus.CANCELED, BookingStatus.DRAFT])
    async def test_a_seat_that_takes_no_place_stands_beside_another(
        self, store: Store, status: BookingStatus
    ) -> None:
        sale = make_sale()
        again = make_order(sale.service, user_id=sale.order.user_id)

        await stock(store, *sale.rows, again, make_booking(again, sale.session, status=status))

        assert 2 == len((await contents(store))[Kind.BOOKING])

    async def test_a_canceled_seat_can_be_bought_again_and_not_reinstated(self, store: Store) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        canceled = evolve(sale.booking, status=BookingStatus.CANCELED, canceled_at=NOW, version=2)
        await store.commit(Changes(updates=(canceled,)))
        again = make_order(sale.service, user_id=sale.order.user_id)
        await stock(store, again, make_booking(again, sale.session))

        with pytest.raises(AlreadyExists) as refused:
            await store.commit(
                Changes(updates=(evolve(canceled, status=BookingStatus.CONFIRMED, version=3),))
            )

        assert "seat" == refused.value.constraint

    async def test_a_second_refund_or_payout_under_one_key_is_refused(self, store: Store) -> None:
        seller = make_practitioner()
        offer = make_service(seller)
        sold = make_order(offer)
        await stock(store, seller, offer, sold)
        await stock(store, make_refund(sold, idempotency_key="k"), make_payout(seller, idempotency_key="k"))

        with pytest.raises(AlreadyExists):
            await stock(store, make_refund(sold, idempotency_key="k"))
        with pytest.raises(AlreadyExists):
            await stock(store, make_payout(seller, idempotency_key="k"))
