"""Views: what one decision has to know, loaded in one go. Plain records, nothing lazy."""

from attrs import frozen

from core.domain.availability import Availability
from core.domain.bookings import Seat
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.sessions import ServiceSession
from core.domain.waitlist import WaitlistEntry


@frozen(kw_only=True)
class CheckoutView:
    """`parts` are the services inside a package or bundle. `sessions` are what the purchase would
    take seats in: the chosen one of a workshop, all of a course (by start time). `busy` are the
    practitioner's individual sessions that overlap the chosen time or are in its buffers. `offer` is
    what the chosen session's waitlist has offered to the buyer, maybe too long ago.
    """

    service: Service
    practitioner: Practitioner
    parts: tuple[Service, ...] = ()
    account: CreditAccount
    sessions: tuple[ServiceSession, ...] = ()
    busy: tuple[ServiceSession, ...] = ()
    offer: WaitlistEntry | None = None

    @property
    def availability(self) -> Availability | None:
        """When the practitioner may be booked; at any time with None."""
        return self.practitioner.availability


@frozen(kw_only=True)
class OrderView:
    """An order with all its seats, oldest first, its payments and the earnings of its seats."""

    order: Order
    seats: tuple[Seat, ...]
    payments: tuple[Payment, ...]
    earnings: tuple[Earnings, ...]


@frozen(kw_only=True)
class ScheduleView:
    """A seat to be scheduled, or to be moved with its `earnings`. `target` is the public session
    asked for, if one was; `offer` is what its waitlist has offered to the holder, maybe too long ago.
    """

    seat: Seat
    order: Order
    service: Service
    practitioner: Practitioner
    busy: tuple[ServiceSession, ...] = ()
    target: ServiceSession | None = None
    earnings: Earnings | None = None
    offer: WaitlistEntry | None = None

    @property
    def availability(self) -> Availability | None:
        """When the practitioner may be booked; at any time with None."""
        return self.practitioner.availability


@frozen(kw_only=True)
class DeliveryView:
    """A session with its occupied seats, their orders and the earnings that exist for them, and what
    is known of its room, oldest first.
    """

    session: ServiceSession
    seats: tuple[Seat, ...]
    orders: tuple[Order, ...]
    earnings: tuple[Earnings, ...]
    room_events: tuple[RoomEvent, ...] = ()


@frozen(kw_only=True)
class History:
    """What taking back delivered seats of an order has to know besides: its journal entries so far, by
    number, and the practitioner whose next payout a clawback is carried into.
    """

    practitioner: Practitioner
    entries: tuple[JournalEntry, ...] = ()


@frozen(kw_only=True)
class DisputeView:
    """A sale whose payment is disputed, with every dispute about it. `practitioner` is the seller, None for
    credits; `account` is the buyer's, None where they never had credits. `entries` are the order's so far, of
    an order of credits alone.
    """

    sale: OrderView
    disputes: tuple[Dispute, ...]
    practitioner: Practitioner | None = None
    account: CreditAccount | None = None
    entries: tuple[JournalEntry, ...] = ()


@frozen(kw_only=True)
class RefundView:
    """A refund under way, with its order and the payment it goes back to."""

    refund: Refund
    order: Order
    payment: Payment | None


@frozen(kw_only=True)
class PayoutView:
    """A practitioner with the earnings that a payout may take (available, in no payout)."""

    practitioner: Practitioner
    earnings: tuple[Earnings, ...]


@frozen(kw_only=True)
class PayoutSettlementView:
    """A payout under way, with the earnings it took."""

    payout: Payout
    practitioner: Practitioner
    earnings: tuple[Earnings, ...]


@frozen(kw_only=True)
class CancellationView:
    """A session with its live seats (not canceled, drafts among them), oldest first; their orders,
    those orders' payments, and the earnings that exist for the seats.
    """

    session: ServiceSession
    seats: tuple[Seat, ...]
    orders: tuple[Order, ...]
    payments: tuple[Payment, ...]
    earnings: tuple[Earnings, ...]


@frozen(kw_only=True)
class PlaceView:
    """A session, one customer's live place in its line, and whether they have a seat in it."""

    session: ServiceSession
    entry: WaitlistEntry | None
    is_seated: bool


@frozen(kw_only=True)
class LineView:
    """A session with the live places of its line, in order."""

    session: ServiceSession
    entries: tuple[WaitlistEntry, ...]
