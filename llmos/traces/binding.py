"""Binds traces to a goal: which call comes next with which arguments, and why not, where that is not certain.

Knows no journal, no tool and no robot; a pure function. In doubt it does not bind: a model can still be asked.
"""

from collections.abc import Mapping, Sequence

import msgspec

from llmos.messages import JSON, Effect
from llmos.traces.again import again
from llmos.traces.answers import in_texts, without_root
from llmos.traces.bound import Bound, BoundStep, Start, Unbound
from llmos.traces.components import equal
from llmos.traces.evidence import Evidence
from llmos.traces.expectation import Answer, Taken, Tolerance
from llmos.traces.rebinding import rebind
from llmos.traces.trace import PLANNED, Trace

_MOST = 24
"""How many traces, of the newest, bear witness together."""

__all__ = ["Answer", "Bound", "BoundStep", "Start", "Taken", "Tolerance", "Unbound", "bind"]


def bind(traces: Sequence[Trace], slots: Mapping[str, JSON], workspace: str, *, leap: bool = True) -> Bound | Unbound:
    """The calls that reach the goal with these values, as traces of the same skeleton show.

    `traces` are of one agent and of the world as it is now; whoever calls leaves out the others. Without `leap` nothing
    is bound to a value that lies beyond those the traces show, or is finer than they are.
    """
    if not traces:
        return Unbound("there is no trace of such a goal")
    if len({trace.signature for trace in traces}) > 1:
        return Unbound("the traces are of several goals")
    wanted = in_texts(dict(slots), lambda text: without_root(text, workspace))
    same = [trace for trace in traces if trace.steps and equal(trace.slots, wanted)]
    if same:
        return again(max(same, key=lambda trace: (trace.rating, trace.created, trace.id)), workspace)
    found = _evidence(traces)
    return found if isinstance(found, Unbound) else rebind(Evidence.of(found, wanted), workspace, leap=leap)


def _evidence(traces: Sequence[Trace]) -> list[Trace] | Unbound:
    """The traces that bear witness of where arguments come from: of models, with the tools and the world of the newest.

    They must have had the same effects in the same order; of those that looked at other things in between, the ones are
    taken whose goals differ most.
    """
    told = [trace for trace in traces if trace.mode in PLANNED and trace.steps]
    if not told:
        return Unbound("no trace is of a model's own run, so none says where arguments come from")
    newest = max(told, key=_age)
    told = [trace for trace in told if _world(trace) == _world(newest) and _agree(trace, newest)]
    if len({_effects(trace) for trace in told}) > 1:
        return Unbound("such goals were reached in different ways")
    ways: dict[tuple[str, ...], list[Trace]] = {}
    for trace in sorted(told, key=_age, reverse=True):
        ways.setdefault(tuple(step.tool for step in trace.steps), []).append(trace)
    return max(ways.values(), key=_goals)[:_MOST]


def _age(trace: Trace) -> tuple[str, str]:
    return trace.created, trace.id


def _world(trace: Trace) -> tuple[JSON, ...]:
    return tuple(trace.world.get(key) for key in ("robot", "robot_hash", "scene", "scene_hash"))


def _agree(one: Trace, other: Trace) -> bool:
    """Whether the tools that both used were the same."""
    versions = {step.tool: step.tool_version for step in other.steps}
    return all(versions.get(step.tool, step.tool_version) == step.tool_version for step in one.steps)


def _effects(trace: Trace) -> tuple[str, ...]:
    return tuple(step.tool for step in trace.steps if step.effect is not Effect.PURE)


def _goals(traces: Sequence[Trace]) -> int:
    return len({msgspec.json.encode(trace.slots, order="deterministic") for trace in traces})
