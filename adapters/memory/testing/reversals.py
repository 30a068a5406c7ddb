"""Contract: transfers are taken back in parts and never more, and accounts say whether they can be paid."""

# ruff: noqa: S101 - assert is how a contract speaks

from adapters.memory.testing.gateways import Outside, make_reversal, make_transfer, new_key, transferred
from core.domain.gateway import AccountReport, Declined, Reversed, Succeeded, Unknown
from ports.payments import PaymentGateway


class Reversals:
    """What `reverse_transfer` promises, and `find_transfer` tells afterwards."""

    async def test_a_transfer_is_taken_back_in_parts_and_never_more(self, gateway: PaymentGateway) -> None:
        sent = make_transfer(amount_cents=1_000)
        ref = await transferred(gateway, sent)
        outcomes = [
            await gateway.reverse_transfer(make_reversal(ref, amount_cents=cents))
            for cents in (600, 401, 400, 1)
        ]

        assert [Succeeded, Declined, Succeeded, Declined] == [type(outcome) for outcome in outcomes]
        for known in (None, ref):
            found = await gateway.find_transfer(idempotency_key=sent.idempotency_key, ref=known)
            assert Reversed(ref=ref, reversed_cents=1_000) == found

    async def test_the_same_key_again_is_one_reversal(self, gateway: PaymentGateway) -> None:
        sent = make_transfer(amount_cents=1_000)
        request = make_reversal(await transferred(gateway, sent), amount_cents=600)
        first = await gateway.reverse_transfer(request)
        found = await gateway.transfer(sent)

        assert first == await gateway.reverse_transfer(request)
        assert isinstance(found, Reversed)
        assert found.reversed_cents == 600

    async def test_a_lost_reversal_is_made_once(self, gateway: PaymentGateway, outside: Outside) -> None:
        sent = make_transfer(amount_cents=1_000)
        request = make_reversal(await transferred(gateway, sent), amount_cents=600)
        outside.lose_request("reverse_transfer")
        assert Unknown is type(await gateway.reverse_transfer(request))
        outside.lose_answer("reverse_transfer")
        assert Unknown is type(await gateway.reverse_transfer(request))
        assert Succeeded is type(await gateway.reverse_transfer(request))
        found = await gateway.find_transfer(idempotency_key=sent.idempotency_key, ref=None)

        assert isinstance(found, Reversed)
        assert found.reversed_cents == 600

    async def test_a_transfer_that_nobody_made_cannot_be_taken_back(self, gateway: PaymentGateway) -> None:
        outcome = await gateway.reverse_transfer(make_reversal("tr_that_nobody_made"))

        assert Declined is type(outcome)

    async def test_what_was_taken_back_is_listed_with_its_transfer(self, gateway: PaymentGateway) -> None:
        sent = make_transfer(idempotency_key=new_key(), amount_cents=1_000)
        ref = await transferred(gateway, sent)
        await gateway.reverse_transfer(make_reversal(ref, amount_cents=600))
        outcomes = [
            movement.outcome
            async for movement in gateway.movements(since=None)
            if movement.idempotency_key == sent.idempotency_key
        ]

        assert [Reversed(ref=ref, reversed_cents=600)] == outcomes


class Accounts:
    """What `find_account` promises."""

    async def test_an_account_that_takes_transfers_can_be_paid(self, gateway: PaymentGateway) -> None:
        ref = make_transfer().destination
        assert ref is not None

        assert AccountReport(ref=ref, payouts_enabled=True) == await gateway.find_account(ref)
