"""Every way in which a store refuses a commit, each against one stored sale."""

from collections.abc import Callable

from attrs import evolve, frozen

from adapters.memory.testing.builders import (
    make_booking,
    make_earnings,
    make_order,
    make_payment,
    make_session,
    make_waiting,
)
from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import (
    make_credit_change,
    make_idempotency,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.sales import Sale, make_sale
from core.domain.changes import Changes, SeatChange, SlotClaim
from core.domain.earnings import Earnings
from core.domain.errors import DomainError, InsufficientCredits, SessionFull, SessionOverlap
from core.domain.idempotency import IdempotencyRecord
from core.domain.ledger import PAYMENT_GATEWAY, PAYOUTS, ChainOwner, HeadMove, JournalEntry, order_value
from core.domain.orders import Payment
from core.domain.waitlist import WaitlistEntry
from ports.errors import AlreadyExists, ConcurrencyConflict, Inconsistent, PortError


@frozen(kw_only=True)
class Stored:
    """A sale of one full session, and what belongs to it, as the store holds it."""

    sale: Sale
    payment: Payment
    earnings: Earnings
    entry: JournalEntry
    request: IdempotencyRecord
    place: WaitlistEntry

    @property
    def changes(self) -> Changes:
        """What puts all of it into a store."""
        rows = (self.payment, self.earnings, self.request, self.place)
        return Changes(inserts=(*self.sale.rows, *rows), entries=(self.entry,))


def make_stored() -> Stored:
    """A stored sale of its own."""
    sale = make_sale()
    value = sale.order.subtotal_amount_cents
    return Stored(
        sale=sale,
        payment=make_payment(sale.order),
        earnings=make_earnings(sale.booking),
        entry=make_purchase(
            sale.order,
            make_posting(order_value(sale.order.id), value),
            make_posting(PAYMENT_GATEWAY, -value),
        ),
        request=make_idempotency(),
        place=make_waiting(sale.session),
    )


def claim(sale: Sale) -> SlotClaim:
    """A claim on the time of the sale's session."""
    start, end = sale.session.start_time, sale.session.end_time
    if start is None or end is None:
        raise ValueError("the session has no time")
    return SlotClaim(
        practitioner_id=sale.practitioner.id, session_id=sale.session.id, start_time=start, end_time=end
    )


def _same_seat(stored: Stored) -> Changes:
    again = make_order(stored.sale.service, user_id=stored.sale.order.user_id)
    return Changes(inserts=(again, make_booking(again, stored.sale.session)))


def _overlap(stored: Stored) -> Changes:
    rival = make_session(stored.sale.service)
    return Changes(inserts=(rival,), slots=(evolve(claim(stored.sale), session_id=rival.id),))


def _head(stored: Stored, owner: ChainOwner, from_seq: int) -> Changes:
    move = HeadMove(
        owner=owner,
        owner_id=stored.sale.practitioner.id,
        currency="usd",
        from_seq=from_seq,
        to_seq=from_seq + 1,
        head="a" * 64,
    )
    return Changes(heads=(move,))


def _same_link(stored: Stored) -> Changes:
    value = stored.sale.order.subtotal_amount_cents
    postings = (
        make_posting(order_value(stored.sale.order.id), value),
        make_posting(PAYMENT_GATEWAY, -value),
    )
    return Changes(entries=(make_purchase(stored.sale.order, *postings),))


def _lopsided(stored: Stored) -> Changes:
    fair = make_purchase(stored.sale.order, make_posting(PAYMENT_GATEWAY, -1), make_posting(PAYOUTS, 1))
    return Changes(entries=(evolve(fair, seq=2, postings=fair.postings[:1]),))


def _seats(stored: Stored, seats: int) -> Changes:
    return Changes(seats=(SeatChange(session_id=stored.sale.session.id, seats=seats),))


Refusal = tuple[type[DomainError | PortError], Callable[[Stored], Changes]]

REFUSALS: dict[str, Refusal] = {
    "an old version": (ConcurrencyConflict, lambda s: Changes(updates=(s.sale.order,))),
    "a version too far": (
        ConcurrencyConflict,
        lambda s: Changes(updates=(evolve(s.sale.order, version=3),)),
    ),
    "an update of nothing": (
        ConcurrencyConflict,
        lambda s: Changes(updates=(make_order(s.sale.service, version=2),)),
    ),
    "an old answer": (ConcurrencyConflict, lambda s: Changes(updates=(s.request,))),
    "a second order of that id": (AlreadyExists, lambda s: Changes(inserts=(s.sale.order,))),
    "a second request under that key": (
        AlreadyExists,
        lambda _: Changes(inserts=(make_idempotency(request_hash="1" * 64),)),
    ),
    "a second seat of that user": (AlreadyExists, _same_seat),
    "a second place in the line of that user": (
        AlreadyExists,
        lambda s: Changes(inserts=(make_waiting(s.sale.session, user_id=s.place.user_id),)),
    ),
    "a second payment under that key": (
        AlreadyExists,
        lambda s: Changes(inserts=(make_payment(s.sale.order),)),
    ),
    "second earnings of that seat": (
        AlreadyExists,
        lambda s: Changes(inserts=(make_earnings(s.sale.booking),)),
    ),
    "a seat too many": (SessionFull, lambda s: _seats(s, 1)),
    "a seat too few": (ConcurrencyConflict, lambda s: _seats(s, -2)),
    "a seat in no session": (
        SessionFull,
        lambda s: Changes(seats=(SeatChange(session_id=make_session(s.sale.service).id, seats=1),)),
    ),
    "credits that nobody has": (
        InsufficientCredits,
        lambda _: Changes(credits=(make_credit_change(new_user(), -1),)),
    ),
    "a time that is taken": (SessionOverlap, _overlap),
    "the removal of a scheduled session": (
        ConcurrencyConflict,
        lambda s: Changes(removals=(s.sale.session.id,)),
    ),
    "the removal of nothing": (
        ConcurrencyConflict,
        lambda s: Changes(removals=(make_session(s.sale.service).id,)),
    ),
    "a practitioner's head that has moved": (
        ConcurrencyConflict,
        lambda s: _head(s, ChainOwner.PRACTITIONER, 1),
    ),
    "a user's head that has moved": (ConcurrencyConflict, lambda s: _head(s, ChainOwner.USER, 1)),
    "a link of a chain that is taken": (ConcurrencyConflict, _same_link),
    "an order that does not add up": (
        Inconsistent,
        lambda s: Changes(inserts=(make_order(s.sale.service, total_amount_cents=1),)),
    ),
    "an order that returned more than it cost": (
        Inconsistent,
        lambda s: Changes(updates=(evolve(s.sale.order, refunded_card_cents=8001, version=2),)),
    ),
    "a session with too many in it": (
        Inconsistent,
        lambda s: Changes(inserts=(make_session(s.sale.service, current_participants=2),)),
    ),
    "earnings that do not add up": (
        Inconsistent,
        lambda s: Changes(updates=(evolve(s.earnings, net_amount_cents=6801, version=2),)),
    ),
    "an entry that does not sum to zero": (Inconsistent, _lopsided),
}
"""What is refused, with which error, and the changes that ask for it."""

TAKEN_KEYS = {
    "a second order of that id": "order",
    "a second request under that key": "idempotency",
    "a second seat of that user": "seat",
    "a second place in the line of that user": "place",
    "a second payment under that key": "payment_key",
    "second earnings of that seat": "earnings",
}
"""How AlreadyExists names the keys."""
