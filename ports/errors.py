"""The few errors that an adapter may raise."""

from collections.abc import Sequence
from typing import ClassVar


class PortError(Exception):
    """Something outside the core did not do what was asked."""

    code: ClassVar[str] = "port_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ConcurrencyConflict(PortError):
    """Somebody else changed a record first. Nothing was written; load and decide again."""

    code = "conflict"


IDEMPOTENCY = "idempotency"
"""The constraint of an actor's idempotency keys."""
SEAT = "seat"
"""The constraint of one occupied seat per customer and session."""
ROOM_EVENT = "room_event"
"""The constraint of a room service's own ids."""
PLACE = "place"
"""The constraint of one live place per customer and session's line."""


DISPUTE = "dispute_ref"
"""The constraint of a gateway's own names for disputes."""


class AlreadyExists(PortError):
    """A unique key is taken. Nothing was written. `constraint` names the key: IDEMPOTENCY, SEAT, PLACE,
    ROOM_EVENT, DISPUTE, or a word of the store's for a key that only a defect can repeat.
    """

    code = "already_exists"

    def __init__(self, constraint: str) -> None:
        super().__init__(f"{constraint} is taken")
        self.constraint = constraint


class StillReferenced(PortError):
    """A row was to be withdrawn that another one names which stays. Nothing was written.

    `row` and `by` are the two, each as its kind and key.
    """

    code = "still_referenced"

    def __init__(self, row: str, by: str) -> None:
        super().__init__(f"{row} is still named by {by}")
        self.row = row
        self.by = by


class Inconsistent(PortError):
    """A row breaks a rule that the store repeats, which only a defect can cause. Nothing was written."""

    code = "inconsistent"


class Unavailable(PortError):
    """The store or the gateway cannot be reached or is overloaded; later it may be."""

    code = "storage_unavailable"


class CommitUnknown(Unavailable):
    """The connection died while committing: the changes may or may not have been written."""


class SchemaOutdated(PortError):
    """The store's schema is missing, or older or newer than this release. `pending` are the migrations
    that `migrate` would apply, oldest first: none to a newer schema.
    """

    code = "schema_outdated"

    def __init__(self, detail: str, *, pending: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.pending = tuple(pending)
