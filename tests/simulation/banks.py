"""What customers' banks do: take payments back, and decide in the end who keeps them."""

from core.domain.errors import PayoutUnderWay
from core.domain.statuses import DisputeStatus, PaymentStatus
from core.usecases.note_dispute import note_dispute
from ports.queries import Page
from tests.simulation.people import Person
from tests.simulation.studio import Case, Studio

UNTOLD = 20
"""How many of a hundred disputes are heard of only when they are decided."""

TWICE = 20

END = {"lost": DisputeStatus.LOST, "won": DisputeStatus.WON, "withdrawn": DisputeStatus.WITHDRAWN}
ENDS = (*("lost",) * 5, *("won",) * 4, "withdrawn")


async def open_dispute(studio: Studio, person: Person) -> str | None:
    """Somebody takes back what they paid for one of their orders, all of it or a part."""
    orders = (await studio.store.orders(Page(), user_id=person.actor.user_id)).items
    order = studio.choice([order for order in orders if order.total_amount_cents > 0])
    view = None if order is None else await studio.store.load_order(order.id)
    if view is None:
        return None
    charged = [p for p in view.payments if p.status is PaymentStatus.SUCCEEDED and p.gateway_ref]
    payment = studio.choice([p for p in charged if p.gateway_ref not in studio.cases])
    if payment is None or payment.gateway_ref is None:
        return None
    part = studio.random.randrange(1, payment.amount_cents) if studio.chance(40) else None
    report = await studio.gateway.dispute(payment.gateway_ref, DisputeStatus.OPEN, part)
    case = studio.cases.setdefault(payment.gateway_ref, Case(report=report))
    if studio.chance(UNTOLD):
        return "not told"
    await _hear(studio, case)
    return f"about {'a part' if part else 'all'} of {view.order.order_type.value}"


async def decide(studio: Studio, person: Person) -> str | None:
    """A bank decides on one of the open disputes."""
    open_now = [ref for ref, case in studio.cases.items() if case.report.status is DisputeStatus.OPEN]
    ref = studio.choice(open_now)
    if ref is None:
        return None
    end = studio.random.choice(ENDS)
    case = studio.cases[ref]
    case.report = await studio.gateway.dispute(ref, END[end])
    if await _hear(studio, case):
        return end
    return "waits for a payout"


async def hear_again(studio: Studio) -> None:
    """What a payout held up is told again."""
    for case in studio.cases.values():
        decided = case.report.status is not DisputeStatus.OPEN
        if decided and case.heard is not case.report.status and await _hear(studio, case):
            studio.happened["dispute told again"] += 1


async def _hear(studio: Studio, case: Case) -> bool:
    """Tell of a dispute, sometimes twice; False if it has to be told again later."""
    for _ in range(2 if studio.chance(TWICE) else 1):
        try:
            await note_dispute(case.report, ports=studio.ports)
        except PayoutUnderWay:
            return False
        case.heard = case.report.status
    return True
