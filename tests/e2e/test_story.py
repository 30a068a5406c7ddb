"""The demonstration's story, with every figure checked, on each store."""

from adapters.cli.demo.server import Installation


def test_the_story_holds_to_the_cent(installation: Installation) -> None:
    told = installation.run("demo", "--store", installation.store_url)

    assert "figures are what they must be" in told
    assert [] == installation.run_json("ledger", "check")["violations"]
