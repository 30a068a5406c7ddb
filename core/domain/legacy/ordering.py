"""Old orders: which can be brought over, and what they are now."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.catalogue import DEFAULT_POLICY, ServiceType
from core.domain.ids import OrderId, PaymentId, RefundId
from core.domain.legacy import words
from core.domain.legacy.findings import Reason, Unfit
from core.domain.legacy.giving_back import card_moved_to_credits
from core.domain.legacy.known import Known
from core.domain.legacy.naming import new_id, user_id
from core.domain.legacy.placing import Purchase
from core.domain.legacy.rows import Table
from core.domain.legacy.seating import Sitting
from core.domain.legacy.seats import Seated, booking_id
from core.domain.money import MAX_CENTS
from core.domain.orders import (
    Destination,
    Order,
    OrderType,
    Payment,
    Refund,
    RefundLine,
    Terms,
    next_look,
    payment_key,
    refund_key,
)
from core.domain.statuses import OrderStatus, PaymentStatus, RefundStatus

LEGACY_CARD = "legacy"
"""The payment method of charges that the old system made."""

_PAID, _UNPAID = OrderStatus.PAID, OrderStatus.CANCELED
_CHARGED = PaymentStatus.SUCCEEDED
_TYPES = {
    ServiceType.COURSE: OrderType.COURSE,
    ServiceType.PACKAGE: OrderType.PACKAGE,
    ServiceType.BUNDLE: OrderType.BUNDLE,
}


def row_of(purchase: Purchase) -> tuple[Table, int]:
    """The old row that stands for a purchase."""
    return (Table.BOOKINGS if purchase.synthetic else Table.ORDERS, purchase.order.id)


def require_sound(purchase: Purchase, known: Known) -> bool:
    """Whether an order was paid, if its figures agree with themselves and its transactions. Raises Unfit."""
    order, by = purchase.order, row_of(purchase)
    paid = order.status in words.PAID_ORDERS
    if not paid and order.status not in words.UNPAID_ORDERS:
        raise Unfit(*by, Reason.UNKNOWN_WORD, f"status {order.status!r} is unknown")
    if order.currency.lower() != known.frame.rules.currency:
        detail = f"in {order.currency!r}, the marketplace is in {known.frame.rules.currency!r}"
        raise Unfit(*by, Reason.FOREIGN_CURRENCY, detail)
    _require_amounts(purchase)
    if len(purchase.parents) > 1:
        detail = f"bookings {', '.join(str(one.id) for one in purchase.parents)} are both its parent"
        raise Unfit(*by, Reason.TWO_PARENTS, detail)
    if not purchase.seats and not is_credit(purchase) and order.subtotal_amount_cents > 0:
        _blame_emptiness(purchase)
    if paid:
        _require_credits(purchase)
    else:
        _require_untouched(purchase)
    return paid


def is_credit(purchase: Purchase) -> bool:
    """Whether credits were bought, and no seats."""
    return purchase.order.order_type == words.CREDIT_ORDER and not purchase.seats and not purchase.parents


def _blame_emptiness(purchase: Purchase) -> None:
    by = row_of(purchase)
    if purchase.parent is None:
        raise Unfit(*by, Reason.ORDER_WITHOUT_BOOKINGS, "nothing was bought with it")
    detail = f"its parent {purchase.parent.id} has no children"
    raise Unfit(*by, Reason.CHILDLESS_PARENT, detail)


def _require_amounts(purchase: Purchase) -> None:
    order, by = purchase.order, row_of(purchase)
    subtotal, card = order.subtotal_amount_cents, order.total_amount_cents
    used = order.credits_applied_cents
    if min(subtotal, used, card) < 0 or subtotal > MAX_CENTS:
        raise Unfit(*by, Reason.BAD_AMOUNT, f"{subtotal} of which {used} credits, {card} by card")
    if subtotal != used + card:
        raise Unfit(*by, Reason.AMOUNTS_DIFFER, f"{subtotal} is not {used} credits and {card} by card")


def _require_untouched(purchase: Purchase) -> None:
    """An order that was never paid moved no credits and earned nothing."""
    for row in purchase.transactions:
        detail = f"a {row.transaction_type} of {row.amount_cents}, though the order was never paid"
        raise Unfit(Table.TRANSACTIONS, row.id, Reason.UNPAID_BUT_TAKEN, detail)
    for earnings in purchase.earnings:
        detail = f"{earnings.net_amount_cents} earned, though the order was never paid"
        raise Unfit(Table.EARNINGS, earnings.id, Reason.UNPAID_BUT_TAKEN, detail)


def _require_credits(purchase: Purchase) -> None:
    """The credits that an order used, or sold, are those of its transactions."""
    sums = dict.fromkeys((words.USAGE, words.PURCHASE, words.REFUND), 0)
    for row in purchase.transactions:
        if row.transaction_type not in words.TRANSACTIONS:
            detail = f"type {row.transaction_type!r} is unknown"
            raise Unfit(Table.TRANSACTIONS, row.id, Reason.UNKNOWN_WORD, detail)
        if row.transaction_type in sums:
            sums[row.transaction_type] += row.amount_cents
    order, by = purchase.order, row_of(purchase)
    if sums[words.USAGE] != -order.credits_applied_cents:
        detail = f"{order.credits_applied_cents} credits applied, transactions {sums[words.USAGE]}"
        raise Unfit(*by, Reason.CREDITS_DIFFER, detail)
    if not is_credit(purchase):
        return
    sold = sums[words.PURCHASE]
    if sold != order.subtotal_amount_cents or sums[words.REFUND] != 0 or order.status == words.REFUNDED:
        detail = f"{order.subtotal_amount_cents} of credits bought ({order.status}), transactions {sold}"
        raise Unfit(*by, Reason.CREDITS_DIFFER, detail)


def opened(purchase: Purchase, sittings: Sequence[Sitting], known: Known, *, paid: bool) -> Order:
    """The order as it was bought; what became of it is added by `closed`. Raises Unfit."""
    old, parent, by = purchase.order, purchase.parent, row_of(purchase)
    named = old.service_id or (parent.service_id if parent else None)
    if named is None and sittings:
        named = sittings[0].old.service_id
    service = None if named is None else known.service(named, by=by)
    kind = order_type(purchase, None if service is None else service.service_type)
    expires_at = None if parent is None else parent.expires_at
    bundle = kind is OrderType.BUNDLE and service is not None and service.bundled_service_id is not None
    return Order(
        id=OrderId(new_id(by[0], old.id, "order" if purchase.synthetic else "")),
        user_id=user_id(old.user_id),
        service_id=None if service is None else service.id,
        practitioner_id=None if service is None else service.practitioner_id,
        order_type=kind,
        status=_PAID if paid else _UNPAID,
        currency=old.currency.lower(),
        subtotal_amount_cents=old.subtotal_amount_cents,
        credits_applied_cents=old.credits_applied_cents,
        total_amount_cents=old.total_amount_cents,
        bundled_service_id=service.bundled_service_id if bundle and service is not None else None,
        terms=Terms(
            cancellation_policy=DEFAULT_POLICY,
            pay_practitioner_on_no_show=True,
            earnings_hold_hours=known.frame.rules.earnings_hold_hours,
        ),
        expires_at=expires_at,
        expiry_due_at=next_look(expires_at, known.frame.at) if paid and expires_at is not None else None,
        migrated_from_booking_id=None if parent is None else parent.id,
        migrated_at=None if parent is None else known.frame.at,
        created_at=old.created_at,
    )


def order_type(purchase: Purchase, service_type: ServiceType | None) -> OrderType:
    """What an order bought: what its parent says, else what its service is."""
    if purchase.parent is not None:
        return OrderType.BUNDLE if purchase.parent.is_bundle_purchase else OrderType.PACKAGE
    if is_credit(purchase):
        return OrderType.CREDIT
    return OrderType.DIRECT if service_type is None else _TYPES.get(service_type, OrderType.DIRECT)


def paid_by_card(purchase: Purchase, order: Order) -> Payment | None:
    """The charge that the old system made, under the gateway's name for it."""
    if order.total_amount_cents == 0:
        return None
    return Payment(
        id=PaymentId(new_id(*row_of(purchase), "payment")),
        order_id=order.id,
        user_id=order.user_id,
        status=_CHARGED,
        amount_cents=order.total_amount_cents,
        currency=order.currency,
        payment_method_id=LEGACY_CARD,
        idempotency_key=payment_key(order.id),
        gateway_ref=purchase.order.stripe_payment_intent_id or None,
        created_at=order.created_at,
        updated_at=order.created_at,
    )


