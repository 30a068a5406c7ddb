"""Proving the books of a live store."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from core.domain.audit import Auditor, Violation
from core.usecases.context import Ports
from ports.queries import AccountBalance
from ports.store import Kind, Store

Progress = Callable[[Kind, int], None]
"""Is told, now and then, of which kind how many rows have been read."""


@frozen(kw_only=True)
class LedgerReport:
    """What was read and what does not add up."""

    rows: Mapping[Kind, int]
    violations: tuple[Violation, ...]


async def check_ledger(*, ports: Ports, progress: Progress | None = None) -> LedgerReport:
    """Prove invariants 1 to 7 of domain.md, and name each violation.

    A store in use changes while it is read, so figures of different moments may disagree. What a
    first reading finds is therefore read once more, and only what both found is reported.
    """
    first = await _read(ports.store, progress)
    if not first.violations:
        return first
    second = await _read(ports.store, progress)
    both = set(first.violations) & set(second.violations)
    return LedgerReport(rows=second.rows, violations=tuple(v for v in second.violations if v in both))


async def _read(store: Store, progress: Progress | None) -> LedgerReport:
    auditor = Auditor()
    # Later kinds are held against the sums of earlier ones: the order matters.
    readers: dict[Kind, Callable[[Any], None]] = {
        Kind.ENTRY: auditor.entry,
        Kind.SESSION: auditor.session,
        Kind.BOOKING: auditor.booking,
        Kind.WAITLIST: auditor.waitlist,
        Kind.PAYMENT: auditor.payment,
        Kind.REFUND: auditor.refund,
        Kind.DISPUTE: auditor.dispute,
        Kind.EARNINGS: auditor.earnings,
        Kind.PAYOUT: auditor.payout,
        Kind.ORDER: auditor.order,
        Kind.PRACTITIONER: auditor.practitioner,
        Kind.ACCOUNT: auditor.account,
    }
    rows: dict[Kind, int] = {}
    for kind, read in readers.items():
        rows[kind] = 0
        async for record in store.scan(kind):
            read(record)
            rows[kind] += 1
            if progress is not None and rows[kind] % 1000 == 0:
                progress(kind, rows[kind])
    return LedgerReport(rows=rows, violations=auditor.violations())


async def balances(account: str | None, *, ports: Ports) -> tuple[AccountBalance, ...]:
    """One account's balances by currency; the trial balance of all account families for None."""
    if account is None:
        return tuple(await ports.store.trial_balance())
    return tuple(await ports.store.account_balances(account))
