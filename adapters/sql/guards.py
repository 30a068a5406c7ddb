"""Contended numbers: each moves in one statement that checks its own guard."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from adapters.sql.dialects import POSTGRESQL, record_set
from adapters.sql.literals import is_busy, is_open, is_waited_for
from adapters.sql.ready import ready
from adapters.sql.tables import credit_accounts, practitioners, sessions
from core.domain.changes import SeatChange, SlotClaim, summed_seats
from core.domain.credits import CreditChange
from core.domain.errors import InsufficientCredits, SessionFull, SessionOverlap
from core.domain.ids import UserId
from core.domain.ledger import HeadMove
from ports.errors import ConcurrencyConflict

_account = credit_accounts.c
_session = sessions.c
_ZERO = sa.literal_column("0", sa.BigInteger())


def take_practitioners(connection: Connection, slots: Iterable[SlotClaim]) -> list[SlotClaim]:
    """Take the rows of those whose time is claimed: of two claims, one waits here for the other's end.

    Gives back the claims on practitioners that there are not (yet).
    """
    untaken: list[SlotClaim] = []
    for practitioner_id, group in groupby(sorted(slots, key=_claimed), key=_claimed):
        claims = list(group)
        wanted = {"practitioner": practitioner_id, "claims": len(claims)}
        if ready(_TAKE_PRACTITIONER, connection.dialect).execute(connection, wanted).rowcount != 1:
            untaken += claims
    return untaken


def _claimed(slot: SlotClaim) -> UserId:
    return slot.practitioner_id


_TAKE_PRACTITIONER = (
    sa.update(practitioners)
    .where(practitioners.c.id == sa.bindparam("practitioner", type_=sa.Uuid()))
    .values(agenda_version=practitioners.c.agenda_version + sa.bindparam("claims", type_=sa.BigInteger()))
)


def check_slots(connection: Connection, slots: Iterable[SlotClaim]) -> None:
    """Look for another session in the way, after this commit's own ones have moved."""
    for slot in slots:
        wanted = {
            "practitioner": slot.practitioner_id,
            "own": slot.session_id,
            "start": slot.start_time,
            "end": slot.end_time,
        }
        if connection.execute(_RIVAL, wanted).first() is not None:
            raise SessionOverlap(slot.start_time, slot.end_time)


_RIVAL = (
    sa.select(_session.id)
    .where(
        _session.practitioner_id == sa.bindparam("practitioner"),
        is_busy(sessions),
        _session.start_time < sa.bindparam("end"),
        _session.end_time > sa.bindparam("start"),
        _session.id != sa.bindparam("own"),
    )
    .limit(sa.literal_column("1"))
)


def change_seats(connection: Connection, changes: Iterable[SeatChange]) -> None:
    """Take and give back seats, offer and wait for them: SessionFull or ConcurrencyConflict where
    `SeatChange` does not accept the session.
    """
    wanted = summed_seats(changes)
    if not wanted:
        return

    statement = ready(_seat_moves(connection.dialect.name), connection.dialect)
    moved = {session_id for (session_id,) in statement.rows(connection, {"seat_changes": wanted})}
    for change in wanted:
        if change.session_id in moved:
            continue
        if change.seats > 0:
            raise SessionFull(change.session_id)
        raise ConcurrencyConflict(f"the seats of session {change.session_id} are not as they were")


@cache
def _seat_moves(dialect: str) -> ReturningUpdate[Any]:
    counts = ("seats", "offered", "waiting")
    columns: list[sa.Column[Any]] = [sa.Column("session_id", sa.Uuid())]
    columns += [sa.Column(name, sa.BigInteger()) for name in counts]
    change = record_set("seat_changes", columns, dialect, name="seat_change").c
    after = {
        "current_participants": _session.current_participants + change.seats,
        "offered_seats": _session.offered_seats + change.offered,
        "waiting_count": _session.waiting_count + change.waiting,
    }
    return (
        sa.update(sessions)
        .where(_session.id == change.session_id, *(count >= _ZERO for count in after.values()))
        .where(*_seat_guards(change, after["current_participants"] + after["offered_seats"]))
        .values(**after, version=_session.version + sa.literal_column("1"))
        .returning(_session.id)
    )


def _seat_guards(
    change: ReadOnlyColumnCollection[str, Any], claimed: sa.ColumnElement[Any]
) -> tuple[sa.ColumnElement[bool], ...]:
    """What `SeatChange.accepts` asks beside counts that are not negative, in its order."""
    takes = sa.or_(change.seats > _ZERO, change.offered > _ZERO)
    passes_the_line = sa.and_(change.seats > _ZERO, change.seats + change.offered > _ZERO)
    is_full = _session.current_participants + _session.offered_seats >= _session.max_participants
    nothing_to_be_had = sa.or_(is_waited_for(sessions), is_full)
    return (
        sa.or_(sa.not_(takes), sa.and_(is_open(sessions), claimed <= _session.max_participants)),
        sa.or_(sa.not_(passes_the_line), _session.waiting_count == _ZERO),
        sa.or_(change.waiting <= _ZERO, sa.and_(is_open(sessions), nothing_to_be_had)),
    )


