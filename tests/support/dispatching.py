"""What the rules of dispatch decide about goals that have been reached before, for tests that change one rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmos.documents.kernel import DispatchRules
from llmos.messages import Effect, Reply, ToolCall, ToolResult
from llmos.runtime.dispatcher import Crystallized, Here, decide
from llmos.runtime.goals import Goal, parse_goal, values
from llmos.traces.trace import Trace
from tests.support.loops import bench
from tests.support.scripted import ScriptedModel, said
from tests.support.traces import AT_HOME, HERE, moved, robot_world, step, trace

GOAL = "Go to (1.5, 1.0, 0.5)"


class Nowhere:
    """A lead that is never followed, over a house without files."""

    name = "skill:go"
    reached = False
    aside = False

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """Nothing."""
        raise AssertionError(results)

    async def standing(self, call: ToolCall) -> dict[str, str | None]:
        """Nothing stands anywhere."""
        return {}


@dataclass
class Known:
    """One trace that is found by its goal or by its words, and perhaps a skill."""

    trace: Trace
    likeness: float = 0.0
    failed: int = 0
    skill: Crystallized | str = ""

    def exact(self, signature: str, agent: str) -> Sequence[Trace]:
        """The trace, unless it is only alike."""
        return [] if self.likeness else [self.trace]

    def similar(self, skeleton: str, limit: int, agent: str) -> Sequence[tuple[Trace, float]]:
        """The trace, if it is."""
        return [(self.trace, self.likeness)] if self.likeness else []

    def failures(self, trace: str) -> int:
        """So many."""
        return self.failed

    def crystallized(self, goal: Goal) -> Crystallized | str:
        """The skill."""
        return self.skill


def skill(uses: int, rate: float) -> Crystallized:
    """A skill with this record."""
    return Crystallized(Nowhere(), "go", uses, rate)


def learned(effect: Effect = Effect.IDEMPOTENT) -> Trace:
    """The trace of a run to the point of the goal, with a move that depends on where it began."""
    found = parse_goal(GOAL)
    steps = [step("nudge", {"dx": 0.125}, moved(1.5, 1.0, 0.5), effect)]
    return trace(
        steps, values(found), signature=found.signature, skeleton=found.skeleton, goal=GOAL, world=robot_world()
    )


async def ways(rules: DispatchRules) -> list[str]:
    """What is decided in one case beside each threshold, and how often a failing call of a replay is made."""
    off = {**AT_HOME, "x": 0.02}
    turned = {**AT_HOME, "theta_deg": 1.0}
    cases: list[tuple[Known, dict[str, Any]]] = [
        (Known(learned(), skill=skill(5, 1.0)), {}),
        (Known(learned(), skill=skill(50, 0.95)), {}),
        (Known(learned(), likeness=0.6), {}),
        (Known(learned(), failed=2), {}),
        (Known(learned(Effect.IRREVERSIBLE)), {"approves": lambda _: True}),
        (Known(learned()), {"world": robot_world(**off)}),
        (Known(learned()), {"world": robot_world(**turned)}),
    ]
    decided = [_mode(known, changes, rules) for known, changes in cases]
    return [*decided, await _replayed("error: busy", rules), await _replayed(moved(1.51, 1.0, 0.5), rules)]


def _mode(known: Known, changes: dict[str, Any], rules: DispatchRules) -> str:
    return decide(parse_goal(GOAL), "auto", known, _here(**changes), rules).mode


def _here(**changes: Any) -> Here:
    version = "sha256:{}".format
    place = Here("operator", "sha256:agent", {}, robot_world(), HERE, version, lambda _: False, Nowhere())
    return replace(place, **changes)


async def _replayed(answer: str, rules: DispatchRules) -> str:
    """How a replay goes whose only call is answered so."""
    lead = decide(parse_goal(GOAL), "follower", Known(learned()), _here(), rules).lead
    assert lead is not None
    run = bench(ScriptedModel(said("over")), tools={"nudge": lambda _: answer}, lead=lead)
    await run.run()
    return f"{len(run.tools.log)} calls, reached: {lead.reached}"
