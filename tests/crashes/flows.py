"""What a server is killed in: checkout, refund and payout in each of their forms, and webhooks."""

import json
from datetime import timedelta
from typing import Any, Final

import httpx

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.actors import Actor, Role
from core.domain.catalogue import Service, ServiceType
from core.domain.earnings import Payout
from core.domain.statuses import OrderStatus
from core.usecases.catalogue import PractitionerProfile, save_practitioner
from core.usecases.deliver import complete_session
from core.usecases.payout import pay_out
from core.usecases.settle_payment import Receipt
from core.usecases.sweep import sweep
from ports.queries import Page
from tests.crashes.judging import Bank
from tests.crashes.lives import SIGNING
from tests.crashes.scenes import Flow, Judge, Request, Scene, bought_or_not, given_back, one_order, posted
from tests.crashes.stripe import TwoGateways
from tests.servers.stripe.webhooks import signature
from tests.usecases.world import ASKING, DECLINED, VISA, World

IN_A_WEEK: Final = timedelta(days=7)
HELD: Final = timedelta(days=10)
CREDITS: Final = 10_000

_PAGE: Final = Page(limit=100)
_CHARGED: Final = "payments.charge"


async def seller(world: World) -> Actor:
    """A practitioner whom the gateway can pay, on an account that nobody has asked about yet."""
    ana = await world.seller()
    account = f"acct_{ana.user_id.hex}"
    if isinstance(world, TwoGateways):
        world.process.open_account(account)
    profile = PractitionerProfile(
        id=ana.user_id, display_name="Ana Reis", timezone="Europe/Lisbon", stripe_account_id=account
    )
    await save_practitioner(profile, actor=ana, ports=world.ports)
    return ana


def checkout(world: World, buyer: Actor, service: Service, **body: Any) -> Request:
    return posted("/checkout", buyer, service_id=str(service.id), **body)


def in_a_week(world: World) -> str:
    return (world.clock.now() + IN_A_WEEK).isoformat()


async def hour(world: World, card: str | None = VISA, **body: Any) -> tuple[Actor, Request]:
    """Somebody who is about to buy an hour at 80.00."""
    buyer, service = world.person(Role.CLIENT), await world.offer(await seller(world))
    if card is not None:
        body["payment_method_id"] = card
    return buyer, checkout(world, buyer, service, start_time=in_a_week(world), **body)


async def by_card(world: World) -> Scene:
    buyer, request = await hour(world)
    return Scene(request=request, judge=bought_or_not(buyer))


async def by_card_and_credits(world: World) -> Scene:
    buyer = world.person(Role.CLIENT)
    package = await world.offer_package(await seller(world))
    await world.give_credits(buyer, CREDITS)
    request = checkout(world, buyer, package, payment_method_id=VISA, apply_credits=True)
    return Scene(request=request, judge=bought_or_not(buyer, credits_cents=CREDITS))


async def by_credits(world: World) -> Scene:
    buyer, request = await hour(world, None, apply_credits=True)
    await world.give_credits(buyer, CREDITS)
    return Scene(request=request, judge=bought_or_not(buyer, credits_cents=CREDITS))


async def of_credits(world: World) -> Scene:
    buyer = world.person(Role.CLIENT)
    request = posted("/credits/purchases", buyer, amount_cents=5000, payment_method_id=VISA)

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        order, _ = await one_order(world, bank, buyer)
        paid = order is not None and order.status is OrderStatus.PAID
        spent_or_got = await world.credits_of(buyer)
        wrong = spent_or_got != ((5000 if paid else 0), 0)
        return [f"credits are {spent_or_got}"] if wrong else await _status_judge(buyer)(world, bank, answer)

    return Scene(request=request, judge=judge)


def _status_judge(buyer: Actor, *statuses: OrderStatus) -> Judge:
    """One order, in one of these statuses; paid or canceled unless they are given."""

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        order, found = await one_order(world, bank, buyer)
        allowed = statuses or (OrderStatus.PAID, OrderStatus.CANCELED)
        if order is not None and order.status not in allowed:
            found.append(f"the order is {order.status.value}")
        return found if answer.status_code in (200, 201, 402) else [*found, f"told {answer.status_code}"]

    return judge


