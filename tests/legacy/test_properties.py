"""Whatever the old system held: every row is accounted for, the books are clean, nobody's money changed.

Rows are drawn with little regard for each other, as years of a live system leave them.
"""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings
from core.domain.legacy.findings import Outcome as Said
from core.domain.legacy.findings import Reason
from core.domain.legacy.naming import new_id
from core.domain.legacy.rows import OldBooking, OldOrder, OldSession, Table
from core.domain.orders import Order
from tests.legacy.old_studio import DAY, HOUR, NOW, OldStudio, old_studio
from tests.legacy.world import Outcome, transformed

FEW = st.integers(min_value=0, max_value=4)
AMOUNTS = st.sampled_from((0, 1, 99, 2500, 7999, 8000, 40000))
STATUSES = st.sampled_from(
    (
        *("confirmed", "completed", "cancelled") * 5,
        "draft",
        "draft",
        "scheduled",
        "no_show",
        "pending_payment",
        "lost",
    )
)
PAYMENTS = st.sampled_from((*("paid",) * 6, "refunded", "refunded", "partially_refunded", "pending"))
EARNED = st.sampled_from(("projected", "pending", "available", "paid", "reversed"))
HOURS = st.integers(min_value=-200, max_value=200)


class Drawn:
    """A small old database, drawn row by row."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.studio = OldStudio(clients=3)
        self.sessions = [self._session() for _ in range(draw(FEW))]
        for kind in ("package", "bundle"):
            for number in range(draw(st.integers(min_value=0, max_value=1))):
                self.studio.container(
                    kind, number, without=draw(st.sampled_from((None, None, "order", "children")))
                )
        for _ in range(draw(st.integers(min_value=1, max_value=6))):
            self._purchase()
        for _ in range(draw(FEW)):
            self._movement()

    def _session(self) -> OldSession:
        code = self.draw(st.sampled_from(("workshop", "course", "session")))
        service = self.studio.service(code, 2500, 0, max_participants=self.draw(st.integers(1, 3)))
        status = self.draw(st.sampled_from(("scheduled", "completed", "cancelled", "draft")))
        return self.studio.session(service, NOW + self.draw(HOURS) * HOUR, 60, status)

    def _purchase(self) -> None:
        user = self.draw(st.sampled_from(self.studio.clients))
        at = NOW - self.draw(st.integers(0, 40)) * DAY
        session = self.draw(st.sampled_from((None, *self.sessions)))
        service = self.draw(st.sampled_from(self.studio.singles))
        if session is not None:
            service = next(s for s in self.studio.rows.services if s.id == session.service_id)
        price = self.draw(AMOUNTS)
        used = min(price, self.draw(st.sampled_from((0, 0, 99, 2500))))
        if used and self.draw(st.integers(0, 5)) != 1:
            self.studio.grant(user, used, at - DAY)
        status = self.draw(st.sampled_from((*("completed",) * 8, "refunded", "pending")))
        order = self.studio.order(user, service, price, at, credits_applied_cents=used, status=status)
        seats = [
            self._seat(user_index=self.studio.clients.index(user), order=order, session=session)
            for _ in range(self.draw(st.sampled_from((1, 1, 1, 2, 3, 0))))
        ]
        if used:
            self.studio.transaction("usage", -used, order, self.draw(st.sampled_from((None, *seats))))
        if self.draw(st.booleans()):
            self.studio.transaction(
                "refund", self.draw(AMOUNTS), order, self.draw(st.sampled_from((None, *seats)))
            )

    def _seat(self, *, user_index: int, order: OldOrder, session: OldSession | None) -> OldBooking:
        draw, studio = self.draw, self.studio
        service = next(s for s in studio.rows.services if s.id == order.service_id)
        hours = draw(HOURS)
        start = None if hours == 7 else NOW + hours * HOUR
        user = studio.clients[user_index]
        row = studio.booking(
            user,
            service,
            draw(st.sampled_from((order, order, None))),
            order.created_at + timedelta(minutes=draw(st.integers(0, 12))),
            start_time=start,
            status=draw(STATUSES),
            payment_status=draw(PAYMENTS),
            price=draw(AMOUNTS),
            service_session_id=None if session is None else session.id,
        )
        for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
            status = draw(EARNED)
            paid = status == "paid" and draw(st.booleans())
            payout = studio.payout(row.practitioner_id or 1, draw(AMOUNTS), NOW) if paid else None
            gross = draw(st.sampled_from((row.final_amount_cents, row.final_amount_cents, 99, 40000)))
            studio.earning(row, gross, status, NOW, payout)
        return row

    def _movement(self) -> None:
        order = self.draw(st.sampled_from(self.studio.rows.orders))
        kind = self.draw(st.sampled_from(("grant", "expiry", "purchase", "gift")))
        self.studio.transaction(kind, self.draw(AMOUNTS) * self.draw(st.sampled_from((1, -1))), order)


@st.composite
def old_databases(draw: st.DrawFn) -> OldStudio:
    return Drawn(draw).studio


def _sold_credits(studio: OldStudio) -> set[int]:
    return {order.id for order in studio.rows.orders if order.order_type == "credit"}


def _mapped(outcome: Outcome) -> set[tuple[Table, int]]:
    return {row for piece in outcome.pieces for row in piece.mapped}


@settings(max_examples=150, deadline=None)
@given(old_databases())
def test_every_row_is_accounted_for_and_the_books_are_clean(studio: OldStudio) -> None:
    outcome = transformed(studio.rows)

    every = Counter((table, row.id) for table, rows in studio.rows.tables().items() for row in rows)
    gone = [(one.table, one.id) for one in outcome.findings if one.outcome is Said.QUARANTINED]
    mapped = [row for piece in outcome.pieces for row in piece.mapped]
    assert every == Counter(mapped) + Counter(gone)
    assert outcome.account.is_complete
    assert () == outcome.violations()


@settings(max_examples=100, deadline=None)
@given(old_databases())
def test_nobodys_money_changes(studio: OldStudio) -> None:
    outcome = transformed(studio.rows)

    mapped, sold = _mapped(outcome), _sold_credits(studio)
    balances: Counter[int] = Counter()
    for row in studio.rows.transactions:
        bought = row.transaction_type == "purchase" and row.order_id not in sold
        if (Table.TRANSACTIONS, row.id) in mapped and not bought:
            balances[row.user_id] += row.amount_cents
    accounts = {row.user_id: row.balance_cents for row in outcome.every(CreditAccount)}
    assert {new_id(Table.USERS, user): cents for user, cents in balances.items() if cents} == {
        user: cents for user, cents in accounts.items() if cents
    }

    orders = {row.id: row for row in outcome.every(Order)}
    for old in studio.rows.orders:
        if (Table.ORDERS, old.id) in mapped:
            new = orders[new_id(Table.ORDERS, old.id)]  # type: ignore[index] # an order's id is a UUID
            assert old.subtotal_amount_cents == new.subtotal_amount_cents
            assert old.total_amount_cents == new.total_amount_cents

    waiting = {one.id for one in outcome.findings if one.reason is Reason.EARNED_AT_DELIVERY}
    owed = {row.id: row.net_amount_cents for row in outcome.every(Earnings)}
    for earned in studio.rows.earned:
        if (Table.EARNINGS, earned.id) in mapped and earned.id not in waiting:
            assert earned.net_amount_cents == owed[new_id(Table.EARNINGS, earned.id)]  # type: ignore[index] # the same


@settings(max_examples=15, deadline=None)
@given(st.integers(min_value=2, max_value=10_000), st.booleans())
def test_any_studio_comes_over_clean(seed: int, broken: bool) -> None:
    rows = old_studio(packages=4, bundles=3, direct=10, workshops=2, courses=1, seed=seed, broken=broken)
    outcome = transformed(rows)

    assert outcome.account.is_complete
    assert () == outcome.violations()
    assert bool(broken) == (outcome.account.quarantined_rows > 0)
