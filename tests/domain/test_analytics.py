"""What the journal's sums mean in the words of business."""

from datetime import date, timedelta

import pytest

from core.domain.analytics import DaySum, RevenueDay, revenue_by_day, revenue_span
from core.domain.errors import Invalid
from core.domain.ledger import EntryKind, PostingType
from tests.builders import NOW

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def summed(
    kind: EntryKind,
    family: str,
    meaning: PostingType,
    cents: int,
    *,
    day: date = MONDAY,
    currency: str = "usd",
) -> DaySum:
    return DaySum(day=day, currency=currency, kind=kind, family=family, type=meaning, amount_cents=cents)


PURCHASE = (
    summed(EntryKind.PURCHASE, "order_value", PostingType.PURCHASE, 40_000),
    summed(EntryKind.PURCHASE, "user_credit", PostingType.USAGE, -10_000),
    summed(EntryKind.PURCHASE, "payment_gateway", PostingType.CHARGE, -30_000),
)
DELIVERY = (
    summed(EntryKind.DELIVERY, "order_value", PostingType.DELIVERY, -8000),
    summed(EntryKind.DELIVERY, "practitioner", PostingType.EARNINGS, 6800),
    summed(EntryKind.DELIVERY, "platform_commission", PostingType.COMMISSION, 1200),
)
REFUND = (
    summed(EntryKind.REFUND, "order_value", PostingType.REVERSAL, -28_000),
    summed(EntryKind.REFUND, "user_credit", PostingType.REFUND, 6000),
    summed(EntryKind.REFUND, "refunds_payable", PostingType.REFUND, 18_000),
    summed(EntryKind.REFUND, "platform_forfeits", PostingType.FORFEIT, 4000),
)


def test_the_rule_books_package_is_told_in_its_figures() -> None:
    expected = RevenueDay(
        day=MONDAY,
        currency="usd",
        gross_sales_cents=40_000,
        card_cents=30_000,
        credits_cents=10_000,
        refunds_cents=24_000,
        delivered_cents=8000,
        commission_cents=1200,
        practitioner_net_cents=6800,
    )
    assert (expected,) == revenue_by_day((*PURCHASE, *DELIVERY, *REFUND))


def test_money_that_only_moves_on_is_told_no_second_time() -> None:
    settled = (
        summed(EntryKind.REFUND_SETTLED, "refunds_payable", PostingType.REFUND, -18_000),
        summed(EntryKind.REFUND_SETTLED, "payment_gateway", PostingType.REFUND, 18_000),
        summed(EntryKind.PAYOUT, "practitioner", PostingType.PAYOUT, -6800),
        summed(EntryKind.PAYOUT, "payouts", PostingType.PAYOUT, 6800),
    )
    assert () == revenue_by_day(settled)


def test_credits_are_a_sale_when_they_are_spent() -> None:
    bought = (
        summed(EntryKind.CREDIT_PURCHASE, "user_credit", PostingType.PURCHASE, 10_000),
        summed(EntryKind.CREDIT_PURCHASE, "payment_gateway", PostingType.CHARGE, -10_000),
        summed(EntryKind.CREDIT_GRANT, "user_credit", PostingType.GRANT, 500),
        summed(EntryKind.CREDIT_GRANT, "platform_promotions", PostingType.GRANT, -500),
    )
    assert () == revenue_by_day(bought)


def test_a_payment_that_came_too_late_is_neither_sale_nor_refund() -> None:
    late = (
        summed(EntryKind.LATE_PAYMENT, "payment_gateway", PostingType.CHARGE, -8000),
        summed(EntryKind.LATE_PAYMENT, "refunds_payable", PostingType.REFUND, 8000),
    )
    assert () == revenue_by_day(late)


def test_a_correction_takes_back_what_was_earned() -> None:
    corrected = (
        summed(EntryKind.CORRECTION, "practitioner", PostingType.REVERSAL, -6800),
        summed(EntryKind.CORRECTION, "platform_commission", PostingType.REVERSAL, -1200),
    )
    (day,) = revenue_by_day((*DELIVERY, *corrected))

    assert (0, 0) == (day.practitioner_net_cents, day.commission_cents)


def test_days_and_currencies_stand_apart_the_earliest_first() -> None:
    sums = [
        summed(EntryKind.PURCHASE, "order_value", PostingType.PURCHASE, 1, day=day, currency=currency)
        for day, currency in ((TUESDAY, "usd"), (MONDAY, "usd"), (MONDAY, "eur"))
    ]
    assert [(MONDAY, "eur"), (MONDAY, "usd"), (TUESDAY, "usd")] == [
        (each.day, each.currency) for each in revenue_by_day(sums)
    ]


def test_a_report_covers_a_leap_year_at_most() -> None:
    longest = timedelta(days=366)
    assert longest == revenue_span(NOW, NOW + longest).end - NOW

    with pytest.raises(Invalid, match="at most 366 days"):
        revenue_span(NOW, NOW + longest + timedelta(milliseconds=1))
    with pytest.raises(Invalid, match="after `from`"):
        revenue_span(NOW, NOW)
