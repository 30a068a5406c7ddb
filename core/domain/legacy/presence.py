"""Who was in a session's room, as a room service would have told it.

A row of the old system is a join, and a leave if it has one: kept under ids of their own, so that a stay is
known again.
"""

from core.domain.changes import Changes
from core.domain.legacy.findings import Finding, Reason, Unfit, left_out
from core.domain.legacy.known import Known
from core.domain.legacy.naming import user_id
from core.domain.legacy.pieces import Piece, Row
from core.domain.legacy.rows import OldPresence, Table
from core.domain.presence import RoomEvent, RoomEventKind


def told_of(presences: tuple[OldPresence, ...], known: Known) -> Piece:
    """A customer's stays. Those of a session that is not brought over are left out."""
    events: list[RoomEvent] = []
    mapped: list[Row] = []
    findings: list[Finding] = []
    for row in presences:
        by = (Table.PRESENCES, row.id)
        try:
            session = known.met(row.service_session_id, by=by).session
        except Unfit as unfit:
            findings.append(left_out(*by, Reason.SESSION_QUARANTINED, unfit.detail))
            continue
        moments = [(RoomEventKind.PARTICIPANT_JOINED, row.joined_at)]
        if row.left_at is not None:
            moments.append((RoomEventKind.PARTICIPANT_LEFT, row.left_at))
        events += [
            RoomEvent(
                id=f"legacy:{row.id}:{kind}",
                session_id=session.id,
                user_id=user_id(row.user_id),
                kind=kind,
                occurred_at=at,
                received_at=at,
            )
            for kind, at in moments
        ]
        mapped.append(by)
    changes = Changes(room_events=tuple(events))
    return Piece(changes=changes, mapped=tuple(mapped), findings=tuple(findings))
