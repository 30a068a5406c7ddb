"""What one checkout makes: an order, its seats and sessions, and the holds on seats and credits.

One path serves every kind of service. Source: domain.md, "Buying".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.bookings import Booking, Seat, SeatPayment
from core.domain.catalogue import Service, ServiceStatus, ServiceType
from core.domain.changes import Changes, SeatChange, SlotClaim, summed_seats
from core.domain.confirming import confirm
from core.domain.credits import CreditChange
from core.domain.errors import Conflict, Invalid, NotFound, SessionFull, SessionOverlap
from core.domain.gateway import ChargeRequest
from core.domain.ids import BookingId, IdSource, OrderId, PaymentId, ServiceId, SessionId, UserId
from core.domain.money import MAX_CENTS
from core.domain.orders import Order, OrderType, Payment, Terms, payment_key
from core.domain.pricing import Tender, seat_values, tender
from core.domain.rules import Rules
from core.domain.sessions import OPEN_STATUSES, ServiceSession, SessionType, overlaps, private_session
from core.domain.statuses import BookingStatus, OrderStatus, PaymentStatus
from core.domain.views import CheckoutView

ORDER_TYPE_OF = {
    ServiceType.SESSION: OrderType.DIRECT,
    ServiceType.WORKSHOP: OrderType.DIRECT,
    ServiceType.COURSE: OrderType.COURSE,
    ServiceType.PACKAGE: OrderType.PACKAGE,
    ServiceType.BUNDLE: OrderType.BUNDLE,
}


@frozen(kw_only=True)
class Checkout:
    """Buy a service. `start_time` goes with a session, `session_id` with a workshop.

    `credits_to_apply_cents` caps the credits (and asks for them by itself).
    """

    user_id: UserId
    service_id: ServiceId
    payment_method_id: str | None = None
    apply_credits: bool = False
    credits_to_apply_cents: int | None = None
    start_time: datetime | None = None
    session_id: SessionId | None = None
    client_notes: str = ""


@frozen(kw_only=True)
class BuyCredits:
    """Buy credits by card, `amount_cents` in the marketplace's currency."""

    user_id: UserId
    amount_cents: int
    payment_method_id: str


@frozen(kw_only=True)
class Purchase:
    """A decided purchase. `charge` is what to ask of the gateway once `changes` are committed;
    None when nothing is left to pay and the order is paid already.
    """

    changes: Changes
    order: Order
    seats: tuple[Seat, ...]
    payment: Payment | None
    charge: ChargeRequest | None


@frozen(kw_only=True)
class _PlannedSeat:
    """A seat to be bought: of which service, in which session (new or existing), worth what."""

    service: Service
    session: ServiceSession
    new_session: bool
    value_cents: int


def purchase(
    view: CheckoutView, command: Checkout, *, rules: Rules, now: datetime, new_id: IdSource
) -> Purchase:
    """Reserve what the service takes, and pay at once what needs no card.

    Raises Invalid for a field that does not fit the service, SessionFull, SessionOverlap,
    BelowMinimumCharge, or Conflict where the service cannot be bought now.
    """
    _require_on_sale(view.service, command)
    planned = _plan(view, command, now=now, new_id=new_id)
    split = _tender(view, command, rules=rules)

    order = _order(view, command, planned, split, rules=rules, now=now, order_id=OrderId(new_id()))
    seats = _seats(view, command, order, planned, rules=rules, now=now, new_id=new_id)
    holds = Changes(
        seats=summed_seats(
            SeatChange(session_id=p.session.id, seats=1) for p in planned if not p.new_session
        ),
        slots=_claims(planned),
        credits=_held_credits(order, paid_by_card=split.card_cents > 0),
    )
    new_sessions = tuple(p.session for p in planned if p.new_session)
    if split.card_cents == 0:
        return _paid_at_once(order, seats, new_sessions, holds, now=now, new_id=new_id)
    return _awaiting_card(
        order, seats, new_sessions, holds, method=command.payment_method_id, now=now, new_id=new_id
    )


