"""The plan of a day: a table of weighted actions, the sweep in between, and the books at night.

A new kind of behaviour is one function and one line of the table.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from core.domain.errors import DomainError
from core.usecases.ledger import check_ledger
from tests.simulation import banks, buying, gifts, lines, operators, practice, rooms, seats
from tests.simulation.catalogue import announce, open_doors
from tests.simulation.money import assert_cash_adds_up, assert_orders_add_up
from tests.simulation.people import Person
from tests.simulation.studio import OPENING, Studio

Action = Callable[[Studio, Person], Awaitable[str | None]]
"""Does one thing and says what came of it; None where there was nothing to do."""

SWEEPS: Final = 5
"""How often time's own work is done by day."""

TRIES: Final = 4
"""How many customers are asked for somebody with a seat to do something with."""


@frozen(kw_only=True)
class Habit:
    """How often somebody does something (`weight` of the table's sum), and with which codes the domain
    may refuse it. `seated`: by somebody who has bought something.
    """

    act: Action
    weight: int
    refusals: frozenset[str] = frozenset()
    seated: bool = False


def habit(act: Action, weight: int, *refusals: str, seated: bool = False) -> Habit:
    """A line of the table."""
    return Habit(act=act, weight=weight, refusals=frozenset(refusals), seated=seated)


# A purchase by credits alone that they do not cover lacks its card.
NO_CARD: Final = "validation_failed"
TAKEN: Final = ("session_overlap", "outside_availability")
FULL: Final = ("session_full", "already_booked")
NO_LINE: Final = ("already_booked", "already_waiting", "seats_free", "waitlist_closed")
DISPUTED: Final = "payment_disputed"
UNREFUNDED: Final = ("nothing_to_refund", "illegal_transition", "payout_under_way", DISPUTED)

PLAN: Mapping[str, Habit] = {
    "buy a session": habit(buying.buy_session, 16, NO_CARD, *TAKEN),
    "buy a free session": habit(buying.buy_gift, 4),
    "buy a workshop": habit(buying.buy_workshop, 12, NO_CARD, *FULL),
    "buy a course": habit(buying.buy_course, 4, NO_CARD, "course_started", *FULL),
    "join a course late": habit(buying.join_late, 3, NO_CARD, "course_started", *FULL),
    "buy a package": habit(buying.buy_package, 6, NO_CARD),
    "buy credits": habit(buying.top_up, 4),
    "pay too late": habit(buying.pay_too_late, 3),
    "join a waitlist": habit(lines.join_line, 9, *NO_LINE),
    "leave a waitlist": habit(lines.leave_line, 1),
    "answer an offer": habit(lines.answer_offer, 20, NO_CARD, "already_booked"),
    "give a package away": habit(
        gifts.give_package,
        4,
        "package_expired",
        "illegal_transition",
        "nothing_to_transfer",
        "already_booked",
        seated=True,
    ),
    "schedule a seat": habit(
        seats.schedule_seat, 30, "package_expired", "illegal_transition", *FULL, seated=True
    ),
    "move a seat": habit(
        seats.move_seat,
        7,
        "too_late_to_reschedule",
        "package_expired",
        "illegal_transition",
        *FULL,
        seated=True,
    ),
    "cancel a seat": habit(seats.cancel_seat, 7, "illegal_transition", DISPUTED, seated=True),
    "cancel an order": habit(seats.cancel_whole_order, 3, "illegal_transition", DISPUTED, seated=True),
    "give an order back": habit(seats.give_back, 4, *UNREFUNDED, seated=True),
    "take a delivered seat back": habit(seats.take_back, 2, *UNREFUNDED, seated=True),
    "teach": habit(practice.teach, 6, "practitioner_absent", "conflict"),
    "note attendance": habit(practice.note_attendance, 12, "payout_under_way", "illegal_transition"),
    "meet in the room": habit(rooms.meet, 14, "conflict"),
    "review an absence": habit(rooms.review, 4, "practitioner_absent", "conflict"),
    "move a session": habit(practice.move_session, 3, "illegal_transition", *TAKEN),
    "call a session off": habit(practice.call_off, 2, "conflict"),
    "change a price": habit(practice.change_price, 1),
    "give credits": habit(practice.give_credits, 3),
    "dispute a payment": habit(banks.open_dispute, 2, seated=True),
    "decide on a dispute": habit(banks.decide, 1),
}


async def live(studio: Studio, *, days: int, actions: int) -> None:
    """Open the studio and live through so many days, each with so many actions.

    Whatever fails says with which seed and on which day, and what happened just before.
    """
    await open_doors(studio)
    for number in range(days):
        try:
            await _live_day(studio, number, actions=actions)
        except Exception as error:
            error.add_note(
                f"replay with ESTUARY_SIMULATION_SEED={studio.seed}; day {number + 1}; before it failed:"
            )
            error.add_note("\n".join(studio.told))
            raise


async def _live_day(studio: Studio, number: int, *, actions: int) -> None:
    morning = OPENING + timedelta(days=number)
    studio.wait(morning)
    if number % 7 == 0:
        await announce(studio, number // 7)
    studio.gateway.banks_decide()
    await rooms.hear_late(studio)
    await banks.hear_again(studio)
    minutes = sorted(studio.random.randrange(5 * 60, 22 * 60) for _ in range(actions))
    for index, minute in enumerate(minutes):
        studio.wait(morning + timedelta(minutes=minute))
        if index % (actions // SWEEPS) == 0:
            await studio.sweep()
        await _act(studio)
    if number % 7 == 4:
        await practice.pay_everybody(studio)
    await _close(studio, morning + timedelta(hours=23, minutes=30), number)


async def _act(studio: Studio) -> None:
    names = list(PLAN)
    name = studio.random.choices(names, [PLAN[name].weight for name in names])[0]
    does = PLAN[name]
    for person in _volunteers(studio, does):
        studio.told.append(f"{studio.now:%d %b %H:%M} {person.name}: {name} …")
        outcome = await _outcome(studio, person, does)
        if outcome is not None:
            studio.note(f"{name}: {outcome}", person.name)
            return


def _volunteers(studio: Studio, does: Habit) -> list[Person]:
    """Somebody, or several who have bought something: the first may have nothing to do."""
    if not does.seated:
        return [studio.random.choice(studio.people)]
    return studio.random.sample(list(studio.buyers.values()), min(TRIES, len(studio.buyers)))


async def _outcome(studio: Studio, person: Person, does: Habit) -> str | None:
    try:
        return await does.act(studio, person)
    except DomainError as error:
        if error.code not in does.refusals:
            raise
        return f"refused, {error.code}"


async def _close(studio: Studio, night: datetime, number: int) -> None:
    """At night the line is good: everything that is due is done, and the books must add up."""
    studio.wait(night)
    studio.gateway.steady = True
    await studio.sweep()
    if number % 7 == 5:
        await operators.take_a_payout_back(studio)
        await operators.send_a_refund_back(studio)
        await operators.compare(studio)
    report = await check_ledger(ports=studio.ports)
    assert () == report.violations
    await assert_cash_adds_up(studio)
    await assert_orders_add_up(studio)
    studio.gateway.steady = False
