"""Contract: rows come in as they are, scans go on from a place, what a run brought in is taken back."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.testing.budget_scenes import busy_marketplace
from adapters.memory.testing.builders import make_order, make_practitioner, make_session
from adapters.memory.testing.examples_of_runs import make_run, noted
from adapters.memory.testing.ids import LARGEST, NOW, moments, new_user
from adapters.memory.testing.journal import (
    make_account,
    make_credit_change,
    make_entries,
    make_idempotency,
    make_posting,
    make_purchase,
)
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import Sale, contents, make_sale, stock
from core.domain.changes import Changes
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    JournalEntry,
    order_chain,
    order_value,
    user_chain,
    user_credit,
)
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.rows import StoredRecord, digest, place_of
from core.domain.runs import Brought, Run, advanced
from ports.errors import AlreadyExists, ConcurrencyConflict, PortError, StillReferenced
from ports.store import Kind, Store

HEAD = "f" * 64


class AsTheyAre:
    """What is inserted is kept as it is: whatever its version, counts, balance and chain's head."""

    async def test_an_account_comes_in_with_its_balance_and_chain(self, store: Store) -> None:
        account = make_account(
            new_user(), balance_cents=LARGEST, held_cents=7, ledger_seq=41, ledger_head=HEAD
        )

        await store.commit(Changes(inserts=(account,)))

        assert account == await store.credit_account(account.user_id)
        await store.commit(Changes(credits=(make_credit_change(account.user_id, -1),)))
        moved = await store.credit_account(account.user_id)
        assert evolve(account, balance_cents=LARGEST - 1) == moved

    async def test_an_account_that_is_there_is_left_alone(self, store: Store) -> None:
        user = new_user()
        await store.commit(Changes(credits=(make_credit_change(user, 5),)))

        with pytest.raises(AlreadyExists, match="account"):
            await store.commit(Changes(inserts=(make_order(), make_account(user, balance_cents=9))))

        assert make_account(user, balance_cents=5) == await store.credit_account(user)
        assert 0 == await store.count(Kind.ORDER)

    async def test_an_account_that_comes_in_may_move_in_the_same_commit(self, store: Store) -> None:
        account = make_account(new_user(), balance_cents=100)

        await store.commit(
            Changes(inserts=(account,), credits=(make_credit_change(account.user_id, 20, held=120),))
        )

        moved = evolve(account, balance_cents=120, held_cents=120)
        assert moved == await store.credit_account(account.user_id)

    async def test_rows_come_in_with_their_counters_heads_and_versions(self, store: Store) -> None:
        sale = make_sale(version=12, ledger_seq=3, ledger_head=HEAD)
        practitioner = evolve(
            sale.practitioner, agenda_version=99, ledger_seq=5, ledger_head=HEAD, version=LARGEST
        )
        session = evolve(
            sale.session,
            max_participants=9,
            current_participants=4,
            offered_seats=2,
            waiting_count=1,
            version=31,
        )
        rows = (practitioner, sale.service, sale.order, session, evolve(sale.booking, version=8))

        await stock(store, *rows)

        found = await contents(store)
        assert [practitioner] == found[Kind.PRACTITIONER]
        assert [session] == found[Kind.SESSION]
        assert [sale.order] == found[Kind.ORDER]
        assert [rows[-1]] == found[Kind.BOOKING]

    async def test_entries_come_in_with_their_own_numbers_and_hashes(self, store: Store) -> None:
        """Also where a chain begins later than at 1: only a reader of the whole chain can tell."""
        user = new_user()
        (entry,) = make_entries(
            user_chain(user, 6, HEAD), [make_posting(user_credit(user), 3), make_posting(PAYMENT_GATEWAY, -3)]
        )

        await store.commit(Changes(entries=(entry,)))

        assert [entry] == [row async for row in store.scan(Kind.ENTRY)]
        assert (7, HEAD) == (entry.seq, entry.previous_hash)


