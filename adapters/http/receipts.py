"""How a purchase is answered: created, or declined."""

from uuid import UUID

from adapters.http.idempotency import told
from adapters.http.problems import problem
from adapters.http.views.purchases import receipt_view
from core.domain.ids import OrderId
from core.domain.orders import Payment
from core.domain.statuses import OrderStatus, PaymentStatus
from core.usecases.claims import Answer
from core.usecases.context import Ports
from core.usecases.settle_payment import Receipt


def answer_receipt(receipt: Receipt, path: str) -> Answer:
    """201 with the order, its bookings and payment; 402 if the card paid nothing and nothing is held."""
    declined = _declined(receipt)
    if declined is None:
        return told(201, receipt_view(receipt))
    found = problem(
        402,
        "payment_declined",
        declined.failure_message or "the payment was not made and nothing is held",
        path=path,
        order_id=str(receipt.order.id),
        decline_code=declined.failure_code or "payment_canceled",
    )
    return told(402, found)


async def retell_receipt(order_id: UUID, *, ports: Ports) -> Receipt | None:
    """The receipt of an order from the store; None while its payment has not been tried to the end."""
    view = await ports.store.load_order(OrderId(order_id))
    if view is None or not view.payments:
        return None
    payment = view.payments[-1]
    if payment.status is PaymentStatus.CREATED:
        return None
    return Receipt(order=view.order, seats=view.seats, payment=payment)


def _declined(receipt: Receipt) -> Payment | None:
    payment = receipt.payment
    if payment is None or receipt.order.status is not OrderStatus.CANCELED:
        return None
    return payment if payment.status in (PaymentStatus.FAILED, PaymentStatus.CANCELED) else None
