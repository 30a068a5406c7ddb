"""Calling off a session: unpaid orders are given up, paid seats refunded, all in one commit."""

from core.domain.actors import Actor
from core.domain.calling_off import CalledOff, unpaid
from core.domain.calling_off import call_off as decide
from core.domain.errors import NotFound
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession
from core.domain.views import CancellationView
from core.usecases.attempts import retrying
from core.usecases.checkout import give_up_payment
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner
from core.usecases.lines import move_lines
from core.usecases.settle_refund import send_refund

SENT_AT_ONCE = 50
"""How many card refunds the request itself sends to the gateway; the sweep sends the rest."""


async def cancel_session(
    session_id: SessionId,
    *,
    actor: Actor,
    reason: str | None,
    ports: Ports,
    claim: Claim[ServiceSession] | None = None,
) -> ServiceSession:
    """Cancel a session and refund each of its seats in full, as its practitioner or an admin.

    An order that waits for its payment is given up as a whole. Credits are back when this
    returns; card parts are succeeded, or pending until the gateway tells. A second time changes
    nothing. Raises Conflict while the gateway cannot say what became of an unpaid seat's charge.
    """

    async def attempt() -> CalledOff:
        view = await _load_paid(session_id, actor, ports)
        decided = decide(view, reason=reason, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(finishing(decided.changes, claim, decided.session))
        return decided

    decided = await retrying(attempt, clock=ports.clock)
    await move_lines((decided.session,), ports=ports)
    for made, payment in decided.refunds[:SENT_AT_ONCE]:
        await send_refund(made, payment, ports=ports)
    return decided.session


async def _load_paid(session_id: SessionId, actor: Actor, ports: Ports) -> CancellationView:
    """The session after its unpaid orders were given up, if the gateway let go of them."""
    view = await _load(session_id, actor, ports)
    waiting = unpaid(view)
    for payment in waiting:
        await give_up_payment(payment.id, ports=ports)
    return await _load(session_id, actor, ports) if waiting else view


async def _load(session_id: SessionId, actor: Actor, ports: Ports) -> CancellationView:
    view = await ports.store.load_cancellation(session_id)
    if view is None:
        raise NotFound("session", session_id)
    require_practitioner(view.session, actor)
    return view
