"""What people wrote freely: goals with the first call that is right, texts that are no goal, and ends of conversations.

Knows no model and no grammar. Training never reads them: they are a measure that no generator made. There are two
sheets: by the first (`validation`) a threshold is chosen and work is judged along the way, the second (`test`) is kept
for the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, TypeAlias, get_args

import yaml

from llmos.messages import JSON
from training.world import Call, Result

Robot: TypeAlias = Literal["arm", "rover"]
Sheet: TypeAlias = Literal["validation", "test"]
SHEETS: tuple[Sheet, ...] = get_args(Sheet)
_ENDING: dict[Sheet, str] = {"validation": "", "test": "_test"}


@dataclass(frozen=True, slots=True)
class Written:
    """A goal, the state it is given in, and the call that begins it (or `finish`, when there is none)."""

    kind: str
    goal: str
    state: Mapping[str, JSON]
    name: str
    arguments: Mapping[str, JSON]

    @property
    def robot(self) -> Robot:
        """Whose tools it is given with."""
        return robot_of(self.state)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A text that is no goal for the robot that it is said to."""

    kind: str
    text: str
    state: Mapping[str, JSON]

    @property
    def robot(self) -> Robot:
        """Whose tools it is given with."""
        return robot_of(self.state)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A goal, what was done for it so far, the state after that, and the reply that is right now.

    `profile` and `scene` name the shipped robot that answered so and where it stood.
    """

    kind: str
    goal: str
    profile: str
    scene: str
    steps: tuple[tuple[Call, Result], ...]
    state: Mapping[str, JSON]
    reply: Call

    @property
    def robot(self) -> Robot:
        """Whose tools it is given with."""
        return robot_of(self.state)


def robot_of(state: Mapping[str, JSON]) -> Robot:
    """Which robot measured a state: a rover has no gripper."""
    return "rover" if state["gripper"] == "none" else "arm"


def written_goals(sheet: Sheet) -> list[Written]:
    """All of a sheet, in its order; to abstain is `finish` with the status `abstained`, whatever it quotes."""
    states = _content("states")
    return [
        _goal(kind, states[group["state"]], goal, call)
        for kind, group in _content("written", sheet)["goals"].items()
        for goal, call in group["asked"].items()
    ]


def foreign_texts(sheet: Sheet) -> list[Foreign]:
    """All of a sheet, in its order."""
    states = _content("states")
    return [
        Foreign(kind, text, states[group["state"]])
        for kind, groups in _content("foreign", sheet).items()
        for group in groups
        for text in group["texts"]
    ]


def conversations(sheet: Sheet) -> list[Conversation]:
    """All of a sheet, in its order."""
    return [_conversation(kind, each) for kind, group in _content("refusals", sheet).items() for each in group]


def _content(name: str, sheet: Sheet = "validation") -> JSON:
    path = files("training").joinpath("data", f"{name}{_ENDING[sheet]}.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _goal(kind: str, state: Mapping[str, JSON], goal: str, call: JSON) -> Written:
    """`none` means to abstain."""
    if call == "none":
        return Written(kind, goal, state, "finish", {"status": "abstained"})
    made = _call(call)
    return Written(kind, goal, state, made.name, made.arguments)


def _conversation(kind: str, written: Mapping[str, JSON]) -> Conversation:
    steps = tuple(_done(step) for step in written["steps"])
    reply = _call(written["reply"])
    return Conversation(kind, written["goal"], written["robot"], written["scene"], steps, written["state"], reply)


def _done(step: Mapping[str, JSON]) -> tuple[Call, Result]:
    """A step is a call with what the tool `said`, or with why it `refused`."""
    is_error = "refused" in step
    return _call(step["call"]), Result(step["refused" if is_error else "said"], is_error)


def _call(call: JSON) -> Call:
    """A call is written as `name`, or as `{name: {argument: value}}`."""
    if isinstance(call, str):
        return Call(call, {})
    ((name, arguments),) = call.items()
    return Call(name, arguments)