class Scans:
    """A scan goes on behind any place, in the same order in every store."""

    async def test_a_scan_goes_on_behind_a_row_of_each_kind(self, store: Store) -> None:
        await busy_marketplace(store)
        await stock_what_is_rare(store)

        for kind in Kind:
            rows = [row async for row in store.scan(kind, batch=7)]
            assert len(rows) == await store.count(kind), kind
            for seen in {0, len(rows) // 2, len(rows) - 1} if rows else ():
                after = place_of(rows[seen])
                left = [digest(row) async for row in store.scan(kind, after=after, batch=3)]
                assert [digest(row) for row in rows[seen + 1 :]] == left, kind

    async def test_a_place_need_not_be_there_any_more(self, store: Store) -> None:
        rows = [make_order() for _ in range(3)]
        await stock(store, rows[0], rows[2])

        assert [rows[2]] == [row async for row in store.scan(Kind.ORDER, after=place_of(rows[1]))]

    async def test_text_keys_are_scanned_in_the_order_of_their_bytes(self, store: Store) -> None:
        keys = sorted(["a", "A", "Z", "_", "é", "z", "🧘", "\ufffd", "a b", "a-b"])
        await stock(store, *(make_idempotency("user:1", key) for key in reversed(keys)))

        scanned = [row async for row in store.scan(Kind.IDEMPOTENCY, batch=2)]
        assert keys == [row.key for row in scanned]  # type: ignore[union-attr] # all of one kind


async def stock_what_is_rare(store: Store) -> None:
    """One row, at least, of what a busy marketplace has none of."""
    run = make_run()
    notes = [
        Brought(run_id=run.id, kind=kind, key=key, digest="")
        for kind in (Kind.ROOM_EVENT, Kind.ORDER)
        for key in ("b", "a", "B")
    ]
    sale = make_sale()
    told = RoomEvent(
        id="EV_1",
        session_id=sale.session.id,
        kind=RoomEventKind.ROOM_STARTED,
        occurred_at=NOW,
        received_at=NOW,
    )
    await store.commit(Changes(inserts=(*sale.rows, run, make_run(), *notes), room_events=(told,)))


class Runs:
    """Runs are found by id and time, and tell what they brought in."""

    async def test_a_run_is_found_by_its_id(self, store: Store) -> None:
        run = make_run(counts={"orders": 3}, place="order 7")
        await stock(store, run, make_run())

        assert run == await store.load_run(run.id)
        assert await store.load_run(make_run().id) is None

    async def test_a_run_goes_on_only_from_the_version_before(self, store: Store) -> None:
        run = make_run()
        await stock(store, run)
        further = advanced(run, place="p", counts={"orders": 2}, now=NOW + timedelta(seconds=1))

        await store.commit(Changes(updates=(further,)))

        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(inserts=(make_order(),), updates=(further,)))
        assert further == await store.load_run(run.id)
        assert 0 == await store.count(Kind.ORDER)

    async def test_runs_are_listed_newest_first(self, store: Store) -> None:
        runs = [make_run(started_at=at) for at in moments(3) for _ in range(2)]
        await stock(store, *runs)

        await assert_paged(store.runs, runs[::-1])

    async def test_what_a_run_brought_in_is_told_by_kind_and_key(self, store: Store) -> None:
        run, other = make_run(), make_run()
        orders = [make_order() for _ in range(5)]
        notes = [noted(run, order) for order in orders]
        others = [noted(run, make_practitioner()), noted(other, make_order())]
        await stock(store, *reversed(notes), *others)

        assert notes[:2] == list(await store.brought(run.id, Kind.ORDER, limit=2))
        assert notes[2:] == list(await store.brought(run.id, Kind.ORDER, after=notes[1].key))
        assert others[:1] == list(await store.brought(run.id, Kind.PRACTITIONER))
        assert [] == list(await store.brought(run.id, Kind.SESSION))

    async def test_which_of_some_keys_a_run_brought_in(self, store: Store) -> None:
        run, other = make_run(), make_run()
        ours = [make_order() for _ in range(3)]
        theirs = make_order()
        await stock(store, *(noted(run, order) for order in ours), noted(other, theirs))

        keys = [str(order.id) for order in (*ours[1:], theirs, make_order())]
        assert {str(order.id) for order in ours[1:]} == await store.brought_of(run.id, Kind.ORDER, keys)
        assert set() == await store.brought_of(run.id, Kind.SESSION, keys)
        assert set() == await store.brought_of(run.id, Kind.ORDER, [])

    async def test_a_row_is_brought_in_once_by_a_run(self, store: Store) -> None:
        run = make_run()
        note = noted(run, make_order())
        await stock(store, note)

        with pytest.raises(AlreadyExists, match="brought"):
            await stock(store, evolve(note, digest="else"))