async def declined(world: World) -> Scene:
    buyer, request = await hour(world, DECLINED)
    return Scene(request=request, judge=_status_judge(buyer, OrderStatus.CANCELED))


async def asking(world: World) -> Scene:
    """The bank asks its customer, who never answers."""
    buyer, request = await hour(world, ASKING)
    return Scene(request=request, judge=_status_judge(buyer, OrderStatus.CANCELED))


async def asked_and_answered(world: World) -> Scene:
    """The bank asks its customer, who answers while the server is down, if it came so far."""
    buyer, request = await hour(world, ASKING)
    return Scene(request=request, judge=_status_judge(buyer))


async def customers_answer(world: World) -> None:
    """Whoever is asked by their bank answers."""
    for charge in world.gateway.charges():
        if charge.status is MovementStatus.REQUIRES_ACTION:
            await world.gateway.confirm(charge.ref)


async def package(world: World) -> tuple[Actor, Receipt]:
    """Somebody who has bought a package of 400.00 with 100.00 of credits, and whoever."""
    buyer = world.person(Role.CLIENT)
    await world.give_credits(buyer, CREDITS)
    service = await world.offer_package(await seller(world))
    return buyer, await world.buy(buyer, service, apply_credits=True)


async def refund(world: World) -> Scene:
    buyer, receipt = await package(world)
    return Scene(
        request=posted(f"/orders/{receipt.order.id}/refunds", buyer),
        judge=given_back(buyer, credits_cents=CREDITS),
    )


async def refund_sent_again(world: World) -> Scene:
    """An admin sends a refund once more that the gateway had refused."""
    buyer, receipt = await package(world)
    world.gateway.script(Operation.REFUND, Fault.DECLINED)
    failed = await world.refund(buyer, receipt)
    return Scene(
        request=posted(f"/refunds/{failed.id}/retry", world.person(Role.ADMIN)),
        judge=given_back(buyer, credits_cents=CREDITS),
    )


async def sold_hour(world: World, card: str = VISA) -> tuple[Actor, Actor, Receipt]:
    """Who sells, who bought, and an hour at 80.00."""
    ana, buyer = await seller(world), world.person(Role.CLIENT)
    start = world.clock.now() + IN_A_WEEK
    return ana, buyer, await world.buy(buyer, await world.offer(ana), card, start_time=start)


async def canceled_seat(world: World) -> Scene:
    _, buyer, receipt = await sold_hour(world)
    path = f"/bookings/{receipt.seats[0].booking.id}/cancel"
    return Scene(request=posted(path, buyer), judge=given_back(buyer))


async def given_up(world: World) -> Scene:
    """An order that waits for its customer is given up."""
    _, buyer, receipt = await sold_hour(world, ASKING)
    path = f"/orders/{receipt.order.id}/cancel"
    return Scene(request=posted(path, buyer), judge=_status_judge(buyer, OrderStatus.CANCELED))


async def called_off(world: World) -> Scene:
    """A practitioner calls a workshop off that two have paid for by card."""
    ana = await seller(world)
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    command = await world.offer_class(workshop, ana)
    sessions = await world.store.sessions(_PAGE, service_id=command.service_id)
    session_id = sessions.items[0].id
    buyers = [world.person(Role.CLIENT) for _ in range(2)]
    for buyer in buyers:
        await world.buy(buyer, workshop, session_id=session_id)

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        return [trouble for buyer in buyers for trouble in await given_back(buyer)(world, bank, answer)]

    return Scene(request=posted(f"/sessions/{session_id}/cancel", ana), judge=judge)


async def payout(world: World) -> Scene:
    """A practitioner who has delivered an hour wants the 68.00 of it."""
    ana, _, receipt = await sold_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    return Scene(request=posted("/payouts", ana), judge=paid_out(ana))


def paid_out(ana: Actor) -> Judge:
    """One payout of 68.00, which left the gateway once and the practitioner's balance at nothing."""

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        summary = await world.store.earnings_summary(ana.user_id, currency="usd")
        payouts = (await world.store.payouts(_PAGE, practitioner_id=ana.user_id)).items
        seen = (
            list(bank.transfers(ana.user_id)),
            [p.status.value for p in payouts],
            summary.paid_cents,
            summary.balance_cents,
            answer.is_success,
        )
        expected = ([6800], ["paid"], 6800, 0, True)
        return [] if seen == expected else [f"the payout ended as {seen} instead of {expected}"]

    return judge


