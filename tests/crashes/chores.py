"""What a worker is killed in: look-ups of what is undecided, what time moves, webhooks, the outbox."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.events import Event, EventType
from core.domain.inbox import Notice, Subject
from core.domain.purchasing import charge_request
from core.domain.statuses import BookingStatus, DisputeStatus, EarningsStatus, OrderStatus, WaitlistStatus
from core.usecases.deliver import complete_session
from core.usecases.inbox import receive
from core.usecases.payout import pay_out
from core.usecases.refund import cancel_booking
from core.usecases.settle_payment import Receipt
from core.usecases.waitlist import join_waitlist
from ports.queries import Page
from ports.store import Kind
from tests.builders import make_idempotency
from tests.crashes.flows import IN_A_WEEK, earnings_ripen, package, paid, seller, sold_hour, taken_back
from tests.crashes.judging import Bank, order_troubles
from tests.crashes.lives import Work
from tests.crashes.traces import require
from tests.usecases.world import ASKING, VISA, World

SOON: Final = timedelta(seconds=16)
AT_ONCE: Final = timedelta(0)
DAY: Final = timedelta(days=1)

Judge = Callable[[World, Bank], Awaitable[list[str]]]


@frozen(kw_only=True)
class Chore:
    """Something that a worker finds to do, `after` so long. `relays`, `tidies`: see `Work`.

    `at_least` and `through` guard the trace, as with a `Flow`.
    """

    name: str
    stage: Callable[[World], Awaitable[Judge]]
    after: timedelta
    at_least: int
    through: str
    relays: bool = False
    tidies: bool = False

    def check(self, trace: list[str]) -> None:
        """Raises AssertionError for a trace that is too short to be this chore's."""
        require(trace, self.name, at_least=self.at_least, through=self.through)

    def work(self, at: datetime) -> Work:
        """The one pass of whoever finds it."""
        return Work(at=[at], relays=self.relays, tidies=self.tidies)


def ends(receipt: Receipt, *statuses: OrderStatus, charged: int, returned: int = 0) -> Judge:
    """The order ends in this status, and the gateway has taken and returned so much for it, each at once."""

    async def judge(world: World, bank: Bank) -> list[str]:
        order = await world.order(receipt)
        found = await order_troubles(order, store=world.store, bank=bank)
        seen = (order.status in statuses, list(bank.charges(order.id)), list(bank.refunds(order.id)))
        expected = (True, [charged] if charged else [], [returned] if returned else [])
        return found if seen == expected else [*found, f"order {order.id} is {order.status.value}: {seen}"]

    return judge


async def charge_unanswered(world: World) -> Judge:
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    _, _, receipt = await sold_hour(world)
    return ends(receipt, OrderStatus.PAID, charged=8000)


async def charge_never_arrived(world: World) -> Judge:
    world.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    _, _, receipt = await sold_hour(world)
    return ends(receipt, OrderStatus.CANCELED, charged=0)


async def hold_lapsed(world: World) -> Judge:
    _, _, receipt = await sold_hour(world, ASKING)
    return ends(receipt, OrderStatus.CANCELED, charged=0)


async def _refunded(world: World, fault: Fault) -> Judge:
    buyer, receipt = await package(world)
    world.gateway.script(Operation.REFUND, fault)
    await world.refund(buyer, receipt)
    return ends(receipt, OrderStatus.REFUNDED, charged=30_000, returned=30_000)


async def refund_unanswered(world: World) -> Judge:
    return await _refunded(world, Fault.LOST_AFTER)


async def refund_never_arrived(world: World) -> Judge:
    return await _refunded(world, Fault.LOST_BEFORE)


async def _paid_out(world: World, fault: Fault) -> Judge:
    ana, _, receipt = await sold_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await earnings_ripen(world)
    world.gateway.script(Operation.TRANSFER, fault)
    await pay_out(ana.user_id, actor=ana, ports=world.ports)
    return transferred(ana)


def transferred(ana: Actor) -> Judge:
    """The 68.00 of an hour left the gateway once."""

    async def judge(world: World, bank: Bank) -> list[str]:
        summary = await world.store.earnings_summary(ana.user_id, currency="usd")
        seen = (list(bank.transfers(ana.user_id)), summary.paid_cents, summary.balance_cents)
        return [] if seen == ([6800], 6800, 0) else [f"the payout ended as {seen}"]

    return judge


async def payout_unanswered(world: World) -> Judge:
    return await _paid_out(world, Fault.LOST_AFTER)


async def payout_never_arrived(world: World) -> Judge:
    return await _paid_out(world, Fault.LOST_BEFORE)


