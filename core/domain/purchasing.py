"""What one checkout makes: an order, its seats and sessions, and the holds on seats and credits.

One path serves every kind of service. Source: domain.md, "Buying".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.availability import Availability
from core.domain.bookings import Booking, Seat, SeatPayment
from core.domain.catalogue import Service, ServiceStatus, ServiceType
from core.domain.changes import Changes, SlotClaim, merged
from core.domain.confirming import confirm
from core.domain.credits import CreditChange
from core.domain.errors import Invalid, NotFound
from core.domain.gateway import ChargeRequest
from core.domain.ids import BookingId, IdSource, OrderId, PaymentId, UserId
from core.domain.money import MAX_CHARGE_CENTS
from core.domain.orders import Order, OrderType, Payment, Terms, payment_key
from core.domain.planning import Checkout, PlannedSeat, claim_of, plan
from core.domain.pricing import Tender, tender
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import BookingStatus, OrderStatus, PaymentStatus
from core.domain.taking import taken_seat, with_one_more
from core.domain.views import CheckoutView

ORDER_TYPE_OF = {
    ServiceType.SESSION: OrderType.DIRECT,
    ServiceType.WORKSHOP: OrderType.DIRECT,
    ServiceType.COURSE: OrderType.COURSE,
    ServiceType.PACKAGE: OrderType.PACKAGE,
    ServiceType.BUNDLE: OrderType.BUNDLE,
}


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


def purchase(
    view: CheckoutView, command: Checkout, *, rules: Rules, now: datetime, new_id: IdSource
) -> Purchase:
    """Reserve what the service takes, and pay at once what needs no card.

    Raises Invalid for a field that does not fit the service, SessionFull, SessionOverlap,
    OutsideAvailability, BelowMinimumCharge, CourseStarted, or Conflict where the service cannot be
    bought now.
    """
    _require_on_sale(view.service, command)
    planned = plan(view, command, now=now, new_id=new_id)
    subtotal_cents = sum(p.value_cents for p in planned)
    split = _tender(view, command, subtotal_cents=subtotal_cents, rules=rules)

    order = _order(view, command, planned, split, rules=rules, now=now, order_id=OrderId(new_id()))
    seats = _seats(view, command, order, planned, rules=rules, now=now, new_id=new_id)
    taken = merged(taken_seat(p.session, p.offer, now) for p in planned if not p.new_session)
    holds = evolve(
        taken,
        slots=_claims(planned, view.availability),
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

    Raises Invalid for an amount that a card cannot be charged: too little or too much.
    """
    least = rules.minimum_charge_cents
    if not least <= command.amount_cents <= MAX_CHARGE_CENTS:
        raise Invalid("/amount_cents", f"must be between {least} and {MAX_CHARGE_CENTS}")

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


def _tender(view: CheckoutView, command: Checkout, *, subtotal_cents: int, rules: Rules) -> Tender:
    wanted = command.credits_to_apply_cents
    if wanted is None and not command.apply_credits:
        wanted = 0
    if wanted is not None and wanted < 0:
        raise Invalid("/credits_to_apply_cents", "must not be negative")

    split = tender(
        subtotal_cents,
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
    planned: Sequence[PlannedSeat],
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
        subtotal_amount_cents=split.credits_cents + split.card_cents,
        credits_applied_cents=split.credits_cents,
        total_amount_cents=split.card_cents,
        total_sessions=len(planned),
        session_value_cents=planned[0].value_cents,
        bundled_service_id=service.bundled_service_id,
        terms=Terms(
            cancellation_policy=service.cancellation_policy,
            pay_practitioner_on_no_show=service.pay_practitioner_on_no_show,
            pay_practitioner_on_late_cancel=service.pay_practitioner_on_late_cancel,
            complimentary_earnings_cents=service.complimentary_earnings_cents,
            on_expiry=service.on_expiry,
            earnings_hold_hours=rules.earnings_hold_hours,
        ),
        expires_at=None if service.validity_days is None else now + timedelta(days=service.validity_days),
        hold_expires_at=now + rules.payment_hold,
        client_notes=command.client_notes,
        created_at=now,
        version=_first_version(split.card_cents),
    )


def _first_version(card_cents: int) -> int:
    """What is paid at once is inserted as `confirm` leaves it, at version 1: it starts from 0."""
    return 1 if card_cents > 0 else 0


def _seats(
    view: CheckoutView,
    command: Checkout,
    order: Order,
    planned: Sequence[PlannedSeat],
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
                version=order.version,
            ),
            session=p.session if p.new_session else with_one_more(p.session, p.offer),
        )
        for p in planned
    )


def _claims(planned: Sequence[PlannedSeat], availability: Availability | None) -> tuple[SlotClaim, ...]:
    return tuple(
        claim_of(p.session, availability)
        for p in planned
        if p.session.session_type is SessionType.INDIVIDUAL and p.session.start_time is not None
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
    order, seats = confirmed.order, confirmed.seats
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
