"""Who is told of what, and what may be sent again."""

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.testing.journal import make_dispatch, make_event
from adapters.memory.testing.subscriptions import make_subscription
from core.domain.errors import IllegalTransition, Invalid
from core.domain.events import EventType
from core.domain.outbox import redelivered
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import (
    SubscriptionStatus,
    changed,
    deleted,
    disabled,
    rotated,
    wants,
)
from tests.builders import NOW, new_user

DAY = timedelta(days=1)


def test_a_subscription_wants_what_names_its_practitioner() -> None:
    hers = make_subscription()
    everybodys = make_subscription(practitioner_id=None)
    about_her = make_event(payload={"practitioner_id": str(hers.owner_id)})
    about_another = make_event(payload={"practitioner_id": str(new_user())})

    assert [True, False, False] == [wants(hers, e) for e in (about_her, about_another, make_event())]
    assert [True, True, True] == [wants(everybodys, e) for e in (about_her, about_another, make_event())]


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_only_an_active_one_wants_anything(status: SubscriptionStatus) -> None:
    one = make_subscription(practitioner_id=None, status=status)

    assert (status is SubscriptionStatus.ACTIVE) == wants(one, make_event())


def test_types_narrow_what_is_wanted() -> None:
    one = make_subscription(practitioner_id=None, event_types=(EventType.PAYOUT_PAID,))

    assert wants(one, make_event(type=EventType.PAYOUT_PAID))
    assert not wants(one, make_event(type=EventType.ORDER_PAID))


def test_the_secret_before_signs_until_its_end_and_the_one_before_that_no_more() -> None:
    first = make_subscription(secret="1")
    second = rotated(first, "2", now=NOW, overlap=DAY)
    third = rotated(second, "3", now=NOW, overlap=DAY)

    assert ("2", "1") == second.secrets(NOW + DAY - timedelta(milliseconds=1))
    assert ("2",) == second.secrets(NOW + DAY)
    assert ("3", "2") == third.secrets(NOW)


def test_a_disabled_one_is_not_disabled_again_and_forgets_why_when_it_is_active() -> None:
    off = disabled(make_subscription(), "gone", now=NOW)

    assert off == disabled(off, "again", now=NOW + DAY)
    on = changed(off, {"status": SubscriptionStatus.ACTIVE}, now=NOW)
    assert (SubscriptionStatus.ACTIVE, None, 3) == (on.status, on.disabled_reason, on.version)
    with pytest.raises(Invalid, match="must be active or disabled"):
        changed(off, {"status": SubscriptionStatus.DELETED}, now=NOW)


def test_a_deleted_one_keeps_no_secret() -> None:
    gone = deleted(rotated(make_subscription(), "2", now=NOW, overlap=DAY), now=NOW)

    assert ("", "", None) == (gone.url, gone.secret, gone.previous_secret)
    assert not gone.is_live


def test_what_was_sent_or_parked_is_sent_again_and_what_was_dropped_is_not() -> None:
    sent = make_dispatch(status=DispatchStatus.SENT, sent_at=NOW, attempts=3)
    parked = make_dispatch(status=DispatchStatus.PARKED, parked_at=NOW, attempts=10)
    waiting = make_dispatch()

    for one in (sent, parked):
        expected = evolve(
            one,
            status=DispatchStatus.WAITING,
            attempts=0,
            next_attempt_at=NOW + DAY,
            parked_at=None,
            sent_at=None,
            version=2,
        )
        assert expected == redelivered(one, now=NOW + DAY)
    assert waiting is redelivered(waiting, now=NOW)
    with pytest.raises(IllegalTransition):
        redelivered(make_dispatch(status=DispatchStatus.DROPPED), now=NOW)
