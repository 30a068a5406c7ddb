"""What must be true of a store that was brought up to date."""

from adapters.clock import SystemClock, new_id
from adapters.memory.payments import FakeGateway
from core.domain.rules import Rules
from core.usecases.context import Ports
from core.usecases.ledger import check_ledger
from ports.store import Kind, Store


async def counted(store: Store) -> dict[Kind, int]:
    """The rows of each kind, every one of which could be read."""
    return {kind: len([row async for row in store.scan(kind)]) for kind in Kind}


async def assert_books_are_clean(store: Store) -> None:
    """Every invariant of the ledger holds, over rows that are there."""
    ports = Ports(store=store, payments=FakeGateway(), clock=SystemClock(), ids=new_id, rules=Rules())
    report = await check_ledger(ports=ports)
    assert () == report.violations
    assert 0 < report.rows[Kind.ENTRY]
