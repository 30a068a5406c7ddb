"""A round: the boundaries of a flow are recorded, at each of them somebody is killed, and all is judged."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import httpx
from attrs import field, frozen

from core.usecases.context import Ports
from tests.crashes.chores import Chore
from tests.crashes.judging import Bank, left_over
from tests.crashes.lives import Deployment, Work, serve, work
from tests.crashes.processes import Child
from tests.crashes.scenes import Flow, Scene
from tests.usecases.world import World

RECOVERY: Final = tuple(timedelta(seconds=seconds) for seconds in (0, 16, 61, 16 * 60, 3600))
"""When sweeps come after a crash: at the restart, at the first look-ups, when claims and holds have ended."""
SECOND_LOOK: Final = timedelta(seconds=61)
"""When a worker's claims have ended, and what it has looked up in vain is looked up again."""

LIFE: Final = timedelta(days=20)
"""When all that began with a scene is over: delivered, earned, expired and told."""


@frozen(kw_only=True)
class Ground:
    """A deployment on one of the stores, and the test's own view of it."""

    backend: str
    deployment: Deployment
    world: World
    bank: Bank

    @property
    def ports(self) -> Ports:
        """The test's own ports, to which nothing happens."""
        return self.world.ports


@frozen(kw_only=True)
class Found:
    """How many points a round had, and what was wrong after them."""

    points: int
    troubles: Sequence[str] = field(factory=tuple)


async def kill_servers_in(flow: Flow, ground: Ground, client: httpx.AsyncClient) -> Found:
    """Kill a server at each boundary of a request; then restart, repeat, sweep, repeat again, and judge.

    Every point has people and an order of its own, so that they are swept and judged together, with the
    request that nobody died in.
    """
    (whole,) = await staged(flow, 1, ground)
    trace, answer = await _recorded(whole, ground, client)
    flow.check(trace)
    points = []
    for number, scene in enumerate(await staged(flow, len(trace), ground), start=1):
        await _killed(scene, trace[:number], ground, client)
        points.append((f"{flow.name}:{number} {trace[number - 1]}", scene))
    troubles = await _recovered(flow, points, ground, client)
    found = await whole.judge(ground.world, ground.bank, answer)
    troubles += [f"{flow.name}, and nobody dies: {trouble}" for trouble in found]
    return Found(points=len(trace), troubles=troubles + await left_over(ground.ports))


async def kill_workers_in(chore: Chore, ground: Ground) -> Found:
    """Kill a worker at each boundary of a pass that finds one thing to do; let a fresh one go on; then judge.

    Each point's thing is over before the next one's begins: a worker does whatever it finds.
    """
    trace, troubles = await _worked(chore, None, ground)
    chore.check(trace)
    for number in range(1, len(trace) + 1):
        came_to, found = await _worked(chore, number, ground)
        assert trace[:number] == came_to, f"{chore.name}:{number} was come to otherwise before"
        troubles += [f"{chore.name}:{number} {came_to[-1]}: {trouble}" for trouble in found]
    return Found(points=len(trace), troubles=troubles + await left_over(ground.ports))


async def _worked(chore: Chore, dies_at: int | None, ground: Ground) -> tuple[list[str], list[str]]:
    """The boundaries that one worker came to, and what was wrong once a fresh one had gone on."""
    judge = await chore.stage(ground.world)
    first = ground.world.clock.now() + chore.after
    worker = Child(work, ground.deployment, chore.work(first), dies_at)
    assert worker.was_killed() is (dies_at is not None)
    over = ground.world.clock.advance(LIFE)
    failures = swept(ground, [first + SECOND_LOOK, first + RECOVERY[-1], over])
    return worker.came_to, failures + await judge(ground.world, ground.bank)


async def staged(flow: Flow, count: int, ground: Ground) -> list[Scene]:
    """So many scenes of a flow, whose requests can be made now."""
    scenes = [await flow.stage(ground.world) for _ in range(count)]
    if flow.ripe is not None:
        await flow.ripe(ground.world)
    return scenes


async def _recorded(
    scene: Scene, ground: Ground, client: httpx.AsyncClient
) -> tuple[list[str], httpx.Response]:
    server = Child(serve, ground.deployment, ground.world.clock.now(), None)
    answer = await scene.request.send(client, server.hear())
    server.stop()
    return server.came_to, answer


async def _killed(scene: Scene, until: Sequence[str], ground: Ground, client: httpx.AsyncClient) -> None:
    """Let a server die at the last of these boundaries, and see that it came there as it did before."""
    server = Child(serve, ground.deployment, ground.world.clock.now(), len(until))
    with suppress(httpx.TransportError):  # unless it had answered before it died
        await scene.request.send(client, server.hear())
    assert server.was_killed(), f"nobody died at {until[-1]}"
    assert list(until) == server.came_to


async def _recovered(
    flow: Flow, points: Sequence[tuple[str, Scene]], ground: Ground, client: httpx.AsyncClient
) -> list[str]:
    if flow.wake is not None:
        await flow.wake()
    now = ground.world.clock.now()
    server = Child(serve, ground.deployment, now, None)
    port = server.hear()
    troubles = []
    for name, scene in points:
        answer = await scene.request.send(client, port)
        troubles += [f"{name}: told {answer.status_code} at once"] if answer.status_code >= 500 else []
    if flow.meanwhile is not None:
        await flow.meanwhile(ground.world)
    troubles += swept(ground, [now + wait for wait in RECOVERY])
    for name, scene in points:
        answer = await scene.request.send(client, port)
        found = await scene.judge(ground.world, ground.bank, answer)
        troubles += [f"{name}: {trouble}" for trouble in found]
    server.stop()
    return troubles


def swept(ground: Ground, moments: Sequence[datetime]) -> list[str]:
    """A fresh worker's passes; tells which items it could not move."""
    worker = Child(work, ground.deployment, Work(at=moments), None)
    failures = worker.hear()
    assert not worker.was_killed()
    return [f"the worker could not move {failure}" for failure in failures]
