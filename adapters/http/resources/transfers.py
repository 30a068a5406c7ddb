"""`/orders/{id}/transfer`: the remaining sessions of a package go to somebody else."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.resources.refunds import Seats
from adapters.http.views.transfers import TransferView, transfer_view
from core.domain.ids import BookingId, OrderId, UserId
from core.domain.transferring import Transferred
from core.usecases.transfer import transfer_package


class TransferBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Who gets the seats, and which ones (all that remain if left out)."""

    user_id: UUID
    booking_ids: Seats | None = None

    @property
    def chosen(self) -> list[BookingId] | None:
        """The seats by the domain's name."""
        return None if self.booking_ids is None else [BookingId(i) for i in self.booking_ids]


@post(
    "/orders/{order_id:uuid}/transfer",
    summary="Give the remaining sessions of a package or bundle to another user",
    description=(
        "For the buyer, and admins. Seats without a time and seats whose session has not begun change hands "
        "with their payment, policy and expiry; the new holder schedules, moves and cancels them. The order "
        "stays the buyer's, and so does every refund. 409 `nothing_to_transfer` when no seat remains, "
        "`package_expired` when it is too late, `not_transferable` for other orders."
    ),
    **posted(
        returns=TransferView,
        example=examples.transferred,
        request=TransferBody(user_id=examples.FRIEND, booking_ids=[examples.BOOKING]),
        problems=(404,),
    ),
)
async def transfer(
    request: ApiRequest, order_id: FromPath[UUID], data: JSONBody[TransferBody]
) -> Response[bytes]:
    work: Work[Transferred] = Work(
        act=lambda claim: transfer_package(
            OrderId(order_id),
            to=UserId(data.user_id),
            booking_ids=data.chosen,
            actor=request.actor,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda done: told(200, transfer_view(done, UserId(data.user_id))),
    )
    return await perform(request, work)


ROUTES: Final = (transfer,)