def purchase_credits(command: BuyCredits, *, rules: Rules, now: datetime, new_id: IdSource) -> Purchase:
    """An order for credits: nothing is held, the balance grows when the payment succeeds.

    Raises Invalid for an amount below the gateway's minimum charge or beyond what can be held.
    """
    if not rules.minimum_charge_cents <= command.amount_cents <= MAX_CENTS:
        raise Invalid("/amount_cents", f"must be between {rules.minimum_charge_cents} and {MAX_CENTS}")

    order = Order(
        id=OrderId(new_id()),
        user_id=command.user_id,
        service_id=None,
        practitioner_id=None,
        order_type=OrderType.CREDIT,
        status=OrderStatus.PENDING_PAYMENT,
        currency=rules.currency,
        subtotal_amount_cents=command.amount_cents,
        credits_applied_cents=0,
        total_amount_cents=command.amount_cents,
        terms=Terms(earnings_hold_hours=rules.earnings_hold_hours),
        hold_expires_at=now + rules.payment_hold,
        created_at=now,
    )
    return _awaiting_card(order, (), (), Changes(), method=command.payment_method_id, now=now, new_id=new_id)


def _require_on_sale(service: Service, command: Checkout) -> None:
    if service.status is not ServiceStatus.ACTIVE:
        raise NotFound("service", service.id)
    if command.start_time is not None and service.service_type is not ServiceType.SESSION:
        raise Invalid(
            "/start_time", f"a {service.service_type} is not bought for a time of the customer's choice"
        )
    if command.session_id is not None and service.service_type is not ServiceType.WORKSHOP:
        raise Invalid("/session_id", f"a {service.service_type} is not bought by session")


def _plan(
    view: CheckoutView, command: Checkout, *, now: datetime, new_id: IdSource
) -> tuple[_PlannedSeat, ...]:
    match view.service.service_type:
        case ServiceType.SESSION:
            return _plan_individual(view, command, now=now, new_id=new_id)
        case ServiceType.WORKSHOP:
            return _plan_workshop(view, command, now=now)
        case ServiceType.COURSE:
            return _plan_course(view, now=now)
        case _:
            return _plan_placeholders(view, now=now, new_id=new_id)


def _plan_individual(
    view: CheckoutView, command: Checkout, *, now: datetime, new_id: IdSource
) -> tuple[_PlannedSeat, ...]:
    if command.start_time is None:
        raise Invalid("/start_time", "is required for a session")
    if command.start_time <= now:
        raise Invalid("/start_time", "must be in the future")

    session = private_session(
        view.service,
        session_id=SessionId(new_id()),
        start_time=command.start_time,
        timezone=view.practitioner.timezone,
        now=now,
    )
    require_free(view.busy, session)
    return (
        _PlannedSeat(
            service=view.service, session=session, new_session=True, value_cents=view.service.price_cents
        ),
    )


def _plan_workshop(view: CheckoutView, command: Checkout, *, now: datetime) -> tuple[_PlannedSeat, ...]:
    if command.session_id is None:
        raise Invalid("/session_id", "is required for a workshop")
    if not view.sessions:
        raise NotFound("session", command.session_id)

    session = view.sessions[0]
    require_open(session, now)
    return (
        _PlannedSeat(
            service=view.service, session=session, new_session=False, value_cents=view.service.price_cents
        ),
    )


def _plan_course(view: CheckoutView, *, now: datetime) -> tuple[_PlannedSeat, ...]:
    if not view.sessions:
        raise Conflict("the course has no classes yet")
    for session in view.sessions:
        require_open(session, now)

    values = seat_values(view.service, [view.service] * len(view.sessions))
    return tuple(
        _PlannedSeat(service=view.service, session=session, new_session=False, value_cents=value)
        for session, value in zip(view.sessions, values, strict=True)
    )


