"""Goals that people wrote freely, with the first call that is right for each: a measure that no generator made.

Knows no model. Training never reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import yaml

from llmos.messages import JSON


@dataclass(frozen=True, slots=True)
class Written:
    """A goal, the state it is given in, and the call that begins it (or `finish`, when it is none)."""

    kind: str
    goal: str
    state: Mapping[str, JSON]
    name: str
    arguments: Mapping[str, JSON]


def written_goals() -> list[Written]:
    """All of them, in the order of the file."""
    content = yaml.safe_load(files("training").joinpath("data", "written.yaml").read_text(encoding="utf-8"))
    return [
        _goal(kind, content["states"][group["state"]], goal, call)
        for kind, group in content["goals"].items()
        for goal, call in group["asked"].items()
    ]


def _goal(kind: str, state: Mapping[str, JSON], goal: str, call: JSON) -> Written:
    """A call is written as `name`, or as `{name: {argument: value}}`; `none` means to abstain."""
    if call == "none":
        return Written(kind, goal, state, "finish", {"status": "abstained"})
    if isinstance(call, str):
        return Written(kind, goal, state, call, {})
    ((name, arguments),) = call.items()
    return Written(kind, goal, state, name, arguments)
