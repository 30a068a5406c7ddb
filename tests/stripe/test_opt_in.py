"""The suite for Stripe's test mode: nothing without a key, no key of live mode, and sound on our double."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.stripe import StripeServer
from tests.stripe_test_mode.access import KEY, NotATestKey, test_mode

ROOT = Path(__file__).parents[2]
NOTHING_COLLECTED, USAGE = 5, 4


def suite(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the suite in this environment, without any key of whoever runs the tests."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("ESTUARY_STRIPE_TEST_")}
    return subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/stripe_test_mode", *words],
        cwd=ROOT,
        env={**inherited, "CI": "true", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_key_there_is_nothing_to_run_and_nothing_to_skip() -> None:
    done = suite()

    assert NOTHING_COLLECTED == done.returncode, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def test_a_key_of_live_mode_stops_the_run() -> None:
    done = suite("--collect-only", ESTUARY_STRIPE_TEST_KEY="sk_live_1")

    assert USAGE == done.returncode
    assert "must be a key of Stripe's test mode" in done.stdout + done.stderr


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_test_1", "something"])
def test_only_keys_that_move_no_money_are_taken(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(KEY, key)
    with pytest.raises(NotATestKey):
        test_mode()


def test_the_story_and_what_gets_lost_on_the_wire_pass_on_our_double(stripe_server: StripeServer) -> None:
    """The rest of the suite is the contract that the double keeps elsewhere, on the same gateway."""
    stripe_server.add_account("acct_of_the_run")
    done = suite(
        *("-k", "story or lost or customer or taken_back or account"),
        ESTUARY_STRIPE_TEST_KEY=stripe_server.api_key,
        ESTUARY_STRIPE_TEST_ACCOUNT="acct_of_the_run",
        ESTUARY_STRIPE_TEST_BASE=stripe_server.url,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert 30_000 <= stripe_server.charged_cents()
    assert 18_000 <= stripe_server.refunded_cents()
    assert stripe_server.all("transfer_reversal")
