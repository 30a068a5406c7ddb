"""The gateway tells of a dispute: from a webhook, a look-up or in play alike."""

from core.domain.disputes import Dispute
from core.domain.disputing import Disputed, hear_of_dispute
from core.domain.errors import InsufficientCredits, NotFound
from core.domain.gateway import DisputeReport
from core.domain.ids import PaymentId
from core.domain.orders import OrderType, Payment
from core.domain.statuses import DisputeStatus, PaymentStatus
from core.domain.views import DisputeView, OrderView
from core.usecases.attempts import retrying
from core.usecases.checkout import resolve_payment
from core.usecases.context import Ports
from core.usecases.lines import pass_on
from core.usecases.refund import send_card_part
from ports.errors import DISPUTE, AlreadyExists, ConcurrencyConflict


async def note_dispute(report: DisputeReport, *, ports: Ports) -> Dispute | None:
    """Book what the gateway tells of a dispute; once, whatever the order of its reports.

    Refunds that waited for its end are sent to the gateway; the sweep sends those that do not get there.
    None for an inquiry, which moves no money. A payment that we do not know to have succeeded is looked up
    first. Raises NotFound for a payment that is not ours, Invalid for an amount that it did not take,
    IllegalTransition where it took none, and PayoutUnderWay: then the report has to be repeated later.
    """
    status, payment_id = report.status, report.payment_id
    if status is None:
        return None
    if payment_id is None:
        raise NotFound("payment of dispute", report.ref)
    payment = await ports.store.payment(payment_id)
    if payment is not None and payment.status is not PaymentStatus.SUCCEEDED:
        await resolve_payment(payment_id, ports=ports)

    async def attempt() -> tuple[OrderView, Disputed]:
        return await _note(payment_id, report, status, ports)

    sale, decided = await retrying(attempt, clock=ports.clock)
    await pass_on(decided.changes, (seat.session for seat in sale.seats), ports=ports)
    if decided.refund is not None:
        await send_card_part(sale, decided.refund, ports=ports, claim=None)
    return decided.dispute


async def _note(
    payment_id: PaymentId, report: DisputeReport, status: DisputeStatus, ports: Ports
) -> tuple[OrderView, Disputed]:
    view = await _load(payment_id, ports)
    decided = hear_of_dispute(
        view,
        _payment(view.sale, payment_id),
        report,
        status,
        now=ports.clock.now(),
        new_id=ports.ids,
    )
    try:
        await ports.store.commit(decided.changes)
    except InsufficientCredits as error:
        raise ConcurrencyConflict("credits were spent meanwhile") from error
    except AlreadyExists as error:
        if error.constraint != DISPUTE:
            raise
        raise ConcurrencyConflict("the same report was faster") from error
    return view.sale, decided


async def _load(payment_id: PaymentId, ports: Ports) -> DisputeView:
    """Everything of the disputed sale. Whatever else changes it moves its order's version."""
    sale = await ports.store.load_payment(payment_id)
    if sale is None:
        raise NotFound("payment", payment_id)
    order = sale.order
    seller = order.practitioner_id
    bought_credits = order.order_type is OrderType.CREDIT
    return DisputeView(
        sale=sale,
        disputes=tuple(await ports.store.order_disputes(order.id)),
        practitioner=None if seller is None else await ports.store.practitioner(seller),
        account=await ports.store.credit_account(order.user_id),
        entries=tuple(await ports.store.order_entries(order.id)) if bought_credits else (),
    )


def _payment(sale: OrderView, payment_id: PaymentId) -> Payment:
    return next(payment for payment in sale.payments if payment.id == payment_id)
