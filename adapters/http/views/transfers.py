"""Transfers of packages as clients read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.views.seats import BookingView, booking_view
from core.domain.ids import UserId
from core.domain.transferring import Transferred


class TransferView(Struct, frozen=True, kw_only=True):
    """The seats of an order that `user_id` holds from now on."""

    order_id: UUID
    user_id: UUID
    bookings: list[BookingView]


def transfer_view(transferred: Transferred, to: UserId) -> TransferView:
    """What changed hands, and to whom."""
    return TransferView(
        order_id=transferred.order.id,
        user_id=to,
        bookings=[booking_view(seat) for seat in transferred.seats],
    )
