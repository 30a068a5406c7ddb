"""What a store knows of a user: told to them, or taken out of it."""

from collections.abc import Mapping
from hashlib import sha256

from attrs import frozen

from core.domain.changes import Changes, Record
from core.domain.credits import CreditAccount
from core.domain.erasing import OpenMatters, Person, erased
from core.domain.ids import UserId
from core.domain.kinds import Kind
from core.domain.ledger import JournalEntry, practitioner_account
from core.domain.money import format_cents
from core.domain.presence import RoomEvent
from core.domain.rows import digest
from core.domain.runs import Brought
from core.domain.statuses import EarningsStatus, OrderStatus
from core.domain.subjects import PERSONAL, READING_ORDER, Subject, without_secrets
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from ports.archives import USERS_OWN, ArchiveWriter, Manifest
from ports.clock import Clock
from ports.queries import BookingState, Page
from ports.store import Store

BATCH = 200
"""How many rows are changed in one commit."""

ONE = Page(limit=1)
LAST = (Kind.PRACTITIONER, Kind.CONTACT)
"""Their names are known from these, which are therefore kept until all else is done."""

UNCHANGING = (CreditAccount, JournalEntry, RoomEvent, Brought)
"""What holds no words."""

UNPAID = (EarningsStatus.PROJECTED, EarningsStatus.PENDING, EarningsStatus.AVAILABLE)


@frozen(kw_only=True)
class Erasure:
    """How many rows were changed, by kind; none where the user was erased before."""

    rows: Mapping[Kind, int]


async def export_user(user_id: UserId, store: Store, writer: ArchiveWriter, *, clock: Clock) -> Manifest:
    """Write every row that is a user's own or about what is theirs. Reads the whole store."""
    subject = Subject(user_id)
    rows: dict[Kind, int] = {}
    hashes: dict[Kind, str] = {}
    for kind in READING_ORDER:
        rows[kind], total = 0, sha256()
        async for row in store.scan(kind):
            if subject.owns(row):
                shown = without_secrets(row)
                writer.add(shown)
                total.update(digest(shown).encode())
                rows[kind] += 1
        hashes[kind] = total.hexdigest()
    manifest = Manifest(shape=f"{USERS_OWN} {user_id}", created_at=clock.now(), rows=rows, hashes=hashes)
    writer.finish(manifest)
    return manifest


async def erase_user(user_id: UserId, *, ports: Ports, despite_open_matters: bool = False) -> Erasure:
    """Take a user's names, addresses and words out of every row. A second time changes nothing.

    Raises OpenMatters while money or seats are still theirs, unless told to do it nevertheless.
    """
    matters = await _open_matters(user_id, ports=ports)
    if matters and not despite_open_matters:
        raise OpenMatters(matters)
    person = await _person(user_id, ports.store)
    rows: dict[Kind, int] = {}
    for kind in (*(kind for kind in READING_ORDER if kind in PERSONAL and kind not in LAST), *LAST):
        rows[kind] = await _erase(kind, person, ports=ports)
    return Erasure(rows={kind: count for kind, count in rows.items() if count})


async def _person(user_id: UserId, store: Store) -> Person:
    contact = await store.contact(user_id)
    practitioner = await store.practitioner(user_id)
    names = [] if contact is None else [contact.email, contact.display_name or ""]
    return Person(user_id=user_id, names=(*names, "" if practitioner is None else practitioner.display_name))


async def _erase(kind: Kind, person: Person, *, ports: Ports) -> int:
    """Erase one kind, batch by batch; begins again where somebody else changed a row meanwhile."""
    done: list[int] = []

    async def attempt() -> None:
        batch: list[Record] = []
        async for row in ports.store.scan(kind):
            after = None if isinstance(row, UNCHANGING) else erased(row, person, now=ports.clock.now())
            if after is not None:
                batch.append(after)
            if len(batch) == BATCH:
                await ports.store.commit(Changes(updates=tuple(batch)))
                done.append(len(batch))
                batch = []
        await ports.store.commit(Changes(updates=tuple(batch)))
        done.append(len(batch))

    await retrying(attempt, clock=ports.clock)
    return sum(done)


async def _open_matters(user_id: UserId, *, ports: Ports) -> list[str]:
    """What is still owed to the user, or by them, in words."""
    store, now = ports.store, ports.clock.now()
    found: list[str] = []
    account = await store.credit_account(user_id)
    if account is not None and account.balance_cents:
        found.append(f"credits of {format_cents(account.balance_cents, account.currency)}")
    states = (BookingState.UPCOMING, BookingState.UNSCHEDULED)
    seats = [await store.seats(ONE, user_id=user_id, now=now, state=state) for state in states]
    found += [f"{state} seats" for state, page in zip(states, seats, strict=True) if page.items]
    if (await store.orders(ONE, user_id=user_id, status=OrderStatus.PENDING_PAYMENT)).items:
        found.append("an order that waits for its payment")
    owed = await store.account_balances(practitioner_account(user_id))
    found += [f"a balance of {format_cents(b.balance_cents, b.currency)}" for b in owed if b.balance_cents]
    earned = [await store.earnings(ONE, practitioner_id=user_id, status=status) for status in UNPAID]
    found += [f"{status} earnings" for status, page in zip(UNPAID, earned, strict=True) if page.items]
    return found
