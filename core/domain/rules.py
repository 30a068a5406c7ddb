"""The marketplace's own rules: what an operator sets once for a whole deployment."""

from collections.abc import Mapping
from datetime import timedelta

from attrs import field, frozen

from core.domain.catalogue import Practitioner, ServiceType

MINIMUM_CHARGE_CENTS: Mapping[str, int] = {
    "usd": 50, "eur": 50, "gbp": 30, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "inr": 50, "jpy": 50,
    "nzd": 50, "sgd": 50, "ron": 200, "pln": 200, "aed": 200, "bgn": 100, "myr": 200, "dkk": 250,
    "nok": 300, "sek": 300, "hkd": 400, "mxn": 1000, "thb": 1000, "czk": 1500, "huf": 17500,
}  # fmt: skip
"""The smallest card charge by currency, in minor units (Stripe's published minimums)."""


ROOM_OPENS = timedelta(minutes=15)
"""How long before its start a session's room is its own, unless the operator says otherwise."""


@frozen(kw_only=True)
class Rules:
    """The rules of one deployment. Amounts in minor units of `currency`, rates in basis points."""

    currency: str = "usd"
    commission_bps: int = 1500
    type_commission_bps: Mapping[ServiceType, int] = field(factory=dict)
    earnings_hold_hours: int = 48
    payment_hold_minutes: int = 15
    waitlist_offer_minutes: int = 60
    minimum_payout_cents: int = 0
    minimum_charge_cents: int = 50
    room_opens_minutes: int = ROOM_OPENS // timedelta(minutes=1)
    room_closes_minutes: int = 15
    room_answer_minutes: int = 10
    webhooks_per_owner: int = 20
    webhook_secret_overlap_hours: int = 24

    @property
    def earnings_hold(self) -> timedelta:
        """How long earnings wait after delivery."""
        return timedelta(hours=self.earnings_hold_hours)

    @property
    def payment_hold(self) -> timedelta:
        """How long an unpaid order holds its seats and credits."""
        return timedelta(minutes=self.payment_hold_minutes)

    @property
    def room_opens(self) -> timedelta:
        """How long before a session's start presence in its room counts."""
        return timedelta(minutes=self.room_opens_minutes)

    @property
    def room_closes(self) -> timedelta:
        """How long after a session's end its room may still be entered."""
        return timedelta(minutes=self.room_closes_minutes)

    @property
    def room_answer(self) -> timedelta:
        """How long a session that is over waits for its room service to tell who is in the room."""
        return timedelta(minutes=self.room_answer_minutes)

    @property
    def waitlist_hold(self) -> timedelta:
        """How long a freed seat is held for somebody from the waitlist."""
        return timedelta(minutes=self.waitlist_offer_minutes)

    def commission_for(self, practitioner: Practitioner, service_type: ServiceType) -> int:
        """The rate for a seat: the practitioner's for that type, else the practitioner's own,
        else the marketplace's for that type, else the marketplace's.
        """
        for rate in practitioner.type_rates:
            if rate.service_type is service_type:
                return rate.commission_bps
        if practitioner.commission_bps is not None:
            return practitioner.commission_bps
        return self.type_commission_bps.get(service_type, self.commission_bps)
