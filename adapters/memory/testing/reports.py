"""Contract: transactions, balances and sums over the journal."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta

from adapters.memory.testing.builders import make_earnings, make_order, make_practitioner
from adapters.memory.testing.ids import LARGEST, NOW, moments, new_user
from adapters.memory.testing.journal import make_entries, make_posting, make_purchase
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import make_sale, stock
from core.domain.changes import Changes
from core.domain.ids import UserId
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    PAYOUTS,
    PLATFORM_PROMOTIONS,
    EntryKind,
    JournalEntry,
    PostingType,
    order_chain,
    order_value,
    practitioner_account,
    practitioner_chain,
    user_chain,
    user_credit,
)
from core.domain.statuses import EarningsStatus
from ports.queries import AccountBalance, EarningsSummary, Page, Transaction
from ports.store import Store


def _grants(user: UserId, *amounts: int, every: timedelta = timedelta(minutes=1)) -> list[JournalEntry]:
    """Entries on a user's own chain that move their credits by these amounts."""
    entries: list[JournalEntry] = []
    chain = user_chain(user, 0, "")
    for amount, at in zip(amounts, moments(len(amounts), every), strict=True):
        credit = make_posting(user_credit(user), amount, type=PostingType.GRANT, user_id=user)
        promotion = make_posting(PLATFORM_PROMOTIONS, -amount, type=PostingType.PROMOTION)
        entries += make_entries(chain, [credit, promotion], kind=EntryKind.CREDIT_GRANT, occurred_at=at)
        chain = user_chain(user, entries[-1].seq, entries[-1].hash)
    return entries


def _transactions(entries: list[JournalEntry], account: str) -> list[Transaction]:
    """The account's transactions as a list should show them, newest first."""
    balance = 0
    found = []
    for entry in entries:
        for posting in entry.postings:
            if posting.account == account and posting.user_id is not None:
                balance += posting.amount_cents
                found.append(
                    Transaction(
                        id=posting.id,
                        user_id=posting.user_id,
                        order_id=entry.order_id,
                        booking_id=posting.booking_id,
                        type=posting.type,
                        account=posting.account,
                        amount_cents=posting.amount_cents,
                        currency=entry.currency,
                        occurred_at=entry.occurred_at,
                        balance_after_cents=balance,
                    )
                )
    return found[::-1]


class Transactions:
    """What a user sees of the journal."""

    async def test_each_credit_transaction_shows_the_balance_after_it(self, store: Store) -> None:
        user, other = new_user(), new_user()
        mine = _grants(user, 1000, -300, 50, -750, LARGEST)
        await store.commit(Changes(entries=(*mine, *_grants(other, 7, 8))))

        expected = _transactions(mine, user_credit(user))
        assert [row.balance_after_cents for row in expected] == [LARGEST, 0, 750, 700, 1000]
        await assert_paged(lambda p: store.credit_transactions(p, user_id=user), expected)

    async def test_transactions_of_one_instant_are_ordered_by_id(self, store: Store) -> None:
        user = new_user()
        mine = _grants(user, 10, 20, -5, every=timedelta(0))
        await store.commit(Changes(entries=tuple(mine)))

        expected = _transactions(mine, user_credit(user))
        await assert_paged(lambda p: store.credit_transactions(p, user_id=user), expected)

    async def test_nobodys_transactions_are_an_empty_page(self, store: Store) -> None:
        found = await store.credit_transactions(Page(), user_id=new_user())

        assert [] == list(found.items)
        assert found.next is None

    async def test_an_orders_transactions_are_those_on_the_users_behalf(self, store: Store) -> None:
        sale, other = make_sale(), make_sale()
        user = sale.order.user_id
        value = order_value(sale.order.id)
        purchase = make_posting(value, 8000, type=PostingType.PURCHASE, user_id=user)
        usage = make_posting(
            user_credit(user), -3000, type=PostingType.USAGE, user_id=user, booking_id=sale.booking.id
        )
        bought = make_purchase(sale.order, purchase, usage, make_posting(PAYMENT_GATEWAY, -5000))
        back = make_posting(user_credit(user), 3000, type=PostingType.REFUND, user_id=user)
        (refunded,) = make_entries(
            order_chain(sale.order.id, bought.seq, bought.hash),
            [make_posting(value, -3000, type=PostingType.REFUND), back],
            kind=EntryKind.REFUND,
            order_id=sale.order.id,
            occurred_at=NOW + timedelta(hours=1),
        )
        theirs = make_purchase(
            other.order,
            make_posting(order_value(other.order.id), 8000, type=PostingType.PURCHASE, user_id=user),
            make_posting(PAYMENT_GATEWAY, -8000),
        )
        await stock(store, *sale.rows, *other.rows)
        await store.commit(Changes(entries=(bought, refunded, theirs)))

        found = await store.order_transactions(sale.order.id)

        shown = [
            (row.id, row.type, row.amount_cents, row.booking_id, row.balance_after_cents) for row in found
        ]
        assert [
            (purchase.id, PostingType.PURCHASE, 8000, None, None),
            (usage.id, PostingType.USAGE, -3000, sale.booking.id, None),
            (back.id, PostingType.REFUND, 3000, None, None),
        ] == shown
        assert {(user, sale.order.id, "usd")} == {(row.user_id, row.order_id, row.currency) for row in found}


