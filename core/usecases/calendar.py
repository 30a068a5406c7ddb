"""Calendars for people, and feeds of them for calendar programs."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from core.domain.actors import Actor, Role
from core.domain.calendar import (
    CalendarItem,
    Span,
    calendar_span,
    feed_span,
    token_hash,
    with_feed,
    without_feed,
)
from core.domain.catalogue import Practitioner
from core.domain.changes import Changes
from core.domain.errors import Forbidden, NotFound
from core.domain.ids import UserId
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports


@frozen(kw_only=True)
class Feed:
    """A practitioner's calendar as their programs read it, at that moment."""

    practitioner: Practitioner
    items: Sequence[CalendarItem]
    at: datetime


async def read_calendar(
    start: datetime, end: datetime, *, practitioner_id: UserId | None, actor: Actor, ports: Ports
) -> Sequence[CalendarItem]:
    """The sessions that reach into [start, end), by start: one's own, an admin's choice or everybody's.

    Raises Invalid for more than 62 days.
    """
    whose = _seen_by(actor, practitioner_id)
    return await ports.store.calendar(calendar_span(start, end), practitioner_id=whose)


def _seen_by(actor: Actor, practitioner_id: UserId | None) -> UserId | None:
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    if practitioner_id is None:
        return None if actor.is_admin else actor.user_id
    if not actor.owns(practitioner_id):
        raise Forbidden("only an admin sees others' calendars")
    return practitioner_id


async def open_feed(token: str, *, actor: Actor, ports: Ports, claim: Claim[str] | None = None) -> str:
    """Let this token, and no earlier one, open the caller's calendar. Only its digest is kept.

    Gives back the token that was chosen. Raises NotFound for a practitioner without a profile.
    """
    actor.require(Role.PRACTITIONER)

    async def attempt() -> str:
        practitioner = await ports.store.practitioner(actor.user_id)
        if practitioner is None:
            raise NotFound("practitioner", actor.user_id)
        changes = Changes(updates=(with_feed(practitioner, token),))
        await ports.store.commit(finishing(changes, claim, token))
        return token

    return await retrying(attempt, clock=ports.clock)


async def close_feed(*, actor: Actor, ports: Ports) -> None:
    """Let no token open the caller's calendar any more. A second time changes nothing."""
    actor.require(Role.PRACTITIONER)

    async def attempt() -> None:
        practitioner = await ports.store.practitioner(actor.user_id)
        if practitioner is not None and practitioner.calendar_token_hash is not None:
            await ports.store.commit(Changes(updates=(without_feed(practitioner),)))

    await retrying(attempt, clock=ports.clock)


async def read_feed(token: str, *, ports: Ports) -> Feed:
    """The calendar that a token opens, from 90 days back to a year ahead.

    Raises NotFound for any other token. It is looked up by its digest, so that how long that takes
    says nothing about the tokens that exist.
    """
    owner = await ports.store.feed_owner(token_hash(token))
    if owner is None:
        raise NotFound("calendar", "for this token")
    now = ports.clock.now()
    span: Span = feed_span(now)
    return Feed(practitioner=owner, items=await ports.store.calendar(span, practitioner_id=owner.id), at=now)
