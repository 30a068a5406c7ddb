"""Records and the documents they are kept as, through one strict converter.

A document is its record, field by field: the key is `_id`, integers are 64-bit, enums are their
values, what belongs to a record alone is embedded in it. A stored document that does not fit its
record exactly in names and types is refused, never guessed at.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from bson import Int64
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from core.domain import rows
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.changes import Record
from core.domain.credits import CreditAccount
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.ledger import JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import ServiceSession
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.errors import Inconsistent
from ports.store import StoredRecord

Document = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R", bound=StoredRecord)

CODEC: Final = CodecOptions[Document](
    tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD
)

RECORDS: Final = rows.RECORDS

COLLECTIONS: Final[Mapping[type[Any], str]] = {
    Practitioner: "practitioners",
    Service: "services",
    ServiceSession: "sessions",
    CreditAccount: "accounts",
    Order: "orders",
    Booking: "bookings",
    Payment: "payments",
    Refund: "refunds",
    Earnings: "earnings",
    Payout: "payouts",
    JournalEntry: "entries",
    Event: "events",
    RoomEvent: "room_events",
    Dispatch: "dispatches",
    IdempotencyRecord: "idempotency",
    WaitlistEntry: "waitlist",
    Dispute: "disputes",
    InboxItem: "inbox",
    Contact: "contacts",
    Subscription: "subscriptions",
    Run: "runs",
    Brought: "brought",
}

COUNTERS: Final[Mapping[type[Any], frozenset[str]]] = {
    ServiceSession: frozenset({"current_participants", "offered_seats", "waiting_count"}),
    Practitioner: frozenset({"agenda_version", "ledger_seq", "ledger_head"}),
}
"""The fields that only guarded counters move; an update of the record leaves them alone."""

KEY_FIELDS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    CreditAccount: ("user_id",),
    Contact: ("user_id",),
    IdempotencyRecord: ("actor", "key"),
    Brought: ("run_id", "kind", "key"),
}
"""What `_id` holds, where that is not the record's `id`: one field's value, or an object of several."""


def key_fields(kind: type[Any]) -> tuple[str, ...]:
    """The fields of the record that are in its document's `_id`."""
    return KEY_FIELDS.get(kind, ("id",))


def request_key(actor: str, key: str) -> Document:
    """The `_id` of an idempotency record."""
    return {"actor": actor, "key": key}


def to_document(record: StoredRecord) -> Document:
    """The document of a record."""
    document: Document = _converter.unstructure(record)
    names = key_fields(type(record))
    return document if len(names) == 1 else {"_id": {name: document.pop(name) for name in names}, **document}


def to_record(kind: type[R], document: Document | None) -> R:
    """The record of a document; Inconsistent, naming what does not fit, if it is none.

    None stands for a document that another one names and that is not there.
    """
    if document is None:
        raise Inconsistent(f"a document in {COLLECTIONS[kind]} that others belong to is missing")

    return structured(kind, document)


def structured(kind: type[T], document: Document) -> T:
    """A value out of a document that has its very fields; Inconsistent, naming what does not fit."""
    try:
        return _converter.structure(document, kind)
    except Exception as error:
        faults = "; ".join(transform_error(error, path=kind.__name__))
        raise Inconsistent(
            f"a stored document with _id {document.get('_id')} does not fit: {faults}"
        ) from error


def version_after(record: Record) -> Document:
    """What an update of the record sets: everything but its key and the guarded counters."""
    document = to_document(record)
    for name in ("_id", *COUNTERS.get(type(record), ())):
        del document[name]
    return document


def _text(value: Any, kind: type) -> Any:
    """A string, or the member of an enum of strings."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of str")
    return value if kind is str else kind(value)


def _exactly(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _integer(value: Any, _: Any) -> int:
    """A plain int out of a 64-bit one: neither bool nor float will do."""
    if type(value) not in (int, Int64):
        raise TypeError(f"{type(value).__name__} instead of int")
    return int(value)


def _instant(value: Any, _: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{type(value).__name__} instead of an instant")
    return value


def _day(value: Any, _: Any) -> date:
    """A day of the calendar: BSON has only instants, so it is kept as text."""
    return date.fromisoformat(_text(value, str))


def _plain_value(value: Any, _: Any) -> str | int | None:
    """A value of an event's payload."""
    return value if value is None or isinstance(value, str) else _integer(value, int)


def _plain_document(value: str | int | None) -> str | Int64 | None:
    return Int64(value) if isinstance(value, int) else value


def _itself(value: Any) -> Any:
    return value


def _make_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _exactly)
    converter.register_structure_hook(UUID, _exactly)
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(datetime, _instant)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(str | int | None, _plain_value)
    converter.register_unstructure_hook(int, Int64)
    converter.register_unstructure_hook(bool, _itself)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, _itself)
    converter.register_unstructure_hook(str | int | None, _plain_document)
    for record in COLLECTIONS:
        _register(converter, record)
    return converter


def _register(converter: Converter, record: type[Any]) -> None:
    """Keep a record's key under `_id`."""
    fields = key_fields(record)
    renamed: dict[str, Any] = {fields[0]: override(rename="_id")} if len(fields) == 1 else {}
    converter.register_unstructure_hook(record, make_dict_unstructure_fn(record, converter, **renamed))
    structure = make_dict_structure_fn(record, converter, _cattrs_forbid_extra_keys=True, **renamed)
    if len(fields) == 1:
        converter.register_structure_hook(record, structure)
    else:
        converter.register_structure_hook(record, lambda value, kind: structure(_unpacked(value), kind))


def _unpacked(document: Document) -> Document:
    """The document with the parts of its compound key as fields of its own."""
    rest = dict(document)
    key: Document = rest.pop("_id")
    return key | rest


_converter: Final = _make_converter()
