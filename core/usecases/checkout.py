"""Buying: reserve in one commit, charge with no transaction open, settle in another."""

from core.domain.errors import NotFound
from core.domain.gateway import RequiresAction
from core.domain.ids import PaymentId
from core.domain.orders import Payment
from core.domain.planning import Checkout
from core.domain.purchasing import BuyCredits, Purchase, purchase, purchase_credits
from core.domain.statuses import PaymentStatus
from core.domain.views import OrderView
from core.usecases.attempts import buffered, retrying
from core.usecases.claims import Claim, finishing, opening
from core.usecases.context import Ports
from core.usecases.settle_payment import Receipt, settle_payment

GIVEN_UP = (PaymentStatus.FAILED, PaymentStatus.CANCELED)
"""Statuses of payments whose order holds nothing any more."""


async def checkout(command: Checkout, *, ports: Ports, claim: Claim[Receipt] | None = None) -> Receipt:
    """Buy a service.

    What needs no card is paid in a single commit. A declined card leaves a canceled order and
    nothing held. Raises what `purchase` raises, SessionFull, SessionOverlap and
    InsufficientCredits when another buyer was faster.
    """

    async def attempt() -> Purchase:
        view = await ports.store.load_checkout(
            command.service_id,
            command.user_id,
            start_time=command.start_time,
            session_id=command.session_id,
        )
        if view is None:
            raise NotFound("service", command.service_id)
        decided = purchase(view, command, rules=ports.rules, now=ports.clock.now(), new_id=ports.ids)
        with buffered(view.availability):
            await _reserve(decided, ports=ports, claim=claim)
        return decided

    return await _charge(await retrying(attempt, clock=ports.clock), ports=ports, claim=claim)


async def buy_credits(command: BuyCredits, *, ports: Ports, claim: Claim[Receipt] | None = None) -> Receipt:
    """Buy credits by card; the balance grows when the payment succeeds."""
    decided = purchase_credits(command, rules=ports.rules, now=ports.clock.now(), new_id=ports.ids)
    await _reserve(decided, ports=ports, claim=claim)
    return await _charge(decided, ports=ports, claim=claim)


async def _reserve(decided: Purchase, *, ports: Ports, claim: Claim[Receipt] | None) -> None:
    if decided.charge is None:
        changes = finishing(decided.changes, claim, _receipt(decided))
    else:
        changes = opening(decided.changes, claim, decided.order.id)
    await ports.store.commit(changes)


async def _charge(decided: Purchase, *, ports: Ports, claim: Claim[Receipt] | None) -> Receipt:
    if decided.charge is None or decided.payment is None:
        return _receipt(decided)
    outcome = await ports.payments.charge(decided.charge)
    return await settle_payment(
        decided.payment.id, outcome, ports=ports, view=_view(decided, decided.payment), claim=claim
    )


def _receipt(decided: Purchase) -> Receipt:
    return Receipt(order=decided.order, seats=decided.seats, payment=decided.payment)


def _view(decided: Purchase, payment: Payment) -> OrderView:
    return OrderView(order=decided.order, seats=decided.seats, payments=(payment,), earnings=())


async def resolve_payment(payment_id: PaymentId, *, ports: Ports) -> Receipt:
    """Ask the gateway what became of a payment, and settle it by the answer.

    A charge that its customer could still finish, though its order was given up, is given up there too.
    """
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise NotFound("payment", payment_id)
    return await mend_payment(payment, ports=ports)


async def mend_payment(payment: Payment, *, ports: Ports) -> Receipt:
    """The same for a payment that was just read."""
    outcome = await ports.payments.find_charge(
        idempotency_key=payment.idempotency_key, ref=payment.gateway_ref
    )
    if isinstance(outcome, RequiresAction) and payment.status in GIVEN_UP:
        return await give_up_payment(payment.id, ports=ports)
    return await settle_payment(payment.id, outcome, ports=ports)


async def give_up_payment(payment_id: PaymentId, *, ports: Ports, by_hand: bool = False) -> Receipt:
    """Cancel an unpaid order's charge at the gateway, then settle by what the gateway says:
    seats and credits are freed only on its word. `by_hand`: money that comes later goes back.
    """
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise NotFound("payment", payment_id)
    outcome = await ports.payments.cancel_charge(
        idempotency_key=payment.idempotency_key, ref=payment.gateway_ref
    )
    return await settle_payment(payment_id, outcome, ports=ports, by_hand=by_hand)
