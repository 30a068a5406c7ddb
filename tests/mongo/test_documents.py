"""Stored documents are their records exactly, or they are refused."""

from typing import Any

import bson
import pytest
from attrs import fields_dict

from adapters.memory.testing.ids import LARGEST, NOW, new_user
from adapters.memory.testing.journal import make_account, make_event, make_idempotency
from adapters.memory.testing.sales import make_sale
from adapters.mongo.documents import CODEC, COLLECTIONS, RECORDS, Document, to_document, to_record
from core.domain.credits import CreditAccount
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.orders import Order
from ports.errors import Inconsistent
from ports.store import Kind


def stored(document: Document) -> Document:
    """The document after a journey over the wire."""
    return bson.decode(bson.encode(document, codec_options=CODEC), codec_options=CODEC)


def test_every_kind_of_record_has_a_collection_of_its_own() -> None:
    assert set(Kind) == set(RECORDS)
    assert set(RECORDS.values()) == set(COLLECTIONS)
    assert len(COLLECTIONS) == len(set(COLLECTIONS.values()))


def test_the_key_of_a_record_is_the_documents_id() -> None:
    order, account = make_sale().order, make_account(new_user())

    assert order.id == to_document(order)["_id"]
    assert account.user_id == to_document(account)["_id"]
    assert {"actor": "a", "key": "k"} == to_document(make_idempotency("a", "k"))["_id"]


def test_a_document_has_every_field_of_its_record() -> None:
    document = to_document(make_sale().order)

    assert fields_dict(Order).keys() - {"id"} == document.keys() - {"_id"}


def test_integers_are_stored_in_64_bits_whatever_their_size() -> None:
    small, large = (stored(to_document(make_account(new_user(), balance_cents=n))) for n in (1, LARGEST))

    assert (bson.Int64, bson.Int64) == (type(small["balance_cents"]), type(large["balance_cents"]))
    assert LARGEST == large["balance_cents"]


def test_integers_come_back_as_plain_ones() -> None:
    account = to_record(CreditAccount, stored(to_document(make_account(new_user(), balance_cents=LARGEST))))
    event = to_record(Event, stored(to_document(make_event(payload={"cents": 5, "why": "x", "no": None}))))

    assert int is type(account.balance_cents)
    assert int is type(event.payload["cents"])


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("colour", "red", "extra fields found (colour) @ Order"),
        ("version", 1.0, "Order.version"),
        ("version", True, "Order.version"),
        ("version", "1", "Order.version"),
        ("status", "perhaps", "Order.status"),
        ("user_id", "00000000-0000-7000-8000-000000000001", "Order.user_id"),
        ("client_notes", 7, "Order.client_notes"),
        ("created_at", NOW.replace(tzinfo=None), "Order.created_at"),
        ("created_at", None, "Order.created_at"),
        ("terms", {"earnings_hold_hours": 48, "tip": 1}, "extra fields found (tip) @ Order.terms"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_by_name(field: str, value: Any, fault: str) -> None:
    document = to_document(make_sale().order) | {field: value}

    with pytest.raises(Inconsistent) as refusal:
        to_record(Order, document)

    assert fault in refusal.value.detail
    assert str(document["_id"]) in refusal.value.detail


def test_a_document_without_a_field_is_refused() -> None:
    document = to_document(make_idempotency())
    del document["request_hash"]

    with pytest.raises(Inconsistent, match="request_hash"):
        to_record(IdempotencyRecord, document)


def test_a_document_that_others_need_and_that_is_gone_is_refused() -> None:
    with pytest.raises(Inconsistent, match="orders"):
        to_record(Order, None)
