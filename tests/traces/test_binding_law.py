"""The law of binding: what is bound is what whoever made the traces would have done, or nothing is bound.

Random policies, nasty ones among them, are recorded for some goals and bound to another one.
"""

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.messages import JSON, Text, ToolResult
from llmos.traces.binding import Bound, bind
from llmos.traces.components import is_number
from tests.support.policies import Maker, Nature, Policy, Slots, World
from tests.support.traces import HERE, NARROW

seeds = st.integers(min_value=0, max_value=2**40)


@dataclass(frozen=True)
class Trial:
    """What came of binding the runs of a policy: `unbound`, `exact`, `bound`, `diverged`, `unlucky`, or `false`."""

    came: str
    policy: Policy
    goals: list[Slots]
    new: Slots
    told: str = ""


def attempt(seed: int, nature: Nature, runs: int, *, leap: bool, near: float = 0.5) -> Trial:
    """Record a policy of this seed that often and bind it to a goal that with chance `near` lies among the others."""
    maker, rng = Maker(seed, nature), random.Random(seed + 1)
    first = maker.slots()
    policy = maker.policy(first)
    moves_about = rng.random() < 0.5
    goals = [first, *(maker.slots() for _ in range(runs - 1))]
    new = maker.between(goals) if rng.random() < near else maker.slots()
    traces = [policy.trace(slots, _world(rng, moves_about), number) for number, slots in enumerate(goals)]
    world = _world(rng, moves_about)
    found = bind(traces, new, HERE, leap=leap)
    if not isinstance(found, Bound):
        return Trial("unbound", policy, goals, new, found.reason)
    if found.exact:
        return Trial("exact", policy, goals, new)
    came, told = _replay(found, policy, new, world)
    if came == "false" and maker.is_unlucky(goals):
        came = "unlucky"
    return Trial(came, policy, goals, new, told)


def _world(rng: random.Random, moves_about: bool) -> World:
    cube = (round(rng.uniform(-1, 1), 2), round(rng.uniform(-1, 1), 2), round(rng.uniform(-1, 1), 2))
    return World(cube) if moves_about else World()


def _replay(found: Bound, policy: Policy, new: Slots, world: World) -> tuple[str, str]:
    """Whether every call up to a divergence is the one that the policy would make."""
    answers: list[str] = []
    for bound, made in zip(found.steps, policy.run(new, world), strict=True):
        try:
            args = bound.arguments(answers)
        except LLMosError as error:
            return "diverged", str(error)
        if bound.tool != made.tool or not _same(args, dict(made.args)):
            return "false", f"{bound.tool} {args}, where the policy does {dict(made.args)}: {dict(bound.sources)}"
        if told := bound.expect.unlike(ToolResult("c", (Text(made.output),)), NARROW):
            return "diverged", told
        answers.append(made.output)
    return "bound", ""


def _same(one: JSON, other: JSON) -> bool:
    if is_number(one) and is_number(other):
        return bool(abs(one - other) <= 1e-6)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


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
