"""What was sold and earned, told from the journal: sums of postings put into the words of business.

The journal is the one source of truth for money, so every figure here is a sum over it.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from attrs import frozen

from core.domain.calendar import Span
from core.domain.catalogue import ServiceType
from core.domain.errors import Invalid
from core.domain.ids import ServiceId, UserId
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    PLATFORM_COMMISSION,
    REFUNDS_PAYABLE,
    EntryKind,
    PostingType,
)
from core.domain.orders import OrderType
from core.domain.statuses import OrderStatus

LONGEST_REPORT = timedelta(days=366)

PACKAGE_TYPES = (OrderType.PACKAGE, OrderType.BUNDLE)

BOUGHT_STATUSES = (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)
"""An order in one of these was paid, whatever was refunded since."""

ORDER_VALUE, USER_CREDIT, PRACTITIONER = "order_value", "user_credit", "practitioner"


@frozen(kw_only=True)
class PackageUsage:
    """How one package or bundle sells and is used up; its orders that were paid, refunded ones too.

    `sessions_total` = completed + canceled + expired + remaining. `sessions_scheduled` is the part
    of the remaining that has a time; `sessions_expired` ran out before they were given one.
    `breakage_cents` is what buyers paid for and forfeited to the platform.
    """

    service_id: ServiceId
    practitioner_id: UserId
    name: str
    service_type: ServiceType
    currency: str
    sold: int
    sold_cents: int
    sessions_total: int
    sessions_scheduled: int
    sessions_completed: int
    sessions_canceled: int
    sessions_expired: int = 0
    breakage_cents: int

    @property
    def sessions_remaining(self) -> int:
        """Seats still to be delivered."""
        return self.sessions_total - self.sessions_completed - self.sessions_canceled - self.sessions_expired


@frozen(kw_only=True)
class DaySum:
    """The sum of one UTC day's postings of one type on one family of accounts, in entries of one kind."""

    day: date
    currency: str
    kind: EntryKind
    family: str
    type: PostingType
    amount_cents: int


@frozen(kw_only=True)
class RevenueDay:
    """One UTC day in one currency. All amounts are positive in the usual course of things.

    `gross_sales_cents` = `card_cents` + `credits_cents`: the subtotals of orders paid that day.
    Credits that are bought are no sale; they are one when they are spent. `refunds_cents` is what
    buyers were given back, `delivered_cents` the value of seats delivered, at any time bought.
    `practitioner_net_cents` includes what the platform pays for complimentary seats.
    """

    day: date
    currency: str
    gross_sales_cents: int = 0
    card_cents: int = 0
    credits_cents: int = 0
    refunds_cents: int = 0
    delivered_cents: int = 0
    commission_cents: int = 0
    practitioner_net_cents: int = 0


class Figure(StrEnum):
    """The amounts of a day."""

    GROSS = "gross_sales_cents"
    CARD = "card_cents"
    CREDITS = "credits_cents"
    REFUNDS = "refunds_cents"
    DELIVERED = "delivered_cents"
    COMMISSION = "commission_cents"
    NET = "practitioner_net_cents"


SALES = {
    (ORDER_VALUE, PostingType.PURCHASE): (Figure.GROSS, 1),
    (PAYMENT_GATEWAY, PostingType.CHARGE): (Figure.CARD, -1),
    (USER_CREDIT, PostingType.USAGE): (Figure.CREDITS, -1),
}
RETURNS = {
    (USER_CREDIT, PostingType.REFUND): (Figure.REFUNDS, 1),
    (REFUNDS_PAYABLE, PostingType.REFUND): (Figure.REFUNDS, 1),
}
DELIVERIES = {(ORDER_VALUE, PostingType.DELIVERY): (Figure.DELIVERED, -1)}


def revenue_span(start: datetime, end: datetime) -> Span:
    """What a report may cover. Raises Invalid unless the span is of 1 ms to 366 days."""
    span = Span(start=start, end=end)
    if span.end <= span.start:
        raise Invalid("/to", "must be after `from`")
    if span.end - span.start > LONGEST_REPORT:
        raise Invalid("/to", f"must be at most {LONGEST_REPORT.days} days after `from`")
    return span


def revenue_by_day(sums: Iterable[DaySum]) -> tuple[RevenueDay, ...]:
    """The days on which money moved, by day and currency."""
    days: dict[tuple[date, str], dict[Figure, int]] = {}
    for each in sums:
        meaning = _meaning(each)
        if meaning is None:
            continue
        figure, sign = meaning
        figures = days.setdefault((each.day, each.currency), {})
        figures[figure] = figures.get(figure, 0) + sign * each.amount_cents
    return tuple(
        RevenueDay(day=day, currency=currency, **{figure.value: cents for figure, cents in figures.items()})
        for (day, currency), figures in sorted(days.items(), key=lambda item: item[0])
    )


def _meaning(each: DaySum) -> tuple[Figure, int] | None:
    """Which figure a sum belongs to, and with which sign; None for what is not told.

    Commission and practitioners' earnings count whatever booked or reversed them, but a payout
    only moves what was earned before.
    """
    if each.family == PLATFORM_COMMISSION:
        return Figure.COMMISSION, 1
    if each.family == PRACTITIONER:
        return None if each.type is PostingType.PAYOUT else (Figure.NET, 1)
    if each.kind is EntryKind.PURCHASE:
        return SALES.get((each.family, each.type))
    if each.kind in (EntryKind.REFUND, EntryKind.DISPUTE):
        return RETURNS.get((each.family, each.type))
    return DELIVERIES.get((each.family, each.type))


def most_sold_first(usages: Iterable[PackageUsage]) -> tuple[PackageUsage, ...]:
    """In the order in which they are listed: the most sold first, then by service."""
    return tuple(sorted(usages, key=lambda usage: (-usage.sold, usage.service_id, usage.currency)))
