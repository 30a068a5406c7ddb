"""Paying: credits first, the rest by card; and what each seat of a purchase is worth."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.catalogue import Service, ServiceType, SessionPricing
from core.domain.errors import BelowMinimumCharge
from core.domain.money import MAX_CENTS
from core.domain.pricing import Tender, seat_values, tender
from tests.builders import make_service
from tests.domain.amounts import CENTS, PRICES

MINIMUMS = st.integers(min_value=0, max_value=20_000)


def pay(subtotal: int, *, balance: int, wanted: int | None = None, minimum: int = 50) -> Tender:
    return tender(subtotal, spendable_cents=balance, wanted_cents=wanted, minimum_charge_cents=minimum)


@pytest.mark.parametrize(
    ("subtotal", "balance", "wanted", "credits_used", "card"),
    [
        (40000, 10000, None, 10000, 30000),
        (4000, 3980, None, 3950, 50),  # 20 by card would be under the minimum of 50
        (4000, 3950, None, 3950, 50),
        (4000, 3951, None, 3950, 50),
        (4000, 4000, None, 4000, 0),
        (4000, 9999, None, 4000, 0),
        (4000, 9999, 0, 0, 4000),
        (4000, 9999, 1500, 1500, 2500),
        (4000, 9999, 3990, 3950, 50),
        (4000, 0, None, 0, 4000),
        (50, 49, None, 0, 50),
        (0, 500, None, 0, 0),
    ],
)
def test_known_tenders(subtotal: int, balance: int, wanted: int | None, credits_used: int, card: int) -> None:
    expected = Tender(credits_cents=credits_used, card_cents=card)

    assert expected == pay(subtotal, balance=balance, wanted=wanted)


@given(subtotal=CENTS, balance=CENTS, wanted=st.none() | CENTS, minimum=MINIMUMS)
def test_a_tender_pays_the_subtotal_within_every_limit(
    subtotal: int, balance: int, wanted: int | None, minimum: int
) -> None:
    assume(subtotal == 0 or subtotal >= minimum)
    paid = pay(subtotal, balance=balance, wanted=wanted, minimum=minimum)

    assert subtotal == paid.credits_cents + paid.card_cents
    assert 0 <= paid.credits_cents <= min(balance, subtotal, subtotal if wanted is None else wanted)
    assert paid.card_cents == 0 or paid.card_cents >= minimum


@given(subtotal=CENTS, balance=CENTS, wanted=st.none() | CENTS, minimum=MINIMUMS)
def test_no_more_credits_are_left_than_the_minimum_charge_asks_for(
    subtotal: int, balance: int, wanted: int | None, minimum: int
) -> None:
    assume(subtotal == 0 or subtotal >= minimum)
    paid = pay(subtotal, balance=balance, wanted=wanted, minimum=minimum)
    most = min(balance, subtotal, subtotal if wanted is None else wanted)

    assert paid.credits_cents == most or paid.card_cents == minimum


@given(minimum=st.integers(min_value=2, max_value=20_000), data=st.data())
def test_a_price_under_the_minimum_is_paid_by_credits_or_not_at_all(
    minimum: int, data: st.DataObject
) -> None:
    subtotal = data.draw(st.integers(min_value=1, max_value=minimum - 1))

    assert 0 == pay(subtotal, balance=subtotal, minimum=minimum).card_cents
    with pytest.raises(BelowMinimumCharge) as refused:
        pay(subtotal, balance=subtotal - 1, minimum=minimum)
    assert minimum == refused.value.minimum_cents


def package(price: int, pricing: SessionPricing = SessionPricing.EQUAL) -> Service:
    return make_service(service_type=ServiceType.PACKAGE, price_cents=price, session_pricing=pricing)


@given(price=PRICES, list_prices=st.lists(PRICES, min_size=1, max_size=30), proportional=st.booleans())
def test_the_seats_of_a_package_are_worth_its_price(
    price: int, list_prices: list[int], proportional: bool
) -> None:
    pricing = SessionPricing.PROPORTIONAL if proportional else SessionPricing.EQUAL
    values = seat_values(package(price, pricing), [make_service(price_cents=p) for p in list_prices])

    assert price == sum(values)
    assert len(list_prices) == len(values)
    assert min(values) >= 0


def test_three_seats_of_a_package_for_50000() -> None:
    assert (16667, 16667, 16666) == seat_values(package(50000), [make_service()] * 3)


def test_proportional_seats_weigh_by_their_list_prices() -> None:
    parts = [make_service(price_cents=10000)] * 3 + [make_service(price_cents=5000)] * 2
    offer = package(36000, SessionPricing.PROPORTIONAL)

    assert (9000, 9000, 9000, 4500, 4500) == seat_values(offer, parts)


def test_a_proportional_package_of_free_services_is_shared_equally() -> None:
    offer = package(100, SessionPricing.PROPORTIONAL)

    assert (50, 50) == seat_values(offer, [make_service(price_cents=0)] * 2)


@pytest.mark.parametrize("kind", [ServiceType.COURSE, ServiceType.BUNDLE])
def test_only_packages_are_priced_proportionally(kind: ServiceType) -> None:
    offer = make_service(service_type=kind, price_cents=300, session_pricing=SessionPricing.PROPORTIONAL)

    assert (150, 150) == seat_values(offer, [make_service(price_cents=1), make_service(price_cents=9)])


def test_nothing_has_no_value() -> None:
    assert () == seat_values(package(MAX_CENTS), [])
