"""Contract: disputes are listed, told apart by the gateway's name, and what they freeze is left alone."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_dispute, make_earnings, make_payment
from adapters.memory.testing.ids import NOW, moments
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import make_sale, stock
from core.domain.changes import Changes
from core.domain.ids import OrderId
from core.domain.statuses import DisputeStatus, EarningsStatus
from ports.errors import DISPUTE, AlreadyExists, Inconsistent
from ports.queries import Page
from ports.store import DueKind, Store


class Disputes:
    """What banks took back."""

    async def test_disputes_are_listed_newest_first(self, store: Store) -> None:
        mine, other = make_sale(), make_sale()
        charge, theirs = make_payment(mine.order), make_payment(other.order)
        first, second, third = (
            make_dispute(paid, created_at=at)
            for paid, at in zip((charge, theirs, charge), moments(3), strict=True)
        )
        second = evolve(second, status=DisputeStatus.LOST, closed_at=NOW)
        await stock(store, *mine.rows, *other.rows, charge, theirs, third, first, second)

        await assert_paged(store.disputes, [third, second, first])
        await assert_paged(lambda p: store.disputes(p, status=DisputeStatus.OPEN), [third, first])
        await assert_paged(lambda p: store.disputes(p, status=DisputeStatus.LOST), [second])
        assert [] == list((await store.disputes(Page(), status=DisputeStatus.WON)).items)
        assert [first, third] == list(await store.order_disputes(mine.order.id))
        assert [second] == list(await store.order_disputes(other.order.id))
        assert [] == list(await store.order_disputes(OrderId(mine.booking.id)))

    async def test_a_gateways_name_stands_for_one_dispute(self, store: Store) -> None:
        sale = make_sale()
        charge = make_payment(sale.order)
        await stock(store, *sale.rows, charge, make_dispute(charge, gateway_ref="dp_1"))

        with pytest.raises(AlreadyExists) as raised:
            await stock(store, make_dispute(charge, gateway_ref="dp_1"))

        assert DISPUTE == raised.value.constraint

    async def test_no_dispute_is_about_less_than_nothing(self, store: Store) -> None:
        sale = make_sale()
        charge = make_payment(sale.order)
        await stock(store, *sale.rows, charge)

        with pytest.raises(Inconsistent):
            await stock(store, make_dispute(charge, amount_cents=-1))

    async def test_nothing_gives_back_more_than_was_bought(self, store: Store) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        order = evolve(sale.order, refunded_card_cents=1, version=2)

        await store.commit(Changes(updates=(evolve(order, charged_back_cents=7999, disputed_cents=1),)))
        with pytest.raises(Inconsistent):
            await store.commit(Changes(updates=(evolve(order, charged_back_cents=8000, version=3),)))

    async def test_frozen_earnings_are_not_released(self, store: Store) -> None:
        sale = make_sale(seats=2)
        frozen, free = (make_earnings(seat, available_after=NOW) for seat in sale.bookings)
        frozen = evolve(frozen, frozen=True)
        await stock(store, *sale.rows, frozen, free)

        assert [free.id] == list(await store.due(DueKind.EARNINGS, NOW, 9))
        await store.commit(Changes(updates=(evolve(frozen, frozen=False, version=2),)))
        assert {free.id, frozen.id} == set(await store.due(DueKind.EARNINGS, NOW, 9))
        await store.commit(Changes(updates=(evolve(free, frozen=True, version=2),)))
        assert [frozen.id] == list(await store.due(DueKind.EARNINGS, NOW + timedelta(days=9), 9))

    async def test_no_payout_takes_frozen_earnings(self, store: Store) -> None:
        sale = make_sale(seats=2)
        frozen, free = (make_earnings(seat, status=EarningsStatus.AVAILABLE) for seat in sale.bookings)
        frozen = evolve(frozen, frozen=True)
        await stock(store, *sale.rows, frozen, free)

        view = await store.load_payable(sale.practitioner.id)
        assert view is not None
        assert (free,) == view.earnings

        thawed = evolve(frozen, frozen=False, version=2)
        await store.commit(Changes(updates=(thawed,)))
        after = await store.load_payable(sale.practitioner.id)
        assert after is not None
        assert {thawed.id, free.id} == {row.id for row in after.earnings}
