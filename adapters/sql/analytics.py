"""Reports of what was sold and earned, each one statement over indexes."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.dialects import family, utc_day
from adapters.sql.literals import is_bought, is_occupying, is_package, is_word
from adapters.sql.tables import bookings, entries, orders, postings, services, sessions
from core.domain.analytics import DaySum, PackageUsage, most_sold_first
from core.domain.calendar import Span
from core.domain.ids import UserId
from core.domain.ledger import PLATFORM_FORFEITS
from core.domain.statuses import BookingStatus

FIRST_DAY: Final = date(1970, 1, 1).toordinal()

_USAGE_FIELDS: Final = (
    "service_id",
    "practitioner_id",
    "name",
    "service_type",
    "currency",
    "sold",
    "sold_cents",
    "sessions_total",
    "sessions_completed",
    "sessions_canceled",
    "sessions_expired",
    "sessions_scheduled",
    "breakage_cents",
)


def package_usage(connection: Connection, practitioner_id: UserId | None) -> Sequence[PackageUsage]:
    """See `Queries.package_usage`."""
    wanted = {} if practitioner_id is None else {"practitioner": practitioner_id}
    rows = connection.execute(_usage(of_one=practitioner_id is not None), wanted)
    return most_sold_first(PackageUsage(**dict(zip(_USAGE_FIELDS, row, strict=True))) for row in rows)


@cache
def _usage(*, of_one: bool) -> sa.Select[Any]:
    """Bought packages, each with its scheduled seats and what was forfeited of it, then summed by service."""
    sold = sa.select(orders, _scheduled().label("scheduled"), _forfeited().label("forfeited")).where(
        is_package(orders), is_bought(orders)
    )
    if of_one:
        sold = sold.where(orders.c.practitioner_id == sa.bindparam("practitioner"))
    each = sold.subquery("sold").c
    named = (each.service_id, each.practitioner_id, services.c.name, services.c.service_type, each.currency)
    return (
        sa.select(
            *named,
            sa.func.count(),
            _total(each.subtotal_amount_cents),
            _total(each.total_sessions),
            _total(each.sessions_completed),
            _total(each.sessions_canceled - each.sessions_expired),
            _total(each.sessions_expired),
            _total(each.scheduled),
            _total(each.forfeited),
        )
        .join(services, services.c.id == each.service_id)
        .group_by(*named)
    )


def _scheduled() -> sa.ScalarSelect[Any]:
    """How many of the order's seats have a time and wait for it."""
    return (
        sa.select(sa.func.count())
        .select_from(bookings)
        .join(sessions, sessions.c.id == bookings.c.session_id)
        .where(
            bookings.c.order_id == orders.c.id,
            is_word(bookings.c.status, BookingStatus.CONFIRMED),
            is_occupying(sessions),
        )
        .correlate(orders)
        .scalar_subquery()
    )


def _forfeited() -> sa.ScalarSelect[Any]:
    """What the platform kept of the order's value."""
    kept = sa.literal_column(f"'{PLATFORM_FORFEITS}'", postings.c.account.type)
    return (
        sa.select(sa.func.coalesce(_total(postings.c.amount_cents), sa.literal_column("0", sa.BigInteger())))
        .join(entries, entries.c.id == postings.c.entry_id)
        .where(entries.c.order_id == orders.c.id, postings.c.account == kept)
        .correlate(orders)
        .scalar_subquery()
    )


def day_sums(connection: Connection, span: Span, practitioner_id: UserId | None) -> Sequence[DaySum]:
    """See `Queries.day_sums`."""
    wanted: dict[str, Any] = {"start": span.start, "end": span.end}
    if practitioner_id is not None:
        wanted["practitioner"] = practitioner_id
    rows = connection.execute(_day_sums(connection.dialect.name, of_one=practitioner_id is not None), wanted)
    return [
        DaySum(
            day=date.fromordinal(FIRST_DAY + day),
            currency=currency,
            kind=kind,
            family=of_account,
            type=posting_type,
            amount_cents=total,
        )
        for day, currency, kind, of_account, posting_type, total in rows
    ]


@cache
def _day_sums(dialect: str, *, of_one: bool) -> sa.Select[Any]:
    """Everybody's by the entries' time; a practitioner's by way of their orders, however much others sell."""
    named = (
        utc_day(entries.c.occurred_at, dialect).label("day"),
        entries.c.currency,
        entries.c.kind,
        family(postings.c.account, dialect).label("family"),
        postings.c.type,
    )
    found = (
        sa.select(*named, _total(postings.c.amount_cents))
        .select_from(entries)
        .join(postings, postings.c.entry_id == entries.c.id)
        .where(
            entries.c.occurred_at >= sa.bindparam("start"),
            entries.c.occurred_at < sa.bindparam("end"),
        )
        .group_by(*[sa.literal_column(str(place)) for place in range(1, len(named) + 1)])
    )
    if not of_one:
        return found
    return found.join(orders, orders.c.id == entries.c.order_id).where(
        orders.c.practitioner_id == sa.bindparam("practitioner"),
        orders.c.created_at < sa.bindparam("end"),
    )


def _total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger())