class Withdrawals:
    """What a run brought in goes as it came: whole, unchanged, and only if nothing else needs it."""

    async def test_what_was_brought_in_goes_without_a_trace(self, store: Store) -> None:
        run, sale = make_run(), make_sale(seats=2)
        kept = make_sale()
        await stock(store, run, *kept.rows)
        before = await contents(store)
        notes = await bring(store, run, sale)

        await store.commit(Changes(withdrawals=notes))

        assert before == await contents(store)
        assert [] == list(await store.account_balances(order_value(sale.order.id)))
        assert [] == list(await store.trial_balance())

    async def test_it_may_go_in_batches_children_first(self, store: Store) -> None:
        run, sale = make_run(), make_sale(seats=2)
        await stock(store, run)
        notes = await bring(store, run, sale)

        for kind in (Kind.ROOM_EVENT, Kind.ENTRY, Kind.BOOKING, Kind.SESSION, Kind.ORDER, Kind.ACCOUNT):
            await store.commit(Changes(withdrawals=tuple(note for note in notes if note.kind is kind)))
            assert 0 == await store.count(kind)
            assert [] == list(await store.brought(run.id, kind))
        assert 1 == await store.count(Kind.SERVICE)

    async def test_a_row_that_another_names_stays(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        later = make_session(sale.service, start_time=NOW + timedelta(days=90))
        await stock(store, later)

        await refused(store, notes, StillReferenced, sale.service.id, later.id)

    async def test_an_order_on_a_service_keeps_it(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        later = make_order(sale.service)
        await stock(store, later)

        await refused(store, notes, StillReferenced, sale.service.id, later.id)

    async def test_a_later_entry_of_an_order_keeps_it(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        (later,) = make_entries(
            order_chain(sale.order.id, 1, HEAD),
            [make_posting(PAYMENT_GATEWAY, -1), make_posting(order_value(sale.order.id), 1)],
            order_id=sale.order.id,
        )
        await store.commit(Changes(entries=(later,)))

        await refused(store, notes, StillReferenced, sale.order.id, later.id)

    async def test_a_row_that_has_changed_stays(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        await store.commit(Changes(updates=(evolve(sale.booking, client_notes="late", version=2),)))

        await refused(store, notes, ConcurrencyConflict, sale.booking.id)

    async def test_a_balance_that_has_moved_stays(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        await store.commit(Changes(credits=(make_credit_change(sale.order.user_id, -1),)))

        await refused(store, notes, ConcurrencyConflict, sale.order.user_id)

    async def test_what_no_run_brought_in_stays(self, store: Store) -> None:
        """The journal's entries above all."""
        run, sale = make_run(), make_sale()
        entry = bought(sale)
        await store.commit(Changes(inserts=(run, *sale.rows), entries=(entry,)))

        for row in (entry, sale.booking):
            with pytest.raises(PortError):
                await store.commit(Changes(withdrawals=(noted(run, row),)))

        assert [entry] == [row async for row in store.scan(Kind.ENTRY)]
        assert [sale.booking] == [row async for row in store.scan(Kind.BOOKING)]

    async def test_what_is_gone_cannot_go_again(self, store: Store) -> None:
        run, sale = make_run(), make_sale()
        await stock(store, run)
        notes = await bring(store, run, sale)
        await store.commit(Changes(withdrawals=notes))

        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(withdrawals=notes[:1]))


def bought(sale: Sale) -> JournalEntry:
    """The purchase of a sale, by card alone."""
    value = sale.order.subtotal_amount_cents
    return make_purchase(
        sale.order, make_posting(order_value(sale.order.id), value), make_posting(PAYMENT_GATEWAY, -value)
    )


async def bring(store: Store, run: Run, sale: Sale) -> tuple[Brought, ...]:
    """Bring a sale in with its buyer's account, its entry and what its room told."""
    account = make_account(sale.order.user_id, balance_cents=50)
    request = make_idempotency("user:\N{BLACK HEART SUIT}", f'k "{sale.order.id}"')
    entry = bought(sale)
    told = RoomEvent(
        id=f"EV '{sale.session.id}'",
        session_id=sale.session.id,
        kind=RoomEventKind.ROOM_STARTED,
        occurred_at=NOW,
        received_at=NOW,
    )
    rows: Sequence[StoredRecord] = (*sale.rows, account, request, entry, told)
    notes = tuple(noted(run, row) for row in rows)
    await store.commit(
        Changes(inserts=(*sale.rows, account, request, *notes), entries=(entry,), room_events=(told,))
    )
    return notes


async def refused(store: Store, notes: Sequence[Brought], error: type[PortError], *names: object) -> None:
    """Taking it back fails as a whole, and the error names what is in the way."""
    before = await contents(store)

    with pytest.raises(error) as refusal:
        await store.commit(Changes(withdrawals=tuple(notes)))

    assert [] == [name for name in names if str(name) not in refusal.value.detail]
    assert before == await contents(store)
