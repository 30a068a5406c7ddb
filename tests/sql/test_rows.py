"""Rows and nested values: nothing is bent on its way in or out."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from adapters.sql.nested import dumps, reader
from adapters.sql.rows import ENTRY_COLUMNS, POSTING_COLUMNS, SHAPES, Shape
from adapters.sql.tables import entries, postings
from core.domain.catalogue import CancellationTier, OnExpiry
from core.domain.ledger import JournalEntry, Posting
from core.domain.orders import RefundLine, Terms
from tests.builders import new_id

TIER = CancellationTier(min_notice_hours=24, refund_percent=100)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: str(shape.kind))
def test_the_columns_of_a_table_are_the_fields_of_its_record(shape: Shape[Any]) -> None:
    assert isinstance(shape.record, type)
    assert tuple(field.name for field in attrs.fields(shape.record)) == shape.names


def test_the_columns_of_the_journal_are_the_fields_of_its_records() -> None:
    fields = [field.name for field in attrs.fields(JournalEntry)]

    assert sorted(fields) == sorted([*ENTRY_COLUMNS, "postings"])
    assert tuple(field.name for field in attrs.fields(Posting)) == POSTING_COLUMNS
    assert set(entries.c.keys()) == set(ENTRY_COLUMNS)
    assert {*POSTING_COLUMNS, "entry_id", "position", "currency", "occurred_at"} == set(postings.c.keys())


def test_terms_come_back_equal() -> None:
    terms = Terms(cancellation_policy=(TIER,), complimentary_earnings_cents=2**53 - 1, earnings_hold_hours=48)

    assert terms == reader(Terms)(dumps(terms))


def test_a_word_in_terms_comes_back_as_itself() -> None:
    terms = Terms(on_expiry=OnExpiry.CREDITS, earnings_hold_hours=48)

    assert OnExpiry.CREDITS is reader(Terms)(dumps(terms)).on_expiry
    with pytest.raises(ValueError, match="sometimes"):
        reader(Terms)(dumps(terms).replace("credits", "sometimes"))


def test_lines_of_a_refund_come_back_equal() -> None:
    booking_id: Any = new_id()
    lines = (RefundLine(booking_id=booking_id, value_cents=3, refund_percent=50, refund_cents=1),)

    assert lines == reader(tuple[RefundLine, ...])(dumps(lines))


def test_a_payload_keeps_text_numbers_and_nothing() -> None:
    payload = {"text": "Zoë 🌊", "number": 2**53 - 1, "nothing": None}

    assert payload == reader(Mapping[str, str | int | None])(dumps(payload))


@pytest.mark.parametrize(
    "tier",
    [
        {"min_notice_hours": "24", "refund_percent": 100},
        {"min_notice_hours": 24.0, "refund_percent": 100},
        {"min_notice_hours": True, "refund_percent": 100},
        {"min_notice_hours": 24, "refund_percent": 100, "note": "kind"},
        {"min_notice_hours": 24},
    ],
    ids=["text", "a float", "a truth", "an unknown key", "a missing key"],
)
def test_a_nested_value_of_another_form_is_refused(tier: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"is not int|Extra fields|refund_percent"):
        reader(tuple[CancellationTier, ...])(json.dumps([tier]))


@pytest.mark.parametrize("value", [1.5, True, [1]])
def test_a_payload_of_anything_else_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="neither text, integer nor null"):
        reader(Mapping[str, str | int | None])(json.dumps({"amount_cents": value}))
