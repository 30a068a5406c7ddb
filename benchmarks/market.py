"""What is bought: a package of five sessions, by customers who have credits enough for all of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from attrs import frozen

from adapters.bootstrap import open_ports
from adapters.clock import new_id
from adapters.settings import load_settings
from core.domain.actors import Actor, Role
from core.domain.catalogue import Component, Service, ServiceType
from core.domain.changes import Changes
from core.domain.ids import ServiceId, UserId
from core.domain.planning import Checkout
from core.domain.purchasing import purchase
from core.usecases.catalogue import PractitionerProfile, create_service, save_practitioner
from core.usecases.checkout import checkout
from core.usecases.context import Ports
from core.usecases.credits import grant_credits

SEATS: Final = 5
PRICE_CENTS: Final = 40_000
CREDITS_CENTS: Final = 10**13
"""Enough for more checkouts than any run makes."""

BUYERS: Final = 32
"""As many as there are clients at most: nobody waits for a row that another customer's checkout holds."""

FIRST_SALES: Final = 64
"""Sales before anything is measured, so that the planner's statistics are not those of empty tables."""

CARD: Final = "pm_card_visa"


@frozen(kw_only=True)
class Market:
    """A package on sale and those who buy it."""

    package_id: ServiceId
    buyers: tuple[UserId, ...]

    def buyer(self, client: int) -> UserId:
        """The customer that a client is."""
        return self.buyers[client % len(self.buyers)]

    def order(self, client: int, *, card: bool) -> Checkout:
        """What a client buys: all by card, or all with credits."""
        return Checkout(
            user_id=self.buyer(client),
            service_id=self.package_id,
            payment_method_id=CARD if card else None,
            apply_credits=not card,
        )


@asynccontextmanager
async def opened(store_url: str) -> AsyncIterator[Ports]:
    """Ports on a store, whatever its schema."""
    async with open_ports(load_settings(store_url=store_url), check=False) as ports:
        yield ports


async def founded(ports: Ports) -> Market:
    """Make the schema and the market, sell a little, and refresh the store's statistics."""
    await ports.store.migrate()
    seller = Actor(user_id=UserId(new_id()), roles=frozenset({Role.PRACTITIONER}))
    profile = PractitionerProfile(id=seller.user_id, display_name="Ana Reis", timezone="Europe/Lisbon")
    await save_practitioner(profile, actor=seller, ports=ports)
    single = await _offered(seller, ports)
    package = await _offered(seller, ports, Component(service_id=single.id, quantity=SEATS))

    market = Market(package_id=package.id, buyers=tuple(UserId(new_id()) for _ in range(BUYERS)))
    admin = Actor(user_id=UserId(new_id()), roles=frozenset({Role.ADMIN}))
    for buyer in market.buyers:
        await grant_credits(buyer, CREDITS_CENTS, reason="a benchmark", actor=admin, ports=ports)
    for number in range(FIRST_SALES):
        await checkout(market.order(number, card=number % 2 == 0), ports=ports)
    await ports.store.migrate()  # nothing is left to migrate; it refreshes the statistics
    return market


async def _offered(seller: Actor, ports: Ports, *parts: Component) -> Service:
    draft = Service(
        id=ServiceId(new_id()),
        practitioner_id=seller.user_id,
        service_type=ServiceType.PACKAGE if parts else ServiceType.SESSION,
        name="Five hours of breathing" if parts else "Breathing",
        price_cents=PRICE_CENTS if parts else PRICE_CENTS // SEATS,
        currency=ports.rules.currency,
        components=parts,
        created_at=ports.clock.now(),
    )
    return await create_service(draft, actor=seller, ports=ports)


async def decided(market: Market, ports: Ports, count: int) -> list[Changes]:
    """So many purchases with credits, decided and not committed; the buyers take turns."""
    views = []
    for buyer in market.buyers:
        view = await ports.store.load_checkout(market.package_id, buyer)
        assert view is not None
        views.append(view)
    return [
        purchase(
            views[number % len(views)],
            market.order(number, card=False),
            rules=ports.rules,
            now=ports.clock.now(),
            new_id=ports.ids,
        ).changes
        for number in range(count)
    ]
