"""The judge: what is wrong once everybody who died is up again and the sweeps have been. Nothing must be."""

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from adapters.memory.payments import FakeGateway, Movement, MovementStatus
from core.domain.credits import CreditAccount
from core.domain.earnings import Payout
from core.domain.inbox import InboxItem
from core.domain.orders import Order, Payment, Refund
from core.domain.statuses import InboxStatus, OrderStatus, PaymentStatus, PayoutStatus, RefundStatus
from core.usecases.context import Ports
from core.usecases.ledger import check_ledger
from core.usecases.reconcile import reconcile
from ports.queries import Backlog
from ports.store import Kind, Store, StoredRecord

OPEN: Final = frozenset(
    {
        OrderStatus.PENDING_PAYMENT,
        PaymentStatus.CREATED,
        PaymentStatus.REQUIRES_ACTION,
        PaymentStatus.PROCESSING,
        PaymentStatus.UNKNOWN,
        RefundStatus.PENDING,
        PayoutStatus.PENDING,
        PayoutStatus.IN_TRANSIT,
        InboxStatus.WAITING,
        InboxStatus.PARKED,
    }
)
"""Where nothing may stand in the end."""

JUDGED: Final = (Kind.ORDER, Kind.PAYMENT, Kind.REFUND, Kind.PAYOUT, Kind.INBOX, Kind.ACCOUNT)


class Bank(Protocol):
    """The gateway's own books: the amounts that really moved."""

    def charges(self, order_id: UUID) -> Sequence[int]: ...
    def refunds(self, order_id: UUID) -> Sequence[int]: ...
    def transfers(self, practitioner_id: UUID) -> Sequence[int]: ...


class FakeBank:
    """The fake gateway's."""

    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    def charges(self, order_id: UUID) -> Sequence[int]:
        return _moved(self._gateway.charges(order_id=str(order_id)))

    def refunds(self, order_id: UUID) -> Sequence[int]:
        return _moved(self._gateway.refunds(order_id=str(order_id)))

    def transfers(self, practitioner_id: UUID) -> Sequence[int]:
        return _moved(self._gateway.transfers(practitioner_id=str(practitioner_id)))


def _moved(movements: Sequence[Movement]) -> list[int]:
    return [m.amount_cents for m in movements if m.status is MovementStatus.SUCCEEDED]


async def order_troubles(order: Order, *, store: Store, bank: Bank) -> list[str]:
    """What the gateway and the store tell differently of one order; more than one charge in any case."""
    charges, returned = bank.charges(order.id), bank.refunds(order.id)
    paid = [p.amount_cents for p in await store.order_payments(order.id) if p.status in (_PAID,)]
    back = [r.card_cents for r in await store.refunds(order.id) if r.card_cents and r.status is _BACK]
    found = []
    if len(charges) > 1:
        found.append(f"order {order.id} was charged {len(charges)} times: {charges}")
    if sorted(charges) != sorted(paid):
        found.append(f"order {order.id} was charged {charges}, the store says {paid}")
    if sorted(returned) != sorted(back):
        found.append(f"of order {order.id} {returned} went back, the store says {back}")
    if order.status is OrderStatus.CANCELED and sum(charges) != sum(returned):
        found.append(f"order {order.id} is canceled, and {sum(charges) - sum(returned)} were kept for it")
    return found


_PAID, _BACK = PaymentStatus.SUCCEEDED, RefundStatus.SUCCEEDED


async def left_over(ports: Ports) -> list[str]:
    """What is still under way, what differs from the gateway and what breaks the ledger's rules."""
    found = [trouble for kind in JUDGED async for row in ports.store.scan(kind) for trouble in _open(row)]
    outbox = await ports.store.outbox_state()
    found += [*_waiting("events", outbox.events), *_waiting("messages", outbox.dispatches)]
    compared = await reconcile(ports=ports)
    differences = (*compared.mended, *compared.left)
    found += [
        f"{d.kind.value} {d.key}: {d.flaw.value}, ours {d.ours}, theirs {d.theirs}" for d in differences
    ]
    found += [f"ledger: {violation}" for violation in (await check_ledger(ports=ports)).violations]
    return found


def _open(row: StoredRecord) -> list[str]:
    match row:
        case CreditAccount():
            return [f"{row.held_cents} of {row.user_id} are still held"] if row.held_cents else []
        case Order() | Payment() | Refund() | Payout() | InboxItem():
            return [f"{type(row).__name__} {row.id} is {row.status.value}"] if row.status in OPEN else []
    raise AssertionError(f"nobody judges a {type(row).__name__}")


def _waiting(what: str, backlog: Backlog) -> list[str]:
    stuck = backlog.waiting + backlog.parked
    return [f"{stuck} {what} were never told"] if stuck else []