def refund_of(
    purchase: Purchase, order: Order, payment: Payment | None, seats: Sequence[Seated]
) -> Refund | None:
    """Everything that went back, as one refund that has arrived; None where nothing did."""
    backs = [
        (seat.sitting, seat.back) for seat in seats if seat.back is not None and seat.back.refunded_cents > 0
    ]
    if not backs:
        return None
    at = max(canceled_at(sitting) for sitting, _ in backs)
    in_credits = sum(back.credits_cents for _, back in backs)
    by_card = sum(back.card_cents for _, back in backs)
    made = RefundId(new_id(*row_of(purchase), "refund"))
    moved = card_moved_to_credits(purchase, {sitting.old.id: back for sitting, back in backs})
    return Refund(
        id=made,
        order_id=order.id,
        user_id=order.user_id,
        payment_id=None if payment is None else payment.id,
        status=RefundStatus.SUCCEEDED,
        destination=Destination.CREDITS if moved > 0 and by_card == 0 else Destination.ORIGINAL,
        lines=tuple(
            RefundLine(
                booking_id=booking_id(sitting.old),
                value_cents=back.value_cents,
                refund_percent=back.refunded_cents * 100 // back.value_cents,
                refund_cents=back.refunded_cents,
            )
            for sitting, back in backs
        ),
        refund_value_cents=in_credits + by_card,
        credits_cents=in_credits,
        card_cents=by_card,
        forfeited_cents=sum(back.kept_cents for _, back in backs),
        currency=order.currency,
        idempotency_key=refund_key(made),
        created_at=at,
        updated_at=at,
    )


def canceled_at(sitting: Sitting) -> datetime:
    """When a seat was given up, as far as anything tells."""
    return sitting.old.canceled_at or sitting.delivered_at or sitting.old.created_at
