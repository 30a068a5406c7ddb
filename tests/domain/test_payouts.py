"""Paying practitioners: after the hold, everything available in one transfer, exactly once."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.catalogue import Practitioner
from core.domain.changes import Changes
from core.domain.earnings import Earnings, Payout, payable
from core.domain.errors import IllegalTransition, Invalid, NothingToPayOut, PayoutsNotEnabled
from core.domain.events import EventType
from core.domain.gateway import (
    Absent,
    Declined,
    Processing,
    Reversed,
    Succeeded,
    TransferOutcome,
    Unknown,
)
from core.domain.ledger import HeadMove
from core.domain.payouts import PlannedPayout, pay_out, release, reversal_request, settle_payout
from core.domain.rules import Rules
from core.domain.statuses import EarningsStatus, PayoutStatus
from core.domain.views import PayoutSettlementView, PayoutView
from tests.builders import (
    NOW,
    make_booking,
    make_earnings,
    make_order,
    make_practitioner,
    make_service,
    make_session,
    new_id,
)

HOLD = timedelta(hours=48)
MOMENT = timedelta(milliseconds=1)
REFUSED = Declined(code="account_closed", message="no")


def earned(*gross: int, status: EarningsStatus = EarningsStatus.AVAILABLE) -> tuple[Earnings, ...]:
    """Earnings of so many seats at 15 %, held until HOLD has passed."""
    service = make_service()
    seat = make_booking(make_order(service), make_session(service))
    return tuple(
        make_earnings(seat, gross_amount_cents=cents, status=status, available_after=NOW + HOLD)
        for cents in gross
    )


def planned(*gross: int, rules: Rules | None = None) -> PlannedPayout:
    view = PayoutView(practitioner=make_practitioner(stripe_account_id="acct_1"), earnings=earned(*gross))
    return pay_out(view, rules=rules or Rules(), now=NOW, new_id=new_id)


def under_way(*gross: int) -> PayoutSettlementView:
    """A payout of these earnings that waits for its answer."""
    who = make_practitioner()
    done = pay_out(
        PayoutView(practitioner=who, earnings=earned(*gross)), rules=Rules(), now=NOW, new_id=new_id
    )
    taken = tuple(row for row in done.changes.updates if isinstance(row, Earnings))
    return PayoutSettlementView(payout=done.payout, practitioner=who, earnings=taken)


@pytest.mark.parametrize(
    ("after", "count"), [(HOLD - MOMENT, 0), (HOLD, 1), (HOLD + MOMENT, 1), (timedelta(0), 0)]
)
def test_earnings_are_released_when_their_hold_is_over_and_not_before(after: timedelta, count: int) -> None:
    changes, released = release(earned(8000, status=EarningsStatus.PENDING), now=NOW + after, new_id=new_id)

    assert count == released == len(changes.updates) == len(changes.events)
    assert {EarningsStatus.AVAILABLE} >= {row.status for row in changes.updates if isinstance(row, Earnings)}


@pytest.mark.parametrize("status", [s for s in EarningsStatus if s is not EarningsStatus.PENDING])
def test_only_pending_earnings_are_released(status: EarningsStatus) -> None:
    assert (Changes(), 0) == release(earned(8000, status=status), now=NOW + 2 * HOLD, new_id=new_id)


def test_five_sessions_of_6800_pay_34000() -> None:
    done = planned(*[8000] * 5)

    assert (34000, 5, PayoutStatus.PENDING) == (
        done.payout.amount_cents,
        done.payout.earnings_count,
        done.payout.status,
    )
    assert (34000, "usd", "acct_1", f"tr:{done.payout.id}") == (
        done.transfer.amount_cents,
        done.transfer.currency,
        done.transfer.destination,
        done.transfer.idempotency_key,
    )
    assert {done.payout.id} == {row.payout_id for row in done.changes.updates if isinstance(row, Earnings)}
    assert () == done.changes.entries


@given(
    gross=st.lists(st.integers(0, 10**6), max_size=20),
    carried=st.integers(-(10**6), 10**6),
    minimum=st.integers(0, 10**6),
)
def test_a_payout_is_the_sum_of_its_earnings_and_what_is_carried_or_refused(
    gross: list[int], carried: int, minimum: int
) -> None:
    rows = earned(*gross)
    total = sum(row.net_amount_cents for row in rows) + carried
    if total <= 0 or total < minimum:
        with pytest.raises(NothingToPayOut):
            payable(rows, carried_cents=carried, minimum_cents=minimum)
    else:
        assert total == payable(rows, carried_cents=carried, minimum_cents=minimum)


@pytest.mark.parametrize("minimum", [6800, 6799, 0])
def test_the_minimum_payout_itself_is_paid(minimum: int) -> None:
    assert 6800 == planned(8000, rules=Rules(minimum_payout_cents=minimum)).payout.amount_cents


def test_a_payout_under_the_minimum_is_refused() -> None:
    with pytest.raises(NothingToPayOut, match="6800 available, the minimum payout is 6801"):
        planned(8000, rules=Rules(minimum_payout_cents=6801))


def test_nothing_is_no_payout() -> None:
    with pytest.raises(NothingToPayOut):
        planned()


def test_a_confirmed_transfer_pays_its_earnings_and_moves_the_practitioners_chain() -> None:
    view = under_way(8000, 8000)
    changes, paid = settle_payout(view, Succeeded(ref="tr_1"), now=NOW, new_id=new_id)
    (entry,), (head,) = changes.entries, changes.heads

    assert (PayoutStatus.PAID, "tr_1") == (paid.status, paid.gateway_ref)
    assert [EarningsStatus.PAID] * 2 == [r.status for r in changes.updates if isinstance(r, Earnings)]
    assert [(f"practitioner:{view.practitioner.id}", -13600), ("payouts", 13600)] == [
        (posting.account, posting.amount_cents) for posting in entry.postings
    ]
    assert isinstance(head, HeadMove)
    assert (0, 1, entry.hash) == (head.from_seq, head.to_seq, head.head)
    assert [EventType.PAYOUT_PAID] == [event.type for event in changes.events]


def test_a_failed_transfer_puts_its_earnings_back() -> None:
    changes, failed = settle_payout(under_way(8000), REFUSED, now=NOW, new_id=new_id)
    (row,) = [row for row in changes.updates if isinstance(row, Earnings)]

    assert (PayoutStatus.FAILED, "account_closed") == (failed.status, failed.failure_code)
    assert (EarningsStatus.AVAILABLE, None) == (row.status, row.payout_id)
    assert ((), ()) == (changes.entries, changes.heads)


@pytest.mark.parametrize(
    ("outcome", "status", "ref"),
    [
        (Processing(ref="tr_1"), PayoutStatus.IN_TRANSIT, "tr_1"),
        (Unknown(reason="no answer"), PayoutStatus.PENDING, None),
        (Absent(), PayoutStatus.PENDING, None),
    ],
)
def test_a_transfer_without_an_end_keeps_its_earnings(
    outcome: TransferOutcome, status: PayoutStatus, ref: str | None
) -> None:
    changes, waiting = settle_payout(under_way(8000), outcome, now=NOW, new_id=new_id)

    assert (status, ref) == (waiting.status, waiting.gateway_ref)
    assert [Payout] == [type(row) for row in changes.updates]
    assert () == changes.entries


@pytest.mark.parametrize("first", [Succeeded(ref="tr_1"), REFUSED])
@pytest.mark.parametrize(
    "second", [Succeeded(ref="tr_2"), REFUSED, Processing(ref="tr_2"), Absent(), Unknown(reason="?")]
)
def test_a_settled_payout_stays_as_it_is(first: TransferOutcome, second: TransferOutcome) -> None:
    view = under_way(8000)
    _, settled = settle_payout(view, first, now=NOW, new_id=new_id)

    assert (Changes(), settled) == settle_payout(evolve(view, payout=settled), second, now=NOW, new_id=new_id)


def after(view: PayoutSettlementView, changes: Changes) -> PayoutSettlementView:
    """The view once the changes are committed."""
    owners = [row for row in changes.updates if isinstance(row, Practitioner)]
    payouts = [row for row in changes.updates if isinstance(row, Payout)]
    owner = owners[0] if owners else view.practitioner
    for head in changes.heads:
        owner = evolve(owner, ledger_seq=head.to_seq, ledger_head=head.head)
    return evolve(view, payout=payouts[0] if payouts else view.payout, practitioner=owner)


def settled(view: PayoutSettlementView, *outcomes: TransferOutcome) -> PayoutSettlementView:
    """The view after these answers, one after the other."""
    for outcome in outcomes:
        changes, _ = settle_payout(view, outcome, now=NOW, new_id=new_id)
        view = after(view, changes)
    return view


def test_what_is_taken_back_is_owed_again_and_carried_into_the_next_payout() -> None:
    view = settled(under_way(8000), Succeeded(ref="tr_1"))
    changes, reduced = settle_payout(view, Reversed(ref="tr_1", reversed_cents=3000), now=NOW, new_id=new_id)
    (entry,), (head,), (told,) = changes.entries, changes.heads, changes.events

    assert (PayoutStatus.PAID, 3000) == (reduced.status, reduced.reversed_cents)
    assert [(f"practitioner:{view.practitioner.id}", 3000), ("payouts", -3000)] == [
        (posting.account, posting.amount_cents) for posting in entry.postings
    ]
    assert [3000] == [row.carried_cents for row in changes.updates if isinstance(row, Practitioner)]
    assert [] == [row for row in changes.updates if isinstance(row, Earnings)]
    assert (1, 2, entry.hash) == (head.from_seq, head.to_seq, head.head)
    assert (EventType.PAYOUT_REVERSED, 3000) == (told.type, told.payload["amount_cents"])


@given(totals=st.lists(st.integers(0, 8000), min_size=1, max_size=6), known_first=st.booleans())
def test_reversals_come_to_the_same_in_any_order_and_any_number_of_times(
    totals: list[int], known_first: bool
) -> None:
    told = [Reversed(ref="tr_1", reversed_cents=cents) for cents in totals]
    view = settled(under_way(8000), *([Succeeded(ref="tr_1")] if known_first else []), *told)
    back = min(max(totals), 6800)

    assert (PayoutStatus.PAID, back) == (view.payout.status, view.payout.reversed_cents)
    assert back == view.practitioner.carried_cents
    assert view == settled(view, *told, Succeeded(ref="tr_1"))


def test_an_account_that_is_known_to_be_closed_is_not_paid() -> None:
    owner = make_practitioner(payouts_enabled=False)
    with pytest.raises(PayoutsNotEnabled):
        pay_out(PayoutView(practitioner=owner, earnings=earned(8000)), rules=Rules(), now=NOW, new_id=new_id)


@pytest.mark.parametrize(("asked", "cents"), [(None, 3800), (3800, 3800), (1, 1)])
def test_what_is_left_of_a_payout_can_be_asked_back(asked: int | None, cents: int) -> None:
    view = settled(under_way(8000), Reversed(ref="tr_1", reversed_cents=3000))
    request = reversal_request(view.payout, asked)

    assert request is not None
    assert (f"rv:{view.payout.id}:3000", "tr_1", cents) == (
        request.idempotency_key,
        request.transfer_ref,
        request.amount_cents,
    )


def test_a_request_that_may_be_repeated_is_the_same_one_whatever_was_taken_back_since() -> None:
    before = settled(under_way(8000), Succeeded(ref="tr_1")).payout
    since = settled(under_way(8000), Reversed(ref="tr_1", reversed_cents=6800)).payout

    first, again = (reversal_request(payout, 3000, once="k") for payout in (before, since))
    assert first is not None
    assert again is not None
    assert (f"rv:{before.id}:k:3000", 3000) == (first.idempotency_key, first.amount_cents)
    assert ("k:3000", 3000) == (again.idempotency_key.split(":", 2)[2], again.amount_cents)
    assert reversal_request(since, None, once="k") is None
    with pytest.raises(Invalid, match="0 of the payout can be taken back"):
        reversal_request(since, 6801, once="k")


@pytest.mark.parametrize("asked", [0, 6801])
def test_no_more_than_a_payout_is_asked_back(asked: int) -> None:
    with pytest.raises(Invalid, match="6800 of the payout can be taken back"):
        reversal_request(settled(under_way(8000), Succeeded(ref="tr_1")).payout, asked)


@pytest.mark.parametrize("outcome", [REFUSED, Processing(ref="tr_1")])
def test_only_a_paid_payout_is_asked_back(outcome: TransferOutcome) -> None:
    with pytest.raises(IllegalTransition):
        reversal_request(settled(under_way(8000), outcome).payout, None)
