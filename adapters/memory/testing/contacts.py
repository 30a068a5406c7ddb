"""Contract: where users are reached, and an example of it."""

# ruff: noqa: S101 - assert is how a contract speaks, and it says what is expected first

from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes
from core.domain.notifications import Contact, OptionalKind
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.store import Store


def make_contact(**overrides: Any) -> Contact:
    """Somebody new, in Lisbon, who wants to hear everything."""
    fields: dict[str, Any] = {
        "user_id": new_user(),
        "email": "eva@example.org",
        "timezone": "Europe/Lisbon",
        "updated_at": NOW,
    }
    return Contact(**(fields | overrides))


def contact() -> Example:
    """Somebody who wants to hear nothing that is not needed, and thinks better of it."""
    first = make_contact(display_name=TEXT, unwanted=tuple(OptionalKind))
    second = evolve(
        first,
        email="zoe@example.org",
        display_name=None,
        timezone="Asia/Kathmandu",
        unwanted=(),
        updated_at=LATER,
        version=2,
    )
    return Example(first=first, second=second)


class Contacts:
    """Everybody has one contact, which is found by their id."""

    async def test_a_contact_is_found_by_its_user(self, store: Store) -> None:
        eva = make_contact(unwanted=(OptionalKind.SESSION_REMINDER,))
        await stock(store, eva, make_contact())

        assert eva == await store.contact(eva.user_id)
        assert await store.contact(new_user()) is None

    async def test_a_user_has_one_contact(self, store: Store) -> None:
        eva = make_contact()
        await stock(store, eva)

        with pytest.raises(AlreadyExists):
            await store.commit(Changes(inserts=(evolve(eva, email="other@example.org"),)))

        assert eva == await store.contact(eva.user_id)

    async def test_an_older_version_of_a_contact_is_refused(self, store: Store) -> None:
        eva = make_contact()
        moved = evolve(eva, email="moved@example.org", version=2)
        await stock(store, eva)
        await store.commit(Changes(updates=(moved,)))

        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(updates=(evolve(eva, email="late@example.org", version=2),)))

        assert moved == await store.contact(eva.user_id)
