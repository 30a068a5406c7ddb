"""What MongoDB and its driver say, told in the ports' words: once, here.

Messages are one line and name hosts and codes only: the driver's own texts may quote documents.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from adapters.mongo.documents import COLLECTIONS, RECORDS
from ports.errors import (
    AlreadyExists,
    CommitUnknown,
    ConcurrencyConflict,
    Inconsistent,
    PortError,
    Unavailable,
)

DUPLICATE_KEY: Final = 11000
VALIDATION_FAILED: Final = 121
TIME_EXPIRED: Final = 50
NO_TRANSACTIONS: Final = 20
REFUSED: Final = (13, 18)
"""Not allowed to do it, and not who they say they are."""

UNKNOWN_COMMIT: Final = "UnknownTransactionCommitResult"

STANDALONE: Final = (
    "this MongoDB is a standalone server, which has no transactions: "
    "Estuary needs a replica set, if only of one member"
)

_TAKEN = re.compile(r"collection: \S+?\.(?P<collection>\w+) index: (?P<index>\S+)")
_KIND_OF: Final = {COLLECTIONS[record]: kind for kind, record in RECORDS.items()}


@contextmanager
def translating(hosts: str) -> Iterator[None]:
    """Tell the driver's errors in the ports' words."""
    try:
        yield
    except (PyMongoError, BSONError) as error:
        raise translated(error, hosts) from error


@contextmanager
def committing(hosts: str, *, in_transaction: bool) -> Iterator[None]:
    """The same for writes, which may have been done when the answer is lost."""
    try:
        yield
    except (PyMongoError, BSONError) as error:
        if outcome_is_unknown(error, in_transaction=in_transaction):
            raise CommitUnknown(f"MongoDB at {hosts} was lost while committing") from error
        raise translated(error, hosts) from error


def outcome_is_unknown(error: Exception, *, in_transaction: bool) -> bool:
    """Whether the write may have been done in spite of the error.

    In a transaction the driver knows, and says so with a label. A single write has been sent unless
    no server was found or no connection was free.
    """
    if in_transaction:
        return isinstance(error, PyMongoError) and error.has_error_label(UNKNOWN_COMMIT)
    if isinstance(error, ServerSelectionTimeoutError | WaitQueueTimeoutError):
        return False
    if isinstance(error, BulkWriteError):
        return bool(error.details["writeConcernErrors"])
    return isinstance(error, ConnectionFailure) or _code(error) == TIME_EXPIRED


def translated(error: Exception, hosts: str) -> PortError:
    """The ports' error for a driver's error that left nothing written."""
    code = _code(error)
    if code == DUPLICATE_KEY:
        return _taken(_message(error))
    if code == VALIDATION_FAILED or isinstance(error, BSONError):
        return Inconsistent("MongoDB refused a document that breaks a rule of its collection")
    return Unavailable(_trouble(error, hosts, code))


def _trouble(error: Exception, hosts: str, code: int | None) -> str:
    if code == NO_TRANSACTIONS:
        return STANDALONE
    if code in REFUSED:
        return f"MongoDB at {hosts} refuses our user or its rights"
    if code == TIME_EXPIRED or isinstance(error, NetworkTimeout | WaitQueueTimeoutError):
        return f"MongoDB at {hosts} took too long"
    if isinstance(error, ConnectionFailure):
        return f"MongoDB at {hosts} cannot be reached"
    return f"MongoDB at {hosts} failed: {type(error).__name__}, code {code}"


def _taken(message: str) -> PortError:
    """The refusal of a unique index, by its name; `_id_` is the record's own key."""
    found = _TAKEN.search(message)
    index = "key" if found is None else found["index"]
    if index == "chain":
        return ConcurrencyConflict("the chain has moved on")
    if found is not None and index == "_id_":
        return AlreadyExists(_KIND_OF[found["collection"]].value)
    return AlreadyExists(index)


def _first_fault(error: Exception) -> dict[str, Any] | None:
    """The refusal of one document among several that were written."""
    faults = error.details["writeErrors"] if isinstance(error, BulkWriteError) else ()
    return next(iter(faults), None)


def _code(error: Exception) -> int | None:
    fault = _first_fault(error)
    if fault is not None:
        return int(fault["code"])
    return error.code if isinstance(error, OperationFailure) else None


def _message(error: Exception) -> str:
    fault = _first_fault(error)
    return str(error) if fault is None else str(fault["errmsg"])
