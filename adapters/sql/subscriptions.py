"""Webhook subscriptions, and what is sent to them: each read is one statement."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.engine import Engine
from adapters.sql.lists import get, page_of
from adapters.sql.literals import is_active_subscription, is_live_subscription
from adapters.sql.rows import DISPATCH, SUBSCRIPTION
from adapters.sql.tables import dispatches, subscriptions
from core.domain.dispatches import Channel, Dispatch
from core.domain.ids import SubscriptionId, UserId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import Subscription
from ports.queries import Cursor, Items, Page


class SqlSubscriptions:
    """What `ports.queries.Queries` tells of subscriptions, and of what is sent to them."""

    _engine: Engine

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None:
        """The subscription with that id."""
        return await self._engine.read(get, SUBSCRIPTION, subscription_id)

    async def subscriptions(self, page: Page, *, owner_id: UserId | None) -> Items[Subscription]:
        """An owner's subscriptions that are not deleted, newest first; everybody's with None."""
        return await self._engine.read(_subscriptions, page, owner_id)

    async def subscriptions_about(self, practitioner_id: UserId | None) -> Sequence[Subscription]:
        """The active subscriptions to the practitioner's events and to everybody's."""
        return await self._engine.read(_about, practitioner_id)

    async def dispatches_to(
        self, page: Page, *, channel: Channel, recipient: str, status: DispatchStatus | None = None
    ) -> Items[Dispatch]:
        """What was planned for the recipient on that channel, newest first."""
        return await self._engine.read(_dispatches, page, channel, recipient, status)


def _subscriptions(connection: Connection, page: Page, owner_id: UserId | None) -> Items[Subscription]:
    live = sa.select(subscriptions).where(is_live_subscription(subscriptions))
    return page_of(
        connection,
        live if owner_id is None else live.where(subscriptions.c.owner_id == owner_id),
        page,
        at=subscriptions.c.created_at,
        key=subscriptions.c.id,
        read=SUBSCRIPTION.read,
        place=_cursor,
    )


_ACTIVE = sa.select(subscriptions).where(is_active_subscription(subscriptions))
ABOUT_EVERYBODY = _ACTIVE.where(subscriptions.c.practitioner_id.is_(sa.null()))
_THEIRS = _ACTIVE.where(subscriptions.c.practitioner_id == sa.bindparam("practitioner", type_=sa.Uuid()))
# Not "theirs or everybody's": SQLite would read all of them.
ABOUT_SOMEBODY = sa.union_all(_THEIRS, ABOUT_EVERYBODY)


def _about(connection: Connection, practitioner_id: UserId | None) -> Sequence[Subscription]:
    if practitioner_id is None:
        return SUBSCRIPTION.read_all(connection.execute(ABOUT_EVERYBODY))
    return SUBSCRIPTION.read_all(connection.execute(ABOUT_SOMEBODY, {"practitioner": practitioner_id}))


def _dispatches(
    connection: Connection, page: Page, channel: Channel, recipient: str, status: DispatchStatus | None
) -> Items[Dispatch]:
    theirs = sa.select(dispatches).where(dispatches.c.channel == channel, dispatches.c.recipient == recipient)
    return page_of(
        connection,
        theirs if status is None else theirs.where(dispatches.c.status == status),
        page,
        at=dispatches.c.created_at,
        key=dispatches.c.id,
        read=DISPATCH.read,
        place=_cursor,
    )


def _cursor(row: Subscription | Dispatch) -> Cursor:
    return Cursor(at=row.created_at, id=row.id)
