"""Whatever a crowd does: old state + deltas = fresh state, for every command and audience."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from dialogi.commands import CONTRACT
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
    everything = {*CONTRACT, "participant.join", "seat.take", "event.create", "grant.add"}
    assert everything - {*Crowd.accepted} == set(), "never accepted"
    assert everything - {*Crowd.refused} == set(), "never refused"
    assert {"not_found", "forbidden", "wrong_phase", "invalid", "too_long", "empty"} <= {
        *Crowd.refusals
    }
    assert {"unknown_command", "conflict", "op_reused", "hidden"} <= {*Crowd.refusals}
    assert max(Crowd.sizes) >= 5


@pytest.mark.long
def test_whatever_happens_for_long_old_state_and_deltas_give_the_fresh_state() -> None:
    run_state_machine_as_test(
        Crowd, settings=settings(COMMON, max_examples=150, stateful_step_count=80)
    )
