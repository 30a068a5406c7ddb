"""Erasing a person: what they and others said of them goes, the books stay as they are.

Their id stays in every row, as a pseudonym that nothing leads back from: ids, amounts, times and the
ledger with its hashes are kept, as the law wants them kept.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from core.domain.catalogue import Service, ServiceStatus
from core.domain.changes import Record
from core.domain.dispatches import Dispatch
from core.domain.errors import Conflict
from core.domain.ids import UserId
from core.domain.rows import KINDS
from core.domain.statuses import DispatchStatus, transition
from core.domain.subjects import ERASED, PERSONAL
from core.domain.subscriptions import Subscription, SubscriptionStatus, deleted


class OpenMatters(Conflict):
    """Somebody is to be erased to whom something is still owed. `matters` says what, for people."""

    code = "open_matters"

    def __init__(self, matters: Iterable[str]) -> None:
        self.matters = tuple(matters)
        super().__init__(f"there are open matters: {'; '.join(self.matters)}")


def _told_apart(names: Iterable[str]) -> tuple[str, ...]:
    """The longest first: a name may be a part of another."""
    known = {name for name in names if name not in ("", ERASED)}
    return tuple(sorted(known, key=lambda name: (-len(name), name)))


@frozen(kw_only=True)
class Person:
    """Who is to be erased. `names` are their names and addresses, which are taken out of every text."""

    user_id: UserId
    names: tuple[str, ...] = field(converter=_told_apart)

    def is_named(self, value: object) -> bool:
        """Whether an id or a text is theirs."""
        return str(value) == str(self.user_id)


def erased(row: Record, person: Person, *, now: datetime) -> Record | None:
    """The row's next version without what is said of the person in it; None if nothing is."""
    if isinstance(row, Subscription) and person.is_named(row.owner_id):
        gone = row.status is SubscriptionStatus.DELETED
        return None if gone else evolve(deleted(row, now=now), description="", disabled_reason=None)

    after: dict[str, Any] = {}
    for name, personal in PERSONAL.get(KINDS[type(row)], {}).items():
        value = getattr(row, name)
        owner = None if personal.owner is None else getattr(row, personal.owner)
        own = value is not None and person.is_named(owner)
        after[name] = personal.blank if own else _without(value, person)
    changed = {name: value for name, value in after.items() if value != getattr(row, name)}
    changed |= _put_to_rest(row, person)
    return evolve(row, **changed, version=row.version + 1) if changed else None


def _put_to_rest(row: Record, person: Person) -> Mapping[str, Any]:
    """What must not go on without its personal part: a service is sold no more, a message is not sent."""
    if isinstance(row, Service) and person.is_named(row.practitioner_id):
        return {} if row.status is ServiceStatus.ARCHIVED else {"status": ServiceStatus.ARCHIVED}
    if isinstance(row, Dispatch) and person.is_named(row.recipient) and row.status is DispatchStatus.WAITING:
        return {"status": transition(row.status, "drop")}
    return {}


def _without(value: Any, person: Person) -> Any:
    """A text, or a payload's texts, without the person's names."""
    if isinstance(value, Mapping):
        return {key: _without(part, person) for key, part in value.items()}
    if not isinstance(value, str) or not person.names:
        return value
    names = "|".join(re.escape(name) for name in person.names)
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)", ERASED, value, flags=re.IGNORECASE)
