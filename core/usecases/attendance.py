"""Who was there: asked for, and set by hand."""

from core.domain.actors import Actor
from core.domain.attendance import AttendanceSheet, note, sheet_of
from core.domain.bookings import Attendance
from core.domain.errors import NotFound
from core.domain.ids import SessionId, UserId
from core.domain.statuses import SessionStatus
from core.domain.views import DeliveryView, History
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner
from core.usecases.histories import load_history


async def read_attendance(session_id: SessionId, *, actor: Actor, ports: Ports) -> AttendanceSheet:
    """A session's attendance, for its practitioner or an admin."""
    return sheet_of(await _load(session_id, actor, ports), now=ports.clock.now())


async def set_attendance(
    session_id: SessionId,
    user_id: UserId,
    attendance: Attendance,
    *,
    reason: str | None,
    actor: Actor,
    ports: Ports,
) -> AttendanceSheet:
    """Set whether somebody was there, as the session's practitioner or an admin.

    Once the session is completed this corrects what was earned; what was paid out already is clawed
    back from the next payout. Raises PayoutUnderWay while a payout of it is undecided.
    """

    async def attempt() -> AttendanceSheet:
        view = await _load(session_id, actor, ports)
        noted = note(
            view,
            user_id,
            attendance,
            reason=reason,
            history=await _history(view, user_id, ports),
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        await ports.store.commit(noted.changes)
        return noted.sheet

    return await retrying(attempt, clock=ports.clock)


async def _history(view: DeliveryView, user_id: UserId, ports: Ports) -> History | None:
    """What a correction has to know; None before the session is completed, when none is made."""
    if view.session.status is not SessionStatus.COMPLETED:
        return None
    orders = [seat.booking.order_id for seat in view.seats if seat.booking.user_id == user_id]
    return await load_history(orders[0], view.session.practitioner_id, ports) if orders else None


async def _load(session_id: SessionId, actor: Actor, ports: Ports) -> DeliveryView:
    view = await ports.store.load_delivery(session_id)
    if view is None:
        raise NotFound("session", session_id)
    require_practitioner(view.session, actor)
    return view
