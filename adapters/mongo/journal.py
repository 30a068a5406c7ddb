"""Sums and lists over the journal: postings are taken out of their entries by the server."""

from collections.abc import Sequence
from typing import Final

from adapters.mongo.documents import COLLECTIONS, structured
from adapters.mongo.lists import Lists
from adapters.mongo.lookups import Stage
from adapters.mongo.pages import ASCENDING, after, page_of
from core.domain.earnings import Earnings
from core.domain.ids import OrderId, UserId
from core.domain.ledger import (
    USER_POSTING_TYPES,
    JournalEntry,
    order_chain,
    practitioner_account,
    user_credit,
)
from core.domain.statuses import EarningsStatus
from ports.queries import AccountBalance, EarningsSummary, Items, Page, Transaction

EACH_POSTING: Final[Stage] = {"$unwind": "$postings"}
AS_TRANSACTIONS: Final[Stage] = {
    "$project": {
        "_id": "$postings.id",
        "user_id": "$postings.user_id",
        "booking_id": "$postings.booking_id",
        "type": "$postings.type",
        "account": "$postings.account",
        "amount_cents": "$postings.amount_cents",
        "order_id": 1,
        "currency": 1,
        "occurred_at": 1,
    }
}
OLDEST_FIRST: Final = {"occurred_at": ASCENDING, "_id": ASCENDING}
NEWEST_FIRST: Final = {"occurred_at": -1, "_id": -1}
BALANCE_AFTER: Final[Stage] = {
    "$setWindowFields": {
        "sortBy": OLDEST_FIRST,
        "output": {
            "balance_after_cents": {
                "$sum": "$amount_cents",
                "window": {"documents": ["unbounded", "current"]},
            }
        },
    }
}
BALANCES: Final[Sequence[Stage]] = (
    {
        "$group": {
            "_id": {"account": "$account", "currency": "$currency"},
            "balance_cents": {"$sum": "$amount_cents"},
            "postings": {"$sum": 1},
        }
    },
    {"$sort": {"_id.account": 1, "_id.currency": 1}},
    {
        "$project": {
            "_id": 0,
            "account": "$_id.account",
            "currency": "$_id.currency",
            "balance_cents": 1,
            "postings": 1,
        }
    },
)
FAMILY: Final = {"$first": {"$split": ["$account", ":"]}}
"""`account_family`, as the server computes it."""


def postings_on(account: str) -> Sequence[Stage]:
    """The postings on one account."""
    on_it = {"$match": {"postings.account": account}}
    return (on_it, EACH_POSTING, on_it, AS_TRANSACTIONS)


class Journal(Lists):
    """The part of `ports.queries.Queries` that reads the ledger."""

    async def order_entries(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """The journal entries of an order's chain, by number."""
        chain = order_chain(order_id, 0, "").name
        return await self._connection.find(JournalEntry, {"chain": chain}, sort=(("seq", ASCENDING),))

    async def order_transactions(self, order_id: OrderId) -> Sequence[Transaction]:
        """The postings on the user's behalf of an order, oldest first."""
        on_behalf = {"postings.type": {"$in": list(USER_POSTING_TYPES)}, "postings.user_id": {"$ne": None}}
        return await self._transactions(
            {"$match": {"order_id": order_id}},
            EACH_POSTING,
            {"$match": on_behalf},
            AS_TRANSACTIONS,
            {"$sort": OLDEST_FIRST},
        )

    async def credit_transactions(self, page: Page, *, user_id: UserId) -> Items[Transaction]:
        """The postings on `user_credit:{user}`, newest first, each with the balance after it.

        The balance makes every page read all of the user's postings; they are few.
        """
        found = await self._transactions(
            *postings_on(user_credit(user_id)),
            BALANCE_AFTER,
            {"$match": after(page, "occurred_at")},
            {"$sort": NEWEST_FIRST},
            {"$limit": page.limit + 1},
        )
        return page_of(found, page, lambda row: (row.occurred_at, row.id))

    async def earnings_summary(self, practitioner_id: UserId, *, currency: str) -> EarningsSummary:
        """What a practitioner's amounts in one currency add up to; zeros where there are none."""
        balance = (
            # First: where it follows the others, the server (6.0.5) dies of explaining the union.
            {"$match": {"currency": currency}},
            *postings_on(practitioner_account(practitioner_id)),
            {"$group": _sum_of("balance", "$amount_cents")},
        )
        rows = await self._connection.aggregate(
            Earnings,
            [
                {"$match": {"practitioner_id": practitioner_id, "currency": currency}},
                {"$group": _sum_of("$status", "$net_amount_cents")},
                {"$unionWith": {"coll": COLLECTIONS[JournalEntry], "pipeline": list(balance)}},
            ],
        )
        cents = {row["_id"]: int(row["cents"]) for row in rows}
        return EarningsSummary(
            currency=currency,
            projected_cents=cents.get(EarningsStatus.PROJECTED, 0),
            pending_cents=cents.get(EarningsStatus.PENDING, 0),
            available_cents=cents.get(EarningsStatus.AVAILABLE, 0),
            paid_cents=cents.get(EarningsStatus.PAID, 0),
            reversed_cents=cents.get(EarningsStatus.REVERSED, 0),
            balance_cents=cents.get("balance", 0),
        )

    async def account_balances(self, account: str) -> Sequence[AccountBalance]:
        """The balances of one account, by currency."""
        return await self._balances(*postings_on(account), *BALANCES)

    async def trial_balance(self) -> Sequence[AccountBalance]:
        """The balances of each account family and currency, by name. Reads the whole journal."""
        return await self._balances(EACH_POSTING, AS_TRANSACTIONS, {"$set": {"account": FAMILY}}, *BALANCES)

    async def _transactions(self, *pipeline: Stage) -> list[Transaction]:
        rows = await self._connection.aggregate(JournalEntry, pipeline)
        return [structured(Transaction, {"id": row.pop("_id"), **row}) for row in rows]

    async def _balances(self, *pipeline: Stage) -> list[AccountBalance]:
        rows = await self._connection.aggregate(JournalEntry, pipeline)
        return [structured(AccountBalance, row) for row in rows]


def _sum_of(group: str, amount: str) -> Stage:
    return {"_id": group, "cents": {"$sum": amount}}