def _plan_placeholders(view: CheckoutView, *, now: datetime, new_id: IdSource) -> tuple[_PlannedSeat, ...]:
    parts = {part.id: part for part in view.parts}
    services = [parts[c.service_id] for c in view.service.parts for _ in range(c.quantity)]
    if not services:
        raise Conflict("the package has no sessions")

    values = seat_values(view.service, services)
    return tuple(
        _PlannedSeat(
            service=service,
            session=private_session(
                service,
                session_id=SessionId(new_id()),
                start_time=None,
                timezone=view.practitioner.timezone,
                now=now,
            ),
            new_session=True,
            value_cents=value,
        )
        for service, value in zip(services, values, strict=True)
    )


def require_free(busy: Sequence[ServiceSession], session: ServiceSession) -> None:
    """SessionOverlap if any of the practitioner's sessions is in the way of `session`'s time."""
    if session.start_time is None or session.end_time is None:
        return
    if any(overlaps(other, session.start_time, session.end_time) for other in busy if other.id != session.id):
        raise SessionOverlap(session.start_time, session.end_time)


def require_open(session: ServiceSession, now: datetime) -> None:
    """SessionFull unless a seat of a session to come can still be taken."""
    started = session.start_time is None or session.start_time <= now
    if (
        started
        or session.status not in OPEN_STATUSES
        or session.current_participants >= session.max_participants
    ):
        raise SessionFull(session.id)


def _tender(view: CheckoutView, command: Checkout, *, rules: Rules) -> Tender:
    wanted = command.credits_to_apply_cents
    if wanted is None and not command.apply_credits:
        wanted = 0
    if wanted is not None and wanted < 0:
        raise Invalid("/credits_to_apply_cents", "must not be negative")

    split = tender(
        view.service.price_cents,
        spendable_cents=view.account.spendable_cents,
        wanted_cents=wanted,
        minimum_charge_cents=rules.minimum_charge_cents,
    )
    if split.card_cents > 0 and not command.payment_method_id:
        raise Invalid("/payment_method_id", f"is required: {split.card_cents} are left to pay by card")
    return split


def _order(
    view: CheckoutView,
    command: Checkout,
    planned: Sequence[_PlannedSeat],
    split: Tender,
    *,
    rules: Rules,
    now: datetime,
    order_id: OrderId,
) -> Order:
    service = view.service
    return Order(
        id=order_id,
        user_id=command.user_id,
        service_id=service.id,
        practitioner_id=service.practitioner_id,
        order_type=ORDER_TYPE_OF[service.service_type],
        status=OrderStatus.PENDING_PAYMENT,
        currency=service.currency,
        subtotal_amount_cents=service.price_cents,
        credits_applied_cents=split.credits_cents,
        total_amount_cents=split.card_cents,
        total_sessions=len(planned),
        session_value_cents=planned[0].value_cents,
        bundled_service_id=service.bundled_service_id,
        terms=Terms(
            cancellation_policy=service.cancellation_policy,
            pay_practitioner_on_no_show=service.pay_practitioner_on_no_show,
            complimentary_earnings_cents=service.complimentary_earnings_cents,
            on_expiry=service.on_expiry,
            earnings_hold_hours=rules.earnings_hold_hours,
        ),
        expires_at=None if service.validity_days is None else now + timedelta(days=service.validity_days),
        hold_expires_at=now + rules.payment_hold,
        client_notes=command.client_notes,
        created_at=now,
    )


