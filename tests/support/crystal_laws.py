"""Random policies whose runs become programs: what such a program does for other goals is what the policy would do.

The program is told what the tools answer in the world of the new goal, so it may stop; it may never call anything else.
"""

import random
from dataclasses import dataclass

from llmos.evolution.crystallizer import Candidate
from llmos.programs.form import ProgramError
from llmos.programs.given import checked
from llmos.programs.printer import show
from llmos.runtime.retracing import made_calls, same_call
from llmos.traces.components import components, is_number
from llmos.traces.evidence import decimals
from tests.support.crystals import candidate
from tests.support.policies import Maker, Nature, Policy, Slots, World


@dataclass
class Life:
    """A policy, what was made of its runs, and what that did for other goals."""

    made: Candidate | str
    policy: Policy
    taken: int = 0
    """How many other goals the program took to their end."""
    false: str = ""
    """The first call that the policy would not have made."""


def live(seed: int, nature: Nature, runs: int, others: int = 8) -> Life:
    """Let a policy reach some goals, make a program of that, and give it others."""
    maker, rng = Maker(seed, nature), random.Random(seed)
    goals = [maker.slots() for _ in range(runs)]
    policy = maker.policy(goals[0])
    if maker.is_unlucky(goals):
        return Life("nothing in the runs can tell", policy)
    found = candidate([policy.trace(each, World(), number) for number, each in enumerate(goals)])
    life = Life(found, policy)
    if isinstance(found, Candidate):
        for _ in range(others):
            new = maker.between(goals) if rng.random() < 0.6 else maker.slots()
            _compare(life, found, policy, new)
    return life


def takes(made: Candidate, slots: Slots) -> bool:
    """Whether a skill's run would begin for these values: their types, and how fine they are."""
    try:
        for each in made.program.parameters:
            checked(each.name, slots[each.name], each.type)
    except ProgramError:
        return False
    given = components(slots)
    return all(decimals(given[name]) <= most for name, most in made.crystal.digits.items() if is_number(given[name]))


def _compare(life: Life, made: Candidate, policy: Policy, new: Slots) -> None:
    if not takes(made, new):
        return
    steps = policy.run(new, World())
    calls, end = made_calls(made.verified, new, [each.output for each in steps])
    wanted = [(each.tool, each.args) for each in steps]
    for mine, other in zip(calls, wanted, strict=False):
        if not same_call(mine, other):
            life.false = life.false or f"{mine} for {other} with {new}\n{show(made.program)}"
    if len(calls) > len(wanted) or (end.ok and len(calls) < len(wanted)):
        life.false = life.false or f"{len(calls)} calls for {len(wanted)} with {new}\n{show(made.program)}"
    life.taken += end.ok
