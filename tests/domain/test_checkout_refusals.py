"""What cannot be bought: each refusal names the field or the state that is in the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from core.domain.catalogue import ServiceStatus, ServiceType
from core.domain.errors import (
    BelowMinimumCharge,
    Conflict,
    CourseStarted,
    DomainError,
    Invalid,
    NotFound,
    SessionFull,
    SessionOverlap,
)
from core.domain.money import MAX_CHARGE_CENTS
from core.domain.purchasing import BuyCredits, purchase, purchase_credits
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.statuses import SessionStatus
from tests.builders import NOW, make_service, make_session, new_id, new_user
from tests.domain.shop import RULES, SLOT, Offer, buy, offer

SESSION, WORKSHOP = ServiceType.SESSION, ServiceType.WORKSHOP
COURSE, PACKAGE, BUNDLE = ServiceType.COURSE, ServiceType.PACKAGE, ServiceType.BUNDLE
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "asked", "pointer"),
    [
        (SESSION, {"start_time": None}, "/start_time"),
        (SESSION, {"start_time": NOW}, "/start_time"),
        (SESSION, {"start_time": NOW - HOUR}, "/start_time"),
        (SESSION, {"session_id": new_id()}, "/session_id"),
        (WORKSHOP, {"session_id": None}, "/session_id"),
        *[(kind, {"start_time": SLOT}, "/start_time") for kind in (WORKSHOP, COURSE, PACKAGE, BUNDLE)],
        *[(kind, {"session_id": new_id()}, "/session_id") for kind in (COURSE, PACKAGE, BUNDLE)],
        *[(kind, {"credits_to_apply_cents": -1}, "/credits_to_apply_cents") for kind in ServiceType],
        *[(kind, {"payment_method_id": None}, "/payment_method_id") for kind in ServiceType],
        *[(kind, {"payment_method_id": ""}, "/payment_method_id") for kind in ServiceType],
    ],
)
def test_a_wrong_field_is_named(kind: ServiceType, asked: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        buy(offer(kind), **asked)
    assert (pointer, "validation_failed") == (refused.value.pointer, refused.value.code)


def refusal(what: Offer, *, rules: Rules = RULES, **view: Any) -> DomainError:
    """The error that buying it raises."""
    user = new_user()
    with pytest.raises(DomainError) as refused:
        purchase(what.view(user, **view), what.command(user), rules=rules, now=NOW, new_id=new_id)
    return refused.value


@pytest.mark.parametrize("kind", ServiceType)
def test_an_archived_service_is_not_there(kind: ServiceType) -> None:
    assert NotFound is type(refusal(offer(kind, status=ServiceStatus.ARCHIVED)))


def test_a_session_of_another_service_is_not_there() -> None:
    assert NotFound is type(refusal(offer(WORKSHOP), sessions=()))


def test_a_course_without_classes_cannot_be_bought() -> None:
    assert Conflict is type(refusal(offer(COURSE), sessions=()))


def test_an_empty_package_cannot_be_bought() -> None:
    assert Conflict is type(refusal(offer(PACKAGE, components=())))


def test_a_price_below_what_a_card_can_be_charged_needs_credits() -> None:
    refused = refusal(offer(SESSION, price_cents=60), rules=Rules(minimum_charge_cents=100), balance=59)

    assert isinstance(refused, BelowMinimumCharge)
    assert 100 == refused.minimum_cents


FULL: tuple[dict[str, Any], ...] = (
    {"current_participants": 10},
    {"status": SessionStatus.CANCELED},
    {"start_time": None, "end_time": None, "status": SessionStatus.DRAFT},
)
BEGUN: tuple[dict[str, Any], ...] = (
    {"status": SessionStatus.IN_PROGRESS},
    {"status": SessionStatus.COMPLETED},
    {"start_time": NOW},
    {"start_time": NOW - HOUR},
)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [*((WORKSHOP, changed) for changed in (*FULL, *BEGUN)), *((COURSE, changed) for changed in FULL)],
)
def test_a_seat_is_taken_only_in_a_session_to_come_with_room(
    kind: ServiceType, changed: dict[str, Any]
) -> None:
    what = offer(kind)
    closed = evolve(what.sessions[-1], **changed)
    refused = refusal(what, sessions=(*what.sessions[:-1], closed))

    assert isinstance(refused, SessionFull)
    assert closed.id == refused.session_id


@pytest.mark.parametrize("changed", BEGUN)
def test_a_course_closes_when_one_of_its_classes_has_begun(changed: dict[str, Any]) -> None:
    what = offer(COURSE)
    refused = refusal(what, sessions=(*what.sessions[:-1], evolve(what.sessions[-1], **changed)))

    assert isinstance(refused, CourseStarted)


def busy(start: datetime, end: datetime, **fields: Any) -> ServiceSession:
    """A session that the practitioner has already."""
    return make_session(make_service(), start_time=start, end_time=end, **fields)


MINUTE = timedelta(minutes=1)
IN_THE_WAY = [
    (SLOT, SLOT + HOUR),
    (SLOT - MINUTE, SLOT + MINUTE),
    (SLOT + HOUR - MINUTE, SLOT + 2 * HOUR),
    (SLOT - HOUR, SLOT + 2 * HOUR),
    (SLOT + MINUTE, SLOT + 2 * MINUTE),
]
BESIDE = [(SLOT - HOUR, SLOT), (SLOT + HOUR, SLOT + 2 * HOUR)]


@pytest.mark.parametrize(("start", "end"), IN_THE_WAY)
@pytest.mark.parametrize("status", [SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS])
def test_the_time_of_another_session_is_taken(start: datetime, end: datetime, status: SessionStatus) -> None:
    refused = refusal(offer(SESSION), busy=(busy(start, end, status=status),))

    assert isinstance(refused, SessionOverlap)
    assert (SLOT, SLOT + HOUR) == (refused.start_time, refused.end_time)


@pytest.mark.parametrize(
    "other",
    [
        *[busy(start, end) for start, end in BESIDE],
        *[
            busy(SLOT, SLOT + HOUR, status=status)
            for status in (SessionStatus.DRAFT, SessionStatus.COMPLETED, SessionStatus.CANCELED)
        ],
        make_session(make_service(service_type=WORKSHOP), start_time=SLOT),
        make_session(make_service(service_type=COURSE), start_time=SLOT),
    ],
)
def test_what_touches_or_is_not_an_individual_session_under_way_is_not_in_the_way(
    other: ServiceSession,
) -> None:
    what, user = offer(SESSION), new_user()
    made = purchase(what.view(user, busy=(other,)), what.command(user), rules=RULES, now=NOW, new_id=new_id)

    assert SLOT == made.seats[0].session.start_time


@pytest.mark.parametrize("amount", [-5, 0, 49, MAX_CHARGE_CENTS + 1])
def test_credits_are_bought_within_what_can_be_charged_and_held(amount: int) -> None:
    command = BuyCredits(user_id=new_user(), amount_cents=amount, payment_method_id="pm_card_visa")
    with pytest.raises(Invalid) as refused:
        purchase_credits(command, rules=RULES, now=NOW, new_id=new_id)
    assert "/amount_cents" == refused.value.pointer
