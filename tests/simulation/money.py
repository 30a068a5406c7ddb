"""Where the money is, from sources that know nothing of each other."""

from collections import Counter
from typing import Final

from attrs import frozen

from core.domain.earnings import Earnings
from core.domain.ids import OrderId
from core.domain.ledger import (
    DISPUTES,
    PAYMENT_GATEWAY,
    PAYOUTS,
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_LOSSES,
    PLATFORM_PROMOTIONS,
    REFUNDS_PAYABLE,
    JournalEntry,
    account_family,
)
from core.domain.orders import Order
from core.domain.statuses import DisputeStatus, EarningsStatus, OrderStatus
from ports.store import Kind
from tests.simulation.studio import Studio

OWED: Final = ("user_credit", "order_value", "practitioner", REFUNDS_PAYABLE)
PLATFORM: Final = (PLATFORM_COMMISSION, PLATFORM_FORFEITS, PLATFORM_LOSSES, PLATFORM_PROMOTIONS)
MOVED: Final = (PAYMENT_GATEWAY, PAYOUTS, DISPUTES)


@frozen(kw_only=True)
class Cash:
    """What the gateway holds for us, by whose it is; all in minor units."""

    credits_held: int
    undelivered: int
    practitioners: int
    refunds_payable: int
    platform: int

    @property
    def total(self) -> int:
        """All of it."""
        return (
            self.credits_held + self.undelivered + self.practitioners + self.refunds_payable + self.platform
        )


async def assert_cash_adds_up(studio: Studio) -> None:
    """What the gateway's own book took, less what it gave and what banks took back, is what the ledger says
    is somebody's; what banks hold back is on its own account.
    """
    gateway = studio.gateway
    balances = {b.account: b.balance_cents for b in await studio.store.trial_balance()}
    assert {*OWED, *PLATFORM, *MOVED}.issuperset(balances)
    cash = Cash(
        credits_held=balances.get("user_credit", 0),
        undelivered=balances.get("order_value", 0),
        practitioners=balances.get("practitioner", 0),
        refunds_payable=balances.get(REFUNDS_PAYABLE, 0),
        platform=sum(balances.get(account, 0) for account in PLATFORM),
    )
    held_back, lost = _disputed(studio, DisputeStatus.OPEN), _disputed(studio, DisputeStatus.LOST)
    took = gateway.charged_cents() - lost
    assert took - gateway.refunded_cents() - gateway.transferred_cents() == cash.total
    assert held_back == -balances.get(DISPUTES, 0)
    assert gateway.transferred_cents() == balances.get(PAYOUTS, 0)


def _disputed(studio: Studio, status: DisputeStatus) -> int:
    """The sum of the disputes that we heard to be in a status."""
    return sum(case.report.amount_cents for case in studio.cases.values() if case.heard is status)


async def assert_orders_add_up(studio: Studio) -> None:
    """Price = delivered + refunded + charged back + forfeited + what is left, for each order.

    Delivered is told by earnings, refunded and charged back by the order, forfeited and left by the ledger;
    of what was charged back in part the ledger tells how much is left to its practitioner.
    """
    posted = await _posted(studio)
    earned = await _earned(studio)
    async for order in studio.store.scan(Kind.ORDER):
        assert isinstance(order, Order)
        delivered = earned[order.id]
        if order.charged_back_cents > 0:
            delivered = posted[order.id, "practitioner"] + posted[order.id, PLATFORM_COMMISSION]
        went = delivered + posted[order.id, PLATFORM_PROMOTIONS] + posted[order.id, PLATFORM_FORFEITS]
        assert _price(order) == went + order.returned_cents + _left(order, posted), order


def _price(order: Order) -> int:
    """What was really sold; of an order that was never paid, only money that came too late."""
    if order.status in (OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELED):
        return order.refunded_cents
    return order.subtotal_amount_cents


def _left(order: Order, posted: Counter[tuple[OrderId, str]]) -> int:
    """What is still to be delivered. Credits that were bought have gone to their buyer."""
    sold = posted[order.id, "user_credit"] if order.service_id is None else 0
    return posted[order.id, "order_value"] + sold


async def _posted(studio: Studio) -> Counter[tuple[OrderId, str]]:
    """The sums of an order's entries by account family."""
    sums: Counter[tuple[OrderId, str]] = Counter()
    async for entry in studio.store.scan(Kind.ENTRY):
        assert isinstance(entry, JournalEntry)
        if entry.order_id is not None:
            for posting in entry.postings:
                sums[entry.order_id, account_family(posting.account)] += posting.amount_cents
    return sums


async def _earned(studio: Studio) -> Counter[OrderId]:
    """The gross earnings of each order's delivered seats."""
    sums: Counter[OrderId] = Counter()
    live = (EarningsStatus.PENDING, EarningsStatus.AVAILABLE, EarningsStatus.PAID)
    async for row in studio.store.scan(Kind.EARNINGS):
        assert isinstance(row, Earnings)
        if row.status in live:
            sums[row.order_id] += row.gross_amount_cents
    return sums
