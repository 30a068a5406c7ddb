"""Rows as texts: keys, places, contents and their hashes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from attrs import evolve

from adapters.memory.testing.examples import examples
from core.domain.ids import RunId
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.ledger import PAYMENT_GATEWAY, user_chain, user_credit
from core.domain.rows import (
    KINDS,
    RECORDS,
    REFERENCES,
    content,
    digest,
    key_of,
    key_parts,
    place_of,
    place_parts,
)
from core.domain.runs import Brought
from tests.builders import (
    LARGEST,
    NOW,
    make_account,
    make_entries,
    make_event,
    make_idempotency,
    make_order,
    make_posting,
    new_id,
    new_user,
)

USER = new_user()
(ENTRY,) = make_entries(
    user_chain(USER, 11, "h"), [make_posting(user_credit(USER), 3), make_posting(PAYMENT_GATEWAY, -3)]
)


def test_every_kind_has_one_record_and_every_record_one_kind() -> None:
    assert set(Kind) == set(RECORDS)
    assert len(Kind) == len(KINDS)


def test_what_a_marketplace_consists_of_is_everything_but_runs() -> None:
    assert set(Kind) - {Kind.RUN, Kind.BROUGHT} == set(PARENTS_FIRST)
    assert len(set(PARENTS_FIRST)) == len(PARENTS_FIRST)


def test_what_a_row_names_comes_before_it() -> None:
    place = {kind: at for at, kind in enumerate(PARENTS_FIRST)}

    assert [] == [
        (kind, target)
        for kind, references in REFERENCES.items()
        for _, target in references
        if place[target] >= place[kind]
    ]


def test_references_are_fields_of_their_records() -> None:
    for kind, references in REFERENCES.items():
        assert {name for name, _ in references} <= {field.name for field in attrs.fields(RECORDS[kind])}


@pytest.mark.parametrize("kind", examples())
def test_a_key_and_a_place_can_be_read_back(kind: str) -> None:
    row: Any = examples()[kind].first
    names = {"contact": ("user_id",), "idempotency": ("actor", "key")}.get(kind, ("id",))
    expected = tuple(getattr(row, name) for name in names)

    assert expected == key_parts(Kind(kind), key_of(row)) == place_parts(Kind(kind), place_of(row))


def test_the_key_of_an_entry_is_its_id_and_its_place_its_number_in_the_chain() -> None:
    assert (ENTRY.id,) == key_parts(Kind.ENTRY, key_of(ENTRY))
    assert (f"user:{USER}", 12) == place_parts(Kind.ENTRY, place_of(ENTRY))


def test_keys_of_several_parts_are_never_mistaken_for_each_other() -> None:
    pairs = [("a", 'b","c'), ('a","b', "c"), ("a b", "c"), ("a", "b c")]

    keys = {key_of(make_idempotency(*pair)) for pair in pairs}

    assert len(pairs) == len(keys)
    assert set(pairs) == {key_parts(Kind.IDEMPOTENCY, key) for key in keys}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.ORDER, "seven"),
        (Kind.IDEMPOTENCY, "[1, 2]"),
        (Kind.IDEMPOTENCY, '["a"]'),
        (Kind.IDEMPOTENCY, "{}"),
        (Kind.BROUGHT, '["a", "b", "c"]'),
    ],
)
def test_a_text_that_is_no_key_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        key_parts(kind, text)


@pytest.mark.parametrize("kind", examples())
def test_the_content_of_a_row_names_each_of_its_fields(kind: str) -> None:
    row: Any = examples()[kind].first

    assert {field.name for field in attrs.fields(type(row))} == json.loads(content(row)).keys()


def test_content_is_one_canonical_text() -> None:
    order = make_order(created_at=datetime(2026, 3, 2, 1, 2, 3, 456_789, timezone(timedelta(hours=-7))))
    event = make_event(payload={"b": 2**53 - 1, "a": None, "c": "Zoë"})

    assert '"created_at":"2026-03-02T08:02:03.456Z"' in content(order)
    assert '"payload":{"a":null,"b":9007199254740991,"c":"Zoë"}' in content(event)
    assert content(event) == content(evolve(event, payload={"c": "Zoë", "a": None, "b": 2**53 - 1}))


def test_a_hash_is_told_by_the_content_alone() -> None:
    account = make_account(USER, balance_cents=LARGEST)
    fixed = evolve(account, user_id=new_user())

    assert digest(fixed) == digest(evolve(fixed))
    assert digest(fixed) != digest(evolve(fixed, balance_cents=LARGEST - 1))


@pytest.mark.parametrize("kind", examples())
def test_another_content_has_another_hash(kind: str) -> None:
    example = examples()[kind]

    assert digest(example.first) != digest(example.second)


def test_an_entry_is_hashed_with_its_postings() -> None:
    first, second = ENTRY.postings
    swapped = evolve(ENTRY, postings=(second, first))

    assert digest(ENTRY) != digest(swapped)


def test_a_note_reads_its_kind_from_text() -> None:
    kind: Any = "order"

    note = Brought(run_id=RunId(new_id()), kind=kind, key="k", digest="d")

    assert Kind.ORDER is note.kind


def test_instants_are_in_utc() -> None:
    assert f'"occurred_at":"{NOW.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"' in content(make_event())
