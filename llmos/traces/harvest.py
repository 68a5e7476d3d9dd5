"""Makes a trace of the journal of one run, or says why none may be kept.

Knows no goal parser and no folder. Only what nothing speaks against is kept: a whole run of its own that ended well, in
which nothing failed that may have had an effect, and from which no secret had to be taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import msgspec

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect
from llmos.traces.answers import in_texts, told, without_root
from llmos.traces.events import (
    Entries,
    Event,
    FileKept,
    GateVerdict,
    MessageAdded,
    ModelReplied,
    MotionMeasured,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from llmos.traces.parts import TextPart, content_from_wire, plain
from llmos.traces.scrub import REMOVED
from llmos.traces.sourcing import sourced
from llmos.traces.trace import WORKSPACE, Trace, TraceStep

LONGEST_OUTPUT = 8_000
"""Characters of an answer that a trace keeps."""

_REMOVED = REMOVED.decode()


@dataclass(frozen=True, slots=True)
class NotKept:
    """Why a run makes no trace, in one sentence."""

    reason: str


class _RefusedError(Exception):
    """Leaves the reading of a journal with the reason."""


@dataclass(slots=True)
class _Call:
    """What a journal says of one tool call."""

    called: ToolCalled | None = None
    returned: ToolReturned | None = None
    kept: list[FileKept] = field(default_factory=list)
    moved: bool = False
    """Whether the gate let something through while it was at work."""
    refused: bool = False
    within: str = ""
    """The call that was at work when this one began: what no reply asked for, a program did."""

    @property
    def harmless(self) -> bool:
        """Whether it failed without any effect: never called, pure, or stopped by the gate before anything moved."""
        if self.called is None or self.called.effect is Effect.PURE:
            return True
        return self.refused and not self.moved


def harvest(
    entries: Entries,
    *,
    signature: str,
    skeleton: str,
    slots: Mapping[str, JSON],
    longest_output: int = LONGEST_OUTPUT,
) -> Trace | NotKept:
    """The trace of a run, from its journal alone; `slots` are the values of its goal, in canonical units."""
    try:
        return _trace(entries, signature, skeleton, slots, longest_output)
    except _RefusedError as refused:
        return NotKept(str(refused))


def _trace(entries: Entries, signature: str, skeleton: str, slots: Mapping[str, JSON], longest_output: int) -> Trace:
    events = [entry.event for entry in entries]
    start, end = _ends(events)
    root = start.workspace
    _check_written(events, slots, root)
    answer = without_root(end.answer, root)
    plain_slots = in_texts(dict(slots), lambda text: without_root(text, root))
    steps = tuple(_step(call, root, longest_output) for call in _made(events))
    if not steps:
        raise _RefusedError("it called no tool")
    by_kind: dict[str, dict[str, str]] = {}
    for document in start.documents:
        by_kind.setdefault(document.kind, {})[document.path] = document.content_hash
    at = next(entry.at for entry in reversed(entries) if entry.event is end)
    return Trace(
        signature=signature,
        skeleton=skeleton,
        goal=start.goal,
        slots=plain_slots,
        agent=start.agent,
        agent_hash=_only(by_kind.get("agent", {})),
        skill_hashes={_skill(path): content_hash for path, content_hash in by_kind.get("skill", {}).items()},
        steps=sourced(steps, plain_slots),
        answer=answer,
        mode=start.mode,
        run_id=start.run_id,
        world=_world(start, by_kind),
        model=start.model,
        input_tokens=end.usage.total - end.usage.output_tokens,
        output_tokens=end.usage.output_tokens,
        cost_usd=end.cost_usd,
        duration_s=end.duration_s,
        created=at,
        last_used=at,
    )


def _ends(events: list[Event]) -> tuple[RunStarted, RunFinished]:
    """How the run began and ended, if it is one to learn from."""
    start, end = (events[0], events[-1]) if events else (None, None)
    if not isinstance(start, RunStarted) or not isinstance(end, RunFinished):
        raise _RefusedError("its journal is not whole")
    if end.outcome != "done":
        raise _RefusedError(f"its outcome was {end.outcome}")
    if start.continues is not None:
        raise _RefusedError(f"it went on from run {start.continues}, whose history it rests on")
    first = next((event for event in events if isinstance(event, MessageAdded | ModelReplied)), None)
    if not isinstance(first, MessageAdded) or first.parts != (TextPart(start.goal),):
        raise _RefusedError("something was said before its goal, which it may rest on")
    return start, end


def _check_written(events: list[Event], slots: Mapping[str, JSON], root: str) -> None:
    """Refuse what is not what was called, or answered, or stood in a file: a secret has been taken out of it."""
    written = [event for event in events if isinstance(event, RunStarted | ToolCalled | ToolReturned | RunFinished)]
    text = msgspec.json.encode([written, slots], enc_hook=plain).decode()
    if _REMOVED in text or any(isinstance(event, FileKept) and event.scrubbed for event in events):
        raise _RefusedError("a secret stood in it")
    if WORKSPACE in text and root:
        raise _RefusedError(f"{WORKSPACE} stands in it, which in a trace is the workspace's folder")


def _made(events: list[Event]) -> Iterator[_Call]:
    """The calls that succeeded, in the order in which they were asked for."""
    asked: tuple[str, ...] = ()
    calls: dict[str, _Call] = {}
    for event in events:
        if isinstance(event, ModelReplied):
            yield from _succeeded(asked, calls)
            asked, calls = tuple(call.id for call in event.tool_calls), {}
        else:
            _note(event, calls)
    yield from _succeeded(asked, calls)


def _note(event: Event, calls: dict[str, _Call]) -> None:
    """Write down what an event says of the calls under way."""
    match event:
        case FileKept():
            calls.setdefault(event.call_id, _Call()).kept.append(event)
        case ToolCalled():
            at_work = [name for name, each in calls.items() if each.called is not None and each.returned is None]
            call = calls.setdefault(event.call_id, _Call())
            call.called, call.within = event, at_work[-1] if at_work else ""
        case ToolReturned():
            calls.setdefault(event.call_id, _Call()).returned = event
        case GateVerdict() | MotionMeasured():
            let_through = isinstance(event, MotionMeasured) or event.allowed
            for call in calls.values():
                if call.called is not None and call.returned is None:
                    call.moved |= let_through
                    call.refused |= not let_through


def _succeeded(asked: tuple[str, ...], calls: dict[str, _Call]) -> Iterator[_Call]:
    """The calls of one reply that succeeded; raises where another one may have done something.

    A program's own calls stand for it: each is guarded and bound by itself when the trace is replayed.
    """
    if len(set(asked)) < len(asked):
        raise _RefusedError("two calls of one reply have the same id")
    made = [(each, call) for each, call in calls.items() if each not in asked]
    for call_id in asked:
        inside = tuple(each for each, call in made if call.within == call_id)
        if inside:
            yield from _succeeded(inside, {each: replace(calls[each], within="") for each in inside})
            continue
        call = calls.get(call_id, _Call())
        if call.returned is not None and call.returned.ok and call.called is not None:
            yield call
        elif not call.harmless:
            assert call.called is not None
            how = "never answered" if call.returned is None else "failed"
            raise _RefusedError(f"{call.called.tool} {how} in it and may have had an effect")


def _step(call: _Call, root: str, longest: int) -> TraceStep:
    called, returned = call.called, call.returned
    assert called is not None and returned is not None  # noqa: PT018 - one law: only made calls become steps
    text, whole = told(content_from_wire(returned.content), root)
    before = {
        without_root(kept.path, root): None if kept.before is None else hash_of(kept.before) for kept in call.kept
    }
    return TraceStep(
        tool=called.tool,
        args=in_texts(called.args, lambda each: without_root(each, root)),
        effect=called.effect,
        tool_version=called.version,
        output=text[:longest],
        output_hash=whole,
        before=before,
        after={without_root(path, root): found for path, found in returned.files.items()},
    )


def _world(start: RunStarted, by_kind: Mapping[str, Mapping[str, str]]) -> Mapping[str, JSON]:
    """What the run was done in; nothing without a robot."""
    if not start.robot:
        return {}
    return {
        "robot": start.robot,
        "robot_hash": _only(by_kind.get("robot", {})),
        "scene": start.scene,
        "scene_hash": _only(by_kind.get("scene", {})),
        "state": dict(start.world),
    }


def _only(hashes: Mapping[str, str]) -> str:
    return next(iter(hashes.values()), "")


def _skill(path: str) -> str:
    """The name of a skill, which is that of its folder: the same wherever its volume lies."""
    return PurePath(path).parent.name
