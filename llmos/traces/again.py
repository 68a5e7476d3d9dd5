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
_REPLACES = "Write"
"""The tool that puts all of a file in place of what stood there, and may do so twice, though it is only reversible."""

_HANDS = ("gripper", "holding", "stopped")


def again(trace: Trace, root: str) -> Bound:
    """The run as it was."""
    known = components(trace.slots)
    free = any(
        not _explained(value, known)
        for step in trace.steps
        if is_motion(trace, step)
        for value in leaves(step.args).values()
    )
    return Bound(
        steps=tuple(_step(trace, index, root, placed=free) for index in range(len(trace.steps))),
        answer=with_root(trace.answer, root),
        note=f"the same goal, as in run {trace.run_id}",
        trace_ids=(trace.id,),
        start=start([trace], with_pose=free),
        exact=True,
    )


def is_motion(trace: Trace, step: TraceStep) -> bool:
    """Whether the step may move the robot: what has an effect and writes no file."""
    return bool(trace.world) and step.effect is not Effect.PURE and not step.after


def moves(trace: Trace) -> list[TraceStep]:
    """The steps that may move the robot."""
    return [step for step in trace.steps if is_motion(trace, step)]


def start(traces: Sequence[Trace], *, with_pose: bool) -> Start:
    """What must hold before the first step, as it did in all of these runs; what differed does not matter."""
    states = [trace.world.get("state") for trace in traces if has_moved(trace)]
    known: list[Mapping[str, JSON]] = [state for state in states if isinstance(state, Mapping)]
    if not known:
        return Start()
    poses = [{name: float(state[name]) for name in _POSE if is_number(state.get(name))} for state in known]
    same = {name: known[0].get(name) for name in _HANDS}
    several = len({tuple(round(value, 2) for value in pose.values()) for pose in poses}) > 1
    return Start(
        poses=tuple(pose for pose in poses[:1] if pose) if with_pose and not several else (),
        same={
            name: value
            for name, value in same.items()
            if value is not None and all(state.get(name) == value for state in known)
        },
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
    """The files that hold afterwards just what stands in an argument, whatever they held before.

    A tool that appends may leave the same where there was nothing, so it must be known to replace.
    """
    if step.tool != _REPLACES and step.effect is not Effect.IDEMPOTENT:
        return set()
    texts = [value for value in leaves(step.args).values() if isinstance(value, str)]
    hashes = {hash_of(text.encode("utf-8", "surrogatepass")) for text in texts}
    return {path for path, found in step.after.items() if found in hashes}


def is_whole(step: TraceStep) -> bool:
    """Whether its answer stands in the trace whole: not cut, and without pictures."""
    return hash_of(step.output.encode("utf-8", "surrogatepass")) == step.output_hash


def has_moved(trace: Trace, index: int | None = None) -> bool:
    """Whether a robot may have moved by this step, or at all, so that what it answers was measured."""
    steps = trace.steps if index is None else trace.steps[: index + 1]
    return any(is_motion(trace, step) for step in steps)


def is_placed(trace: Trace, index: int) -> bool:
    """Whether the robot is by this step where it is led from anywhere: a motion that can be repeated is absolute."""
    steps = trace.steps[: index + 1]
    return any(step.effect is Effect.IDEMPOTENT and is_motion(trace, step) for step in steps)


def _step(trace: Trace, index: int, root: str, *, placed: bool) -> BoundStep:
    step = trace.steps[index]
    return BoundStep(
        tool=step.tool,
        args=in_texts(dict(step.args), lambda text: with_root(text, root)),
        effect=step.effect,
        tool_version=step.tool_version,
        expect=Answer(step.output_hash, _pieces(trace, index, placed=placed or is_placed(trace, index)), root),
        before=standing(trace, index, root),
        after={with_root(path, root): found for path, found in step.after.items()},
        sources=step.sources,
    )


def _pieces(trace: Trace, index: int, *, placed: bool) -> tuple[Piece, ...] | None:
    """What an answer must look like that is not the same: only what a robot measured may vary.

    Where nobody knows where the robot stands, as after a relative move from wherever it was, nor are its coordinates.
    """
    step = trace.steps[index]
    if not has_moved(trace, index) or step.after or not is_whole(step):
        return None
    anywhere = not placed and step.effect is not Effect.PURE
    return tuple(
        Number(None if anywhere else float(each), measured=True) if number % 2 and "." in each else each
        for number, each in enumerate(cut(step.output))
    )


def _explained(leaf: JSON, known: Mapping[str, JSON]) -> bool:
    """Whether it is no number, or one of the goal's."""
    if not is_number(leaf):
        return True
    return any(is_number(value) and scale.fits(leaf, value) for name, value in known.items() for scale in scales(name))
