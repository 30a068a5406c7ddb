"""What a worker finds that was never heard by Stripe, and looks up or sends again while Stripe dies."""

from typing import Final

from core.domain.orders import Destination
from core.domain.statuses import OrderStatus
from core.usecases.deliver import complete_session
from core.usecases.payout import pay_out
from core.usecases.refund import refund_order
from tests.crashes.chores import SOON, Chore, Judge, ends, transferred
from tests.crashes.flows import earnings_ripen, sold_hour
from tests.crashes.stripe import TwoGateways
from tests.usecases.world import World


def unheard(world: World) -> World:
    """The same marketplace while Stripe cannot be reached."""
    assert isinstance(world, TwoGateways)
    return world.unheard


async def charge(world: World) -> Judge:
    _, _, receipt = await sold_hour(unheard(world))
    return ends(receipt, OrderStatus.CANCELED, charged=0)


async def refund(world: World) -> Judge:
    _, buyer, receipt = await sold_hour(world)
    await refund_order(
        receipt.order.id,
        actor=buyer,
        booking_ids=None,
        destination=Destination.ORIGINAL,
        reason=None,
        ports=unheard(world).ports,
    )
    return ends(receipt, OrderStatus.REFUNDED, charged=8000, returned=8000)


async def payout(world: World) -> Judge:
    ana, _, receipt = await sold_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await earnings_ripen(world)
    await pay_out(ana.user_id, actor=ana, ports=unheard(world).ports)
    return transferred(ana)


UNHEARD: Final = (
    Chore(name="charge unheard", stage=charge, after=SOON, at_least=2, through="find_charge"),
    Chore(name="refund unheard", stage=refund, after=SOON, at_least=4, through="refund"),
    Chore(name="payout unheard", stage=payout, after=SOON, at_least=4, through="transfer"),
)
"""The boundaries are Stripe's own here: before and after each request that it gets."""