async def paid(world: World) -> tuple[Actor, Payout]:
    """A practitioner who has been paid the 68.00 of an hour, and the payout."""
    ana, _, receipt = await sold_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await earnings_ripen(world)
    return ana, await pay_out(ana.user_id, actor=ana, ports=world.ports)


async def taken_back(world: World, ana: Actor, payout: Payout) -> tuple[int, int, int]:
    """How much of a payout came back, by the payout, by what its practitioner is owed, by the gateway."""
    view = await world.store.load_payout(payout.id)
    summary = await world.store.earnings_summary(ana.user_id, currency="usd")
    kept = world.gateway.transferred_cents(practitioner_id=str(ana.user_id))
    return (0 if view is None else view.payout.reversed_cents), summary.balance_cents, 6800 - kept


async def reversal(world: World) -> Scene:
    """An admin takes 30.00 of a payout back: twice would be 60.00."""
    ana, payout = await paid(world)

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        seen = (*await taken_back(world, ana, payout), answer.is_success)
        return [] if seen == (3000, 3000, 3000, True) else [f"the reversal ended as {seen}"]

    path = f"/payouts/{payout.id}/reversals"
    return Scene(request=posted(path, world.person(Role.ADMIN), amount_cents=3000), judge=judge)


async def earnings_ripen(world: World) -> None:
    """The hold of what was earned so far passes."""
    world.clock.advance(HELD)
    await sweep(ports=world.ports)


async def told(world: World) -> Scene:
    """Stripe tells of a payment that a customer has authenticated."""
    _, buyer, receipt = await sold_hour(world, ASKING)
    assert receipt.payment is not None
    ref = receipt.payment.gateway_ref or ""
    await world.gateway.confirm(ref)
    about = {"object": "payment_intent", "id": ref, "metadata": {"payment_id": str(receipt.payment.id)}}
    event = {"id": f"evt_{ref}", "type": "payment_intent.succeeded", "livemode": False}
    body = json.dumps({**event, "data": {"object": about}}).encode()
    signed = signature(body, SIGNING, at=int(world.clock.now().timestamp()))
    return Scene(
        request=Request(path="/webhooks/stripe", body=body, headers={"stripe-signature": signed}),
        judge=_status_judge(buyer, OrderStatus.PAID),
    )


CHECKOUTS: Final = (
    Flow(name="checkout by card", stage=by_card, at_least=4, through=_CHARGED),
    Flow(name="checkout by card and credits", stage=by_card_and_credits, at_least=4, through=_CHARGED),
    Flow(name="checkout by credits", stage=by_credits, at_least=2, through="store.commit"),
    Flow(name="purchase of credits", stage=of_credits, at_least=4, through=_CHARGED),
    Flow(name="checkout declined", stage=declined, at_least=4, through=_CHARGED),
    Flow(name="checkout never authenticated", stage=asking, at_least=4, through=_CHARGED),
    Flow(
        name="checkout authenticated",
        stage=asked_and_answered,
        at_least=4,
        through=_CHARGED,
        meanwhile=customers_answer,
    ),
    Flow(name="unpaid order given up", stage=given_up, at_least=3, through="payments.cancel_charge"),
)

REFUNDS: Final = (
    Flow(name="refund", stage=refund, at_least=4, through="payments.refund"),
    Flow(name="refund sent again", stage=refund_sent_again, at_least=4, through="payments.refund"),
    Flow(name="seat canceled", stage=canceled_seat, at_least=4, through="payments.refund"),
    Flow(name="session called off", stage=called_off, at_least=6, through="payments.refund"),
)

PAYOUT: Final = Flow(
    name="payout", stage=payout, at_least=4, through="payments.transfer", ripe=earnings_ripen
)

WEBHOOK: Final = Flow(name="webhook", stage=told, at_least=5, through="payments.find_charge")

REVERSAL: Final = Flow(
    name="payout taken back", stage=reversal, at_least=3, through="payments.reverse_transfer"
)

FLOWS: Final = (*CHECKOUTS, *REFUNDS, PAYOUT, REVERSAL, WEBHOOK)
