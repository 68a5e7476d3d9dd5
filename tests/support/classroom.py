"""Teaches a real system a lesson, asks it what comes after, and judges by the calls it makes without a model.

The model knows the right calls for every goal, so a wrong call can only come from what was learned.
"""

import contextlib
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.messages import JSON
from llmos.runtime.outcome import RunOutcome
from llmos.traces.events import Entry, ModelReplied, ToolReturned
from llmos.traces.reading import read_journal
from tests.support.adversaries import Ask, Call, Lesson, Task
from tests.support.homes import Place, make_place
from tests.support.runs import events, hire
from tests.support.tapes import asks, says, tape

LED = frozenset({"FOLLOWER", "CRYSTALLIZED"})
_AGENTS = {
    "arm": "---\nname: worker\ndescription: Goes.\ntools: move_to, move_relative, toggle_tool, get_status\n---\nGo.\n",
    "files": "---\nname: worker\ndescription: Writes.\ntools: Read, Write, Edit, Glob, Bash\n---\n\nWrite.\n",
}
_PERMITTED = ("Bash(rm *)",)


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


async def teach_and_ask(lesson: Lesson, root: Path) -> list[Judged]:
    """Learn all tasks of a lesson in a home of its own, then ask one after the other, each as if the first."""
    place = make_place(root)
    hire(place, _AGENTS[lesson.body])
    if lesson.body == "arm":
        arm = Path(__file__).parents[2] / "volumes" / "system" / "robots" / "arm.md"
        place.write("user/robots/arm.md", arm.read_text("utf-8").replace("[mujoco-arm, kinematic]", "kinematic"))
    for task in lesson.learned:
        outcome = await _run(place, lesson, task)
        assert outcome.outcome == "done", (task, outcome)
    place.write("kernel/dispatch.md", "---\nlearn: false\n---\n")
    learned = root / "learned"
    shutil.copytree(place.home, learned, symlinks=True)
    judged = []
    for ask in lesson.asks:
        judged.append(_judged(lesson, ask, await _run(place, lesson, ask.task), place))
        shutil.rmtree(place.home)
        shutil.copytree(learned, place.home, symlinks=True)
    return judged


async def _run(place: Place, lesson: Lesson, task: Task) -> RunOutcome:
    """Run a task where all is as at the beginning, with a model that makes its calls."""
    _restore(place.workspace, lesson.files)
    model = tape(place, *(asks(call) for call in task.calls), says("done"))
    robot = {"robot": "arm", "scene": lesson.scene} if lesson.body == "arm" else {}
    async with place.system(model=model, approve=_PERMITTED, **robot) as system:
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
    with contextlib.suppress(TypeError):
        return math.isclose(one, other, abs_tol=1e-9)
    return bool(one == other)


def shares(judged: Sequence[Judged]) -> dict[str, float]:
    """How many replays were false, and which share of what had to be replayed or bound anew was."""
    found = {"false replays": float(sum(each.false for each in judged))}
    for must in ("replay", "rebind"):
        hits = [each.hit for each in judged if each.ask.must == must]
        found[must] = sum(hits) / len(hits) if hits else 1.0
    return found
