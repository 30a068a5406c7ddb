"""Without a key there is nothing to collect, so that nothing is skipped; a key of live mode stops the run."""

import pytest

from tests.stripe_test_mode.access import NotATestKey, TestMode, test_mode

try:
    MODE = test_mode()
except NotATestKey as error:
    raise pytest.UsageError(str(error)) from error

collect_ignore_glob = ["test_*.py"] if MODE is None else []


@pytest.fixture(scope="session")
def mode() -> TestMode:
    """The test mode that this run is about."""
    if MODE is None:
        raise AssertionError("nothing is collected without a key")
    return MODE
