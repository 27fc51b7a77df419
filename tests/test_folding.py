"""Whatever a crowd does: old state + deltas = fresh state, for every command and audience."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.crowd import Crowd

COMMON = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    for counter in (Crowd.accepted, Crowd.refused, Crowd.refusals, Crowd.sizes):
        counter.clear()


def test_whatever_happens_old_state_and_deltas_give_the_fresh_state() -> None:
    run_state_machine_as_test(
        Crowd, settings=settings(COMMON, derandomize=True, max_examples=12, stateful_step_count=50)
    )
    assert len(Crowd.accepted) > 8
    assert len(Crowd.refused) > 8
    assert max(Crowd.sizes) >= 5
