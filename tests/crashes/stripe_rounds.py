"""Rounds in which it is Stripe that dies: before it has done what it was asked, or before it has answered."""

import httpx
from attrs import frozen

from tests.crashes.chores import Chore
from tests.crashes.chores import Judge as ChoreJudge
from tests.crashes.judging import left_over
from tests.crashes.lives import serve, work
from tests.crashes.processes import Child
from tests.crashes.rounds import LIFE, RECOVERY, SECOND_LOOK, Found, Ground, staged, swept
from tests.crashes.scenes import Flow, Scene
from tests.crashes.stripe import StripeProcess


@frozen(kw_only=True)
class PaidByStripe:
    """A ground that is paid through a Stripe that can die."""

    ground: Ground
    stripe: StripeProcess

    async def kill_in(self, flow: Flow, client: httpx.AsyncClient) -> Found:
        """Kill Stripe at each boundary of a request to a living server; restart it, repeat, sweep, judge."""
        trace = await self._recorded(flow, client)
        with self.stripe.alive():
            scenes = await staged(flow, len(trace), self.ground)
        server = Child(serve, self.ground.deployment, self.ground.world.clock.now(), None)
        port, points = server.hear(), []
        for number, scene in enumerate(scenes, start=1):
            child = self.stripe.start(dies_at=number)
            await scene.request.send(client, port)
            assert child.was_killed(), f"Stripe did not die at {trace[number - 1]}"
            assert trace[:number] == child.came_to
            points.append((f"{flow.name}:{number} Stripe, {trace[number - 1]}", scene))
        troubles = await self._recovered(points, client, port)
        server.stop()
        return Found(points=len(trace), troubles=troubles)

    async def _recorded(self, flow: Flow, client: httpx.AsyncClient) -> list[str]:
        with self.stripe.alive():
            (whole,) = await staged(flow, 1, self.ground)
        server = Child(serve, self.ground.deployment, self.ground.world.clock.now(), None)
        with self.stripe.alive() as recording:
            await whole.request.send(client, server.hear())
        server.stop()
        flow.check(recording.came_to)
        return recording.came_to

    async def _recovered(
        self, points: list[tuple[str, Scene]], client: httpx.AsyncClient, port: int
    ) -> list[str]:
        world, bank, now = self.ground.world, self.ground.bank, self.ground.world.clock.now()
        troubles = []
        with self.stripe.alive():
            for name, scene in points:
                answer = await scene.request.send(client, port)
                troubles += [f"{name}: told {answer.status_code}"] if answer.status_code >= 500 else []
            troubles += swept(self.ground, [now + wait for wait in RECOVERY])
            for name, scene in points:
                found = await scene.judge(world, bank, await scene.request.send(client, port))
                troubles += [f"{name}: {trouble}" for trouble in found]
            return troubles + await left_over(self.ground.ports)

    async def kill_at_work(self, chore: Chore) -> Found:
        """Kill Stripe at each boundary of what a worker asks; restart it, let the worker go on, and judge."""
        trace, troubles = await self._worked(chore, None)
        chore.check(trace)
        for number in range(1, len(trace) + 1):
            came_to, found = await self._worked(chore, number)
            assert trace[:number] == came_to, f"{chore.name}:{number} was come to otherwise before"
            troubles += [f"{chore.name}:{number} Stripe, {came_to[-1]}: {trouble}" for trouble in found]
        with self.stripe.alive():
            troubles += await left_over(self.ground.ports)
        return Found(points=len(trace), troubles=troubles)

    async def _worked(self, chore: Chore, dies_at: int | None) -> tuple[list[str], list[str]]:
        world = self.ground.world
        with self.stripe.alive():
            judge: ChoreJudge = await chore.stage(world)
        first = world.clock.now() + chore.after
        stripe = self.stripe.start(dies_at=dies_at)
        worker = Child(work, self.ground.deployment, chore.work(first), None)
        assert not worker.was_killed()
        if dies_at is None:
            stripe.stop()
        else:
            assert stripe.was_killed(), f"Stripe did not die in {chore.name}:{dies_at}"
        over = world.clock.advance(LIFE)
        with self.stripe.alive():
            failures = swept(self.ground, [first + SECOND_LOOK, first + RECOVERY[-1], over])
        return stripe.came_to, failures + await judge(world, self.ground.bank)
