"""Binds one trace to the goal that it reached: the same calls, in this workspace.

Knows no other trace.
"""

from collections.abc import Mapping, Sequence

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect
from llmos.traces.answers import in_texts, with_root
from llmos.traces.bound import Bound, BoundStep, Start
from llmos.traces.components import components, is_number, leaves, scales
from llmos.traces.expectation import Answer, Number, Piece, cut
from llmos.traces.trace import Trace, TraceStep

_POSE = ("x", "y", "z", "theta_deg")
_HANDS = ("gripper", "holding", "stopped")


def again(trace: Trace, root: str) -> Bound:
    """The run as it was."""
    known = components(trace.slots)
    free = any(not _explained(value, known) for step in moves(trace) for value in leaves(step.args).values())
    return Bound(
        steps=tuple(_step(trace, index, root) for index in range(len(trace.steps))),
        answer=with_root(trace.answer, root),
        note=f"the same goal, as in run {trace.run_id}",
        trace_ids=(trace.id,),
        start=start([trace], with_pose=free),
        exact=True,
    )


def moves(trace: Trace) -> list[TraceStep]:
    """The steps that may move the robot: what has an effect and writes no file."""
    if not trace.world:
        return []
    return [step for step in trace.steps if step.effect is not Effect.PURE and not step.after]


def start(traces: Sequence[Trace], *, with_pose: bool) -> Start:
    """What must hold before the first step, as it did in all or one of these runs."""
    states = [trace.world.get("state") for trace in traces if moves(trace)]
    known: list[Mapping[str, JSON]] = [state for state in states if isinstance(state, Mapping)]
    if not known:
        return Start()
    poses = [{name: float(state[name]) for name in _POSE if is_number(state.get(name))} for state in known]
    return Start(
        poses=tuple(pose for pose in poses if pose) if with_pose else (),
        same={name: known[0][name] for name in _HANDS if name in known[0]},
    )


def standing(trace: Trace, index: int, root: str) -> dict[str, tuple[str | None, ...]]:
    """What may stand in the files of a step: what stood there, or what the run left, if a step writes all of a file."""
    step, earlier, all_of_it = trace.steps[index], trace.steps[:index], written_whole(trace.steps[index])
    left = {path: found for each in trace.steps for path, found in each.after.items()}
    states: dict[str, tuple[str | None, ...]] = {}
    for path, before in step.before.items():
        again_ok = path in all_of_it and path in left and not any(path in each.after for each in earlier)
        states[with_root(path, root)] = tuple(dict.fromkeys((before, left[path]) if again_ok else (before,)))
    return states


def written_whole(step: TraceStep) -> set[str]:
    """The files that hold afterwards just what stands in an argument, whatever they held before."""
    texts = [value for value in leaves(step.args).values() if isinstance(value, str)]
    hashes = {hash_of(text.encode("utf-8", "surrogatepass")) for text in texts}
    return {path for path, found in step.after.items() if found in hashes}


def is_whole(step: TraceStep) -> bool:
    """Whether its answer stands in the trace whole: not cut, and without pictures."""
    return hash_of(step.output.encode("utf-8", "surrogatepass")) == step.output_hash


def measured_pieces(text: str) -> tuple[Piece, ...]:
    """The text, with room for noise in what was measured: the numbers that have decimals."""
    return tuple(_piece(each, number=bool(index % 2)) for index, each in enumerate(cut(text)))


def _piece(text: str, *, number: bool) -> Piece:
    return Number(float(text), measured=True) if number and "." in text else text


def _step(trace: Trace, index: int, root: str) -> BoundStep:
    step = trace.steps[index]
    return BoundStep(
        tool=step.tool,
        args=in_texts(dict(step.args), lambda text: with_root(text, root)),
        effect=step.effect,
        tool_version=step.tool_version,
        expect=Answer(step.output_hash, _pieces(trace, index), root),
        before=standing(trace, index, root),
        after={with_root(path, root): found for path, found in step.after.items()},
        sources=step.sources,
    )


def _pieces(trace: Trace, index: int) -> tuple[Piece, ...] | None:
    """What an answer must look like that is not the same: only what a robot measured after it moved may vary."""
    step = trace.steps[index]
    moved = any(each.effect is not Effect.PURE for each in trace.steps[: index + 1])
    if not (trace.world and moved and not step.after and is_whole(step)):
        return None
    return measured_pieces(step.output)


def _explained(leaf: JSON, known: Mapping[str, JSON]) -> bool:
    """Whether it is no number, or one of the goal's."""
    if not is_number(leaf):
        return True
    return any(is_number(value) and scale.fits(leaf, value) for name, value in known.items() for scale in scales(name))
