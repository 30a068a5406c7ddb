"""Contract: what a practitioner is owed and was sent is listed in order."""

from attrs import evolve

from adapters.memory.testing.builders import (
    make_earnings,
    make_payout,
    make_practitioner,
)
from adapters.memory.testing.ids import NOW, moments
from adapters.memory.testing.paging import HOUR, assert_paged
from adapters.memory.testing.sales import make_sale, stock
from core.domain.statuses import EarningsStatus
from ports.store import Store


class EarningsLists:
    """What a practitioner is owed and was sent."""

    async def test_earnings_are_listed_newest_first(self, store: Store) -> None:
        sale, other = make_sale(seats=3), make_sale()
        first, second, third = (
            make_earnings(seat, created_at=at) for seat, at in zip(sale.bookings, moments(3), strict=True)
        )
        second = evolve(second, status=EarningsStatus.AVAILABLE)
        theirs = make_earnings(other.booking, created_at=NOW + HOUR)
        await stock(store, *sale.rows, *other.rows, third, first, second, theirs)
        mine = sale.practitioner.id

        await assert_paged(lambda p: store.earnings(p, practitioner_id=mine), [third, second, first])
        await assert_paged(
            lambda p: store.earnings(p, practitioner_id=mine, status=EarningsStatus.PENDING),
            [third, first],
        )
        await assert_paged(lambda p: store.earnings(p, practitioner_id=None), [theirs, third, second, first])
        await assert_paged(
            lambda p: store.earnings(p, practitioner_id=None, status=EarningsStatus.AVAILABLE), [second]
        )

    async def test_payouts_are_listed_newest_first(self, store: Store) -> None:
        mine, theirs = make_practitioner(), make_practitioner()
        payouts = [
            make_payout(seller, created_at=at)
            for seller, at in zip((mine, theirs, mine), moments(3), strict=True)
        ]
        await stock(store, mine, theirs, *payouts)

        await assert_paged(lambda p: store.payouts(p, practitioner_id=mine.id), [payouts[2], payouts[0]])
        await assert_paged(lambda p: store.payouts(p, practitioner_id=None), payouts[::-1])
