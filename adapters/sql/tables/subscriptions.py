"""Who is told of events."""

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    index,
    instant,
    key,
    known,
    listed,
    metadata,
    nested,
    number,
    ref,
    text,
    word,
)
from core.domain.events import EventType
from core.domain.subscriptions import LIVE_SUBSCRIPTIONS, SubscriptionStatus

LIVE = f"status IN ({listed(LIVE_SUBSCRIPTIONS)})"
ACTIVE = f"status = '{SubscriptionStatus.ACTIVE.value}'"

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    key(),
    ref("owner_id"),
    ref("practitioner_id", null=True),
    text("url"),
    nested("event_types", tuple[EventType, ...]),
    text("description"),
    text("secret"),
    text("previous_secret", null=True),
    instant("previous_secret_until", null=True),
    word("status", SubscriptionStatus),
    text("disabled_reason", null=True),
    instant("created_at"),
    instant("updated_at"),
    number("version"),
    known("status", SubscriptionStatus),
    index("ix_subscriptions_active", "practitioner_id", where=ACTIVE),
    index("ix_subscriptions_created", "created_at", "id", where=LIVE),
    index("ix_subscriptions_owner", "owner_id", "created_at", "id", where=LIVE),
)
