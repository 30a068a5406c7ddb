"""Refunds, and quotes of them, as clients read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from adapters.http.views.purchases import OrderView, order_view
from adapters.http.views.seats import BookingView, booking_view
from core.domain.orders import Destination, Refund, RefundLine
from core.domain.refunds import RefundQuote
from core.domain.statuses import RefundStatus
from core.usecases.cancel_order import CanceledOrder
from core.usecases.refund import CanceledSeat


class LineView(Struct, frozen=True, kw_only=True):
    """What one seat gives back."""

    booking_id: UUID
    value_cents: int
    refund_percent: int
    refund_cents: int


class QuoteView(Struct, frozen=True, kw_only=True):
    """What giving up seats would return; nothing has moved."""

    lines: list[LineView]
    refund_value_cents: int
    credits_cents: int
    card_cents: int
    forfeited_cents: int
    currency: str


class RefundView(Struct, frozen=True, kw_only=True):
    """Money on its way back; pending while the gateway has not answered for the card part."""

    id: UUID
    order_id: UUID
    status: RefundStatus
    destination: Destination
    lines: list[LineView]
    refund_value_cents: int
    credits_cents: int
    card_cents: int
    forfeited_cents: int
    currency: str
    reason: str | None
    created_at: Instant
    updated_at: Instant


class RefundPage(Struct, frozen=True):
    """An order's refunds, oldest first."""

    items: list[RefundView]
    next_cursor: str | None


class CanceledOrderView(Struct, frozen=True, kw_only=True):
    """An order with no seat left to come, and the refund if anything went back."""

    order: OrderView
    refund: RefundView | None


class CanceledView(Struct, frozen=True, kw_only=True):
    """A canceled seat, and the refund if anything went back."""

    booking: BookingView
    refund: RefundView | None


def quote_view(quote: RefundQuote, currency: str) -> QuoteView:
    """The quote, in the order's currency."""
    return QuoteView(
        lines=[_line(line) for line in quote.lines],
        refund_value_cents=quote.refund_value_cents,
        credits_cents=quote.credits_cents,
        card_cents=quote.card_cents,
        forfeited_cents=quote.forfeited_cents,
        currency=currency,
    )


def refund_view(refund: Refund) -> RefundView:
    """The refund as the order's owner sees it."""
    return RefundView(
        id=refund.id,
        order_id=refund.order_id,
        status=refund.status,
        destination=refund.destination,
        lines=[_line(line) for line in refund.lines],
        refund_value_cents=refund.refund_value_cents,
        credits_cents=refund.credits_cents,
        card_cents=refund.card_cents,
        forfeited_cents=refund.forfeited_cents,
        currency=refund.currency,
        reason=refund.reason,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
    )


def canceled_view(canceled: CanceledSeat) -> CanceledView:
    """The canceled seat and its refund."""
    return CanceledView(
        booking=booking_view(canceled.seat),
        refund=None if canceled.refund is None else refund_view(canceled.refund),
    )


def canceled_order_view(canceled: CanceledOrder) -> CanceledOrderView:
    """The order and its refund."""
    return CanceledOrderView(
        order=order_view(canceled.order),
        refund=None if canceled.refund is None else refund_view(canceled.refund),
    )


def _line(line: RefundLine) -> LineView:
    return LineView(
        booking_id=line.booking_id,
        value_cents=line.value_cents,
        refund_percent=line.refund_percent,
        refund_cents=line.refund_cents,
    )
