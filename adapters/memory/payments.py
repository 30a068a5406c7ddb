"""A payment gateway that moves no money: for development, demonstrations and tests.

It keeps Stripe's test names for cards, its decline codes and its rules about idempotency keys: the
same key again tells the present state of the first request, and with other parameters it raises
KeyReused, for that is a defect of the caller and never an outcome. Faults are scripted per call.
"""

from asyncio import sleep
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from attrs import evolve

from adapters.memory.bank_disputes import dispute_of, disputed, report_of
from adapters.memory.book_file import FileBook
from adapters.memory.books import Book, MemoryBook
from adapters.memory.cards import (
    FAILURE_CODES,
    charge_outcome,
    declined,
    judged_card,
    listed,
    movement_outcome,
    ref_of,
    transfer_outcome,
)
from adapters.memory.movements import Fault, Movement, MovementKind, MovementStatus, Operation
from core.domain.gateway import (
    AccountReport,
    ChargeOutcome,
    ChargeRequest,
    DisputeReport,
    GatewayMovement,
    RefundOutcome,
    RefundRequest,
    ReversalOutcome,
    ReversalRequest,
    TransferOutcome,
    TransferRequest,
    Unknown,
)
from core.domain.statuses import DisputeStatus

__all__ = ["FakeGateway", "Fault", "KeyReused", "Movement", "MovementStatus", "Operation"]

T = TypeVar("T")

POLL_SECONDS: Final = 0.01
"""How often a hanging call looks whether it was released."""

OPEN: Final = (MovementStatus.REQUIRES_ACTION, MovementStatus.PROCESSING)

LOOKUPS: Final = (
    Operation.FIND_CHARGE,
    Operation.CANCEL_CHARGE,
    Operation.FIND_REFUND,
    Operation.FIND_TRANSFER,
    Operation.FIND_ACCOUNT,
    Operation.FIND_DISPUTE,
)

LISTED: Final = (MovementKind.CHARGE, MovementKind.REFUND, MovementKind.TRANSFER)
"""What an audit reads."""


class KeyReused(ValueError):
    """An idempotency key came with other parameters than before."""


