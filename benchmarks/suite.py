"""The benchmarks by name."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from attrs import evolve, frozen

from benchmarks.market import FIRST_SALES, Market, decided, founded, opened
from benchmarks.measuring import Measured, exhaust, measure, measure_alone, merged
from benchmarks.raw import Rival, rival
from benchmarks.report import Line, Section
from benchmarks.serving import Server, Shoppers, serving
from benchmarks.stores import DURABLE, STORES, Place, place
from core.domain.changes import Changes
from core.domain.purchasing import purchase
from core.usecases.checkout import checkout
from core.usecases.context import Ports

CLIENTS: Final = (1, 8, 32)
ROUNDS: Final = 3
"""Each measurement over HTTP is cut into so many, its rival's between them: both meet the same weather."""
COMMITS: Final = {"memory": 30_000}
"""At most so many commits in a measurement, since each is decided beforehand."""
MOST_COMMITS: Final = 8_000

RATIO_AIMS: Final = {"sqlite": 0.60, "postgresql": 0.75, "mongodb": 0.80}
"""Of the raw driver, for a checkout of one commit."""
POSTGRESQL_CARD: Final = "≥ 0.50 of 1 commit"


@frozen(kw_only=True)
class Options:
    """`seconds` a measurement lasts."""

    seconds: float


Benchmark = Callable[[Options], Awaitable[Section]]


async def domain(options: Options) -> Section:
    """Decisions without a store, and whole use cases on the memory store, in one process."""
    async with place("memory") as found, opened(found.url("estuary")) as ports:
        market = await founded(ports)
        return Section(
            name="domain",
            title="Checkouts of a package of five, no HTTP",
            lines=(
                Line(what="decision alone", ours=await _decisions(market, ports, options)),
                await _use_case(market, ports, options, card=False),
                await _use_case(market, ports, options, card=True),
            ),
        )


async def _decisions(market: Market, ports: Ports, options: Options) -> Measured:
    order = market.order(0, card=False)
    view = await ports.store.load_checkout(order.service_id, order.user_id)
    assert view is not None

    def decide() -> None:
        purchase(view, order, rules=ports.rules, now=ports.clock.now(), new_id=ports.ids)

    return measure_alone(decide, seconds=options.seconds)


async def _use_case(market: Market, ports: Ports, options: Options, *, card: bool) -> Line:
    async def buy(client: int) -> None:
        await checkout(market.order(client, card=card), ports=ports)

    ours = await measure(buy, clients=1, seconds=options.seconds)
    return Line(what=f"use case, {_flow(card)}", ours=ours, aim="" if card else "≥ 10,000/s")


async def commits(store: str, options: Options) -> Section:
    """A store's commits alone: what a checkout with credits writes, decided beforehand."""
    async with place(store) as found, opened(found.url("estuary")) as ports:
        market = await founded(ports)
        lines = [await _commits(market, ports, tasks, store, options) for tasks in CLIENTS]
    return Section(
        name=f"commits-{store}",
        title=f"Commits of a package of five, {store}",
        lines=lines,
        facts=found.facts,
    )


async def _commits(market: Market, ports: Ports, tasks: int, store: str, options: Options) -> Line:
    most = COMMITS.get(store, MOST_COMMITS)
    works = await decided(market, ports, int(min(most, most * options.seconds / 5)))

    async def commit(changes: Changes) -> None:
        await ports.store.commit(changes)

    return Line(what="commit", ours=await exhaust(works, commit, clients=tasks, seconds=options.seconds))


async def http(store: str, options: Options) -> Section:
    """Checkouts over HTTP beside the raw driver on the same server, each measurement next to its rival."""
    async with place(store) as found:
        async with opened(found.url("estuary")) as ports:
            market = await founded(ports)
        async with rival(found) as raw:
            lines = await _http_lines(found, market, raw, options, workers=1)
            if store == "postgresql":
                lines += await _http_lines(found, market, raw, options, workers=2)
    facts = found.facts | {
        "raw statements with credits": str(2 + raw.credits.statements),
        "by card": str(2 + raw.card.statements),
        "sales before": str(FIRST_SALES),
    }
    return Section(name=f"http-{store}", title=f"Checkouts over HTTP, {store}", lines=lines, facts=facts)


async def _http_lines(
    found: Place, market: Market, raw: Rival, options: Options, *, workers: int
) -> list[Line]:
    lines: list[Line] = []
    async with serving(found, workers=workers) as server:
        for clients in CLIENTS:
            with_credits = await _http_line(found, server, market, raw, options, card=False, clients=clients)
            by_card = await _http_line(found, server, market, raw, options, card=True, clients=clients)
            lines += [with_credits, evolve(by_card, one_commit=with_credits.raw)]
    return [evolve(line, what=f"{line.what}, {workers} worker{'s' * (workers > 1)}") for line in lines]


async def _http_line(
    found: Place,
    server: Server,
    market: Market,
    raw: Rival,
    options: Options,
    *,
    card: bool,
    clients: int,
) -> Line:
    ours: list[Measured] = []
    theirs: list[Measured] = []
    slice_seconds = options.seconds / ROUNDS
    async with _shoppers(server, market, card=card, clients=clients) as shoppers:
        for _ in range(ROUNDS):
            ours.append(await measure(shoppers.buy, clients=clients, seconds=slice_seconds))
            theirs.append(await raw.measure(card=card, clients=clients, seconds=slice_seconds))
    return Line(what=_flow(card), ours=merged(ours), raw=merged(theirs), aim=_aim(found.store, card=card))


@asynccontextmanager
async def _shoppers(server: Server, market: Market, *, card: bool, clients: int) -> AsyncIterator[Shoppers]:
    shoppers = Shoppers(server, market, card=card, clients=clients)
    try:
        yield shoppers
    finally:
        shoppers.close()


def _aim(store: str, *, card: bool) -> str:
    if not card:
        return f"≥ {RATIO_AIMS[store]:.2f}"
    return POSTGRESQL_CARD if store == "postgresql" else ""


def _flow(card: bool) -> str:
    return "by card" if card else "with credits"


BENCHMARKS: Final[dict[str, Benchmark]] = {
    "domain": domain,
    **{f"commits-{store}": partial(commits, store) for store in STORES},
    **{f"http-{store}": partial(http, store) for store in DURABLE},
}
