"""`estuary outbox`: what is parked is listed, and tried again when a person says so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from adapters.sql import SqlStore
from core.domain.changes import Changes
from core.domain.dispatches import Channel
from core.domain.statuses import DispatchStatus
from tests.builders import NOW, make_dispatch, make_event
from tests.cli.conftest import Cli

T = TypeVar("T")

EVENT = make_event(parked_at=NOW, attempts=10, last_error="ValueError: what is this?")
MESSAGE = make_dispatch(
    EVENT,
    channel=Channel.WEBHOOK,
    recipient="subscription-1",
    status=DispatchStatus.PARKED,
    parked_at=NOW,
    attempts=1,
    last_error="410 Gone",
)
WAITING = make_dispatch(EVENT)


def on_store(estuary: Cli, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    """What `work` gives on the installation's store."""

    async def run() -> T:
        store = await SqlStore.open(f"sqlite:///{estuary.home / 'estuary.db'}")
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


@pytest.fixture
def stuck(estuary: Cli) -> Cli:
    """An installation with an event and a message parked, and a message waiting."""
    estuary("store", "migrate")
    on_store(estuary, lambda store: store.commit(Changes(inserts=(EVENT, MESSAGE, WAITING))))
    return estuary


def test_an_empty_outbox_is_no_problem(estuary: Cli) -> None:
    estuary("store", "migrate")
    nothing = {"waiting": 0, "parked": 0, "oldest_at": None}

    done = estuary("outbox", "list", "--json")

    assert (0, {"events": nothing, "dispatches": nothing, "parked": []}) == (done.status, done.document)
    assert 0 == estuary("outbox", "list").status


def test_what_is_parked_is_listed_with_its_reason(stuck: Cli) -> None:
    done = stuck("outbox", "list", "--json")
    message, event = done.document["parked"]

    assert 1 == done.status
    assert {"waiting": 1, "parked": 1, "oldest_at": "2026-03-02T09:00:00.000Z"} == done.document["dispatches"]
    assert {
        "id": str(MESSAGE.id),
        "event_type": "order.paid",
        "subject_id": str(MESSAGE.subject_id),
        "channel": "webhook",
        "recipient": "subscription-1",
        "attempts": 1,
        "last_error": "410 Gone",
        "parked_at": "2026-03-02T09:00:00.000Z",
    } == message
    assert (str(EVENT.id), None, "ValueError: what is this?") == (
        event["id"],
        event["channel"],
        event["last_error"],
    )
    assert 1 == len(stuck("outbox", "list", "--limit", "1", "--json").document["parked"])


def test_named_items_are_tried_again(stuck: Cli) -> None:
    done = stuck("outbox", "retry", str(MESSAGE.id), "--json")

    assert (0, {"retried": 1}) == (done.status, done.document)
    assert [str(EVENT.id)] == [item["id"] for item in stuck("outbox", "list", "--json").document["parked"]]


def test_all_items_are_tried_again(stuck: Cli) -> None:
    done = stuck("outbox", "retry", "--all")

    assert (0, "due again: 2\n") == (done.status, done.out)
    assert 0 == stuck("outbox", "list").status
    assert "due again: 0\n" == stuck("outbox", "retry", "--all").out


def test_what_is_not_parked_is_refused(stuck: Cli) -> None:
    done = stuck("outbox", "retry", str(MESSAGE.id), str(WAITING.id))

    assert (2, f"no parked event or dispatch {WAITING.id}") == (done.status, done.refusal)
    assert 2 == len(stuck("outbox", "list", "--json").document["parked"])


@pytest.mark.parametrize("words", [(), (str(MESSAGE.id), "--all")], ids=["nothing", "both"])
def test_a_retry_says_what_to_try(stuck: Cli, words: tuple[str, ...]) -> None:
    done = stuck("outbox", "retry", *words)

    assert (2, "name what to try again, or say --all") == (done.status, done.refusal)