class FakeGateway:
    """The gateway. With a `path` its book is a file that processes share, else its own memory.

    `require_destination`: decline transfers for practitioners who named no account.
    """

    def __init__(self, path: Path | str | None = None, *, require_destination: bool = False) -> None:
        self._book: Book = MemoryBook() if path is None else FileBook(Path(path))
        self._require_destination = require_destination
        self._accounts: dict[str, bool] = {}

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge a card by its test name; a name that nobody knows is declined."""
        asked = _asked(MovementKind.CHARGE, request, target=request.payment_method_id)
        return charge_outcome(await self._carry_out(Operation.CHARGE, asked, judged_card))

    async def find_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        return charge_outcome(
            await self._look_up(Operation.FIND_CHARGE, MovementKind.CHARGE, idempotency_key, ref)
        )

    async def cancel_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """Give up a charge that still waits for the customer; one in processing goes on."""
        return charge_outcome(
            await self._look_up(
                Operation.CANCEL_CHARGE, MovementKind.CHARGE, idempotency_key, ref, then=self._given_up
            )
        )

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back a part of a charge, never more than is left of it."""
        asked = _asked(MovementKind.REFUND, request, target=request.charge_ref)
        return movement_outcome(await self._carry_out(Operation.REFUND, asked, self._judged_refund))

    async def find_refund(self, *, idempotency_key: str, ref: str | None) -> RefundOutcome:
        return movement_outcome(
            await self._look_up(Operation.FIND_REFUND, MovementKind.REFUND, idempotency_key, ref)
        )

    async def transfer(self, request: TransferRequest) -> TransferOutcome:
        asked = _asked(MovementKind.TRANSFER, request, target=request.destination)
        return self._transferred(await self._carry_out(Operation.TRANSFER, asked, self._judged_transfer))

    async def find_transfer(self, *, idempotency_key: str, ref: str | None) -> TransferOutcome:
        return self._transferred(
            await self._look_up(Operation.FIND_TRANSFER, MovementKind.TRANSFER, idempotency_key, ref)
        )

    async def reverse_transfer(self, request: ReversalRequest) -> ReversalOutcome:
        """Take back a part of a transfer, never more than is left of it."""
        asked = _asked(MovementKind.REVERSAL, request, target=request.transfer_ref)
        return movement_outcome(
            await self._carry_out(Operation.REVERSE_TRANSFER, asked, self._judged_reversal)
        )

    async def find_account(self, ref: str) -> AccountReport | None:
        """Every account is enabled, unless a test said otherwise."""
        enabled = await self._play(
            Operation.FIND_ACCOUNT,
            lambda fault: self._accounts.get(ref, True),  # noqa: ARG005 - `_play` has met it
        )
        return None if isinstance(enabled, Unknown) else AccountReport(ref=ref, payouts_enabled=enabled)

    async def find_dispute(self, ref: str) -> DisputeReport | None:
        found = await self._look_up(Operation.FIND_DISPUTE, MovementKind.DISPUTE, "", ref)
        return report_of(found) if isinstance(found, Movement) else None

    async def movements(self, *, since: datetime | None) -> AsyncIterator[GatewayMovement]:
        """Everything but disputes, whatever its age: this gateway keeps no times."""
        del since
        for kind in LISTED:
            for movement in self._book.movements(kind):
                yield listed(movement, self._reversed_cents(movement))

    async def close(self) -> None:
        self._book.close()

    # What the customer and the banks do, and what tests read.

    async def confirm(self, ref: str) -> ChargeOutcome:
        """The customer authenticates a charge that asked for it; any other stays as it is."""
        with self._book.at_once():
            charge = self._book.find(MovementKind.CHARGE, key=None, ref=ref)
            if charge is not None and charge.status is MovementStatus.REQUIRES_ACTION:
                charge = self._written(evolve(charge, status=MovementStatus.SUCCEEDED))
            return charge_outcome(charge)

    async def dispute(
        self, charge_ref: str, status: DisputeStatus, amount_cents: int | None = None
    ) -> DisputeReport:
        """The customer's bank opens a dispute, or decides on it; a decided one stays as it is.

        Raises KeyError for a charge that took no money.
        """
        with self._book.at_once():
            charge = self._book.find(MovementKind.CHARGE, key=None, ref=charge_ref)
            if charge is None or charge.status is not MovementStatus.SUCCEEDED:
                raise KeyError(charge_ref)
            return report_of(self._written(disputed(self._book, charge, status, amount_cents)))

    def finish(self, ref: str, status: MovementStatus, *, code: str | None = None) -> Movement:
        """End an open movement as succeeded, declined or canceled. Raises KeyError for any other."""
        with self._book.at_once():
            for kind in MovementKind:
                movement = self._book.find(kind, key=None, ref=ref)
                if movement is not None and movement.status in OPEN and status not in OPEN:
                    return self._written(evolve(movement, status=status, code=code))
        raise KeyError(ref)

    def take_back(self, ref: str, amount_cents: int | None = None) -> Movement:
        """Undo a refund, or of a transfer so much or all that is left, as banks and people do.

        Raises KeyError for one that has not succeeded, and ValueError for more than is left.
        """
        with self._book.at_once():
            refund = self._book.find(MovementKind.REFUND, key=None, ref=ref)
            if refund is not None and refund.status is MovementStatus.SUCCEEDED:
                return self._written(declined(refund, FAILURE_CODES[refund.kind]))
            transfer = self._book.find(MovementKind.TRANSFER, key=None, ref=ref)
            if transfer is not None and transfer.status is MovementStatus.SUCCEEDED:
                before = self._reversed_cents(transfer)
                left = transfer.amount_cents - before
                cents = left if amount_cents is None else amount_cents
                if cents > left:
                    raise ValueError(f"{left} of the transfer are left")
                return self._written(taken_back(transfer, cents, key=f"by hand:{ref}:{before}"))
        raise KeyError(ref)

    def set_account(self, ref: str, *, payouts_enabled: bool) -> None:
        """Let an account be paid or not, in this process."""
        self._accounts[ref] = payouts_enabled

    def script(self, operation: Operation, *faults: Fault) -> None:
        """Let the next calls of an operation meet these faults, one each."""
        if operation in LOOKUPS and not {Fault.PROCESSING, Fault.DECLINED}.isdisjoint(faults):
            raise ValueError(f"{operation} only asks: it can be lost or hang")
        self._book.queue(operation, faults)

    def hanging(self) -> int:
        """How many calls hang, in whichever process; one that was killed in a call still counts."""
        return self._book.hanging()

    def release(self) -> None:
        """Let every hanging call go on."""
        self._book.release()

    def charges(self, **metadata: str) -> tuple[Movement, ...]:
        """The charges with this metadata (`order_id="…"`), oldest first, the declined ones too."""
        return self._movements(MovementKind.CHARGE, metadata)

    def refunds(self, **metadata: str) -> tuple[Movement, ...]:
        """The refunds with this metadata, oldest first."""
        return self._movements(MovementKind.REFUND, metadata)

    def transfers(self, **metadata: str) -> tuple[Movement, ...]:
        """The transfers with this metadata, oldest first."""
        return self._movements(MovementKind.TRANSFER, metadata)

    def disputes(self, **metadata: str) -> tuple[Movement, ...]:
        """The disputes about charges with such metadata: processing while open, succeeded once lost."""
        return self._movements(MovementKind.DISPUTE, metadata)

    def charged_cents(self, **metadata: str) -> int:
        """What cards were really charged."""
        return succeeded_cents(self.charges(**metadata))

    def refunded_cents(self, **metadata: str) -> int:
        """What really went back to cards."""
        return succeeded_cents(self.refunds(**metadata))

    def transferred_cents(self, **metadata: str) -> int:
        """What really went to practitioners, and was not taken back."""
        sent = self.transfers(**metadata)
        return succeeded_cents(sent) - sum(self._reversed_cents(transfer) for transfer in sent)

    def _movements(self, kind: MovementKind, metadata: dict[str, str]) -> tuple[Movement, ...]:
        return tuple(m for m in self._book.movements(kind) if metadata.items() <= m.metadata.items())

    async def _carry_out(
        self, operation: Operation, asked: Movement, judge: Callable[[Movement], Movement]
    ) -> Movement | Unknown:
        """Do what is asked, unless its key was seen before, and meet the scripted fault."""

        def act(fault: Fault) -> Movement:
            known = self._book.find(asked.kind, key=asked.idempotency_key, ref=None)
            if known is not None:
                return _same(known, asked)
            judged = judge(asked)
            if fault is Fault.DECLINED:
                judged = declined(asked, FAILURE_CODES[asked.kind])
            elif fault is Fault.PROCESSING and judged.status is MovementStatus.SUCCEEDED:
                judged = evolve(judged, status=MovementStatus.PROCESSING)
            return self._written(judged)

        return await self._play(operation, act)

    async def _look_up(
        self,
        operation: Operation,
        kind: MovementKind,
        key: str,
        ref: str | None,
        *,
        then: Callable[[Movement], Movement] = lambda movement: movement,
    ) -> Movement | Unknown | None:
        def act(fault: Fault) -> Movement | None:  # noqa: ARG001 - every other fault is met by `_play`
            known = self._book.find(kind, key=key, ref=ref)
            return None if known is None else then(known)

        return await self._play(operation, act)

    async def _play(self, operation: Operation, act: Callable[[Fault], T]) -> T | Unknown:
        fault = self._book.next_fault(operation)
        if fault is Fault.LOST_BEFORE:
            return Unknown(reason="the connection was lost")
        if fault is Fault.HANG_BEFORE:
            await self._hang(operation)
        with self._book.at_once():
            result = act(fault)
        if fault is Fault.HANG_AFTER:
            await self._hang(operation)
        return Unknown(reason="no answer in time") if fault is Fault.LOST_AFTER else result

    async def _hang(self, operation: Operation) -> None:
        number = self._book.hang(operation)
        while self._book.is_hanging(number):  # noqa: ASYNC110 - another process may release it
            await sleep(POLL_SECONDS)

    def _written(self, movement: Movement) -> Movement:
        self._book.write(movement)
        return movement

    def _given_up(self, charge: Movement) -> Movement:
        if charge.status is not MovementStatus.REQUIRES_ACTION:
            return charge
        return self._written(evolve(charge, status=MovementStatus.CANCELED))

    def _judged_refund(self, asked: Movement) -> Movement:
        charge = self._book.find(MovementKind.CHARGE, key=None, ref=asked.target or "")
        if charge is None:
            return declined(asked, "resource_missing")
        if charge.status is not MovementStatus.SUCCEEDED:
            return declined(asked, "charge_not_refundable")
        if (disputed_by := dispute_of(self._book, charge)) is not None and disputed_by.status in OPEN:
            return declined(asked, "charge_disputed")
        left = charge.amount_cents - sum(
            refund.amount_cents
            for refund in self._book.movements(MovementKind.REFUND, target=charge.ref)
            if refund.status is not MovementStatus.DECLINED
        )
        if asked.amount_cents > left:
            return declined(asked, "amount_too_large" if left else "charge_already_refunded")
        return asked

    def _transferred(self, transfer: Movement | Unknown | None) -> TransferOutcome:
        reversed_cents = self._reversed_cents(transfer) if isinstance(transfer, Movement) else 0
        return transfer_outcome(transfer, reversed_cents)

    def _reversed_cents(self, transfer: Movement) -> int:
        if transfer.kind is not MovementKind.TRANSFER:
            return 0
        return succeeded_cents(self._book.movements(MovementKind.REVERSAL, target=transfer.ref))

    def _judged_reversal(self, asked: Movement) -> Movement:
        transfer = self._book.find(MovementKind.TRANSFER, key=None, ref=asked.target or "")
        if transfer is None or transfer.status is not MovementStatus.SUCCEEDED:
            return declined(asked, "resource_missing")
        if asked.amount_cents > transfer.amount_cents - self._reversed_cents(transfer):
            return declined(asked, "reversal_too_large")
        return asked

    def _judged_transfer(self, asked: Movement) -> Movement:
        if asked.target is None and self._require_destination:
            return declined(asked, "account_missing")
        return asked


