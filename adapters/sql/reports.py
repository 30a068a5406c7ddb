"""Sums over the journal and the earnings."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.dialects import family
from adapters.sql.literals import is_word
from adapters.sql.rows import ENTRY_COLUMNS, POSTING_COLUMNS, Row, read_entries
from adapters.sql.tables import earnings, entries, postings
from core.domain.ids import OrderId, UserId
from core.domain.ledger import (
    USER_POSTING_TYPES,
    JournalEntry,
    order_chain,
    practitioner_account,
    user_credit,
)
from core.domain.statuses import EarningsStatus
from ports.queries import AccountBalance, Cursor, EarningsSummary, Items, Page, Transaction

_posting = postings.c

_TRANSACTION = (
    _posting.id,
    _posting.user_id,
    entries.c.order_id,
    _posting.booking_id,
    _posting.type,
    _posting.account,
    _posting.amount_cents,
    _posting.currency,
    _posting.occurred_at,
)
_FIELDS = tuple(column.name for column in _TRANSACTION)
_TRANSACTIONS = sa.select(*_TRANSACTION).join(entries, entries.c.id == _posting.entry_id)

_OF_ORDER = _TRANSACTIONS.where(
    entries.c.order_id == sa.bindparam("order"),
    is_word(_posting.type, *USER_POSTING_TYPES),
    _posting.user_id.is_not(None),
).order_by(_posting.occurred_at, _posting.id)


def _read(row: Row, balance_after: int | None = None) -> Transaction:
    return Transaction(**dict(zip(_FIELDS, row, strict=False)), balance_after_cents=balance_after)


def order_transactions(connection: Connection, order_id: OrderId) -> Sequence[Transaction]:
    """See `Queries.order_transactions`."""
    return [_read(row) for row in connection.execute(_OF_ORDER, {"order": order_id})]


def order_entries(connection: Connection, order_id: OrderId) -> Sequence[JournalEntry]:
    """See `Queries.order_entries`."""
    rows = connection.execute(_ENTRIES, {"chain": order_chain(order_id, 0, "").name})
    return read_entries(rows)


_ENTRIES = (
    sa.select(*[entries.c[name] for name in ENTRY_COLUMNS], *[_posting[name] for name in POSTING_COLUMNS])
    .select_from(entries)
    .outerjoin(postings, _posting.entry_id == entries.c.id)
    .where(entries.c.chain == sa.bindparam("chain"))
    .order_by(entries.c.seq, _posting.position)
)


def credit_transactions(connection: Connection, page: Page, user_id: UserId) -> Items[Transaction]:
    """See `Queries.credit_transactions`.

    The balance before the page's first line is one sum over the account's index; from there on
    it is counted down.
    """
    rows = connection.execute(_credit_page(page, user_credit(user_id))).all()
    balance = rows[0][-1] if rows else 0
    items = []
    for row in rows[: page.limit]:
        items.append(_read(row[:-1], balance))
        balance -= items[-1].amount_cents
    more = len(rows) > page.limit and items
    return Items(items=tuple(items), next=Cursor(at=items[-1].occurred_at, id=items[-1].id) if more else None)


def _credit_page(page: Page, account: str) -> sa.Select[Any]:
    older = postings.alias("older")
    place = sa.tuple_(_posting.occurred_at, _posting.id)
    total = sa.select(sa.cast(sa.func.coalesce(sa.func.sum(older.c.amount_cents), 0), sa.BigInteger())).where(
        older.c.account == account
    )
    statement = _TRANSACTIONS.where(_posting.account == account)
    if page.after is not None:
        seen = sa.tuple_(
            sa.literal(page.after.at, _posting.occurred_at.type), sa.literal(page.after.id, _posting.id.type)
        )
        total = total.where(sa.tuple_(older.c.occurred_at, older.c.id) < seen)
        statement = statement.where(place < seen)
    return (
        statement.add_columns(total.scalar_subquery().label("balance"))
        .order_by(_posting.occurred_at.desc(), _posting.id.desc())
        .limit(page.limit + 1)
    )


def _total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger())


def _balances(name: sa.ColumnElement[str]) -> sa.Select[Any]:
    """Sums by name and currency, in that order."""
    total = _total(_posting.amount_cents)
    by_name = sa.select(name.label("name"), _posting.currency, total, sa.func.count())
    return by_name.group_by(sa.literal_column("1"), sa.literal_column("2")).order_by(
        sa.literal_column("1"), sa.literal_column("2")
    )


_OF_ACCOUNT = _balances(_posting.account).where(_posting.account == sa.bindparam("account"))


def account_balances(connection: Connection, account: str) -> Sequence[AccountBalance]:
    """See `Queries.account_balances`."""
    return _read_balances(connection.execute(_OF_ACCOUNT, {"account": account}))


def trial_balance(connection: Connection) -> Sequence[AccountBalance]:
    """See `Queries.trial_balance`. This reads the whole journal."""
    return _read_balances(connection.execute(_by_family(connection.dialect.name)))


@cache
def _by_family(dialect: str) -> sa.Select[Any]:
    return _balances(family(_posting.account, dialect))


def _read_balances(rows: Iterable[Row]) -> list[AccountBalance]:
    return [
        AccountBalance(account=account, currency=currency, balance_cents=total, postings=count)
        for account, currency, total, count in rows
    ]


def earnings_summary(connection: Connection, practitioner_id: UserId, currency: str) -> EarningsSummary:
    """See `Queries.earnings_summary`."""
    wanted = {
        "practitioner": practitioner_id,
        "account": practitioner_account(practitioner_id),
        "currency": currency,
    }
    rows = connection.execute(_SUMMARY, wanted).all()
    net = {status: total for status, total in rows if status is not None}
    return EarningsSummary(
        currency=currency,
        projected_cents=net.get(EarningsStatus.PROJECTED, 0),
        pending_cents=net.get(EarningsStatus.PENDING, 0),
        available_cents=net.get(EarningsStatus.AVAILABLE, 0),
        paid_cents=net.get(EarningsStatus.PAID, 0),
        reversed_cents=net.get(EarningsStatus.REVERSED, 0),
        balance_cents=sum(total for status, total in rows if status is None),
    )


_SUMMARY = sa.union_all(
    sa.select(earnings.c.status, _total(earnings.c.net_amount_cents))
    .where(
        earnings.c.practitioner_id == sa.bindparam("practitioner"),
        earnings.c.currency == sa.bindparam("currency"),
    )
    .group_by(earnings.c.status),
    sa.select(
        sa.type_coerce(sa.cast(sa.null(), sa.Text()), earnings.c.status.type),
        _total(_posting.amount_cents),
    )
    .where(_posting.account == sa.bindparam("account"), _posting.currency == sa.bindparam("currency"))
    .having(sa.func.count() > sa.literal_column("0")),
)
