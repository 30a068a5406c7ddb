"""The demonstration's story, with every figure checked, on each store."""

from adapters.cli.demo.server import Installation


def test_the_story_holds_to_the_cent(installation: Installation) -> None:
    told = installation.run_json("demo", "--store", installation.store_url)

    assert 0 == told["mistakes"]
    assert [] == installation.run_json("ledger", "check")["violations"]
