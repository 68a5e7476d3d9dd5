"""Binds traces to a goal: which call comes next with which arguments, and why not, where that is not certain.

Knows no journal, no tool and no robot; a pure function. In doubt it does not bind: a model can still be asked.
"""

from collections.abc import Mapping, Sequence

from llmos.messages import JSON
from llmos.traces.again import again
from llmos.traces.answers import in_texts, without_root
from llmos.traces.bound import Bound, BoundStep, Start, Unbound
from llmos.traces.components import equal
from llmos.traces.expectation import Answer, Taken, Tolerance
from llmos.traces.trace import Trace

__all__ = ["Answer", "Bound", "BoundStep", "Start", "Taken", "Tolerance", "Unbound", "bind"]


def bind(traces: Sequence[Trace], slots: Mapping[str, JSON], workspace: str, *, leap: bool = True) -> Bound | Unbound:  # noqa: ARG001 - until values are bound anew
    """The calls that reach the goal with these values, as traces of the same skeleton show.

    `traces` are of one agent, in the world as it is now; whoever calls leaves out the others. Without `leap` nothing is
    bound to a value that lies beyond those the traces show, or is finer than they are.
    """
    if not traces:
        return Unbound("there is no trace of such a goal")
    if len({trace.signature for trace in traces}) > 1:
        return Unbound("the traces are of several goals")
    wanted = in_texts(dict(slots), lambda text: without_root(text, workspace))
    same = [trace for trace in traces if equal(trace.slots, wanted)]
    if same:
        return again(max(same, key=lambda trace: (trace.rating, trace.created, trace.id)), workspace)
    return Unbound("no trace has these values, and binding anew is not there yet")
