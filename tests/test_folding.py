"""Whatever a crowd does: old state + deltas = fresh state, for every command and audience."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from dialogi.commands.context import registry
from tests.support.crowd import Crowd, throw

BY_HYPOTHESIS = settings(
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
#: What the crowd must have run into at least once: each of these codes, whatever the command.
CODES = {
    *("not_found", "forbidden", "wrong_phase", "invalid", "too_long", "empty"),
    *("unknown_command", "conflict", "op_reused", "hidden"),
}


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    for counter in (Crowd.accepted, Crowd.refused, Crowd.refusals, Crowd.sizes):
        counter.clear()


def play(seed: int, batches: int) -> None:
    """Let a crowd loose on an event; the seed tells all that it does."""
    rng = random.Random(seed)
    crowd = Crowd()
    try:
        crowd.open(
            sides=rng.randrange(3),
            people=rng.randrange(1, 13),
            asked=rng.randrange(1000),
            phase=rng.randrange(1000),
        )
        for _ in range(batches):
            acts = [throw(rng.randrange(2**32)) for _ in range(rng.randrange(1, 10))]
            crowd.batch(acts, careful=rng.random() < 0.3)
            if rng.random() < 0.2:
                crowd.bookmark()
    except AssertionError as error:
        error.add_note(f"the crowd of seed {seed}")
        raise
    finally:
        crowd.teardown()


def test_whatever_happens_old_state_and_deltas_give_the_fresh_state() -> None:
    for seed in range(40):
        play(seed, batches=30)
    assert set(registry) - {*Crowd.accepted} == set(), "never accepted"
    assert set(registry) - {*Crowd.refused} == set(), "never refused"
    assert CODES - {code for _, code in Crowd.refusals} == set(), "never answered"
    assert {1, 2, 5, 9} <= {*Crowd.sizes}


def test_what_hypothesis_thinks_of_gives_the_fresh_state_too() -> None:
    run_state_machine_as_test(
        Crowd,
        settings=settings(BY_HYPOTHESIS, derandomize=True, max_examples=20, stateful_step_count=25),
    )
    assert Crowd.accepted.total() > 100


@pytest.mark.long
def test_crowds_for_minutes_give_the_fresh_state() -> None:
    for seed in range(1000, 1300):
        play(seed, batches=40)


@pytest.mark.long
def test_what_hypothesis_thinks_of_for_minutes_gives_the_fresh_state() -> None:
    run_state_machine_as_test(
        Crowd, settings=settings(BY_HYPOTHESIS, max_examples=300, stateful_step_count=40)
    )
