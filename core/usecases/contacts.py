"""Everybody keeps their own contact; nobody reads another's."""

from collections.abc import Collection

from attrs import frozen

from core.domain.actors import Actor
from core.domain.changes import Changes
from core.domain.errors import NotFound
from core.domain.notifications import Contact, OptionalKind
from core.domain.time import require_zone
from core.usecases.attempts import retrying
from core.usecases.context import Ports
from ports.errors import AlreadyExists, ConcurrencyConflict


@frozen(kw_only=True)
class ContactDetails:
    """What somebody says of themselves. `email` is an address that was checked and put in its usual form."""

    email: str
    display_name: str | None = None
    timezone: str
    unwanted: Collection[OptionalKind] = ()


async def read_contact(*, actor: Actor, ports: Ports) -> Contact:
    """The caller's contact; NotFound before they gave one."""
    found = await ports.store.contact(actor.user_id)
    if found is None:
        raise NotFound("contact", actor.user_id)
    return found


async def save_contact(details: ContactDetails, *, actor: Actor, ports: Ports) -> Contact:
    """Keep the caller's contact in place of what was there. Raises Invalid for an unknown zone."""
    require_zone(details.timezone, pointer="/timezone")

    async def attempt() -> Contact:
        before = await ports.store.contact(actor.user_id)
        after = Contact(
            user_id=actor.user_id,
            email=details.email,
            display_name=details.display_name,
            timezone=details.timezone,
            unwanted=tuple(details.unwanted),
            updated_at=ports.clock.now(),
            version=1 if before is None else before.version + 1,
        )
        await _keep(after, is_new=before is None, ports=ports)
        return after

    return await retrying(attempt, clock=ports.clock)


async def _keep(contact: Contact, *, is_new: bool, ports: Ports) -> None:
    if not is_new:
        await ports.store.commit(Changes(updates=(contact,)))
        return
    try:
        await ports.store.commit(Changes(inserts=(contact,)))
    except AlreadyExists as error:
        raise ConcurrencyConflict("the same user gave a contact at the same time") from error
