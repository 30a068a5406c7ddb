"""Credits given by the platform."""

from core.domain.actors import Actor, Role
from core.domain.credits import CreditAccount, CreditChange, applied
from core.domain.errors import Invalid
from core.domain.granting import grant
from core.domain.ids import UserId
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports


async def grant_credits(
    user_id: UserId,
    amount_cents: int,
    *,
    reason: str,
    actor: Actor,
    ports: Ports,
    claim: Claim[CreditAccount] | None = None,
) -> CreditAccount:
    """Give a user credits, as an admin; tells the account as it then stands."""
    actor.require(Role.ADMIN)
    if not reason.strip():
        raise Invalid("/reason", "must say why")

    async def attempt() -> CreditAccount:
        account = await account_of(user_id, ports=ports)
        changes = grant(account, amount_cents, reason=reason, now=ports.clock.now(), new_id=ports.ids)
        change = CreditChange(user_id=user_id, currency=account.currency, balance_delta_cents=amount_cents)
        after = applied(account, change)
        await ports.store.commit(finishing(changes, claim, after))
        return after

    return await retrying(attempt, clock=ports.clock)


async def account_of(user_id: UserId, *, ports: Ports) -> CreditAccount:
    """A user's account; an empty one if they never had credits."""
    account = await ports.store.credit_account(user_id)
    return account or CreditAccount(user_id=user_id, currency=ports.rules.currency)
