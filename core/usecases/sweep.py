"""One pass over everything that time alone moves. Any number of sweeps may run at once.

Each item is a unit of work of its own: one that fails is counted and does not hold up the
others, and one that another sweep has done already changes nothing.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.domain.errors import DomainError
from core.domain.expiring import Look
from core.domain.ids import EarningsId, InboxId, OrderId, PaymentId, PayoutId, RefundId, SessionId, WaitlistId
from core.domain.payouts import release
from core.usecases.attempts import retrying
from core.usecases.checkout import give_up_payment
from core.usecases.context import Ports
from core.usecases.end_session import end_session
from core.usecases.expire import look_at_expiry
from core.usecases.inbox import apply_notice
from core.usecases.lines import advance_line, lapse_offer
from core.usecases.look_up import look_up_payment, look_up_payout, look_up_refund
from core.usecases.outbox import never
from core.usecases.remind import remind_of_session
from ports.errors import PortError
from ports.store import DueKind

BATCH = 100
"""How many due items are fetched at a time."""


_Each = Callable[[DueKind, datetime, Callable[[UUID], Awaitable[object]]], Awaitable[int]]


@frozen(kw_only=True)
class Failure:
    """An item that could not be moved, and why."""

    kind: str
    id: str
    detail: str


@frozen(kw_only=True)
class SweepReport:
    """What one pass did. Counts are items looked at with success."""

    at: datetime
    notices_applied: int
    payments_settled: int
    orders_lapsed: int
    refunds_settled: int
    payouts_settled: int
    expiry_warnings: int
    packages_expired: int
    sessions_completed: int
    sessions_for_review: int
    earnings_released: int
    lines_advanced: int
    reminders_told: int
    keys_forgotten: int
    failures: tuple[Failure, ...]


async def sweep(
    *, ports: Ports, at: datetime | None = None, stopping: Callable[[], bool] = never
) -> SweepReport:
    """Run every sweep once, at `at` instead of now if given.

    In order: holders of packages are warned, and packages expire; what webhooks told is applied;
    undecided payments, refunds and payouts are looked up at the gateway; unpaid orders past their hold
    lapse; sessions past their end complete, once their room service was asked who is there, or are left
    for review where the practitioner never came; earnings past their hold become available; offers of
    waitlists past their time lapse and free seats are offered on; sessions that begin soon are told of;
    old idempotency keys are forgotten. Once `stopping` says so no further item is begun.
    """
    if at is not None:
        ports = evolve(ports, clock=_Fixed(at, ports))
    now = ports.clock.now()
    failures: list[Failure] = []
    for_review: list[UUID] = []

    async def complete(session_id: UUID) -> None:
        session = await end_session(SessionId(session_id), ports=ports)
        if session.needs_review:
            for_review.append(session.id)

    async def look_up(kind: DueKind, act: Callable[[UUID], Awaitable[object]]) -> int:
        settled = []

        async def look(item: UUID) -> None:
            settled.extend([item] if await act(item) is not None else [])

        await each(kind, now - timedelta(seconds=ports.lookup_seconds), look)
        return len(settled)

    async def each(kind: DueKind, due_at: datetime, act: Callable[[UUID], Awaitable[object]]) -> int:
        return await _each(kind, due_at, act, ports=ports, failures=failures, stopping=stopping)

    looks: list[Look] = []

    async def look_at(item: UUID) -> None:
        looks.append(await look_at_expiry(OrderId(item), ports=ports))

    await each(DueKind.EXPIRIES, now, look_at)
    return SweepReport(
        at=now,
        notices_applied=await each(DueKind.INBOX, now, lambda i: apply_notice(InboxId(i), ports=ports)),
        payments_settled=await look_up(
            DueKind.PAYMENTS, lambda i: look_up_payment(PaymentId(i), ports=ports)
        ),
        orders_lapsed=await each(DueKind.HOLDS, now, lambda i: give_up_payment(PaymentId(i), ports=ports)),
        refunds_settled=await look_up(DueKind.REFUNDS, lambda i: look_up_refund(RefundId(i), ports=ports)),
        payouts_settled=await look_up(DueKind.PAYOUTS, lambda i: look_up_payout(PayoutId(i), ports=ports)),
        expiry_warnings=sum(looked.warnings for looked in looks),
        packages_expired=sum(1 for looked in looks if looked.expired),
        sessions_completed=await each(DueKind.SESSIONS, now, complete) - len(for_review),
        sessions_for_review=len(for_review),
        earnings_released=await _release_earnings(now, ports=ports),
        lines_advanced=await each(DueKind.OFFERS, now, lambda i: lapse_offer(WaitlistId(i), ports=ports))
        + await each(DueKind.LINES, now, lambda i: advance_line(SessionId(i), ports=ports)),
        reminders_told=await _tell_reminders(each, now, ports=ports),
        keys_forgotten=await _forget_keys(now, ports=ports),
        failures=tuple(failures),
    )


async def _each(
    kind: DueKind,
    due_at: datetime,
    act: Callable[[UUID], Awaitable[object]],
    *,
    ports: Ports,
    failures: list[Failure],
    stopping: Callable[[], bool],
) -> int:
    """Act on each due item once in this pass; an item that stays due is left for the next."""
    done = still_due = 0
    seen: set[UUID] = set()
    while True:
        ids = await ports.store.due(kind, due_at, BATCH + still_due)
        fresh = [i for i in ids if i not in seen]
        still_due = len(ids) - len(fresh)
        if not fresh:
            return done
        for item in fresh:
            if stopping():
                return done
            seen.add(item)
            try:
                await act(item)
            except (DomainError, PortError) as error:
                failures.append(Failure(kind=kind.value, id=str(item), detail=error.detail))
            else:
                done += 1


async def _tell_reminders(each: _Each, now: datetime, *, ports: Ports) -> int:
    told: list[int] = []

    async def tell(item: UUID) -> None:
        told.append(await remind_of_session(SessionId(item), ports=ports))

    await each(DueKind.REMINDERS, now, tell)
    return sum(told)


async def _release_earnings(now: datetime, *, ports: Ports) -> int:
    released = 0
    while ids := await ports.store.due(DueKind.EARNINGS, now, BATCH):
        chosen = [EarningsId(i) for i in ids]

        async def attempt(chosen: list[EarningsId] = chosen) -> int:
            rows = await ports.store.load_earnings(chosen)
            changes, count = release(rows, now=now, new_id=ports.ids)
            await ports.store.commit(changes)
            return count

        count = await retrying(attempt, clock=ports.clock)
        if count == 0:
            break
        released += count
    return released


async def _forget_keys(now: datetime, *, ports: Ports) -> int:
    forgotten = 0
    while count := await ports.store.forget_idempotency(now, BATCH):
        forgotten += count
    return forgotten


class _Fixed:
    """A clock that stands at one moment, for a sweep at another time."""

    def __init__(self, at: datetime, ports: Ports) -> None:
        self._at = at
        self._clock = ports.clock

    def now(self) -> datetime:
        return self._at

    async def back_off(self, attempt: int) -> None:
        await self._clock.back_off(attempt)
