"""Contract: practitioners are found by their account at the gateway, and payouts know what came back."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_payout, make_practitioner
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes
from core.domain.ledger import ChainOwner, HeadMove
from core.domain.statuses import PayoutStatus
from ports.errors import Inconsistent
from ports.store import Store


class GatewayAccounts:
    """Who is paid where."""

    async def test_practitioners_are_found_by_the_account_they_named(self, store: Store) -> None:
        ana, bea = (make_practitioner(stripe_account_id="acct_1") for _ in range(2))
        await stock(store, ana, bea, make_practitioner(stripe_account_id="acct_2"), make_practitioner())
        found = await store.practitioners_with_account("acct_1")

        assert {ana.id, bea.id} == {owner.id for owner in found}
        assert [] == list(await store.practitioners_with_account("acct_3"))

        moved = evolve(bea, stripe_account_id="acct_3", payouts_enabled=False, version=2)
        await store.commit(Changes(updates=(moved,)))
        assert [ana] == list(await store.practitioners_with_account("acct_1"))
        assert [moved] == list(await store.practitioners_with_account("acct_3"))

    async def test_a_reversal_moves_the_payout_the_practitioner_and_their_chain_at_once(
        self, store: Store
    ) -> None:
        seller = make_practitioner()
        payout = make_payout(seller, status=PayoutStatus.PAID)
        await stock(store, seller, payout)
        reduced = evolve(payout, reversed_cents=6800, version=2)
        owed = evolve(seller, carried_cents=6800, version=2)
        head = HeadMove(
            owner=ChainOwner.PRACTITIONER,
            owner_id=seller.id,
            currency="usd",
            from_seq=0,
            to_seq=1,
            head="1" * 64,
        )
        await store.commit(Changes(updates=(reduced, owed), heads=(head,)))
        view = await store.load_payout(payout.id)

        assert view is not None
        assert (reduced, evolve(owed, ledger_seq=1, ledger_head="1" * 64)) == (
            view.payout,
            view.practitioner,
        )

    @pytest.mark.parametrize("cents", [-1, 6801])
    async def test_no_more_than_a_payout_comes_back(self, store: Store, cents: int) -> None:
        seller = make_practitioner()
        with pytest.raises(Inconsistent):
            await store.commit(Changes(inserts=(seller, make_payout(seller, reversed_cents=cents))))
