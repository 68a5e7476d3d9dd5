"""Which way a goal is reached: each condition of a replay, one by one, and what is said when it does not hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from llmos.documents.kernel import load_kernel
from llmos.errors import LLMosError, RefusedError
from llmos.messages import Effect, Reply, ToolCall, ToolResult
from llmos.runtime.dispatcher import Crystallized, Here, decide
from llmos.runtime.goals import Goal, parse_goal, values
from llmos.settings import system_root
from llmos.traces.trace import Trace
from tests.support.traces import AT_HOME, HERE, moved, robot_world, step, trace

RULES = load_kernel(system_root() / "kernel").dispatch
GOAL = "Go to (1.5, 1.0, 0.5)"
WORLD = robot_world()


class Program:
    """A lead that is never followed here."""

    name = "skill:go"
    reached = False
    aside = False

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """Nothing."""
        raise AssertionError(results)


GO = Crystallized(Program(), "go", uses=5, rate=1.0)


@dataclass
class Known:
    """What is remembered."""

    traces: Sequence[Trace] = ()
    alike: Sequence[tuple[Trace, float]] = ()
    failed: Mapping[str, int] = field(default_factory=dict)
    skill: Crystallized | str = ""

    def exact(self, signature: str, agent: str) -> Sequence[Trace]:
        """Those of this skeleton and agent."""
        return [each for each in self.traces if (each.signature, each.agent) == (signature, agent)]

    def similar(self, skeleton: str, limit: int, agent: str) -> Sequence[tuple[Trace, float]]:
        """Those that are alike."""
        return self.alike[:limit]

    def failures(self, trace: str) -> int:
        """As told."""
        return self.failed.get(trace, 0)

    def crystallized(self, goal: Goal) -> Crystallized | str:
        """As told."""
        return self.skill


@dataclass
class House:
    """No file stands anywhere."""

    async def standing(self, call: ToolCall) -> dict[str, str | None]:
        """Nothing."""
        return {}


def here(**changes: Any) -> Here:
    """Where the trace below was learned, but for these changes."""
    place = Here("operator", "sha256:agent", {}, WORLD, HERE, lambda name: f"sha256:{name}", lambda _: False, House())
    return replace(place, **changes)


def learned(goal: str = GOAL, **changes: Any) -> Trace:
    """The trace of a run to the point of the goal."""
    found = parse_goal(goal)
    x, y, z = values(found)["point1"]
    steps = [step("move_to", {"x": x, "y": y, "z": z}, moved(x, y, z))]
    known = trace(steps, values(found), signature=found.signature, skeleton=found.skeleton, goal=goal, world=WORLD)
    return replace(known, **changes)


def way(
    known: Known, place: Here | None = None, goal: str = GOAL, asked: str = "auto", **rules: Any
) -> tuple[str, str]:
    """Mode and reason."""
    decision = decide(parse_goal(goal), asked, known, place or here(), replace(RULES, **rules))
    assert (decision.lead is not None) == (decision.mode in ("CRYSTALLIZED", "FOLLOWER"))
    assert (decision.example is not None) == (decision.mode == "MIXED")
    return decision.mode, decision.reason


def test_nothing_known_is_learned() -> None:
    """A model plans."""
    assert way(Known()) == ("LEARNER", "the model plans each step")


def test_the_same_goal_is_followed() -> None:
    """And the run is named that shows how."""
    decision = decide(parse_goal(GOAL), "auto", Known([learned()]), here(), RULES)
    assert (decision.mode, decision.reason) == ("FOLLOWER", "the same goal, as in run 20261120-095132-k3f9qz")
    assert decision.traces == (learned().id,)
    assert decision.lead is not None
    assert decision.lead.name == f"trace:{learned().id}"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"agent_hash": "sha256:b"}, "a trace is there, but the agent operator has been edited since"),
        (
            {"skill_hashes": {"pick": "sha256:b"}},
            "a trace is there, but the skills that the agent has open have changed since",
        ),
        ({"world": {}}, "a trace is there, but of another robot"),
        ({"world": {**WORLD, "robot": "rover"}}, "a trace is there, but of another robot"),
        ({"world": {**WORLD, "robot_hash": "sha256:b"}}, "a trace is there, but the robot has been edited since"),
        ({"world": {**WORLD, "scene": "shelves"}}, "a trace is there, but of another scene"),
        ({"world": {**WORLD, "scene_hash": "sha256:b"}}, "a trace is there, but the scene has been edited since"),
        ({"version": lambda _: "sha256:b"}, "a trace is there, but the tool move_to has changed since"),
        (
            {"world": {**WORLD, "state": {**AT_HOME, "holding": "cube"}}},
            "the robot's holding is cube, and was nothing",
        ),
    ],
)
def test_what_is_not_as_it_was_is_not_followed(place: Mapping[str, Any], reason: str) -> None:
    """Each condition by itself, with its sentence."""
    assert way(Known([learned()]), here(**place)) == ("LEARNER", f"the model plans each step; {reason}")


def test_a_tool_that_the_agent_has_no_more_is_not_called() -> None:
    """The same goal with another list of tools."""

    def gone(name: str) -> str:
        raise LLMosError(f"there is no tool named '{name}'")

    reason = "the model plans each step; a trace is there, but the agent has no tool move_to any more"
    assert way(Known([learned()]), here(version=gone)) == ("LEARNER", reason)


@pytest.mark.parametrize("skill", ["", GO])
def test_a_word_that_is_spelled_otherwise_is_not_written_again(skill: Crystallized | str) -> None:
    """Neither a trace nor a program writes Hello where the goal says hello, though the two are one goal."""
    goal = "Write Hello into a.txt"
    found = parse_goal(goal)
    steps = [step("Write", {"file_path": "a.txt", "content": "Hello"}, "wrote 5 bytes to a.txt")]
    known = trace(steps, values(found), signature=found.signature, skeleton=found.skeleton, goal=goal, world=WORLD)
    remembered = Known([known], skill=skill)
    assert way(remembered, goal="  write Hello into a.txt.")[0] in ("CRYSTALLIZED", "FOLLOWER")
    why = "a trace is there, but it wrote 'Hello' as its goal spells it, and this goal spells it otherwise"
    assert way(remembered, goal="write hello into a.txt") == ("LEARNER", f"the model plans each step; {why}")


def test_a_trace_that_failed_twice_in_a_row_is_in_quarantine() -> None:
    """And one that failed once is not."""
    known = learned()
    reason = "the model plans each step; a trace is there, but in quarantine: it led no further 2 times in a row"
    assert way(Known([known], failed={known.id: 1}))[0] == "FOLLOWER"
    assert way(Known([known], failed={known.id: 2})) == ("LEARNER", reason)
    assert way(Known([known], failed={known.id: 2}), quarantine_after=3)[0] == "FOLLOWER"


@pytest.mark.parametrize(
    ("approved", "rule", "mode", "reason"),
    [
        (True, "approved", "FOLLOWER", "the same goal, as in run 20261120-095132-k3f9qz"),
        (False, "approved", "LEARNER", "Bash cannot be undone, and no --approve permits it beforehand"),
        (True, "never", "LEARNER", "Bash cannot be undone, and kernel/dispatch.md replays no such thing"),
    ],
)
def test_what_cannot_be_undone_needs_a_yes_beforehand(*, approved: bool, rule: Any, mode: str, reason: str) -> None:
    """Whatever the trace says."""
    known = learned(steps=(step("Bash", {"command": "ls"}, "a", Effect.IRREVERSIBLE),), world={})
    found = way(Known([known]), here(world={}, approves=lambda _: approved), irreversible=rule)
    assert found[0] == mode
    assert found[1].endswith(reason)


def test_a_refusal_of_the_list_is_no_approval() -> None:
    """An agent that may not make the call at all makes no replay of it either."""

    def refused(_: ToolCall) -> bool:
        raise RefusedError("this agent may use Bash only as Bash(git:*)")

    known = learned(steps=(step("Bash", {"command": "ls"}, "a", Effect.IRREVERSIBLE),), world={})
    assert way(Known([known]), here(world={}, approves=refused))[0] == "LEARNER"


def test_a_goal_that_is_alike_only_gives_an_example() -> None:
    """However alike: similarity nominates and never decides."""
    other = learned("Go to (1.5, 1.0, 0.5) and wave")
    reason = "a trace is 99% alike and shown to the model: Go to (1.5, 1.0, 0.5) and wave"
    assert way(Known([other], alike=[(other, 0.99)])) == ("MIXED", reason)
    assert way(Known([other], alike=[(other, 0.3)]))[0] == "LEARNER"
    assert way(Known([other], alike=[(other, 0.3)]), mixed_min_score=0.2)[0] == "MIXED"


def test_a_model_that_is_shown_no_example_is_not_said_to_be() -> None:
    """The pocket model is given tools, goal and state, so it plans as if nothing were known."""
    known, blind = Known(alike=[(learned(), 0.99)]), here(reads_examples=False)
    said = "a trace is 99% alike, but this model is shown tools, goal and state only"
    assert way(known, blind) == ("LEARNER", f"the model plans each step; {said}")
    with pytest.raises(LLMosError, match=said):
        way(known, blind, asked="mixed")


def test_a_program_that_has_proved_itself_comes_first() -> None:
    """And says how; why there is none is told."""
    reason = "the skill go was made for such goals: 5 uses, 100% done"
    assert way(Known([learned()], skill=GO)) == ("CRYSTALLIZED", reason)
    assert way(Known(skill="it is broken")) == ("LEARNER", "the model plans each step; it is broken")


@pytest.mark.parametrize(
    ("uses", "rate", "reason"),
    [
        (4, 1.0, "the skill go has 4 uses of 5"),
        (20, 0.94, "the skill go succeeded in 94% of its uses, less than 95%"),
    ],
)
def test_a_program_that_has_not_proved_itself_waits(uses: int, rate: float, reason: str) -> None:
    """A trace is followed instead, or a model plans."""
    young = replace(GO, uses=uses, rate=rate)
    assert way(Known([learned()], skill=young))[0] == "FOLLOWER"
    assert way(Known(skill=young)) == ("LEARNER", f"the model plans each step; {reason}")
    assert way(Known(skill=young), crystallized_min_uses=3, crystallized_min_rate=0.9)[0] == "CRYSTALLIZED"
    assert way(Known(skill=young), asked="crystallized")[0] == "CRYSTALLIZED"  # a person vouches for it


@pytest.mark.parametrize(
    ("asked", "nothing"),
    [
        ("follower", "no trace of such a goal is known"),
        ("mixed", "no trace of a similar goal is known"),
        ("crystallized", "no skill was made for such goals"),
    ],
)
def test_a_way_that_is_asked_for_and_not_there_is_said(asked: str, nothing: str) -> None:
    """No other way is taken in its place."""
    sentence = f"--mode {asked} has nothing to go by: {nothing}; --mode learner lets the model plan"
    with pytest.raises(LLMosError) as refused:
        way(Known(), asked=asked)
    assert str(refused.value) == sentence


def test_a_way_that_is_asked_for_is_taken() -> None:
    """Even where another would come before it."""
    known = Known([learned()], alike=[(learned(), 0.9)], skill=GO)
    assert [way(known, asked=each)[0] for each in ("follower", "mixed", "crystallized", "learner", "auto")] == [
        "FOLLOWER",
        "MIXED",
        "CRYSTALLIZED",
        "LEARNER",
        "CRYSTALLIZED",
    ]
