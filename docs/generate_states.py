"""Writes docs/states.md from the status tables: `python -m docs.generate_states`."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from core.domain.statuses import (
    TABLES,
    BookingStatus,
    DispatchStatus,
    DisputeStatus,
    EarningsStatus,
    InboxStatus,
    Moves,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    RunStatus,
    SessionStatus,
    WaitlistStatus,
)

PAGE = Path(__file__).with_name("states.md")

SENTENCES: Mapping[type[StrEnum], Mapping[str, str]] = {
    BookingStatus: {
        "hold": "The seat is kept while its order waits for the money.",
        "confirm": "The seat is paid and has a time.",
        "cancel": "The seat is given up; a private session goes with it.",
        "reinstate": "The money came after the hold had lapsed, and the seat was still free.",
    },
    SessionStatus: {
        "schedule": "The session gets its time.",
        "start": "The session begins, by hand or when its room does.",
        "complete": "The session is over, and each of its confirmed seats is earned, once.",
        "cancel": "The session does not take place.",
        "reinstate_draft": "A placeholder of a lapsed order comes back with its late payment.",
        "reinstate": "The time of a lapsed order is taken again with its late payment.",
    },
    OrderStatus: {
        "pay": "The money is there: seats are confirmed and the purchase is booked.",
        "cancel": "The payment failed or the hold ran out: seats and credits are free again.",
        "refund_partly": "Some of what was paid went back.",
        "refund": "All of what was paid went back.",
        "reinstate": "The payment came after the hold had lapsed, and everything was still free.",
    },
    PaymentStatus: {
        "require_action": "The customer has to do something first, such as 3-D Secure.",
        "process": "The gateway has accepted the charge and will tell the outcome later.",
        "lose": "The gateway did not answer; the sweep will ask it what happened.",
        "succeed": "The card was charged. This overrules whatever was decided before.",
        "fail": "The card was declined.",
        "cancel": "The charge was given up, or the gateway proves that it never arrived.",
    },
    RefundStatus: {
        "succeed": "The money is back where it came from.",
        "fail": "The gateway refused, or the bank sent it back; the amount stays payable.",
        "retry": "An admin has it sent once more, under a new key.",
    },
    EarningsStatus: {
        "deliver": "The seat was delivered; its hold runs.",
        "release": "The hold is over; the next payout takes it.",
        "pay": "The transfer was confirmed.",
        "reverse": "The seat was refunded, forfeited or clawed back.",
        "restore": "A correction: the customer was there after all.",
        "repay": "The same for earnings that had been paid out: their clawback is carried back.",
    },
    PayoutStatus: {
        "send": "The gateway has accepted the transfer.",
        "pay": "The transfer has arrived.",
        "fail": "The transfer was refused; its earnings are available again.",
    },
    DisputeStatus: {
        "win": "The bank decided for the platform: the money is back, and frozen earnings go on.",
        "lose": "The money is gone: exactly what it paid for is taken back.",
        "withdraw": "The customer gave it up; the same as won.",
    },
    WaitlistStatus: {
        "offer": "A seat came free and is held for the first in line.",
        "leave": "The customer waits no longer.",
        "accept": "The customer has taken the offered seat.",
        "decline": "The customer does not want the offered seat; it passes on.",
        "lapse": "The offer's time has passed; the seat passes on.",
        "close": "The session has begun, is over or was called off.",
    },
    DispatchStatus: {
        "send": "Whoever takes the message has taken it.",
        "park": "It was refused for good or failed too often; it waits for a person (`estuary outbox`).",
        "drop": "There is nobody left to send it to.",
        "retry": "A person asked for another round of attempts.",
        "redeliver": "A webhook's subscriber asked for it once more.",
    },
    InboxStatus: {
        "apply": "What it is about was read at the gateway, and settled by that.",
        "park": "It names nothing of ours, or contradicts the books: somebody has to look at it.",
        "ignore": "Nothing of ours follows from it.",
        "retry": "A person asked for it to be applied once more (`estuary payments inbox retry`).",
    },
    RunStatus: {
        "finish": "Everything is brought in.",
        "roll_back": "What it brought in is being taken back; it brings nothing more.",
        "end_rollback": "Everything it had brought in is gone again.",
    },
}
"""What each move means to people."""

INTRODUCTION = """\
# Statuses and their moves

Generated from `core/domain/statuses.py` by `python -m docs.generate_states`; a test proves it current.

A move that a table does not list is refused as `IllegalTransition`. A repeated move changes nothing.
A package's seats are drafts until they have a time. Completion belongs to the session: a booking counts
as completed when it is confirmed and its session is completed.
"""


def page() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *(section(kind) for kind in TABLES)])


def section(kind: type[StrEnum]) -> str:
    """One table as a diagram, and its moves in words."""
    name, table = TABLES[kind]
    return "\n".join(
        [
            f"## {name.capitalize()}",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *(f"    {line}" for line in diagram(kind, table)),
            "```",
            "",
            "| move | from | to | what happened |",
            "|---|---|---|---|",
            *(row(kind, table, move) for move in moves_of(table)),
            "",
        ]
    )


def diagram(kind: type[StrEnum], table: Moves) -> Iterator[str]:
    """The arrows: from the first status through every move to the statuses that nothing leaves."""
    yield f"[*] --> {next(iter(kind)).value}"
    for status, moves in table.items():
        for move, target in moves.items():
            yield f"{status.value} --> {target.value}: {move}"
    yield from (f"{status.value} --> [*]" for status, moves in table.items() if not moves)


def moves_of(table: Moves) -> list[str]:
    """Every move once, in the order in which the table first names it."""
    return list(dict.fromkeys(move for moves in table.values() for move in moves))


def row(kind: type[StrEnum], table: Moves, move: str) -> str:
    """A move in words."""
    starts = [status.value for status, moves in table.items() if move in moves]
    target = next(moves[move].value for moves in table.values() if move in moves)
    return f"| `{move}` | {', '.join(starts)} | {target} | {SENTENCES[kind][move]} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