def _seats(
    view: CheckoutView,
    command: Checkout,
    order: Order,
    planned: Sequence[_PlannedSeat],
    *,
    rules: Rules,
    now: datetime,
    new_id: IdSource,
) -> tuple[Seat, ...]:
    price = order.subtotal_amount_cents if order.order_type is OrderType.DIRECT else 0
    rates = {
        kind: rules.commission_for(view.practitioner, kind)
        for kind in {p.service.service_type for p in planned}
    }
    return tuple(
        Seat(
            booking=Booking(
                id=BookingId(new_id()),
                user_id=command.user_id,
                order_id=order.id,
                service_id=p.service.id,
                practitioner_id=p.service.practitioner_id,
                session_id=p.session.id,
                status=BookingStatus.DRAFT if p.session.start_time is None else BookingStatus.PENDING_PAYMENT,
                payment_status=SeatPayment.PENDING,
                price_charged_cents=price,
                final_amount_cents=price,
                session_value_cents=p.value_cents,
                commission_bps=rates[p.service.service_type],
                service_name_snapshot=p.service.name,
                service_description_snapshot=p.service.description,
                practitioner_name_snapshot=view.practitioner.display_name,
                client_notes=command.client_notes,
                created_at=now,
            ),
            session=p.session if p.new_session else _with_one_more(p.session),
        )
        for p in planned
    )


def _with_one_more(session: ServiceSession) -> ServiceSession:
    return evolve(session, current_participants=session.current_participants + 1, version=session.version + 1)


def _claims(planned: Sequence[_PlannedSeat]) -> tuple[SlotClaim, ...]:
    return tuple(
        claim_of(p.session)
        for p in planned
        if p.session.session_type is SessionType.INDIVIDUAL and p.session.start_time is not None
    )


def claim_of(session: ServiceSession) -> SlotClaim:
    """The claim on the practitioner's time that a scheduled individual session makes."""
    if session.start_time is None or session.end_time is None:
        raise ValueError("a session without a time claims none")
    return SlotClaim(
        practitioner_id=session.practitioner_id,
        session_id=session.id,
        start_time=session.start_time,
        end_time=session.end_time,
    )


def _held_credits(order: Order, *, paid_by_card: bool) -> tuple[CreditChange, ...]:
    """Hold the credits while the card is charged; without a card, `confirm` takes them at once."""
    if order.credits_applied_cents == 0 or not paid_by_card:
        return ()
    return (
        CreditChange(
            user_id=order.user_id, currency=order.currency, held_delta_cents=order.credits_applied_cents
        ),
    )


def _paid_at_once(
    order: Order,
    seats: tuple[Seat, ...],
    new_sessions: tuple[ServiceSession, ...],
    holds: Changes,
    *,
    now: datetime,
    new_id: IdSource,
) -> Purchase:
    confirmed = confirm(order, seats, credits_were_held=False, now=now, new_id=new_id)
    order = evolve(confirmed.order, version=1)
    seats = tuple(
        Seat(booking=evolve(seat.booking, version=1), session=seat.session) for seat in confirmed.seats
    )
    changes = evolve(
        holds,
        inserts=(order, *new_sessions, *(seat.booking for seat in seats), *confirmed.earnings),
        credits=confirmed.credits,
        entries=confirmed.entries,
        events=confirmed.events,
    )
    return Purchase(changes=changes, order=order, seats=seats, payment=None, charge=None)


def _awaiting_card(
    order: Order,
    seats: tuple[Seat, ...],
    new_sessions: tuple[ServiceSession, ...],
    holds: Changes,
    *,
    method: str | None,
    now: datetime,
    new_id: IdSource,
) -> Purchase:
    payment = Payment(
        id=PaymentId(new_id()),
        order_id=order.id,
        user_id=order.user_id,
        status=PaymentStatus.CREATED,
        amount_cents=order.total_amount_cents,
        currency=order.currency,
        payment_method_id=method or "",
        idempotency_key=payment_key(order.id),
        created_at=now,
        updated_at=now,
    )
    changes = evolve(holds, inserts=(order, *new_sessions, *(seat.booking for seat in seats), payment))
    return Purchase(
        changes=changes, order=order, seats=seats, payment=payment, charge=charge_request(payment)
    )


def charge_request(payment: Payment) -> ChargeRequest:
    """What the gateway is asked for a payment: the same words at every repetition."""
    return ChargeRequest(
        idempotency_key=payment.idempotency_key,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        payment_method_id=payment.payment_method_id,
        metadata={
            "order_id": str(payment.order_id),
            "payment_id": str(payment.id),
            "user_id": str(payment.user_id),
        },
    )
