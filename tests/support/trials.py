"""Trials of binding: a random policy is recorded for some goals, its traces are bound to another one, and judged.

What is bound must be what the policy itself would do for that goal.
"""

import random
from dataclasses import dataclass

from llmos.errors import LLMosError
from llmos.messages import JSON, Text, ToolResult
from llmos.traces.binding import Bound, bind
from llmos.traces.components import is_number
from tests.support.policies import Maker, Nature, Policy, Slots, World
from tests.support.traces import HERE, NARROW


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
