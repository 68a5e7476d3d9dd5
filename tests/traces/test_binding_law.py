"""The law of binding: what is bound is what whoever made the traces would have done, or nothing is bound.

Random policies, nasty ones among them, are recorded for some goals and bound to another one.
"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.policies import Nature
from tests.support.trials import attempt

seeds = st.integers(min_value=0, max_value=2**40)


@given(seed=seeds, runs=st.integers(min_value=2, max_value=6))
@settings(max_examples=400, derandomize=True)  # chance may make any constant look like a value, if rarely
def test_several_runs_bind_to_what_would_be_done_or_to_nothing(seed: int, runs: int) -> None:
    """Constants equal to values, values equal among themselves, swapped axes, heights that are computed, templates."""
    trial = attempt(seed, Nature(collusion=True), runs, leap=True)
    assert trial.came != "false", trial


@given(seed=seeds, runs=st.integers(min_value=2, max_value=6))
@settings(max_examples=400, derandomize=True)  # chance may make any constant look like a value, if rarely
def test_without_leaps_not_even_hidden_clamping_deceives(seed: int, runs: int) -> None:
    """Also where values are clamped, rounded, cut or rewritten in ways that the runs did not show."""
    trial = attempt(seed, Nature(hidden=True, collusion=True), runs, leap=False, near=0.9)
    assert trial.came != "false", trial


@given(seed=seeds)
@settings(max_examples=400, derandomize=True)  # chance may make any constant look like a value, if rarely
def test_one_run_binds_to_what_would_be_done_or_to_nothing(seed: int) -> None:
    """One run can prove what it shows in one place only; nothing that is equal by chance stands in this one."""
    trial = attempt(seed, Nature(), 1, leap=True, near=0.0)
    assert trial.came != "false", trial


@pytest.mark.parametrize(("runs", "rate"), [(1, 0.75), (2, 0.85), (3, 0.9)])
def test_plain_policies_are_bound(runs: int, rate: float) -> None:
    """The law is no excuse for never binding: values that are used as they are, once each, are recognised."""
    came = Counter(attempt(seed, Nature(plain=True), runs, leap=True, near=0.0).came for seed in range(300))
    assert came["false"] == 0
    assert (came["bound"] + came["exact"]) / 300 >= rate


def test_nasty_policies_are_bound_where_they_can_be() -> None:
    """Six runs of policies full of traps explain half of them."""
    came = Counter(attempt(seed, Nature(collusion=True), 6, leap=True).came for seed in range(200))
    assert came["false"] == 0
    assert came["bound"] >= 100
