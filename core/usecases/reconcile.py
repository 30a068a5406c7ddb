"""The store held against the gateway: each difference is named, and mended where the truth is clear."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final, cast

from attrs import frozen

from core.domain.errors import DomainError
from core.domain.gateway import GatewayKind, GatewayMovement
from core.domain.ids import PaymentId, PayoutId, RefundId
from core.domain.reconciling import (
    Difference,
    Flaw,
    Ours,
    by_key,
    compared,
    goes_through_the_gateway,
    unknown_here,
)
from core.usecases.checkout import resolve_payment
from core.usecases.context import Ports
from core.usecases.payout import repair_payout
from core.usecases.settle_refund import repair_refund
from ports.errors import PortError
from ports.store import Kind

KINDS: Final = (Kind.PAYMENT, Kind.REFUND, Kind.PAYOUT)

Progress = Callable[[str, int], None]
"""Told what is read or mended, and how much of it so far."""


@frozen(kw_only=True)
class Reconciliation:
    """What was compared, which differences were mended, and which are left for somebody to look at."""

    compared: int
    at_gateway: int
    mended: tuple[Difference, ...]
    left: tuple[Difference, ...]


@frozen(kw_only=True)
class _Look:
    compared: int
    at_gateway: int
    differences: tuple[Difference, ...]


async def reconcile(
    *,
    ports: Ports,
    since: datetime | None = None,
    progress: Progress = lambda what, count: None,  # noqa: ARG005 - nobody listens
) -> Reconciliation:
    """Compare every payment, refund and payout with the gateway's own lists, mend, and compare again.

    `since`: leave out what both sides made before. Mended is what the use cases that settle payments,
    refunds and payouts can settle; nothing is written otherwise. Raises Unavailable if the gateway does
    not answer.
    """
    first = await _look(ports, since, progress)
    if not first.differences:
        return Reconciliation(compared=first.compared, at_gateway=first.at_gateway, mended=(), left=())
    for count, difference in enumerate(first.differences, start=1):
        progress("mending", count)
        await _mend(difference, ports)
    second = await _look(ports, since, progress)
    still = {(found.key, found.flaw) for found in second.differences}
    return Reconciliation(
        compared=second.compared,
        at_gateway=second.at_gateway,
        mended=tuple(found for found in first.differences if (found.key, found.flaw) not in still),
        left=second.differences,
    )


async def _look(ports: Ports, since: datetime | None, progress: Progress) -> _Look:
    """One comparison. The gateway's side is held in memory, ours is read row by row."""
    listed: list[GatewayMovement] = []
    async for movement in ports.payments.movements(since=since):
        listed.append(movement)
        progress("at the gateway", len(listed))
    theirs = by_key(listed)
    found: list[Difference] = []
    known: set[str] = set()
    rows = 0
    async for ours in _ours(ports):
        known.add(ours.idempotency_key)
        if since is not None and ours.created_at < since and ours.idempotency_key not in theirs:
            continue
        rows += 1
        progress("here", rows)
        found.extend(compared(ours, theirs))
    strange = (unknown_here(item) for item in listed if item.idempotency_key not in known)
    found.extend(difference for difference in strange if difference is not None)
    return _Look(compared=rows, at_gateway=len(listed), differences=tuple(sorted(found, key=_order)))


async def _ours(ports: Ports) -> AsyncIterator[Ours]:
    for kind in KINDS:
        async for row in ports.store.scan(kind):
            ours = cast("Ours", row)
            if goes_through_the_gateway(ours):
                yield ours


def _order(difference: Difference) -> tuple[str, str, str]:
    return (difference.kind.value, difference.key, difference.flaw.value)


async def _mend(difference: Difference, ports: Ports) -> None:
    """Settle what differs in its status, or in what was taken back of it; one that cannot be settled now is
    found again, and named.
    """
    if difference.flaw not in (Flaw.STATUS, Flaw.REVERSED) or difference.id is None:
        return
    try:
        match difference.kind:
            case GatewayKind.CHARGE:
                await resolve_payment(PaymentId(difference.id), ports=ports)
            case GatewayKind.REFUND:
                await repair_refund(RefundId(difference.id), ports=ports)
            case GatewayKind.TRANSFER:
                await repair_payout(PayoutId(difference.id), ports=ports)
    except (DomainError, PortError):
        return
