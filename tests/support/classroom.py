"""Teaches a real system a lesson, asks it what comes after, and judges by the calls it makes without a model.

The model knows the right calls for every goal, so a wrong call can only come from what was learned.
"""

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from llmos.boot import LLMOS
from llmos.boot.crystallization import skills_step
from llmos.boot.evolving import Asked
from llmos.messages import JSON
from llmos.runtime.goals import parse_goal, values
from llmos.runtime.outcome import RunOutcome
from llmos.settings import system_root
from llmos.traces.events import Entry, ModelReplied, ToolReturned
from llmos.traces.reading import read_journal
from llmos.volumes.home import init_home
from tests.support.adversaries import Ask, Call, Lesson, Task
from tests.support.homes import Place, make_place
from tests.support.runs import CHECKOUT, events, hire
from tests.support.tapes import asks, says, tape

LED = frozenset({"FOLLOWER", "CRYSTALLIZED"})
_AGENTS = {
    "arm": "---\nname: worker\ndescription: Goes.\ntools: move_to, move_relative, toggle_tool, get_status\n---\nGo.\n",
    "files": "---\nname: worker\ndescription: Writes.\ntools: Read, Write, Edit, Glob, Bash\n---\n\nWrite.\n",
}
_PERMITTED = ("Bash(rm *)",)
_RUNS = 6


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an ask: which calls were made without a model, and whether they were right and were all."""

    lesson: str
    ask: Ask
    mode: str
    reason: str
    outcome: str
    led: tuple[Call, ...]
    false: bool
    """A call was made without a model that does not reach the goal, or the goal was said to be reached too early."""
    hit: bool
    """The goal was reached without a model."""


async def teach_and_ask(lesson: Lesson, root: Path, *, crystallized: bool = False) -> list[Judged]:
    """Learn all tasks of a lesson in a home of its own, then ask one after the other, each as if the first.

    With `crystallized`, more goals of the lesson's skeleton are reached first, and often enough, and skills are made of
    what was learned, where that is possible.
    """
    place = make_place(root)
    place.home.rmdir()
    init_home(place.home, system_root())
    hire(place, _AGENTS[lesson.body])
    if lesson.body == "arm":
        arm = (CHECKOUT / "volumes/system/robots/arm.md").read_text("utf-8")
        place.write("user/robots/arm.md", arm.replace("[mujoco-arm, kinematic]", "kinematic"))
    for task in _curriculum(lesson) if crystallized else lesson.learned:
        outcome = await _run(place, lesson, task, mode="learner" if crystallized else "auto")
        assert outcome.outcome == "done", (task, outcome)
    if crystallized:
        await _crystallize(place, lesson)
    place.write("kernel/dispatch.md", "---\nlearn: false\n---\n")
    uses = place.home / "user" / "usage.jsonl"
    learned = uses.read_bytes()
    judged = []
    for ask in lesson.asks:
        judged.append(_judged(lesson, ask, await _run(place, lesson, ask.task), place))
        uses.write_bytes(learned)
    return judged


def _curriculum(lesson: Lesson) -> list[Task]:
    """What is learned, and every other goal of the same skeleton with other values, in turn, six runs at least."""
    first = parse_goal(lesson.learned[0].goal)
    tasks = {repr(values(parse_goal(task.goal))): task for task in lesson.learned}
    others = [ask.task for ask in lesson.asks if parse_goal(ask.task.goal).signature == first.signature]
    fresh = {repr(values(parse_goal(task.goal))): task for task in others}
    held_out = [task for name, task in fresh.items() if name not in tasks and task.calls != _nothing(lesson)]
    several = [*tasks.values(), *held_out[::2]]
    return (several * _RUNS)[: max(_RUNS, len(several))]


def _nothing(lesson: Lesson) -> tuple[Call, ...]:
    """What is done about a goal that asks for nothing of the lesson."""
    return next((ask.task.calls for ask in lesson.asks if ask.why == "do not ..."), ())


async def _crystallize(place: Place, lesson: Lesson) -> None:
    with ExitStack() as stack:
        async with _system(place, lesson, tape(place)) as system:
            await skills_step(system, Asked(), stack).carry_out(lambda _: None)


def _system(place: Place, lesson: Lesson, model: str, mode: str = "auto") -> LLMOS:
    robot = {"robot": "arm", "scene": lesson.scene} if lesson.body == "arm" else {}
    return place.system(model=model, approve=_PERMITTED, mode=mode, **robot)


async def _run(place: Place, lesson: Lesson, task: Task, mode: str = "auto") -> RunOutcome:
    """Run a task where all is as at the beginning, with a model that makes its calls."""
    _restore(place.workspace, lesson.files)
    model = tape(place, *(asks(call) for call in task.calls), says("done"))
    async with _system(place, lesson, model, mode) as system:
        return await system.execute(task.goal, "worker")


def _restore(workspace: Path, files: Mapping[str, str]) -> None:
    for each in workspace.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    for name, content in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def _judged(lesson: Lesson, ask: Ask, outcome: RunOutcome, place: Place) -> Judged:
    entries = read_journal(outcome.journal)
    replies = list(events(entries, ModelReplied))
    by_model = [reply.model.startswith("cassette:") for reply in replies]
    led = _led(entries)
    whole = outcome.mode in LED and not any(by_model)
    wanted = ask.task.calls if whole else ask.task.calls[: len(led)]
    right = len(led) == len(wanted) and all(map(_same_call, led, wanted, [place.workspace] * len(led)))
    return Judged(
        lesson=lesson.name,
        ask=ask,
        mode=outcome.mode,
        reason=outcome.mode_reason,
        outcome=outcome.outcome,
        led=tuple(led),
        false=not right,
        hit=whole and right and outcome.outcome == "done",
    )


def _led(entries: list[Entry]) -> list[Call]:
    """The calls made without a model; one that failed and was made once more counts once."""
    failed = {event.call_id for event in events(entries, ToolReturned) if not event.ok}
    made: list[tuple[str, Call]] = []
    for reply in events(entries, ModelReplied):
        for call in () if reply.model.startswith("cassette:") else reply.tool_calls:
            same: Call = (call.name, dict(call.args))
            if made and made[-1][0] in failed and made[-1][1] == same:
                made.pop()
            made.append((call.id, same))
    return [call for _, call in made]


def _same_call(one: Call, other: Call, workspace: Path) -> bool:
    return one[0] == other[0] and one[1].keys() == other[1].keys() and all(
        _same(name, one[1][name], other[1][name], workspace) for name in one[1]
    )  # fmt: skip


def _same(name: str, one: JSON, other: JSON, workspace: Path) -> bool:
    if name == "file_path":
        return os.path.normpath(workspace / one) == os.path.normpath(workspace / other)
    with suppress(TypeError):
        return math.isclose(one, other, abs_tol=1e-9)
    return bool(one == other)


def shares(judged: Sequence[Judged]) -> dict[str, float]:
    """How many replays were false, and which share of what had to be replayed or bound anew was."""
    found = {"false replays": float(sum(each.false for each in judged))}
    for must in ("replay", "rebind"):
        hits = [each.hit for each in judged if each.ask.must == must]
        found[must] = sum(hits) / len(hits) if hits else 1.0
    return found
