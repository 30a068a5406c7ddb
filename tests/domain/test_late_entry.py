"""A course that has begun is sold no more, unless its classes to come may be bought alone."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.catalogue import ServiceType
from core.domain.errors import Conflict, CourseStarted, Invalid, SessionFull
from core.domain.offering import require_offerable
from core.domain.statuses import SessionStatus
from tests.builders import make_practitioner, make_service
from tests.domain.amounts import PAID_PRICES
from tests.domain.shop import RULES, SLOT, Offer, buy, offer

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def course(*, late: bool, seats: int = 3, price_cents: int = 50_000) -> Offer:
    """A course with a class a day from SLOT."""
    return offer(ServiceType.COURSE, seats=seats, price_cents=price_cents, allow_late_entry=late)


def refusal(what: Offer, now: datetime) -> Conflict:
    """The conflict that buying it at that time ends in."""
    with pytest.raises(Conflict) as refused:
        buy(what, now=now)
    return refused.value


@pytest.mark.parametrize("late", [True, False])
def test_before_the_first_class_every_class_is_bought(late: bool) -> None:
    made = buy(course(late=late), now=SLOT - MINUTE)

    assert [16_667, 16_667, 16_666] == [seat.booking.session_value_cents for seat in made.seats]
    assert 50_000 == made.order.subtotal_amount_cents


@pytest.mark.parametrize("now", [SLOT, SLOT + MINUTE, SLOT + DAY, SLOT + 9 * DAY])
def test_joining_closes_when_the_first_class_starts(now: datetime) -> None:
    refused = refusal(course(late=False), now)

    assert (CourseStarted, "course_started") == (type(refused), refused.code)


def test_a_class_that_was_started_before_its_time_closes_the_course_too() -> None:
    what = course(late=False)
    early = evolve(what.sessions[0], status=SessionStatus.IN_PROGRESS)

    refused = refusal(evolve(what, sessions=(early, *what.sessions[1:])), SLOT - MINUTE)

    assert isinstance(refused, CourseStarted)


def test_who_comes_late_pays_for_the_classes_to_come_at_their_share() -> None:
    what = course(late=True)

    made = buy(what, now=SLOT)

    assert [16_667, 16_666] == [seat.booking.session_value_cents for seat in made.seats]
    assert [one.id for one in what.sessions[1:]] == [seat.session.id for seat in made.seats]
    assert (33_333, 33_333) == (made.order.subtotal_amount_cents, made.order.total_amount_cents)
    assert made.charge is not None
    assert 33_333 == made.charge.amount_cents
    assert (2, 16_667) == (made.order.total_sessions, made.order.session_value_cents)
    metadata = made.order.package_metadata
    assert metadata is not None
    assert (2, 16_667) == (metadata.total_sessions, metadata.session_value_cents)


def test_once_every_class_has_begun_nothing_is_left_to_buy() -> None:
    assert isinstance(refusal(course(late=True), SLOT + 2 * DAY), CourseStarted)


def test_a_full_class_to_come_refuses_and_a_full_class_that_is_over_does_not() -> None:
    what = course(late=True)
    first, second, third = (evolve(one, current_participants=one.max_participants) for one in what.sessions)

    over = buy(evolve(what, sessions=(first, *what.sessions[1:])), now=SLOT)
    refused = refusal(evolve(what, sessions=(what.sessions[0], second, third)), SLOT)

    assert 2 == len(over.seats)
    assert isinstance(refused, SessionFull)


@given(price=PAID_PRICES, classes=st.integers(2, 12), begun=st.integers(1, 11))
def test_late_or_not_a_class_costs_the_same(price: int, classes: int, begun: int) -> None:
    what = course(late=True, seats=classes, price_cents=max(price, 50 * classes))
    begun = min(begun, classes - 1)

    whole = buy(what, now=SLOT - MINUTE)
    part = buy(what, now=SLOT + (begun - 1) * DAY)

    expected = [seat.booking.session_value_cents for seat in whole.seats][begun:]
    assert expected == [seat.booking.session_value_cents for seat in part.seats]
    assert sum(expected) == part.order.subtotal_amount_cents


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.WORKSHOP])
def test_only_a_course_has_late_entry(kind: ServiceType) -> None:
    service = make_service(make_practitioner(), service_type=kind, allow_late_entry=True)

    with pytest.raises(Invalid) as refused:
        require_offerable(service, (), rules=RULES)

    assert "/allow_late_entry" == refused.value.pointer
