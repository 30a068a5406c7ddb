"""A worker is killed at every boundary of everything it does: the next one goes on, and each is done once."""

from collections.abc import Callable

import pytest

from tests.crashes.chores import CHORES, Chore
from tests.crashes.rounds import Ground, kill_workers_in


@pytest.mark.parametrize("chore", CHORES, ids=lambda chore: chore.name.replace(" ", "_"))
async def test_what_a_worker_leaves_that_is_killed_anywhere_the_next_one_does_once(
    chore: Chore, ground: Ground, tally: Callable[[str, int], None]
) -> None:
    found = await kill_workers_in(chore, ground)

    assert () == tuple(found.troubles)
    tally(ground.backend, found.points)
