"""Our books beside the gateway's: what one side has and the other has not, or has otherwise."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from attrs import frozen

from core.domain.earnings import Payout
from core.domain.gateway import (
    Canceled,
    Declined,
    GatewayKind,
    GatewayMovement,
    Processing,
    RequiresAction,
    Reversed,
    Succeeded,
)
from core.domain.orders import Payment, Refund
from core.domain.statuses import PaymentStatus, PayoutStatus, RefundStatus


class Flaw(StrEnum):
    """How the two sides differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DOUBLED = "doubled"
    AMOUNT = "amount"
    STATUS = "status"
    REVERSED = "reversed"


@frozen(kw_only=True, order=True)
class Difference:
    """One thing that the two sides do not agree on. `id` is ours, None for what is missing here."""

    kind: GatewayKind
    key: str
    flaw: Flaw
    id: UUID | None
    ref: str | None
    ours: str
    theirs: str


Ours = Payment | Refund | Payout
Movements = Mapping[str, list[GatewayMovement]]
"""What the gateway has, by its key. A key is made once, so that a second one is a flaw."""

KIND_OF: Final[Mapping[type[Ours], GatewayKind]] = {
    Payment: GatewayKind.CHARGE,
    Refund: GatewayKind.REFUND,
    Payout: GatewayKind.TRANSFER,
}

DONE: Final = (PaymentStatus.SUCCEEDED, RefundStatus.SUCCEEDED, PayoutStatus.PAID)
"""Statuses that say money has moved."""

ACCEPTED: Final = (PaymentStatus.REQUIRES_ACTION, PaymentStatus.PROCESSING, PayoutStatus.IN_TRANSIT)
"""Statuses that only the gateway's own answer makes."""

_P, _R, _T = PaymentStatus, RefundStatus, PayoutStatus

MEANT: Final[Mapping[type, tuple[StrEnum, ...]]] = {
    Succeeded: DONE,
    Reversed: (_T.PAID,),
    Declined: (_P.FAILED, _P.CANCELED, _R.FAILED, _T.FAILED),
    Canceled: (_P.FAILED, _P.CANCELED),
    RequiresAction: (_P.REQUIRES_ACTION,),
    Processing: (_P.PROCESSING, _R.PENDING, _T.PENDING, _T.IN_TRANSIT),
}
"""For each state at the gateway, the statuses of ours that say the same."""


def by_key(movements: Iterable[GatewayMovement]) -> dict[str, list[GatewayMovement]]:
    """What the gateway has, by key."""
    found: dict[str, list[GatewayMovement]] = {}
    for movement in movements:
        found.setdefault(movement.idempotency_key, []).append(movement)
    return found


def compared(ours: Ours, theirs: Movements) -> Iterator[Difference]:
    """How a payment, refund or payout of ours differs from what the gateway has under its key.

    What never left us, or was refused before it was made there, is no difference.
    """
    found = theirs.get(ours.idempotency_key, [])
    if not found:
        if ours.status in (*DONE, *ACCEPTED):
            yield _difference(ours, Flaw.MISSING_THERE, None, ours.status.value, "nothing")
        return
    if len(found) > 1:
        yield _difference(ours, Flaw.DOUBLED, found[1], "1", str(len(found)))
    movement = found[0]
    if (amount_of(ours), ours.currency) != (movement.amount_cents, movement.currency):
        told = f"{movement.amount_cents} {movement.currency}"
        yield _difference(ours, Flaw.AMOUNT, movement, f"{amount_of(ours)} {ours.currency}", told)
    if ours.status not in MEANT.get(type(movement.outcome), ()) and not _comes_to_nothing(ours, movement):
        yield _difference(ours, Flaw.STATUS, movement, ours.status.value, _state(movement))
    elif isinstance(ours, Payout) and ours.status is PayoutStatus.PAID:
        back = _reversed_cents(movement)
        if back != ours.reversed_cents:
            yield _difference(ours, Flaw.REVERSED, movement, str(ours.reversed_cents), str(back))


def _comes_to_nothing(ours: Ours, movement: GatewayMovement) -> bool:
    """A transfer that failed here, and was taken back as a whole there, has moved nothing on either side."""
    return ours.status is PayoutStatus.FAILED and _moved_cents(movement) == 0


def unknown_here(movement: GatewayMovement) -> Difference | None:
    """The difference that a movement makes which no record of ours stands for; None if no money moves."""
    if isinstance(movement.outcome, Declined | Canceled) or _moved_cents(movement) == 0:
        return None
    return Difference(
        kind=movement.kind,
        key=movement.idempotency_key,
        flaw=Flaw.MISSING_HERE,
        id=None,
        ref=movement.ref,
        ours="nothing",
        theirs=f"{movement.amount_cents} {movement.currency} {_state(movement)}",
    )


def goes_through_the_gateway(ours: Ours) -> bool:
    """Whether it has a counterpart there at all: a refund in credits alone has none."""
    return amount_of(ours) > 0


def amount_of(ours: Ours) -> int:
    """What of it the gateway is to move, in minor units."""
    return ours.card_cents if isinstance(ours, Refund) else ours.amount_cents


def _difference(
    ours: Ours, flaw: Flaw, movement: GatewayMovement | None, here: str, there: str
) -> Difference:
    return Difference(
        kind=KIND_OF[type(ours)],
        key=ours.idempotency_key,
        flaw=flaw,
        id=ours.id,
        ref=ours.gateway_ref if movement is None else movement.ref,
        ours=here,
        theirs=there,
    )


def _moved_cents(movement: GatewayMovement) -> int:
    """What of it was not taken back since."""
    return movement.amount_cents - _reversed_cents(movement)


def _reversed_cents(movement: GatewayMovement) -> int:
    return movement.outcome.reversed_cents if isinstance(movement.outcome, Reversed) else 0


def _state(movement: GatewayMovement) -> str:
    names = {
        Succeeded: "succeeded",
        Reversed: "reversed",
        Declined: "declined",
        Canceled: "canceled",
        RequiresAction: "requires_action",
        Processing: "processing",
    }
    return names.get(type(movement.outcome), "unknown")
