"""A gateway on a bad line: the fake one, with faults out of the plan's randomness."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random

from adapters.memory.payments import FakeGateway, Fault, MovementStatus, Operation
from core.domain.gateway import (
    ChargeOutcome,
    ChargeRequest,
    RefundOutcome,
    RefundRequest,
    TransferOutcome,
    TransferRequest,
)

TROUBLES: Mapping[Operation, Mapping[Fault, int]] = {
    Operation.CHARGE: {Fault.LOST_BEFORE: 20, Fault.LOST_AFTER: 30, Fault.PROCESSING: 20},
    Operation.FIND_CHARGE: {Fault.LOST_AFTER: 60},
    Operation.CANCEL_CHARGE: {Fault.LOST_BEFORE: 40, Fault.LOST_AFTER: 40},
    Operation.REFUND: {
        Fault.LOST_BEFORE: 40,
        Fault.LOST_AFTER: 40,
        Fault.PROCESSING: 40,
        Fault.DECLINED: 20,
    },
    Operation.FIND_REFUND: {Fault.LOST_AFTER: 60},
    Operation.TRANSFER: {
        Fault.LOST_BEFORE: 60,
        Fault.LOST_AFTER: 60,
        Fault.PROCESSING: 80,
        Fault.DECLINED: 150,
    },
    Operation.FIND_TRANSFER: {Fault.LOST_AFTER: 60},
}
"""How many calls of a thousand meet which fault."""


class UnsteadyGateway(FakeGateway):
    """While `steady` is set every call gets its answer. `meanwhile` happens once, while a charge is on
    its way: that request arrives late, and its answer is not lost (only a webhook would tell then).
    """

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.steady = False
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.met: Counter[str] = Counter()
        self._random = random

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge a card, at once or after what happens meanwhile."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is None:
            self._meet(Operation.CHARGE)
        else:
            await meanwhile()
        return await super().charge(request)

    async def find_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """Look a charge up."""
        self._meet(Operation.FIND_CHARGE)
        return await super().find_charge(idempotency_key=idempotency_key, ref=ref)

    async def cancel_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """Give up a charge that waits for its customer."""
        self._meet(Operation.CANCEL_CHARGE)
        return await super().cancel_charge(idempotency_key=idempotency_key, ref=ref)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back a part of a charge."""
        self._meet(Operation.REFUND)
        return await super().refund(request)

    async def find_refund(self, *, idempotency_key: str, ref: str | None) -> RefundOutcome:
        """Look a refund up."""
        self._meet(Operation.FIND_REFUND)
        return await super().find_refund(idempotency_key=idempotency_key, ref=ref)

    async def transfer(self, request: TransferRequest) -> TransferOutcome:
        """Pay a practitioner."""
        self._meet(Operation.TRANSFER)
        return await super().transfer(request)

    async def find_transfer(self, *, idempotency_key: str, ref: str | None) -> TransferOutcome:
        """Look a transfer up."""
        self._meet(Operation.FIND_TRANSFER)
        return await super().find_transfer(idempotency_key=idempotency_key, ref=ref)

    def banks_decide(self) -> None:
        """End three of four movements that the banks have kept open; one in five of these is refused."""
        for movement in (*self.charges(), *self.refunds(), *self.transfers()):
            if movement.status is MovementStatus.PROCESSING and self._random.randrange(4):
                refused = self._random.randrange(5) == 0
                self.finish(
                    movement.ref,
                    MovementStatus.DECLINED if refused else MovementStatus.SUCCEEDED,
                    code="processing_error" if refused else None,
                )

    def _meet(self, operation: Operation) -> None:
        if self.steady:
            return
        roll = self._random.randrange(1000)
        for fault, share in TROUBLES[operation].items():
            if roll < share:
                self.met[f"{operation} {fault}"] += 1
                self.script(operation, fault)
                return
            roll -= share
