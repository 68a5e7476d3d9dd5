"""Finds what is done again and again: runs of one agent with goals of one skeleton, in one world, done by equal calls.

Knows no program. Only runs that ended well are heard; two that contradict each other make no pattern.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from llmos.messages import JSON, Effect
from llmos.traces.trace import PLANNED, Trace


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
        return world_of(self.newest)


@dataclass(frozen=True, slots=True)
class NoPattern:
    """Why runs make no pattern, in a clause; `enough`: more runs of this kind would change nothing."""

    reason: str
    enough: bool


def find_pattern(traces: Sequence[Trace], fewest: int) -> Pattern | NoPattern:
    """The pattern of traces of one agent, skeleton and world.

    Only those count that were made with the agent, skills, tools, robot and scene as the newest of them had them.
    """
    if not traces:
        return NoPattern("there is no trace", enough=False)
    ordered = sorted(traces, key=lambda trace: (trace.created, trace.run_id))
    alike = [trace for trace in ordered if _basis(trace, ordered[-1]) == _basis(ordered[-1], trace)]
    pattern = Pattern(tuple(alike))
    if len(alike) < fewest:
        return NoPattern(f"{len(alike)} of {fewest} runs are there", enough=False)
    if pattern.newest.slots and pattern.goals < fewest:
        return NoPattern(f"its goals had {pattern.goals} of {fewest} different values", enough=False)
    if not pattern.planned:
        return NoPattern("no run of a model is among them, and that alone shows where arguments come from", enough=True)
    if not pattern.newest.steps:
        return NoPattern("no tool was called", enough=True)
    if pattern.world and all(step.effect is Effect.PURE for step in pattern.newest.steps):
        return NoPattern("nothing was moved in them, so only a claim says that their goals were reached", enough=True)
    if final := sorted({step.tool for trace in alike for step in trace.steps if step.effect is Effect.IRREVERSIBLE}):
        return NoPattern(f"what {' and '.join(final)} did cannot be undone", enough=True)
    if len({_calls(trace) for trace in alike}) > 1:
        return NoPattern("the runs contradict each other: they did not call the same tools", enough=True)
    if len({frozenset(trace.slots) for trace in alike}) > 1:
        return NoPattern("the runs contradict each other: their goals have other values", enough=True)
    return pattern


def groups(traces: Iterable[Trace]) -> list[list[Trace]]:
    """The traces by agent, skeleton and world, the most frequent first.

    What somebody else learned, and what is sensitive, teaches nothing that stands in clear words in a volume.
    """
    found: dict[tuple[str, str, str], list[Trace]] = {}
    for trace in traces:
        if not trace.imported and not trace.sensitive:
            found.setdefault((trace.agent, trace.signature, world_of(trace)), []).append(trace)
    return [found[key] for key in sorted(found, key=lambda key: (-len(found[key]), found[key][0].skeleton, key))]


def world_of(trace: Trace) -> str:
    """The robot and the scene of a run; empty without one."""
    world = trace.world
    return f"{world.get('robot', '')} / {world.get('scene', '')}" if world else ""


def _basis(trace: Trace, beside: Trace) -> tuple[object, ...]:
    """By whom and with what a run was made; of its tools those that the other one called too."""
    places: tuple[JSON, ...] = tuple(trace.world.get(key, "") for key in ("robot", "robot_hash", "scene", "scene_hash"))
    common = {step.tool for step in beside.steps}
    tools = tuple(sorted({(step.tool, step.tool_version) for step in trace.steps if step.tool in common}))
    return trace.agent, trace.agent_hash, tuple(sorted(trace.skill_hashes.items())), places, tools


def _calls(trace: Trace) -> tuple[str, ...]:
    return tuple(step.tool for step in trace.steps)
