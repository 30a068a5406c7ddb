"""The demonstration's story, with every figure checked, on each store."""

from adapters.cli.demo.server import Installation


def test_the_story_holds_to_the_cent(installation: Installation) -> None:
    told = installation.run_json("demo", "--store", installation.store_url)

    assert 0 == told["mistakes"]
    steps = {step["title"]: step for step in told["steps"]}
    assert {
        "name": "payout",
        "actual": 59_925,
        "expected": 59_925,
        "is_money": True,
        "holds": True,
    } in steps["18. Ben is paid out"]["figures"]
    assert 11 == len(steps["Ben's calendar"]["rows"])
    assert {"status": "paid", "net": "$599.25"} in steps["Ben's earnings"]["rows"]
    assert [] == installation.run_json("ledger", "check")["violations"]
