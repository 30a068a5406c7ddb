"""The small rules: rates, actors, guarded counters, units of work, credits given, keys."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.actors import Actor, Role
from core.domain.catalogue import ServiceType, TypeRate
from core.domain.changes import Changes, SeatChange, merged, summed_seats
from core.domain.credits import CreditChange, accepts, applied
from core.domain.errors import Forbidden, Invalid
from core.domain.events import EventType, event
from core.domain.granting import grant
from core.domain.idempotency import answered
from core.domain.ids import SessionId
from core.domain.money import MAX_CENTS
from core.domain.orders import OrderType, payment_key, refund_key
from core.domain.rules import MINIMUM_CHARGE_CENTS, Rules
from tests.builders import (
    NOW,
    SequentialIds,
    make_account,
    make_credit_change,
    make_event,
    make_idempotency,
    make_order,
    make_practitioner,
    make_refund,
    make_service,
    new_id,
    new_user,
)
from tests.domain.amounts import CENTS, RATES

OPTIONAL_RATES = st.none() | RATES
MOVES = st.integers(-MAX_CENTS, MAX_CENTS)


@given(for_type=OPTIONAL_RATES, own=OPTIONAL_RATES, of_type=OPTIONAL_RATES, usual=RATES)
def test_the_most_particular_rate_counts(
    for_type: int | None, own: int | None, of_type: int | None, usual: int
) -> None:
    course = ServiceType.COURSE
    rates = () if for_type is None else (TypeRate(service_type=course, commission_bps=for_type),)
    rules = Rules(commission_bps=usual, type_commission_bps={} if of_type is None else {course: of_type})
    who = make_practitioner(commission_bps=own, type_rates=rates)
    expected = next(rate for rate in (for_type, own, of_type, usual) if rate is not None)

    assert expected == rules.commission_for(who, course)
    assert (usual if own is None else own) == rules.commission_for(who, ServiceType.SESSION)


def test_fifteen_percent_unless_somebody_said_otherwise() -> None:
    assert 1500 == Rules().commission_for(make_practitioner(), ServiceType.SESSION)


def test_the_rules_of_a_new_deployment() -> None:
    rules = Rules()

    assert (timedelta(hours=48), timedelta(minutes=15)) == (rules.earnings_hold, rules.payment_hold)
    assert MINIMUM_CHARGE_CENTS[rules.currency] == rules.minimum_charge_cents


@given(balance=CENTS, data=st.data(), balance_move=MOVES, held_move=MOVES)
def test_a_credit_change_applies_only_within_0_held_balance(
    balance: int, data: st.DataObject, balance_move: int, held_move: int
) -> None:
    held = data.draw(st.integers(0, balance), label="held")
    account = make_account(new_user(), balance_cents=balance, held_cents=held)
    change = make_credit_change(account.user_id, balance=balance_move, held=held_move)
    after = applied(account, change)

    assert (balance + balance_move, held + held_move) == (after.balance_cents, after.held_cents)
    assert (0 <= held + held_move <= balance + balance_move) == accepts(account, change)
    assert balance - held == account.spendable_cents


SESSIONS = [SessionId(new_id()) for _ in range(4)]
SEATS = st.lists(
    st.builds(
        lambda session, seats: SeatChange(session_id=session, seats=seats),
        st.sampled_from(SESSIONS),
        st.integers(-3, 3),
    )
)


@given(changes=SEATS)
def test_seats_of_one_session_are_one_sum_in_a_fixed_order(changes: list[SeatChange]) -> None:
    sums = summed_seats(changes)

    assert {s.session_id: s.seats for s in sums} == {
        session: total
        for session in SESSIONS
        if (total := sum(change.seats for change in changes if change.session_id == session)) != 0
    }
    assert sorted(s.session_id for s in sums) == [s.session_id for s in sums]


@given(parts=st.lists(SEATS, max_size=4))
def test_several_units_of_work_become_one(parts: list[list[SeatChange]]) -> None:
    order, told = make_order(), make_event()
    whole = merged(
        [
            Changes(seats=tuple(part), inserts=(order,), events=(told,), removals=(SESSIONS[0],))
            for part in parts
        ]
    )

    assert summed_seats(change for part in parts for change in part) == whole.seats
    assert ((order,) * len(parts), (told,) * len(parts)) == (whole.inserts, whole.events)
    assert (SESSIONS[0],) * len(parts) == whole.removals
    assert Changes() == merged([])


@given(balance=CENTS, amount=st.integers(-10, MAX_CENTS + 10))
def test_a_grant_gives_what_can_be_held(balance: int, amount: int) -> None:
    account = make_account(new_user(), balance_cents=balance, ledger_seq=4, ledger_head="f" * 64)
    if not 0 < amount <= MAX_CENTS - balance:
        with pytest.raises(Invalid) as refused:
            grant(account, amount, reason="sorry", now=NOW, new_id=new_id)
        assert "/amount_cents" == refused.value.pointer
        return
    changes = grant(account, amount, reason="sorry", now=NOW, new_id=new_id)
    (entry,), (head,) = changes.entries, changes.heads

    assert [(f"user_credit:{account.user_id}", amount), ("platform_promotions", -amount)] == [
        (posting.account, posting.amount_cents) for posting in entry.postings
    ]
    assert (4, 5, entry.hash, "f" * 64) == (head.from_seq, head.to_seq, head.head, entry.previous_hash)
    assert (CreditChange(user_id=account.user_id, currency="usd", balance_delta_cents=amount),) == (
        changes.credits
    )


def test_an_actor_owns_their_own_things_and_an_admin_everything() -> None:
    me, you = new_user(), new_user()
    mine = Actor(user_id=me, roles=frozenset({Role.CLIENT}))
    admin = Actor(user_id=me, roles=frozenset({Role.ADMIN}))

    assert [True, False, False] == [mine.owns(me), mine.owns(you), mine.owns(None)]
    assert [True, True, True] == [admin.owns(me), admin.owns(you), admin.owns(None)]
    assert (False, True) == (mine.is_admin, admin.is_admin)


def test_a_role_is_required_by_name() -> None:
    actor = Actor(user_id=new_user(), roles=frozenset({Role.CLIENT}))
    actor.require(Role.ADMIN, Role.CLIENT)
    with pytest.raises(Forbidden, match="practitioner or admin"):
        actor.require(Role.PRACTITIONER, Role.ADMIN)


def test_keys_for_the_gateway_are_derived_and_never_the_same() -> None:
    order, refund = make_order(), make_refund(make_order())
    keys = {payment_key(order.id), payment_key(order.id, 2), refund_key(refund.id)}

    assert payment_key(order.id) == payment_key(order.id, 1)
    assert 3 == len(keys)


@pytest.mark.parametrize("kind", OrderType)
def test_packages_bundles_and_courses_alone_have_a_purchase_record(kind: OrderType) -> None:
    expected = kind in (OrderType.PACKAGE, OrderType.BUNDLE, OrderType.COURSE)

    assert expected == (make_order(make_service(), order_type=kind).package_metadata is not None)


def test_an_event_is_plain_values() -> None:
    one = UUID(int=1)
    made = event(
        SequentialIds(), EventType.ORDER_PAID, one, NOW, who=one, when=NOW, note=None, cents=5, why="x"
    )

    assert {
        "who": "00000000-0000-0000-0000-000000000001",
        "when": "2026-03-02T09:00:00.000+00:00",
        "note": None,
        "cents": 5,
        "why": "x",
    } == made.payload
    assert made.published_at is None


def test_a_request_is_answered_once_known() -> None:
    asked = make_idempotency()
    told = answered(asked, status_code=201, body="{}")

    assert (False, True) == (asked.answered, told.answered)
    assert (201, "{}", 2) == (told.status_code, told.body, told.version)
