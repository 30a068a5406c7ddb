"""Status tables: one test walks the whole product of statuses and moves."""

from enum import StrEnum

import pytest

from core.domain.errors import IllegalTransition
from core.domain.statuses import (
    TABLES,
    BookingStatus,
    DispatchStatus,
    DisputeStatus,
    EarningsStatus,
    InboxStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    RunStatus,
    SessionStatus,
    WaitlistStatus,
    transition,
)

EVERY_MOVE = sorted({move for _, table in TABLES.values() for moves in table.values() for move in moves})


def leads_to(kind: type[StrEnum], move: str) -> set[StrEnum]:
    """Where a move leads from anywhere in its table."""
    _, table = TABLES[kind]
    return {moves[move] for moves in table.values() if move in moves}


def product() -> list[tuple[type[StrEnum], StrEnum, str]]:
    """Every status of every table with every move of every table, and one that no table knows."""
    return [
        (kind, status, move) for kind in TABLES for status in kind for move in [*EVERY_MOVE, "no_such_move"]
    ]


@pytest.mark.parametrize(("kind", "status", "move"), product())
def test_a_listed_move_is_made_a_repeated_one_is_nothing_and_any_other_is_refused(
    kind: type[StrEnum], status: StrEnum, move: str
) -> None:
    name, table = TABLES[kind]
    if move in table[status]:
        assert table[status][move] is transition(status, move)
    elif status in leads_to(kind, move):
        assert status is transition(status, move)
    else:
        with pytest.raises(IllegalTransition) as refused:
            transition(status, move)
        assert (name, status.value, move) == (refused.value.kind, refused.value.status, refused.value.move)


@pytest.mark.parametrize("kind", TABLES)
def test_every_status_stands_in_its_table(kind: type[StrEnum]) -> None:
    _, table = TABLES[kind]

    assert list(kind) == list(table)
    assert all(target in kind for moves in table.values() for target in moves.values())


@pytest.mark.parametrize("kind", TABLES)
def test_a_move_always_leads_to_the_same_status(kind: type[StrEnum]) -> None:
    _, table = TABLES[kind]

    assert all(1 == len(leads_to(kind, move)) for moves in table.values() for move in moves)


@pytest.mark.parametrize("kind", TABLES)
def test_no_move_leads_back_to_where_it_starts(kind: type[StrEnum]) -> None:
    _, table = TABLES[kind]

    assert not [
        (status, move)
        for status, moves in table.items()
        for move, target in moves.items()
        if target is status
    ]


@pytest.mark.parametrize("kind", TABLES)
def test_every_status_but_the_first_can_be_reached(kind: type[StrEnum]) -> None:
    _, table = TABLES[kind]
    reached = [next(iter(kind))]
    for status in reached:
        reached.extend(target for target in table[status].values() if target not in reached)

    assert set(kind) == set(reached)


def edges(kind: type[StrEnum]) -> set[tuple[str, str]]:
    _, table = TABLES[kind]
    return {(status.value, target.value) for status, moves in table.items() for target in moves.values()}


def words(text: str) -> set[tuple[str, str]]:
    """`a > b c; b > c` as pairs."""
    rows = [row.split(" > ") for row in text.split("; ")]
    return {(start, end) for start, ends in rows for end in ends.split()}


OPEN_PAYMENT = "requires_action processing unknown succeeded failed canceled"

BOOK = {
    BookingStatus: """
        draft > pending_payment confirmed canceled
        pending_payment > confirmed canceled
        confirmed > canceled
        canceled > draft""",
    SessionStatus: """
        draft > scheduled canceled
        scheduled > in_progress completed canceled
        in_progress > completed canceled
        canceled > draft scheduled""",
    OrderStatus: """
        pending_payment > paid canceled
        paid > partially_refunded refunded
        partially_refunded > refunded
        canceled > paid""",
    PaymentStatus: f"""
        created > {OPEN_PAYMENT}
        requires_action > {OPEN_PAYMENT}
        processing > {OPEN_PAYMENT}
        unknown > {OPEN_PAYMENT}
        failed > succeeded
        canceled > succeeded""",
    RefundStatus: """
        pending > succeeded failed
        succeeded > failed
        failed > succeeded pending""",
    EarningsStatus: """
        projected > pending reversed
        pending > available reversed
        available > paid reversed
        paid > reversed
        reversed > pending paid""",
    PayoutStatus: """
        pending > in_transit paid failed
        in_transit > paid failed""",
    DisputeStatus: "open > won lost withdrawn",
    InboxStatus: """
        waiting > applied parked ignored
        parked > waiting""",
    WaitlistStatus: """
        waiting > offered left closed
        offered > accepted declined lapsed closed""",
    DispatchStatus: """
        waiting > sent parked dropped
        sent > waiting
        parked > waiting""",
    RunStatus: """
        running > finished rolling_back
        finished > rolling_back
        rolling_back > rolled_back""",
}
"""The status tables as domain.md has them, with the ways back for money that comes too late, for a
no-show that was none, and for what failed or was parked and is tried again."""


def pairs(text: str) -> set[tuple[str, str]]:
    """`a > b c` on each line, as pairs of different statuses."""
    rows = [row.split(" > ") for row in text.strip().splitlines()]
    return {(start.strip(), end) for start, ends in rows for end in ends.split() if start.strip() != end}


@pytest.mark.parametrize("kind", TABLES)
def test_the_tables_say_what_the_rule_book_says(kind: type[StrEnum]) -> None:
    assert pairs(BOOK[kind]) == edges(kind)


def test_a_move_of_one_kind_means_nothing_to_another() -> None:
    with pytest.raises(IllegalTransition, match="refund is pending: cannot require action"):
        transition(RefundStatus.PENDING, "require_action")