def succeeded_cents(movements: tuple[Movement, ...]) -> int:
    """The sum of what succeeded."""
    return sum(m.amount_cents for m in movements if m.status is MovementStatus.SUCCEEDED)


def taken_back(transfer: Movement, cents: int, *, key: str) -> Movement:
    """A reversal of so much of a transfer, made by hand. Raises ValueError for what is not positive."""
    request = ReversalRequest(
        idempotency_key=key,
        transfer_ref=transfer.ref,
        amount_cents=cents,
        currency=transfer.currency,
    )
    return _asked(MovementKind.REVERSAL, request, target=transfer.ref)


def _asked(
    kind: MovementKind,
    request: ChargeRequest | RefundRequest | ReversalRequest | TransferRequest,
    *,
    target: str | None,
) -> Movement:
    """The movement that a request would make. Raises ValueError for an amount that is not positive."""
    if request.amount_cents <= 0:
        raise ValueError(f"a {kind} needs a positive amount")
    return Movement(
        kind=kind,
        ref=ref_of(kind, request.idempotency_key),
        idempotency_key=request.idempotency_key,
        amount_cents=request.amount_cents,
        currency=request.currency,
        target=target,
        metadata=dict(request.metadata),
        status=MovementStatus.SUCCEEDED,
    )


def _same(known: Movement, asked: Movement) -> Movement:
    if evolve(known, status=asked.status, code=None) != asked:
        raise KeyReused(f"{asked.idempotency_key} came with other parameters before")
    return known
