"""A user is told what is known of them; once erased, nothing leads back to them, and the books stand."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.archive.archives import FileArchive, FileWriter
from adapters.clock import SystemClock
from adapters.memory.store import MemoryStore
from adapters.memory.testing.contacts import make_contact
from core.domain.changes import Changes
from core.domain.erasing import OpenMatters
from core.domain.ids import UserId
from core.domain.kinds import Kind
from core.domain.orders import Order
from core.usecases.archiving import export_store, import_archive
from core.usecases.context import Ports
from core.usecases.ledger import check_ledger
from core.usecases.users import erase_user, export_user
from ports.archives import Damaged
from ports.store import Store
from tests.builders import make_dispatch
from tests.bulk.conftest import filling
from tests.bulk.test_copy import copied
from tests.simulation.studio import Studio

NAME, EMAIL = "Zoë Quill-Ångström", "zoe.quill@example.org"


@pytest.fixture
async def ports(studio: Studio) -> Ports:
    """The studio in a store of its own, in which one customer has said who they are."""
    store = MemoryStore()
    await copied(studio.store, store)
    user, others = await _customers(store)
    words = f"Greetings from {NAME.upper()}, {EMAIL}!"
    await store.commit(
        Changes(
            inserts=(
                make_contact(user_id=user, email=EMAIL, display_name=NAME),
                make_dispatch(recipient=str(user), payload={"notification": "x", "name": NAME}),
            ),
            updates=tuple(
                evolve(order, client_notes=words, version=order.version + 1) for order in (others[0],)
            ),
        )
    )
    return evolve(studio.ports, store=store)


async def _customers(store: Store) -> tuple[UserId, list[Order]]:
    """Who bought most, and the orders of others."""
    orders = [row async for row in store.scan(Kind.ORDER) if isinstance(row, Order)]
    users = [order.user_id for order in orders]
    user = max(sorted(set(users)), key=users.count)
    return user, [order for order in orders if order.user_id != user]


async def written(store: Store, path: Path) -> str:
    """Everything that an export holds, as one text."""
    writer = FileWriter(path)
    await export_store(store, writer, clock=SystemClock())
    writer.close()
    return _text_in(path).lower()


def _text_in(path: Path) -> str:
    return "".join(file.read_text() for file in sorted(path.iterdir()))


async def test_after_an_erasure_no_name_is_left_and_the_books_are_the_same(
    ports: Ports, tmp_path: Path
) -> None:
    user, _ = await _customers(ports.store)
    entries = [row async for row in ports.store.scan(Kind.ENTRY)]
    before = await written(ports.store, tmp_path / "before")

    with pytest.raises(OpenMatters):
        await erase_user(user, ports=ports)
    done = await erase_user(user, ports=ports, despite_open_matters=True)
    again = await erase_user(user, ports=ports, despite_open_matters=True)

    after = await written(ports.store, tmp_path / "after")
    assert all(word.lower() in before for word in (NAME, EMAIL))
    assert [] == [word for word in (NAME, EMAIL) if word.lower() in after]
    assert str(user) in after
    assert {Kind.CONTACT, Kind.ORDER, Kind.PAYMENT, Kind.DISPATCH} <= set(done.rows)
    assert {} == again.rows
    assert entries == [row async for row in ports.store.scan(Kind.ENTRY)]
    assert () == (await check_ledger(ports=ports)).violations


async def test_a_practitioner_goes_out_of_every_snapshot(ports: Ports, tmp_path: Path) -> None:
    (practitioner, *_) = [row async for row in ports.store.scan(Kind.PRACTITIONER)]
    found: Any = practitioner
    name = found.display_name.lower()

    await erase_user(found.id, ports=ports, despite_open_matters=True)

    assert name not in await written(ports.store, tmp_path / "after")
    assert () == (await check_ledger(ports=ports)).violations


async def test_who_has_nothing_open_is_erased_without_more_ado(ports: Ports) -> None:
    stranger = UserId(ports.ids())
    await ports.store.commit(Changes(inserts=(make_contact(user_id=stranger, email="x@example.org"),)))

    assert {Kind.CONTACT: 1} == (await erase_user(stranger, ports=ports)).rows


async def test_an_erasure_that_was_broken_off_still_knows_the_names(ports: Ports, tmp_path: Path) -> None:
    """The contact is emptied last: whoever begins again finds them there."""
    user, _ = await _customers(ports.store)
    store = ports.store

    class Broken(MemoryStore):
        async def commit(self, changes: Changes) -> None:
            if any(type(row).__name__ == "Payment" for row in changes.updates):
                raise ConnectionError
            await store.commit(changes)

    broken = Broken()
    broken._tables = store._tables  # type: ignore[attr-defined] # a memory store
    with pytest.raises(ConnectionError):
        await erase_user(user, ports=evolve(ports, store=broken), despite_open_matters=True)

    await erase_user(user, ports=ports, despite_open_matters=True)

    assert EMAIL not in await written(store, tmp_path / "after")


async def test_a_user_is_told_what_is_theirs_and_nothing_of_others(ports: Ports, tmp_path: Path) -> None:
    user, others = await _customers(ports.store)
    writer = FileWriter(tmp_path / "hers")
    manifest = await export_user(user, ports.store, writer, clock=SystemClock())
    writer.close()

    rows = {kind: count for kind, count in manifest.rows.items() if count}
    orders = [row async for row in ports.store.scan(Kind.ORDER) if isinstance(row, Order)]
    text = _text_in(tmp_path / "hers")
    assert len([order for order in orders if order.user_id == user]) == rows[Kind.ORDER]
    assert {Kind.CONTACT, Kind.BOOKING, Kind.SESSION, Kind.PAYMENT, Kind.ENTRY, Kind.EVENT} <= set(rows)
    assert Kind.PRACTITIONER not in rows
    assert EMAIL in text
    assert [] == [order.id for order in others if f'"id":"{order.id}"' in text]
    with pytest.raises(Damaged, match="no whole store"):
        await import_archive(FileArchive(tmp_path / "hers"), target=filling(MemoryStore()))
