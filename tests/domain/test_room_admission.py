"""Who may enter a session's room, as what, and when."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from core.domain.actors import Actor, Role
from core.domain.catalogue import Location, ServiceType, Visibility
from core.domain.errors import Forbidden, NoRoom, NotFound, RoomClosed
from core.domain.ids import UserId
from core.domain.rooms import RoomRole, admit
from core.domain.rules import Rules
from core.domain.statuses import BookingStatus, SessionStatus
from tests.builders import make_service, new_user
from tests.domain.shop import SLOT
from tests.domain.test_roll_call import ANA, holders, workshop

RULES = Rules(room_opens_minutes=10, room_closes_minutes=20)
SERVICE = make_service(ANA, service_type=ServiceType.WORKSHOP)
MINUTE = timedelta(minutes=1)
OPENS, CLOSES = SLOT - 10 * MINUTE, SLOT + 80 * MINUTE


def somebody(user_id: UserId | None = None, role: Role = Role.CLIENT) -> Actor:
    return Actor(user_id=user_id or new_user(), roles=frozenset({role}))


def test_a_seat_makes_a_guest_and_the_practitioner_is_the_host() -> None:
    view = workshop({})
    (holder,) = holders(view)

    for user_id, role in ((holder, RoomRole.GUEST), (ANA.id, RoomRole.HOST)):
        found = admit(view, SERVICE, somebody(user_id), rules=RULES, now=SLOT)
        assert (view.session.id, user_id, role, OPENS, CLOSES) == (
            found.session_id,
            found.user_id,
            found.role,
            found.opens_at,
            found.closes_at,
        )


@pytest.mark.parametrize("status", [SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS])
@pytest.mark.parametrize("at", [OPENS, SLOT, CLOSES - timedelta(milliseconds=1)])
def test_the_room_is_open_around_the_session(status: SessionStatus, at: datetime) -> None:
    view = workshop({})
    view = evolve(view, session=evolve(view.session, status=status))

    assert CLOSES == admit(view, SERVICE, somebody(ANA.id), rules=RULES, now=at).closes_at


@pytest.mark.parametrize("minute", [-24 * 60, -11, 80, 24 * 60])
def test_at_other_times_it_is_closed(minute: int) -> None:
    with pytest.raises(RoomClosed):
        admit(workshop({}), SERVICE, somebody(ANA.id), rules=RULES, now=SLOT + minute * MINUTE)


@pytest.mark.parametrize("status", [SessionStatus.DRAFT, SessionStatus.COMPLETED, SessionStatus.CANCELED])
def test_a_session_that_is_not_to_come_has_no_open_room(status: SessionStatus) -> None:
    view = workshop({})
    with pytest.raises(RoomClosed):
        admit(
            evolve(view, session=evolve(view.session, status=status)),
            SERVICE,
            somebody(ANA.id),
            rules=RULES,
            now=SLOT,
        )


def test_in_person_there_is_none() -> None:
    with pytest.raises(NoRoom):
        admit(
            workshop({}),
            evolve(SERVICE, location=Location.IN_PERSON),
            somebody(ANA.id),
            rules=RULES,
            now=SLOT,
        )


@pytest.mark.parametrize("role", Role)
def test_others_stay_outside_whatever_they_are(role: Role) -> None:
    with pytest.raises(Forbidden):
        admit(workshop({}), SERVICE, somebody(role=role), rules=RULES, now=SLOT)


def test_a_seat_that_is_not_paid_for_admits_nobody() -> None:
    view = workshop({"status": BookingStatus.PENDING_PAYMENT})
    (holder,) = holders(view)
    with pytest.raises(Forbidden):
        admit(view, SERVICE, somebody(holder), rules=RULES, now=SLOT)


def test_strangers_do_not_hear_of_a_private_session_and_admins_do() -> None:
    view = workshop({})
    private = evolve(view, session=evolve(view.session, visibility=Visibility.PRIVATE))
    with pytest.raises(NotFound):
        admit(private, SERVICE, somebody(), rules=RULES, now=SLOT)
    with pytest.raises(Forbidden):
        admit(private, SERVICE, somebody(role=Role.ADMIN), rules=RULES, now=SLOT)
