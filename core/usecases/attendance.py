"""Who was there: asked for, and set by hand."""

from core.domain.actors import Actor
from core.domain.attendance import AttendanceSheet, note, sheet_of
from core.domain.bookings import Attendance
from core.domain.errors import NotFound
from core.domain.ids import SessionId, UserId
from core.domain.ledger import JournalEntry
from core.domain.statuses import SessionStatus
from core.domain.views import DeliveryView
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from core.usecases.deliver import require_practitioner


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

    Once the session is completed this corrects what was earned; raises EarningsPaid if that was
    paid out already.
    """

    async def attempt() -> AttendanceSheet:
        view = await _load(session_id, actor, ports)
        noted = note(
            view,
            user_id,
            attendance,
            reason=reason,
            entries=await _entries_of(view, user_id, ports),
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        await ports.store.commit(noted.changes)
        return noted.sheet

    return await retrying(attempt, clock=ports.clock)


async def _entries_of(view: DeliveryView, user_id: UserId, ports: Ports) -> list[JournalEntry]:
    """The entries of the seat's order. A later one moves the order's version, so the commit would miss."""
    if view.session.status is not SessionStatus.COMPLETED:
        return []
    orders = [seat.booking.order_id for seat in view.seats if seat.booking.user_id == user_id]
    return [entry for order_id in orders for entry in await ports.store.order_entries(order_id)]


async def _load(session_id: SessionId, actor: Actor, ports: Ports) -> DeliveryView:
    view = await ports.store.load_delivery(session_id)
    if view is None:
        raise NotFound("session", session_id)
    require_practitioner(view.session, actor)
    return view
