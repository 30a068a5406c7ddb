"""A small marketplace that is paid through Stripe, and what happens in it."""

from datetime import timedelta

from attrs import evolve, frozen

from adapters.stripe.gateway import StripeGateway
from core.domain.actors import Actor, Role
from core.usecases.catalogue import PractitionerProfile, save_practitioner
from core.usecases.context import Ports
from core.usecases.settle_payment import Receipt
from tests.usecases.world import VISA, World


@frozen(kw_only=True)
class StripeWorld(World):
    """A small marketplace that is paid through Stripe."""

    stripe: StripeGateway

    @property
    def ports(self) -> Ports:
        return evolve(super().ports, payments=self.stripe)


async def bought_hour(world: World, card: str = VISA) -> tuple[Actor, Actor, Receipt]:
    """Who sells, who buys, and an hour at 80.00."""
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    profile = PractitionerProfile(
        id=ana.user_id,
        display_name="Ana Reis",
        timezone="Europe/Lisbon",
        stripe_account_id="acct_practitioner",
    )
    await save_practitioner(profile, actor=ana, ports=world.ports)
    start = world.clock.now() + timedelta(days=7)
    return ana, eva, await world.buy(eva, await world.offer(ana), card, start_time=start)
