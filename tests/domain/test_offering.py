"""What may be put on sale, and when: each refusal names its field."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.catalogue import (
    CancellationTier,
    Component,
    Service,
    ServiceStatus,
    ServiceType,
    Visibility,
)
from core.domain.errors import Invalid
from core.domain.ids import ServiceId, SessionId
from core.domain.money import MAX_CENTS
from core.domain.offering import public_session, require_offerable
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import SessionStatus
from tests.builders import NOW, make_practitioner, make_service, new_id
from tests.domain.shop import RULES, SLOT, offer

HOUR = timedelta(hours=1)
SESSION, WORKSHOP = ServiceType.SESSION, ServiceType.WORKSHOP
COURSE, PACKAGE, BUNDLE = ServiceType.COURSE, ServiceType.PACKAGE, ServiceType.BUNDLE


def tier(hours: int, percent: int) -> CancellationTier:
    return CancellationTier(min_notice_hours=hours, refund_percent=percent)


@pytest.mark.parametrize("kind", ServiceType)
@pytest.mark.parametrize("price", [0, 50, 8000, MAX_CENTS])
def test_every_kind_can_be_offered(kind: ServiceType, price: int) -> None:
    what = offer(kind, price_cents=price)
    require_offerable(what.service, what.parts, rules=RULES)


@pytest.mark.parametrize(
    ("kind", "fields", "pointer"),
    [
        (SESSION, {"name": ""}, "/name"),
        (SESSION, {"name": "  "}, "/name"),
        (SESSION, {"name": "x" * 201}, "/name"),
        (SESSION, {"description": "x" * 10_001}, "/description"),
        (SESSION, {"currency": "eur"}, "/currency"),
        (SESSION, {"price_cents": -1}, "/price_cents"),
        (SESSION, {"price_cents": 1}, "/price_cents"),
        (SESSION, {"price_cents": 49}, "/price_cents"),
        (SESSION, {"price_cents": MAX_CENTS + 1}, "/price_cents"),
        (SESSION, {"complimentary_earnings_cents": -1}, "/complimentary_earnings_cents"),
        (SESSION, {"complimentary_earnings_cents": MAX_CENTS + 1}, "/complimentary_earnings_cents"),
        (SESSION, {"duration_minutes": 0}, "/duration_minutes"),
        (SESSION, {"duration_minutes": 1441}, "/duration_minutes"),
        (SESSION, {"max_participants": 0}, "/max_participants"),
        (SESSION, {"max_participants": 2}, "/max_participants"),
        (WORKSHOP, {"max_participants": 100_001}, "/max_participants"),
        (PACKAGE, {"validity_days": 0}, "/validity_days"),
        (PACKAGE, {"validity_days": 3651}, "/validity_days"),
        (SESSION, {"cancellation_policy": (tier(-1, 0),)}, "/cancellation_policy/0/min_notice_hours"),
        (
            SESSION,
            {"cancellation_policy": (tier(24, 100), tier(24, 50))},
            "/cancellation_policy/1/min_notice_hours",
        ),
        (
            SESSION,
            {"cancellation_policy": (tier(24, 100), tier(6, 101))},
            "/cancellation_policy/1/refund_percent",
        ),
        (SESSION, {"cancellation_policy": (tier(24, -1),)}, "/cancellation_policy/0/refund_percent"),
        (PACKAGE, {"components": ()}, "/components"),
        (BUNDLE, {"bundled_service_id": None}, "/bundled_service_id"),
        (BUNDLE, {"session_count": None}, "/session_count"),
        (BUNDLE, {"session_count": 0}, "/session_count"),
        *[(kind, {"session_count": 3}, "/session_count") for kind in (SESSION, WORKSHOP, COURSE, PACKAGE)],
        *[
            (kind, {"bundled_service_id": new_id()}, "/bundled_service_id")
            for kind in (SESSION, WORKSHOP, COURSE, PACKAGE)
        ],
        *[
            (kind, {"components": (Component(service_id=ServiceId(new_id()), quantity=1),)}, "/components")
            for kind in (SESSION, WORKSHOP, COURSE, BUNDLE)
        ],
    ],
)
def test_a_service_that_cannot_be_sold_names_its_field(
    kind: ServiceType, fields: dict[str, Any], pointer: str
) -> None:
    what = offer(kind)
    with pytest.raises(Invalid) as refused:
        require_offerable(evolve(what.service, **fields), what.parts, rules=RULES)
    assert pointer == refused.value.pointer


def pointer_of(service: Service, *parts: Service) -> str:
    with pytest.raises(Invalid) as refused:
        require_offerable(service, parts, rules=RULES)
    return refused.value.pointer


def of(*parts: Service, quantity: int = 1) -> Service:
    """A package of these, by whoever offers the first."""
    return make_service(
        service_type=PACKAGE,
        practitioner_id=parts[0].practitioner_id,
        components=tuple(Component(service_id=part.id, quantity=quantity) for part in parts),
    )


@pytest.mark.parametrize("kind", [COURSE, PACKAGE, BUNDLE])
def test_a_package_contains_sessions_and_workshops_only(kind: ServiceType) -> None:
    good, bad = make_service(), make_service(service_type=kind)
    bad = evolve(bad, practitioner_id=good.practitioner_id)

    assert "/components/1" == pointer_of(of(good, bad), good, bad)


def test_a_package_contains_services_of_its_own_practitioner_that_are_for_sale() -> None:
    good, strange = make_service(), make_service()
    archived = evolve(make_service(), practitioner_id=good.practitioner_id, status=ServiceStatus.ARCHIVED)

    assert "/components/1" == pointer_of(of(good, strange), good, strange)
    assert "/components/1" == pointer_of(of(good, archived), good, archived)
    assert "/components/0" == pointer_of(of(good))


def test_a_quantity_is_at_least_one() -> None:
    part = make_service()

    assert "/components/0/quantity" == pointer_of(of(part, quantity=0), part)


def test_a_service_stands_once_in_a_package() -> None:
    part = make_service()

    assert "/components" == pointer_of(of(part, part), part)


def test_an_order_has_at_most_500_seats() -> None:
    part = make_service()
    require_offerable(of(part, quantity=500), [part], rules=RULES)

    assert "/components" == pointer_of(of(part, quantity=501), part)


def test_a_bundle_of_too_many_sessions_names_its_own_field() -> None:
    what = offer(BUNDLE, seats=501)

    assert "/session_count" == pointer_of(what.service, *what.parts)


def offered(
    kind: ServiceType = WORKSHOP, existing: tuple[ServiceSession, ...] = (), **fields: Any
) -> tuple[ServiceSession, tuple[ServiceSession, ...]]:
    """Offer a public session of a service of the kind."""
    who = make_practitioner()
    asked: dict[str, Any] = {
        "session_id": SessionId(new_id()),
        "start_time": SLOT,
        "end_time": None,
        "timezone": None,
        "max_participants": None,
        "visibility": Visibility.PUBLIC,
        "now": NOW,
    }
    seats = 1 if kind is SESSION else 12
    service = make_service(who, service_type=kind, max_participants=seats, duration_minutes=90)
    return public_session(service, who, existing, **(asked | fields))


def test_a_public_session_takes_what_its_service_says() -> None:
    session, renumbered = offered()

    assert (SLOT, SLOT + timedelta(minutes=90), 12, "Europe/Lisbon", 90) == (
        session.start_time,
        session.end_time,
        session.max_participants,
        session.timezone,
        session.duration_minutes,
    )
    assert (SessionType.WORKSHOP, SessionStatus.SCHEDULED, 0, None, ()) == (
        session.session_type,
        session.status,
        session.current_participants,
        session.sequence_number,
        renumbered,
    )


def test_a_public_session_takes_what_it_is_told() -> None:
    session, _ = offered(
        end_time=SLOT + HOUR, timezone="Asia/Tokyo", max_participants=3, visibility=Visibility.UNLISTED
    )

    assert (SLOT + HOUR, "Asia/Tokyo", 3, Visibility.UNLISTED, 60) == (
        session.end_time,
        session.timezone,
        session.max_participants,
        session.visibility,
        session.duration_minutes,
    )


@pytest.mark.parametrize(
    ("kind", "fields", "pointer"),
    [
        (SESSION, {}, "/service_id"),
        (PACKAGE, {}, "/service_id"),
        (BUNDLE, {}, "/service_id"),
        (WORKSHOP, {"start_time": NOW}, "/start_time"),
        (WORKSHOP, {"start_time": NOW - HOUR}, "/start_time"),
        (WORKSHOP, {"end_time": SLOT}, "/end_time"),
        (WORKSHOP, {"end_time": SLOT - HOUR}, "/end_time"),
        (WORKSHOP, {"end_time": SLOT + timedelta(days=1, milliseconds=1)}, "/end_time"),
        (WORKSHOP, {"end_time": SLOT + timedelta(seconds=59)}, "/end_time"),
        (COURSE, {"max_participants": 0}, "/max_participants"),
        (COURSE, {"max_participants": -1}, "/max_participants"),
        (COURSE, {"max_participants": 100_001}, "/max_participants"),
        (COURSE, {"timezone": "Mars/Olympus"}, "/timezone"),
    ],
)
def test_a_public_session_that_cannot_be_names_its_field(
    kind: ServiceType, fields: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        offered(kind, **fields)
    assert pointer == refused.value.pointer


@given(days=st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=8))
def test_the_classes_of_a_course_are_numbered_by_time_whatever_the_order_they_are_added(
    days: list[int],
) -> None:
    classes: dict[SessionId, ServiceSession] = {}
    for day in days:
        new, renumbered = offered(COURSE, tuple(classes.values()), start_time=NOW + timedelta(days=day))
        assert {True} >= {
            row.version == classes[row.id].version + 1
            and row.sequence_number != classes[row.id].sequence_number
            for row in renumbered
        }
        classes |= {row.id: row for row in (*renumbered, new)}

    by_number = sorted(classes.values(), key=lambda row: row.sequence_number or 0)
    assert list(range(1, len(days) + 1)) == [row.sequence_number for row in by_number]
    starts = [row.start_time for row in by_number if row.start_time is not None]
    assert sorted(starts) == starts
