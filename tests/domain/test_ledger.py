"""The ledger: entries that sum to zero, in chains in which no change goes unseen."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.audit import Auditor
from core.domain.ids import EntryId, PostingId, UserId
from core.domain.ledger import (
    PLATFORM_ACCOUNTS,
    Chain,
    EntryKind,
    JournalEntry,
    PostingType,
    account_family,
    order_chain,
    order_value,
    practitioner_account,
    practitioner_chain,
    record,
    rehash,
    user_chain,
    user_credit,
)
from core.domain.money import MAX_CENTS
from tests.builders import NOW, make_entries, make_order, make_posting, new_id, new_user
from tests.domain.amounts import MOMENTS

AMOUNTS = st.lists(st.integers(-MAX_CENTS, MAX_CENTS), min_size=1, max_size=8)


def chain_of(length: int) -> list[JournalEntry]:
    """A chain of so many entries."""
    start = order_chain(make_order().id, 0, "")
    groups = [
        (make_posting("platform_promotions", -amount), make_posting("disputes", amount))
        for amount in range(1, length + 1)
    ]
    return list(make_entries(start, *groups))


def complaints(entries: list[JournalEntry]) -> set[str]:
    """What the audit says of these entries, read in order."""
    auditor = Auditor()
    for entry in entries:
        auditor.entry(entry)
    return {violation.rule for violation in auditor.violations()}


@given(amounts=AMOUNTS, at=MOMENTS, kind=st.sampled_from(EntryKind))
def test_an_entry_is_what_balances(amounts: list[int], at: Any, kind: EntryKind) -> None:
    postings = [make_posting("payouts", amount) for amount in (*amounts, -sum(amounts))]
    chain = order_chain(make_order().id, 0, "")
    if not any(amounts):
        with pytest.raises(ValueError, match="move nothing"):
            record(chain, kind, postings, entry_id=EntryId(new_id()), currency="usd", occurred_at=at)
        return
    entry, after = record(chain, kind, postings, entry_id=EntryId(new_id()), currency="usd", occurred_at=at)

    assert 0 == sum(posting.amount_cents for posting in entry.postings)
    assert [amount for amount in (*amounts, -sum(amounts)) if amount] == [
        posting.amount_cents for posting in entry.postings
    ]
    assert (entry.hash, Chain(name=chain.name, seq=1, head=entry.hash)) == (rehash(entry), after)


@given(amounts=AMOUNTS.filter(sum))
def test_what_does_not_sum_to_zero_is_never_recorded(amounts: list[int]) -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        make_entries(
            order_chain(make_order().id, 0, ""), [make_posting("payouts", amount) for amount in amounts]
        )


def test_each_entry_carries_the_one_before() -> None:
    entries = chain_of(5)

    assert [1, 2, 3, 4, 5] == [entry.seq for entry in entries]
    assert ["", *(entry.hash for entry in entries[:-1])] == [entry.previous_hash for entry in entries]
    assert set() == complaints(entries)


CHANGES: list[dict[str, Any]] = [
    {"chain": "order:another"},
    {"seq": 7},
    {"previous_hash": "0" * 64},
    {"hash": "0" * 64},
    {"id": EntryId(new_id())},
    {"kind": EntryKind.CORRECTION},
    {"order_id": make_order().id},
    {"currency": "eur"},
    {"occurred_at": NOW + timedelta(milliseconds=1)},
    {"corrects": EntryId(new_id())},
    {"postings": ()},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
@pytest.mark.parametrize("place", [0, 1, 4])
def test_a_changed_entry_is_found(change: dict[str, Any], place: int) -> None:
    entries = chain_of(5)
    entries[place] = evolve(entries[place], **change)

    assert complaints(entries) & {"entries never change", "chains have no gaps"}


POSTING_CHANGES: list[dict[str, Any]] = [
    {"id": PostingId(new_id())},
    {"account": "platform_forfeits"},
    {"type": PostingType.EXPIRY},
    {"amount_cents": -999},
    {"user_id": UserId(new_id())},
    {"booking_id": new_id()},
]


@pytest.mark.parametrize("change", POSTING_CHANGES, ids=lambda change: next(iter(change)))
def test_a_changed_posting_is_found(change: dict[str, Any]) -> None:
    entries = chain_of(3)
    first, second = entries[1].postings
    entries[1] = evolve(entries[1], postings=(evolve(first, **change), second))

    assert "entries never change" in complaints(entries)


def test_postings_that_changed_places_are_found() -> None:
    (entry,) = chain_of(1)
    swapped = evolve(entry, postings=tuple(reversed(entry.postings)))

    assert {"entries never change"} == complaints([swapped])


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_missing_entry_is_found(place: int) -> None:
    entries = chain_of(5)
    del entries[place]

    assert {"chains have no gaps"} == complaints(entries)


def test_an_added_entry_is_found_even_with_a_hash_of_its_own() -> None:
    entries = chain_of(3)
    forged, _ = record(
        order_chain(make_order().id, 1, entries[0].hash),
        EntryKind.CORRECTION,
        [make_posting("platform_promotions", -1), make_posting("disputes", 1)],
        entry_id=EntryId(new_id()),
        currency="usd",
        occurred_at=NOW,
    )
    forged = evolve(forged, chain=entries[0].chain)
    forged = evolve(forged, hash=rehash(forged))

    assert {"chains have no gaps"} == complaints([entries[0], forged, *entries[1:]])


def test_entries_that_changed_places_are_found() -> None:
    first, second, third = chain_of(3)

    assert {"chains have no gaps"} == complaints([first, third, second])


def test_a_rewritten_chain_no_longer_ends_at_the_head_that_its_row_keeps() -> None:
    order = make_order()
    entries = make_entries(
        order_chain(order.id, 0, ""), (make_posting("payouts", -1), make_posting("disputes", 1))
    )
    auditor = Auditor()
    auditor.entry(entries[0])
    auditor.order(evolve(order, ledger_seq=1, ledger_head="f" * 64))

    assert "chains end at their head" in {violation.rule for violation in auditor.violations()}


def test_the_same_content_has_the_same_hash_and_a_moment_is_kept_to_the_millisecond() -> None:
    (entry,) = chain_of(1)
    same = evolve(entry, occurred_at=entry.occurred_at + timedelta(microseconds=999))

    assert (rehash(entry), entry) == (rehash(same), same)


def test_accounts_and_chains_are_named_by_their_owner() -> None:
    order, user = make_order().id, new_user()

    assert ["order_value", "user_credit", "practitioner"] == [
        account_family(account)
        for account in (order_value(order), user_credit(user), practitioner_account(user))
    ]
    assert list(PLATFORM_ACCOUNTS) == [account_family(account) for account in PLATFORM_ACCOUNTS]
    assert [f"order:{order}", f"user:{user}", f"practitioner:{user}"] == [
        order_chain(order, 0, "").name,
        user_chain(user, 0, "").name,
        practitioner_chain(user, 0, "").name,
    ]
