"""Says of each argument of one run where it seems to come from, for people who read the trace.

Knows no other trace, so it proves nothing: what may be bound anew is decided by `binding`, of all traces together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from llmos.messages import JSON
from llmos.traces.components import components, leaves, same_text, scales
from llmos.traces.expectation import numbers_in, words_in
from llmos.traces.trace import TraceStep


def sourced(steps: Sequence[TraceStep], slots: Mapping[str, JSON]) -> tuple[TraceStep, ...]:
    """The steps, with the source of each argument."""
    values = components(slots)
    return tuple(
        replace(
            step, sources={name: _source(value, values, steps[:index]) for name, value in leaves(step.args).items()}
        )
        for index, step in enumerate(steps)
    )


def _source(leaf: JSON, values: Mapping[str, JSON], earlier: Sequence[TraceStep]) -> str:
    """`slot NAME`, with how it was reckoned where it was; `step N`; or `literal`."""
    if leaf is None or isinstance(leaf, bool):
        return "literal"
    for name, value in values.items():
        reckoned = _fitting(leaf, name, value)
        if reckoned is not None:
            return f"slot {name} {reckoned}".rstrip()
    for number, step in reversed(list(enumerate(earlier, 1))):
        if leaf in (numbers_in(step.output) if isinstance(leaf, int | float) else words_in(step.output)):
            return f"step {number}"
    return "literal"


def _fitting(leaf: JSON, name: str, value: JSON) -> str | None:
    """What was made of a value to be this argument, such as `negative in cm`; None where it cannot be."""
    if isinstance(leaf, str):
        return "" if isinstance(value, str) and same_text(leaf, value) is not None else None
    if not isinstance(leaf, int | float) or not isinstance(value, int | float):
        return None
    return next((scale.name for scale in scales(name) if scale.fits(leaf, value)), None)