class Balances:
    """Sums that an auditor asks for."""

    async def test_an_account_has_a_balance_in_each_currency(self, store: Store) -> None:
        first, second = make_order(), make_order(currency="eur")
        account = order_value(first.id)
        dollars = make_purchase(
            first,
            make_posting(account, LARGEST),
            make_posting(PAYMENT_GATEWAY, -LARGEST),
        )
        euros = make_purchase(
            second,
            make_posting(account, 50),
            make_posting(account, 70),
            make_posting(PAYMENT_GATEWAY, -120),
            currency="eur",
        )
        await stock(store, first, second)
        await store.commit(Changes(entries=(dollars, euros)))

        expected = [
            AccountBalance(account=account, currency="eur", balance_cents=120, postings=2),
            AccountBalance(account=account, currency="usd", balance_cents=LARGEST, postings=1),
        ]
        assert expected == list(await store.account_balances(account))
        assert [] == list(await store.account_balances("payouts"))

    async def test_the_trial_balance_sums_up_families(self, store: Store) -> None:
        orders = [make_order(), make_order()]
        user = new_user()
        bought = [
            make_purchase(
                order, make_posting(order_value(order.id), amount), make_posting(PAYMENT_GATEWAY, -amount)
            )
            for order, amount in zip(orders, (LARGEST, LARGEST), strict=True)
        ]
        await stock(store, *orders)
        await store.commit(Changes(entries=(*bought, *_grants(user, 500, -200))))

        expected = [
            ("order_value", 2 * LARGEST, 2),
            ("payment_gateway", -2 * LARGEST, 2),
            ("platform_promotions", -300, 2),
            ("user_credit", 300, 2),
        ]
        found = await store.trial_balance()
        assert expected == [(row.account, row.balance_cents, row.postings) for row in found]
        assert {"usd"} == {row.currency for row in found}

    async def test_the_summary_adds_up_a_practitioners_earnings_by_status(self, store: Store) -> None:
        sale, other = make_sale(seats=7), make_sale()
        *seats, last = sale.bookings
        statuses = (*EarningsStatus, EarningsStatus.PENDING)
        grosses = (100, 200, LARGEST // 2, 400, 500, 1000)
        earned = [
            make_earnings(seat, status=status, gross_amount_cents=gross)
            for seat, status, gross in zip(seats, statuses, grosses, strict=True)
        ]
        (paid,) = make_entries(
            practitioner_chain(sale.practitioner.id, 0, ""),
            [make_posting(practitioner_account(sale.practitioner.id), -340), make_posting(PAYOUTS, 340)],
            kind=EntryKind.PAYOUT,
        )
        elsewhere = (make_earnings(last, currency="eur"), make_earnings(other.booking))
        await stock(store, *sale.rows, *other.rows, *earned, *elsewhere)
        await store.commit(Changes(entries=(paid,)))

        expected = EarningsSummary(
            currency="usd",
            projected_cents=85,
            pending_cents=170 + 850,
            available_cents=earned[2].net_amount_cents,
            paid_cents=340,
            reversed_cents=425,
            balance_cents=-340,
        )
        assert expected == await store.earnings_summary(sale.practitioner.id, currency="usd")

    async def test_the_summary_of_nothing_is_all_zero(self, store: Store) -> None:
        seller = make_practitioner()
        await stock(store, seller)

        expected = EarningsSummary(
            currency="eur",
            projected_cents=0,
            pending_cents=0,
            available_cents=0,
            paid_cents=0,
            reversed_cents=0,
            balance_cents=0,
        )
        assert expected == await store.earnings_summary(seller.id, currency="eur")