async def told(
    world: World, subject: Subject, *, subject_id: UUID | None = None, object_id: str | None = None
) -> None:
    """A webhook is received, and the process dies before it is applied."""
    notice = Notice(
        provider="fake",
        event_id=f"evt_{world.ids()}",
        event_type="something.happened",
        object_id=object_id,
        subject=subject,
        subject_id=subject_id,
    )
    await receive(notice, ports=world.ports)


async def late_payment_told(world: World) -> Judge:
    """A charge that was given up for lost arrives when its hour is sold again, and Stripe tells."""
    ana, start = await seller(world), world.clock.now() + IN_A_WEEK
    service = await world.offer(ana)
    world.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    first = await world.buy(world.person(Role.CLIENT), service, VISA, start_time=start)
    await world.sweep_after(SOON)
    await world.buy(world.person(Role.CLIENT), service, VISA, start_time=start)
    assert first.payment is not None
    await world.gateway.charge(charge_request(first.payment))
    (charge,) = world.gateway.charges(order_id=str(first.order.id))
    await told(world, Subject.PAYMENT, subject_id=first.payment.id, object_id=charge.ref)
    return ends(first, OrderStatus.CANCELED, OrderStatus.REFUNDED, charged=8000, returned=8000)


async def dispute_told(world: World) -> Judge:
    """A bank takes a charge back, and Stripe tells."""
    _, _, receipt = await sold_hour(world)
    (charge,) = world.gateway.charges(order_id=str(receipt.order.id))
    report = await world.gateway.dispute(charge.ref, DisputeStatus.LOST)
    await told(world, Subject.DISPUTE, object_id=report.ref)

    async def judge(world: World, bank: Bank) -> list[str]:
        order = await world.order(receipt)
        disputes = await world.store.order_disputes(order.id)
        seen = (order.charged_back_cents, [d.status.value for d in disputes], list(bank.charges(order.id)))
        return [] if seen == (8000, ["lost"], [8000]) else [f"the dispute ended as {seen}"]

    return judge


async def reversal_told(world: World) -> Judge:
    """Somebody takes a transfer back at the gateway, which tells."""
    ana, payout = await paid(world)
    world.gateway.take_back(payout.gateway_ref or "", 3000)
    await told(world, Subject.PAYOUT, subject_id=payout.id)

    async def judge(world: World, bank: Bank) -> list[str]:
        seen = await taken_back(world, ana, payout)
        return [] if seen == (3000, 3000, 3000) else [f"the reversal ended as {seen}"]

    return judge


async def account_told(world: World) -> Judge:
    """A practitioner has finished the gateway's onboarding, which tells."""
    ana = await seller(world)
    await told(world, Subject.ACCOUNT, object_id=f"acct_{ana.user_id.hex}")

    async def judge(world: World, bank: Bank) -> list[str]:
        found = await world.store.practitioner(ana.user_id)
        return [] if found is not None and found.payouts_enabled else [f"payouts to {ana.user_id} are off"]

    return judge


async def session_over(world: World) -> Judge:
    """A session's end passes: it is completed and earned once, and paid out later."""
    ana, _, receipt = await sold_hour(world)
    return _earned(ana, receipt)


def _earned(ana: Actor, receipt: Receipt) -> Judge:
    async def judge(world: World, bank: Bank) -> list[str]:
        page = await world.store.earnings(Page(limit=10), practitioner_id=ana.user_id)
        seen = [(row.net_amount_cents, row.status) for row in page.items]
        found = await order_troubles(await world.order(receipt), store=world.store, bank=bank)
        expected = [(6800, EarningsStatus.AVAILABLE)]
        return found if seen == expected else [*found, f"earned {seen}"]

    return judge


async def package_expired(world: World) -> Judge:
    """What a package still holds goes back as credits when it expires."""
    buyer = world.person(Role.CLIENT)
    service = await world.offer_package(await seller(world), validity_days=8)
    receipt = await world.buy(buyer, service)
    return _canceled_whole(receipt)


def _canceled_whole(receipt: Receipt) -> Judge:
    async def judge(world: World, bank: Bank) -> list[str]:
        found = await order_troubles(await world.order(receipt), store=world.store, bank=bank)
        statuses = {seat.booking.status for seat in await world.seats(receipt)}
        return found if statuses == {BookingStatus.CANCELED} else [*found, f"seats are {statuses}"]

    return judge


OFFERS_ENDED: Final = (
    [WaitlistStatus.LAPSED, WaitlistStatus.LAPSED],
    [WaitlistStatus.LAPSED, WaitlistStatus.CLOSED],
)
"""The second offer has lapsed too, or still stood when the session began."""


