"""Contract: what goes in comes out equal."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_order, make_payment
from adapters.memory.testing.example import TEXT
from adapters.memory.testing.examples import examples
from adapters.memory.testing.ids import LARGEST, NOW, new_user
from adapters.memory.testing.journal import (
    make_credit_change,
    make_entries,
    make_event,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.sales import make_sale, stock
from adapters.memory.testing.waiting import waiting_events
from core.domain.changes import Changes
from core.domain.credits import CreditAccount
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    EntryKind,
    PostingType,
    order_chain,
    order_value,
    rehash,
    user_credit,
)
from ports.store import Kind, Store

KINDS = tuple(examples())


class RoundTrips:
    """Records are kept exactly, whatever is in them."""

    @pytest.mark.parametrize("kind", KINDS)
    async def test_a_record_comes_back_equal(self, store: Store, kind: str) -> None:
        example = examples()[kind]

        await stock(store, *example.needs, example.first)

        assert example.first in [row async for row in store.scan(Kind(kind))]

    @pytest.mark.parametrize("kind", KINDS)
    async def test_its_next_version_takes_its_place(self, store: Store, kind: str) -> None:
        example = examples()[kind]
        await stock(store, *example.needs, example.first)

        await store.commit(Changes(updates=(example.second,)))

        rows = [row async for row in store.scan(Kind(kind))]
        assert example.second in rows
        assert example.first not in rows

    async def test_rows_may_be_given_in_any_order(self, store: Store) -> None:
        sale = make_sale(seats=3)

        await stock(store, *reversed(sale.rows))

        assert sale.order == await store.order(sale.order.id)

    async def test_details_are_found_by_id(self, store: Store) -> None:
        sale = make_sale()
        payment = make_payment(sale.order)
        await stock(store, *sale.rows, payment)

        assert sale.practitioner == await store.practitioner(sale.practitioner.id)
        assert sale.service == await store.service(sale.service.id)
        assert sale.session == await store.session(sale.session.id)
        assert sale.order == await store.order(sale.order.id)
        assert payment == await store.payment(payment.id)
        assert [payment] == list(await store.order_payments(sale.order.id))

    async def test_what_does_not_exist_is_none(self, store: Store) -> None:
        nobody = new_user()

        assert await store.practitioner(nobody) is None
        assert await store.credit_account(nobody) is None
        assert await store.find_idempotency("nobody", "k") is None

    async def test_an_entry_keeps_its_postings_in_order_and_its_hash(self, store: Store) -> None:
        sale = make_sale(subtotal_amount_cents=LARGEST)
        user = sale.order.user_id
        bought = make_purchase(
            sale.order,
            make_posting(order_value(sale.order.id), LARGEST, type=PostingType.PURCHASE, user_id=user),
            make_posting(
                user_credit(user),
                -1,
                type=PostingType.USAGE,
                user_id=user,
                booking_id=sale.booking.id,
            ),
            make_posting(PAYMENT_GATEWAY, 1 - LARGEST),
        )
        (corrected,) = make_entries(
            order_chain(sale.order.id, bought.seq, bought.hash),
            [make_posting(user_credit(user), 1), make_posting(PAYMENT_GATEWAY, -1)],
            kind=EntryKind.CORRECTION,
            order_id=sale.order.id,
            corrects=bought.id,
            occurred_at=NOW + timedelta(milliseconds=1),
        )
        await stock(store, *sale.rows)

        await store.commit(Changes(entries=(bought, corrected)))

        rows = [row async for row in store.scan(Kind.ENTRY)]
        assert [bought, corrected] == rows
        assert [bought.hash, corrected.hash] == [rehash(bought), rehash(corrected)]

    async def test_an_event_keeps_its_payload(self, store: Store) -> None:
        event = make_event(payload={"text": TEXT, "amount_cents": LARGEST, "negative": -1, "nothing": None})

        await store.commit(Changes(events=(event,)))

        assert [event] == await waiting_events(store)

    async def test_the_largest_balance_is_exact(self, store: Store) -> None:
        user = new_user()

        await store.commit(Changes(credits=(make_credit_change(user, LARGEST - 1),)))
        await store.commit(Changes(credits=(make_credit_change(user, 1, held=LARGEST),)))

        expected = CreditAccount(user_id=user, currency="usd", balance_cents=LARGEST, held_cents=LARGEST)
        assert expected == await store.credit_account(user)
        assert [expected] == [row async for row in store.scan(Kind.ACCOUNT)]

    async def test_instants_come_back_in_utc_to_the_millisecond(self, store: Store) -> None:
        elsewhere = datetime(2026, 3, 2, 1, 2, 3, 456_789, tzinfo=timezone(timedelta(hours=-7)))
        order = make_order(created_at=elsewhere, expires_at=elsewhere)
        await stock(store, order)

        found = await store.order(order.id)

        assert found is not None
        assert datetime(2026, 3, 2, 8, 2, 3, 456_000, tzinfo=UTC) == found.created_at
        assert found.expires_at is not None
        assert [timedelta(0)] * 2 == [found.created_at.utcoffset(), found.expires_at.utcoffset()]

    async def test_instants_far_from_today_are_kept(self, store: Store) -> None:
        past, future = datetime(1901, 1, 1, tzinfo=UTC), datetime(2500, 12, 31, 23, 59, 59, 999_000, UTC)
        order = make_order(created_at=past, expires_at=future)

        await stock(store, order)

        assert order == await store.order(order.id)

    async def test_a_scan_in_small_batches_misses_and_repeats_nothing(self, store: Store) -> None:
        orders = [make_order() for _ in range(7)]
        await stock(store, *reversed(orders))

        for batch in (1, 2, 7, 8):
            assert orders == [row async for row in store.scan(Kind.ORDER, batch=batch)]

    async def test_entries_are_scanned_chain_by_chain(self, store: Store) -> None:
        orders = [make_order(), make_order()]
        chains = [
            make_entries(
                order_chain(order.id, 0, ""),
                *(
                    [make_posting(PAYMENT_GATEWAY, -1), make_posting(order_value(order.id), 1)]
                    for _ in range(12)
                ),
                order_id=order.id,
            )
            for order in orders
        ]
        await stock(store, *orders)

        for first, second in zip(*chains, strict=True):
            await store.commit(Changes(entries=(second, first)))

        assert [*chains[0], *chains[1]] == [row async for row in store.scan(Kind.ENTRY, batch=5)]

    async def test_a_commit_of_nothing_is_fine(self, store: Store) -> None:
        await store.commit(Changes())

        assert [] == [row async for row in store.scan(Kind.ORDER)]

    async def test_a_commit_of_several_hundred_rows_is_fine(self, store: Store) -> None:
        orders = [make_order() for _ in range(300)]
        events = [make_event(order.id) for order in orders]

        await store.commit(Changes(inserts=tuple(orders), events=tuple(events)))
        await store.commit(Changes(updates=tuple(evolve(order, version=2) for order in orders)))

        newer = [evolve(order, version=2) for order in orders]
        assert newer == [row async for row in store.scan(Kind.ORDER)]
        assert 300 == len(await waiting_events(store))