def change_credits(connection: Connection, changes: Iterable[CreditChange]) -> None:
    """Move balances and what is held of them: InsufficientCredits unless 0 <= held <= balance after it."""
    wanted = _summed_credits(changes)
    if not wanted:
        return

    moved = _moved_accounts(connection, wanted)
    for change in wanted:
        if change.user_id not in moved:
            _open_account(connection, change)


def _summed_credits(changes: Iterable[CreditChange]) -> list[CreditChange]:
    """One change per account, by user."""
    by_account = sorted(changes, key=_account_of)
    if len(by_account) < 2:
        return by_account
    grouped = [(key, list(group)) for key, group in groupby(by_account, key=_account_of)]
    return [
        CreditChange(
            user_id=user_id,
            currency=currency,
            balance_delta_cents=sum(change.balance_delta_cents for change in group),
            held_delta_cents=sum(change.held_delta_cents for change in group),
        )
        for (user_id, currency), group in grouped
    ]


def _account_of(change: CreditChange) -> tuple[UserId, str]:
    return change.user_id, change.currency


def _moved_accounts(connection: Connection, changes: Sequence[CreditChange]) -> set[Any]:
    statement = ready(_credit_moves(connection.dialect.name), connection.dialect)
    return {user_id for (user_id,) in statement.rows(connection, {"credit_changes": changes})}


@cache
def _credit_moves(dialect: str) -> ReturningUpdate[Any]:
    columns = (
        sa.Column("user_id", sa.Uuid()),
        sa.Column("currency", sa.Text()),
        sa.Column("balance_delta_cents", sa.BigInteger()),
        sa.Column("held_delta_cents", sa.BigInteger()),
    )
    change = record_set("credit_changes", columns, dialect, name="credit_change").c
    held = _account.held_cents + change.held_delta_cents
    balance = _account.balance_cents + change.balance_delta_cents
    return (
        sa.update(credit_accounts)
        .where(_account.user_id == change.user_id, _account.currency == change.currency)
        .where(held >= _ZERO, held <= balance)
        .values(held_cents=held, balance_cents=balance)
        .returning(_account.user_id)
    )


def _open_account(connection: Connection, change: CreditChange) -> None:
    """Write the first change of an account, unless it exists and its guard was what failed."""
    if not 0 <= change.held_delta_cents <= change.balance_delta_cents:
        raise InsufficientCredits(change.user_id)

    opened = {
        "user_id": change.user_id,
        "currency": change.currency,
        "balance_cents": change.balance_delta_cents,
        "held_cents": change.held_delta_cents,
        "ledger_seq": 0,
        "ledger_head": "",
    }
    if _inserted_account(connection, opened):
        return
    # Somebody opened it in the meantime, or it has another currency, or a guard that really failed.
    if not _moved_accounts(connection, [change]):
        raise InsufficientCredits(change.user_id)


def _inserted_account(connection: Connection, row: dict[str, Any]) -> bool:
    return connection.execute(_new_account(connection.dialect.name), row).first() is not None


@cache
def _new_account(dialect: str) -> ReturningInsert[Any]:
    insert = postgresql.insert if dialect == POSTGRESQL else sqlite.insert
    return (
        insert(credit_accounts).on_conflict_do_nothing(index_elements=["user_id"]).returning(_account.user_id)
    )


def move_user_heads(connection: Connection, heads: Iterable[HeadMove]) -> None:
    """Move the heads of users' chains, opening the account where a chain begins without one."""
    for head in heads:
        if _moved_head(connection, _USER_HEAD, head):
            continue
        opened = {
            "user_id": head.owner_id,
            "currency": head.currency,
            "balance_cents": 0,
            "held_cents": 0,
            "ledger_seq": head.to_seq,
            "ledger_head": head.head,
        }
        if head.from_seq != 0 or not _inserted_account(connection, opened):
            raise ConcurrencyConflict(f"the chain of user {head.owner_id} has moved on")


def move_practitioner_heads(connection: Connection, heads: Iterable[HeadMove]) -> None:
    """Move the heads of practitioners' chains."""
    for head in heads:
        if not _moved_head(connection, _PRACTITIONER_HEAD, head):
            raise ConcurrencyConflict(f"the chain of practitioner {head.owner_id} has moved on")


def _moved_head(connection: Connection, move: sa.Update, head: HeadMove) -> bool:
    row = {"owner": head.owner_id, "from_seq": head.from_seq, "to_seq": head.to_seq, "new_head": head.head}
    return ready(move, connection.dialect).execute(connection, row).rowcount == 1


def _head_move(table: sa.Table, owner: sa.ColumnElement[Any]) -> sa.Update:
    return (
        sa.update(table)
        .where(owner == sa.bindparam("owner"), table.c.ledger_seq == sa.bindparam("from_seq"))
        .values(ledger_seq=sa.bindparam("to_seq"), ledger_head=sa.bindparam("new_head"))
    )


_USER_HEAD = _head_move(credit_accounts, _account.user_id)
_PRACTITIONER_HEAD = _head_move(practitioners, practitioners.c.id)
