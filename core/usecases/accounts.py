"""Whether practitioners can be paid: what the gateway tells of their accounts, kept with whose they are."""

from attrs import evolve

from core.domain.changes import Changes
from core.domain.gateway import AccountReport
from core.domain.ids import UserId
from core.usecases.attempts import retrying
from core.usecases.context import Ports


async def note_account(report: AccountReport, *, ports: Ports) -> int:
    """Keep what the gateway tells of an account; tells how many practitioners named it."""

    async def attempt() -> int:
        owners = await ports.store.practitioners_with_account(report.ref)
        told = tuple(
            evolve(owner, payouts_enabled=report.payouts_enabled, version=owner.version + 1)
            for owner in owners
            if owner.payouts_enabled is not report.payouts_enabled
        )
        if told:
            await ports.store.commit(Changes(updates=told))
        return len(owners)

    return await retrying(attempt, clock=ports.clock)


async def look_at_account(practitioner_id: UserId, *, ports: Ports) -> None:
    """Ask about the account of somebody who is to be paid, unless it is known that it can be.

    Without an answer it stays as it was: the gateway may have told nobody that all is well again.
    """
    owner = await ports.store.practitioner(practitioner_id)
    if owner is None or owner.stripe_account_id is None or owner.payouts_enabled:
        return
    report = await ports.payments.find_account(owner.stripe_account_id)
    if report is not None:
        await note_account(report, ports=ports)
