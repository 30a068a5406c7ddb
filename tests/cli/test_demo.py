"""`estuary demo` tells the whole story to people (what machines are told: `tests/e2e/test_story.py`)."""

import pytest

from tests.cli.conftest import Cli


def test_the_story_runs_through_on_a_throwaway_file(estuary: Cli) -> None:
    done = estuary("demo")

    assert (0, "") == (done.status, done.err)
    assert "$400.00" in done.out
    assert "-$120.00" in done.out
    assert "$599.25" in done.out
    assert "-$1,557.50" in done.out
    assert "The trial balance" in done.out
    assert "figures are what they must be" in done.out
    assert [] == list(estuary.home.iterdir())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("--store", "memory://"), "several processes"), (("--keep", "."), "not empty")],
)
def test_the_story_is_not_told_where_it_cannot_be(
    estuary: Cli, arguments: tuple[str, ...], reason: str
) -> None:
    (estuary.home / "something").touch()
    done = estuary("demo", *arguments)

    assert 2 == done.status
    assert reason in done.refusal
