"""What a document must be, derived from its record, and the rules about it that MongoDB repeats.

The shape comes from the record's own types, so the two cannot drift apart; the rules are those
that hold within one document. They are the second line: decisions keep them, guards re-check them.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from bson import Int64

from adapters.mongo.documents import Document, key_fields
from core.domain.catalogue import Service
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.money import MAX_CENTS
from core.domain.orders import Order, Payment, Refund
from core.domain.sessions import ServiceSession

_BSON_TYPES: Final[Mapping[Any, str]] = {
    str: "string",
    bool: "bool",
    int: "long",
    UUID: "binData",
    datetime: "date",
    date: "string",
    type(None): "null",
}


def validator(record: type[Any]) -> Document:
    """The collection's validator: `$jsonSchema` for the shape, `$expr` for the rules."""
    rules = RULES.get(record, ())
    return {"$jsonSchema": _document_shape(record)} | ({"$expr": {"$and": list(rules)}} if rules else {})


def _document_shape(record: type[Any]) -> Document:
    shape = _object_shape(record)
    properties = shape["properties"]
    fields = key_fields(record)
    parts = {name: properties.pop(name) for name in fields}
    properties["_id"] = parts[fields[0]] if len(fields) == 1 else _exact_object(parts)
    return _exact_object(properties)


def _object_shape(record: type[Any]) -> Document:
    hints = get_type_hints(record)
    return _exact_object({field.name: _shape(hints[field.name]) for field in attrs.fields(record)})


def _exact_object(properties: Document) -> Document:
    return {
        "bsonType": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _shape(kind: Any) -> Document:
    kind = getattr(kind, "__supertype__", kind)
    if kind in _BSON_TYPES:
        return {"bsonType": _BSON_TYPES[kind]}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if attrs.has(kind):
        return _object_shape(kind)

    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return {"anyOf": [_shape(part) for part in parts]}
    if origin is tuple:
        return {"bsonType": "array", "items": _shape(parts[0])}
    return {"bsonType": "object", "additionalProperties": _shape(parts[1])}


def _amounts(*fields: str) -> tuple[Document, ...]:
    """No amount is negative, none greater than every client can hold."""
    largest = Int64(MAX_CENTS)
    return tuple({"$and": [{"$gte": [f"${f}", 0]}, {"$lte": [f"${f}", largest]}]} for f in fields)


def _sum(whole: str, *parts: str) -> Document:
    return {"$eq": [f"${whole}", {"$add": [f"${part}" for part in parts]}]}


RULES: Final[Mapping[type[Any], tuple[Document, ...]]] = {
    Service: _amounts("price_cents", "complimentary_earnings_cents"),
    ServiceSession: (
        {"$gte": ["$current_participants", 0]},
        {"$gte": ["$offered_seats", 0]},
        {"$gte": ["$waiting_count", 0]},
        {"$lte": [{"$add": ["$current_participants", "$offered_seats"]}, "$max_participants"]},
        {
            "$or": [
                {"$and": [{"$eq": ["$start_time", None]}, {"$eq": ["$end_time", None]}]},
                {"$and": [{"$ne": ["$start_time", None]}, {"$lt": ["$start_time", "$end_time"]}]},
            ]
        },
    ),
    CreditAccount: (
        *_amounts("held_cents", "balance_cents"),
        {"$lte": ["$held_cents", "$balance_cents"]},
    ),
    Order: (
        *_amounts("subtotal_amount_cents", "credits_applied_cents", "total_amount_cents"),
        _sum("subtotal_amount_cents", "credits_applied_cents", "total_amount_cents"),
        {
            "$lte": [
                {"$add": ["$refunded_credits_cents", "$refunded_card_cents", "$charged_back_cents"]},
                "$subtotal_amount_cents",
            ]
        },
    ),
    Payment: _amounts("amount_cents"),
    Refund: (
        *_amounts("credits_cents", "card_cents", "forfeited_cents"),
        _sum("refund_value_cents", "credits_cents", "card_cents"),
    ),
    Earnings: (
        *_amounts("gross_amount_cents", "commission_amount_cents", "net_amount_cents"),
        _sum("gross_amount_cents", "commission_amount_cents", "net_amount_cents"),
    ),
    Payout: (
        *_amounts("amount_cents", "reversed_cents"),
        {"$lte": ["$reversed_cents", "$amount_cents"]},
    ),
    Dispute: _amounts("amount_cents"),
    JournalEntry: ({"$eq": [{"$sum": "$postings.amount_cents"}, 0]},),
}
