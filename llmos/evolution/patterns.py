"""Finds what is done again and again: runs of one agent with goals of one skeleton, in one world, done by equal calls.

Knows no program. Only runs that ended well are heard; two that contradict each other make no pattern.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from llmos.messages import Effect
from llmos.traces.trace import Trace

PLANNED = frozenset({"LEARNER", "MIXED"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """Runs that went the same way."""

    traces: tuple[Trace, ...]
    """All of them, the oldest first; of equal goals each run counts."""

    @property
    def newest(self) -> Trace:
        """The last of them."""
        return self.traces[-1]

    @property
    def planned(self) -> tuple[Trace, ...]:
        """Those that a model planned: they alone bear witness of where arguments come from."""
        return tuple(trace for trace in self.traces if trace.mode in PLANNED)

    @property
    def goals(self) -> int:
        """How many different values the goals had."""
        return len({msgspec.json.encode(dict(trace.slots), order="deterministic") for trace in self.traces})

    @property
    def world(self) -> str:
        """The robot and scene of all of them; empty without one."""
        world = self.newest.world
        return f"{world.get('robot', '')} / {world.get('scene', '')}" if world else ""


def find_pattern(traces: Sequence[Trace], fewest: int) -> Pattern | str:
    """The pattern of traces of one agent and skeleton; a sentence where they make none.

    Only those count that were made by the agent, with the skills, tools, robot and scene of the newest of them.
    """
    if not traces:
        return "there is no trace"
    ordered = sorted(traces, key=lambda trace: (trace.created, trace.run_id))
    alike = [trace for trace in ordered if _made(trace) == _made(ordered[-1])]
    pattern = Pattern(tuple(alike))
    if len(alike) < fewest:
        return f"{len(alike)} of {fewest} runs are there"
    if pattern.newest.slots and pattern.goals < fewest:
        return f"its goals had {pattern.goals} of {fewest} different values"
    if not pattern.planned:
        return "no run of a model is among them, which alone shows where arguments come from"
    if any(step.effect is Effect.IRREVERSIBLE for step in pattern.newest.steps):
        return "what it does cannot be undone"
    if len({_calls(trace) for trace in alike}) > 1:
        return "the runs contradict each other: they did not make the same calls"
    return pattern


def groups(traces: Iterable[Trace]) -> list[list[Trace]]:
    """The traces by agent and skeleton, the most frequent first."""
    found: dict[tuple[str, str], list[Trace]] = {}
    for trace in traces:
        found.setdefault((trace.agent, trace.signature), []).append(trace)
    return sorted(found.values(), key=lambda group: (-len(group), group[0].skeleton))


def _made(trace: Trace) -> tuple[object, ...]:
    """By whom and with what a run was made."""
    places = tuple(str(trace.world.get(key, "")) for key in ("robot", "robot_hash", "scene", "scene_hash"))
    tools = tuple(sorted({(step.tool, step.tool_version) for step in trace.steps}))
    return trace.agent, trace.agent_hash, tuple(sorted(trace.skill_hashes.items())), places, tools


def _calls(trace: Trace) -> tuple[str, ...]:
    return tuple(step.tool for step in trace.steps)