async def offer_lapsed(world: World) -> Judge:
    """A freed seat is offered to the first who waits; they let it lapse, and the second gets the offer."""
    ana = await seller(world)
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana, seats=1)
    sessions = await world.store.sessions(Page(limit=10), service_id=workshop.id)
    session = sessions.items[0]
    buyer, *waiting = [world.person(Role.CLIENT) for _ in range(3)]
    receipt = await world.buy(buyer, workshop, session_id=session.id)
    for who in waiting:
        await join_waitlist(session.id, actor=who, ports=world.ports)
        world.clock.advance(timedelta(seconds=1))
    await cancel_booking(receipt.seats[0].booking.id, actor=buyer, reason=None, ports=world.ports)

    async def judge(world: World, bank: Bank) -> list[str]:
        places = [(await world.store.places(Page(limit=10), user_id=w.user_id)).items for w in waiting]
        seen = [place.entry.status for items in places for place in items]
        return [] if seen in OFFERS_ENDED else [f"places are {seen}"]

    return judge


async def reminder_due(world: World) -> Judge:
    """A session begins in a day: that is told of once."""
    ana, _, receipt = await sold_hour(world)
    session_id = receipt.seats[0].session.id
    earned = _earned(ana, receipt)

    async def judge(world: World, bank: Bank) -> list[str]:
        told = [
            event
            async for event in world.store.scan(Kind.EVENT)
            if isinstance(event, Event)
            and (event.subject_id, event.type) == (session_id, EventType.SESSION_REMINDER)
        ]
        found = await earned(world, bank)
        return found if len(told) == 1 else [*found, f"{len(told)} reminders"]

    return judge


async def key_forgotten(world: World) -> Judge:
    """A key's record is a day old: who repeats the request now, makes a new one."""
    now = world.clock.now()
    record = make_idempotency(key=f"key {now}", created_at=now, expires_at=now + DAY)
    await world.store.commit(Changes(inserts=(record,)))

    async def judge(world: World, bank: Bank) -> list[str]:
        known = await world.store.find_idempotency(record.actor, record.key)
        return [] if known is None else [f"the key {record.key} is still known"]

    return judge


async def purchase_to_tell(world: World) -> Judge:
    """An hour was bought, which is to be planned and mailed."""
    ana, _, receipt = await sold_hour(world)
    return _earned(ana, receipt)


CHORES: Final = (
    Chore(
        name="charge unanswered",
        stage=charge_unanswered,
        after=SOON,
        at_least=3,
        through="payments.find_charge",
    ),
    Chore(
        name="charge never arrived",
        stage=charge_never_arrived,
        after=SOON,
        at_least=3,
        through="payments.find_charge",
    ),
    Chore(
        name="refund unanswered",
        stage=refund_unanswered,
        after=SOON,
        at_least=3,
        through="payments.find_refund",
    ),
    Chore(
        name="refund never arrived",
        stage=refund_never_arrived,
        after=SOON,
        at_least=4,
        through="payments.refund",
    ),
    Chore(
        name="payout unanswered",
        stage=payout_unanswered,
        after=SOON,
        at_least=3,
        through="payments.find_transfer",
    ),
    Chore(
        name="payout never arrived",
        stage=payout_never_arrived,
        after=SOON,
        at_least=4,
        through="payments.transfer",
    ),
    Chore(
        name="hold lapsed",
        stage=hold_lapsed,
        after=timedelta(minutes=15),
        at_least=3,
        through="payments.cancel_charge",
    ),
    Chore(
        name="late payment told",
        stage=late_payment_told,
        after=AT_ONCE,
        at_least=6,
        through="payments.refund",
    ),
    Chore(
        name="dispute told",
        stage=dispute_told,
        after=AT_ONCE,
        at_least=4,
        through="payments.find_dispute",
    ),
    Chore(
        name="reversal told",
        stage=reversal_told,
        after=AT_ONCE,
        at_least=3,
        through="payments.find_transfer",
    ),
    Chore(
        name="account told",
        stage=account_told,
        after=AT_ONCE,
        at_least=3,
        through="payments.find_account",
    ),
    Chore(name="session over", stage=session_over, after=8 * DAY, at_least=2, through="store.commit"),
    Chore(name="earnings ripe", stage=session_over, after=12 * DAY, at_least=3, through="store.commit"),
    Chore(name="package expired", stage=package_expired, after=8 * DAY, at_least=2, through="store.commit"),
    Chore(name="offer lapsed", stage=offer_lapsed, after=DAY, at_least=2, through="store.commit"),
    Chore(
        name="key forgotten",
        stage=key_forgotten,
        after=DAY,
        at_least=2,
        through="store.forget_idempotency",
        tidies=True,
    ),
    Chore(name="reminder due", stage=reminder_due, after=6 * DAY, at_least=2, through="store.commit"),
    Chore(
        name="purchase to tell",
        stage=purchase_to_tell,
        after=AT_ONCE,
        at_least=6,
        through="mail.send",
        relays=True,
    ),
)
