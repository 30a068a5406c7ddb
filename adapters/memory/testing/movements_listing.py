"""Contract: what a gateway has of ours can be read to its end."""

# ruff: noqa: S101 - assert is how a contract speaks, and it says what is expected first

from datetime import UTC, datetime, timedelta

from adapters.memory.testing.gateways import Outside, charged, make_charge, make_refund, make_transfer
from core.domain.gateway import Declined, GatewayKind, GatewayMovement, RequiresAction, Succeeded
from ports.payments import PaymentGateway


class Movements:
    """What `movements` promises."""

    async def test_every_movement_of_ours_is_listed_as_it_stands(self, gateway: PaymentGateway) -> None:
        asked = make_charge(payment_method_id="pm_card_authenticationRequired", amount_cents=700)
        await gateway.charge(asked)
        key = make_charge().idempotency_key
        ref = await charged(gateway, idempotency_key=key, amount_cents=10_000)
        back, sent = make_refund(ref, amount_cents=6_000), make_transfer(amount_cents=50)
        given, moved = await gateway.refund(back), await gateway.transfer(sent)
        listed = {m.idempotency_key: m async for m in gateway.movements(since=None)}

        assert isinstance(given, Succeeded)
        assert isinstance(moved, Succeeded)
        assert RequiresAction is type(listed.pop(asked.idempotency_key).outcome)
        assert listed == {
            key: _movement(GatewayKind.CHARGE, ref, key, 10_000),
            back.idempotency_key: _movement(GatewayKind.REFUND, given.ref, back.idempotency_key, 6_000),
            sent.idempotency_key: _movement(GatewayKind.TRANSFER, moved.ref, sent.idempotency_key, 50),
        }

    async def test_what_was_just_made_is_listed_since_a_while_ago(self, gateway: PaymentGateway) -> None:
        refs = {await charged(gateway) for _ in range(3)}
        since = datetime.now(UTC) - timedelta(minutes=1)

        assert refs <= {movement.ref async for movement in gateway.movements(since=since)}

    async def test_a_dispute_is_none_of_them(self, gateway: PaymentGateway, outside: Outside) -> None:
        ref = await charged(gateway)
        await outside.bank_disputes(ref)

        assert {ref} == {movement.ref async for movement in gateway.movements(since=None)}

    async def test_a_declined_charge_never_counts_as_money(self, gateway: PaymentGateway) -> None:
        await gateway.charge(make_charge(payment_method_id="pm_card_chargeDeclined"))
        outcomes = {type(movement.outcome) async for movement in gateway.movements(since=None)}

        assert outcomes <= {Declined}


def _movement(kind: GatewayKind, ref: str, key: str, cents: int) -> GatewayMovement:
    return GatewayMovement(
        kind=kind,
        ref=ref,
        idempotency_key=key,
        amount_cents=cents,
        currency="usd",
        outcome=Succeeded(ref=ref),
    )
