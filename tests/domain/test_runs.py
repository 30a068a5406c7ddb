"""The life of a run."""

from datetime import timedelta

import pytest

from adapters.memory.testing.examples_of_runs import make_run
from core.domain.errors import IllegalTransition
from core.domain.runs import advanced, finished, rolled_back, rolling_back
from core.domain.statuses import RunStatus
from tests.builders import NOW

LATER = NOW + timedelta(minutes=1)


def test_a_run_goes_on_batch_by_batch_until_it_is_through() -> None:
    run = make_run()
    further = advanced(run, place="order 7", counts={"orders": 7}, now=LATER)
    done = finished(further, now=LATER)

    assert ("order 7", {"orders": 7}, LATER, 2) == (
        further.place,
        further.counts,
        further.updated_at,
        further.version,
    )
    assert (RunStatus.RUNNING, None) == (further.status, further.finished_at)
    assert (RunStatus.FINISHED, LATER, 3) == (done.status, done.finished_at, done.version)


def test_a_run_can_be_taken_back_whether_it_was_through_or_not() -> None:
    for run in (make_run(), finished(make_run(), now=NOW)):
        going = rolling_back(run, now=LATER)
        gone = rolled_back(going, now=LATER)

        assert (RunStatus.ROLLING_BACK, RunStatus.ROLLED_BACK) == (going.status, gone.status)
        assert LATER == gone.finished_at


def test_what_was_taken_back_is_not_taken_up_again() -> None:
    gone = rolled_back(rolling_back(make_run(), now=NOW), now=NOW)

    with pytest.raises(IllegalTransition):
        finished(gone, now=LATER)
