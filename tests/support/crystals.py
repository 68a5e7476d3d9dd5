"""Runs of which skills are made, and a step of `llmos evolve` over them that needs no home and no robot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmos.documents.kernel import EvolutionRules, load_kernel
from llmos.evolution.crystal_page import Words
from llmos.evolution.crystallizer import Candidate, crystallize
from llmos.evolution.crystallizing import Crystallizing, Known, Tried
from llmos.evolution.patterns import NoPattern, Pattern, find_pattern
from llmos.messages import JSON, Effect, ToolSpec
from llmos.runtime.goals import parse_goal, values
from llmos.settings import system_root
from llmos.traces.trace import Trace, TraceStep
from tests.support.traces import moved, robot_world, step, trace

RULES = load_kernel(system_root() / "kernel").evolution
_ARGUMENTS = {
    "move_to": "x y z theta_deg speed",
    "move_relative": "dx dy dz amount speed",
    "goto": "at options",
    "turn": "by",
    "wait": "ms",
    "toggle_tool": "activate",
    "get_camera_feed": "view",
    "get_status": "",
    "go_home": "",
    "say": "text mode",
    "Write": "file_path content",
    "Read": "file_path",
    "Bash": "command",
}
_EFFECTS = {
    "move_relative": Effect.REVERSIBLE,
    "turn": Effect.REVERSIBLE,
    "toggle_tool": Effect.REVERSIBLE,
    "say": Effect.REVERSIBLE,
    "Write": Effect.REVERSIBLE,
    "get_camera_feed": Effect.PURE,
    "get_status": Effect.PURE,
    "Read": Effect.PURE,
    "Bash": Effect.IRREVERSIBLE,
}
SPECS: Mapping[str, ToolSpec] = {
    name: ToolSpec(
        name,
        f"{name}.",
        {"type": "object", "properties": {each: {} for each in arguments.split()}},
        _EFFECTS.get(name, Effect.IDEMPOTENT),
    )
    for name, arguments in _ARGUMENTS.items()
}


def did(tool: str, args: Mapping[str, JSON], output: str = "done", **more: Any) -> TraceStep:
    """A step with the effect that its tool has."""
    return step(tool, args, output, SPECS[tool].effect, **more)


def reached(goal: str, *steps: TraceStep, number: int = 0, **more: Any) -> Trace:
    """The trace of a run that reached a goal, as the parser of goals reads it."""
    found = parse_goal(goal)
    known = {
        "run_id": f"20261120-0951{number:02d}-k3f9qz",
        "created": f"2026-11-20T09:51:{number:02d}.000Z",
        "skeleton": found.skeleton,
        "signature": found.signature,
        "goal": goal,
    }
    return trace(steps, values(found), **{**known, **more})


def picks(goals: int = 4, planned: int = 4) -> list[Trace]:
    """Runs that carried a cube from one point to another, the first of them planned by a model."""
    found = []
    for number in range(goals):
        x, y, z = 1.5 - 0.1 * number, -1.0 + 0.07 * number, 0.7 + 0.03 * number
        steps = (
            did("move_to", {"x": x, "y": 1.0, "z": 0.5}, moved(x, 1.0, 0.5)),
            did("toggle_tool", {"activate": True}, moved(x, 1.0, 0.5, then="gripper holding 'cube'")),
            did("move_to", {"x": -1.0, "y": y, "z": z}, moved(-1.0, y, z, then="gripper holding 'cube'")),
            did("toggle_tool", {"activate": False}, moved(-1.0, y, z)),
        )
        goal = f"Pick up the object at ({x:.2f}, 1.0, 0.5) and place it at (-1.0, {y:.2f}, {z:.2f})"
        mode = "LEARNER" if number < planned else "FOLLOWER"
        found.append(reached(goal, *_rounded(steps), number=number, mode=mode, world=robot_world()))
    return found


def notes(*pairs: tuple[str, str], line_end: str = "") -> list[Trace]:
    """Runs that wrote a text into a file."""
    return [
        reached(
            f"Create {name} that says '{text}'",
            did(
                "Write",
                {"file_path": name, "content": f"{text}{line_end}"},
                f"wrote {len(text)} bytes to {name}",
                before={f"{{workspace}}/{name}": None},
                after={f"{{workspace}}/{name}": f"sha256:{text}"},
            ),
            number=number,
        )
        for number, (name, text) in enumerate(pairs)
    ]


def candidate(traces: Sequence[Trace], fewest: int = 3, specs: Mapping[str, ToolSpec] = SPECS) -> Candidate | str:
    """What is made of runs, or why nothing is."""
    pattern = find_pattern(traces, fewest)
    return pattern.reason if isinstance(pattern, NoPattern) else crystallize(pattern, specs)


def made(traces: Sequence[Trace], fewest: int = 3) -> Candidate:
    """What is made of runs that are enough."""
    found = candidate(traces, fewest)
    assert isinstance(found, Candidate), found
    return found


def plain_words(_: Candidate) -> Words:
    """Words that say as good as nothing."""
    return Words("Does what was done. Use when it is asked for.", "# Do it again\n\nDo it.", "template")


@dataclass
class Shelf:
    """Runs in memory, and what was kept of them."""

    groups: list[list[Trace]]
    there: dict[str, Known] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    trailers: list[Mapping[str, str]] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def runs(self) -> Sequence[Sequence[Trace]]:
        """All."""
        return self.groups

    async def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """The same for every agent."""
        return SPECS

    def known(self, candidate: Candidate) -> Known:
        """What a test says."""
        return self.there.get(candidate.name, Known())

    def keep(self, candidate: Candidate, text: str, reason: str, trailers: Mapping[str, str]) -> str | None:
        """Remember the page."""
        self.pages[candidate.name] = text
        self.trailers.append({"": reason, **trailers})
        return "c0ffee" * 6 + "c0ff"

    def count(self, candidate: Candidate, tried: Sequence[tuple[str, Tried]]) -> None:
        """Remember the scenarios."""
        self.counted += [name for name, _ in tried]


@dataclass
class Bench:
    """Trials that end as a test says: held-out ones as `held_out`, the disturbed one as `disturbed`."""

    held_out: Tried = field(default_factory=lambda: Tried(reached=True, outcome="done", reason="", run_id="r1"))
    disturbed: Tried = field(
        default_factory=lambda: Tried(reached=False, outcome="failed", reason="It holds nothing.", run_id="r2")
    )
    asked: list[tuple[Pattern, Mapping[str, JSON], bool]] = field(default_factory=list)

    async def run(self, candidate: Candidate, trace: Trace, *, disturbed: bool) -> Tried:
        """Remember what was asked."""
        self.asked.append((candidate.pattern, trace.slots, disturbed))
        return self.disturbed if disturbed else self.held_out


def step_over(
    *groups: list[Trace], rules: EvolutionRules = RULES, bench: Bench | None = None, describe: Any = None
) -> tuple[Crystallizing, Shelf, Bench]:
    """The step of `llmos evolve` over these runs."""
    shelf, table = Shelf(list(groups)), bench or Bench()
    return Crystallizing(shelf, table, rules, plain_words, describe), shelf, table


async def what_becomes_of_runs(rules: EvolutionRules) -> list[str]:
    """What is made of four runs with four goals, and how often it is tried."""
    step, shelf, bench = step_over(picks(4), rules=rules)
    changes = await step.carry_out(lambda _: None)
    return [*(change.sentence for change in changes), *shelf.counted, str(len(bench.asked))]


def _rounded(steps: Sequence[TraceStep]) -> list[TraceStep]:
    """The arguments as goals write them."""
    return [
        step(
            each.tool,
            {name: round(value, 2) if isinstance(value, float) else value for name, value in each.args.items()},
            each.output,
            each.effect,
        )
        for each in steps
    ]
