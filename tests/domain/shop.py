"""Offers of every kind, the views that buying them takes, and orders that have been bought."""

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from core.domain.catalogue import Component, Practitioner, Service, ServiceType
from core.domain.earnings import Earnings
from core.domain.gateway import Succeeded
from core.domain.ids import UserId
from core.domain.planning import Checkout
from core.domain.purchasing import Purchase, purchase
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.settling import settle
from core.domain.views import CheckoutView, OrderView
from tests.builders import (
    NOW,
    make_account,
    make_practitioner,
    make_service,
    make_session,
    new_id,
    new_user,
)

RULES = Rules()
SLOT = NOW + timedelta(days=7)
"""When a session takes place unless a test says otherwise."""


@frozen(kw_only=True)
class Offer:
    """Something on sale, with everything that buying it takes."""

    practitioner: Practitioner
    service: Service
    parts: tuple[Service, ...] = ()
    sessions: tuple[ServiceSession, ...] = ()

    def view(self, user_id: UserId, *, balance: int = 0, held: int = 0, **fields: Any) -> CheckoutView:
        """What a buyer with this balance sees."""
        account = make_account(user_id, balance_cents=balance, held_cents=held)
        shown: dict[str, Any] = {
            "service": self.service,
            "practitioner": self.practitioner,
            "parts": self.parts,
            "account": account,
            "sessions": self.sessions,
        }
        return CheckoutView(**(shown | fields))

    def command(self, user_id: UserId, **fields: Any) -> Checkout:
        """Buy it by card, at SLOT or in the first session as its kind needs."""
        kind = self.service.service_type
        asked: dict[str, Any] = {
            "user_id": user_id,
            "service_id": self.service.id,
            "payment_method_id": "pm_card_visa",
            "start_time": SLOT if kind is ServiceType.SESSION else None,
            "session_id": self.sessions[0].id if kind is ServiceType.WORKSHOP else None,
        }
        return Checkout(**(asked | fields))


def offer(kind: ServiceType, *, seats: int = 3, **fields: Any) -> Offer:
    """A service of the kind: a course of so many classes, a package or bundle of so many sessions."""
    who = make_practitioner()
    if kind is ServiceType.PACKAGE:
        part = make_service(who)
        fields = {"components": (Component(service_id=part.id, quantity=seats),)} | fields
        return Offer(practitioner=who, service=make_service(who, service_type=kind, **fields), parts=(part,))
    if kind is ServiceType.BUNDLE:
        part = make_service(who)
        fields = {"bundled_service_id": part.id, "session_count": seats} | fields
        return Offer(practitioner=who, service=make_service(who, service_type=kind, **fields), parts=(part,))
    service = make_service(who, service_type=kind, **fields)
    count = {ServiceType.SESSION: 0, ServiceType.WORKSHOP: 1}.get(kind, seats)
    sessions = tuple(
        make_session(service, start_time=SLOT + timedelta(days=day), sequence_number=day + 1)
        for day in range(count)
    )
    return Offer(practitioner=who, service=service, sessions=sessions)


def buy(
    what: Offer, *, balance: int = 0, rules: Rules = RULES, now: datetime = NOW, **fields: Any
) -> Purchase:
    """Decide a purchase by somebody new who has this balance."""
    user = new_user()
    return purchase(
        what.view(user, balance=balance), what.command(user, **fields), rules=rules, now=now, new_id=new_id
    )


def bought(what: Offer, *, credits_used: int = 0, now: datetime = NOW, **fields: Any) -> OrderView:
    """The paid order of a purchase with so many credits, the rest by card."""
    made = buy(what, balance=credits_used, apply_credits=True, now=now, **fields)
    if made.payment is None:
        earnings = tuple(row for row in made.changes.inserts if isinstance(row, Earnings))
        return OrderView(order=made.order, seats=made.seats, payments=(), earnings=earnings)

    unpaid = OrderView(order=made.order, seats=made.seats, payments=(made.payment,), earnings=())
    paid = settle(unpaid, made.payment.id, Succeeded(ref="pi_1"), now=now, new_id=new_id)
    earnings = tuple(row for row in paid.changes.inserts if isinstance(row, Earnings))
    return OrderView(order=paid.order, seats=paid.seats, payments=(paid.payment,), earnings=earnings)
