"""How a purchase is paid: credits first, the rest by card. Source: domain.md, "Buying"."""

from collections.abc import Sequence

from attrs import frozen

from core.domain.catalogue import Service, ServiceType, SessionPricing
from core.domain.errors import BelowMinimumCharge
from core.domain.money import allocate


@frozen(kw_only=True)
class Tender:
    """The two parts of a price, in minor units: `credits_cents` + `card_cents` = the subtotal."""

    credits_cents: int
    card_cents: int


def tender(
    subtotal_cents: int, *, spendable_cents: int, wanted_cents: int | None, minimum_charge_cents: int
) -> Tender:
    """Split a subtotal into credits and card.

    `wanted_cents` caps the credits; None means as many as there are. A card part under the
    gateway's minimum gives credits back to the customer until it reaches the minimum; where
    there are too few to give back, BelowMinimumCharge.

    A balance of 3980 on a price of 4000, minimum 50, uses 3950.
    """
    wanted = subtotal_cents if wanted_cents is None else wanted_cents
    from_credits = min(spendable_cents, subtotal_cents, wanted)
    card = subtotal_cents - from_credits
    if card == 0 or card >= minimum_charge_cents:
        return Tender(credits_cents=from_credits, card_cents=card)
    if subtotal_cents < minimum_charge_cents:
        raise BelowMinimumCharge(minimum_charge_cents)

    return Tender(credits_cents=subtotal_cents - minimum_charge_cents, card_cents=minimum_charge_cents)


def seat_values(service: Service, seat_services: Sequence[Service]) -> tuple[int, ...]:
    """Each seat's exact share of the service's price; the shares sum to the price.

    Equal shares by default; a package priced proportionally weighs by the seats' list prices.
    """
    if not seat_services:
        return ()
    proportional = (
        service.service_type is ServiceType.PACKAGE and service.session_pricing is SessionPricing.PROPORTIONAL
    )
    weights = [part.price_cents if proportional else 1 for part in seat_services]
    return allocate(service.price_cents, weights)
