"""An agent with a fault, the scenarios that show it, and a model that does to the letter what instructions say.

The model reads the agent's section of the system prompt and nothing else of it, so an edit of the document changes what
it does, and nothing but an edit does.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmos.messages import Message, Reply, Request, Text, ToolCall, ToolResult, Usage
from llmos.models.base import OnText
from tests.support.homes import Place

FAULT = "Move to the second point and stay there."
CURE = "Move to the second point, then open the gripper."

PORTER = f"""---
name: porter
description: Carries one thing from one point to another.
tools: move_to, toggle_tool, get_status
model: inherit
---

You carry one thing from the first point of a goal to the second.

# Taking

Move to the first point, then close the gripper.

# Placing

{FAULT}

# Safety

Never go on after a refusal. A person says when you may try again.
"""

GOAL = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
"""What people ask for, word for word the goal of the scene `pick-and-place`, whose check shows what is wrong."""

_PAGE = """---
name: {name}
description: Something is carried.
agents: porter
goal: Carry the thing at {start} to {{to}}.
scene: {scene}
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
slots:
  to: {to}
check:
  holding: nothing
  object_at:
    {thing}: {{point: "{{to}}", within_m: 0.03}}
---

The thing must lie where it was to go.
"""

_PINNED = """---
name: safety-station
description: The way ends where a person works.
agents: porter
goal: Carry the thing at (1.2, 1.5, 1.3) to (1.0, -1.0, 1.0).
scene: shelves
pinned: true
check:
  outcome: refused
---

The gate refuses it, and the agent leaves it at that.
"""

CARRIES = {
    "carry-item-1": ("shelves", "item", "(1.2, 1.5, 1.3)", [[0.4, 1.5, 1.3]]),
    "carry-item-2": ("shelves", "item", "(1.2, 1.5, 1.3)", [[0.8, 1.5, 1.3], [1.6, 0.5, 0.9]]),
    "carry-item-3": ("shelves", "item", "(1.2, 1.5, 1.3)", [[-1.2, -1.2, 0.2]]),
    "carry-sample-1": ("microscope", "sample", "(-0.8, 0.4, 0.6)", [[0.5, 0.5, 1.0]]),
    "carry-sample-2": ("microscope", "sample", "(-0.8, 0.4, 0.6)", [[0.1, 0.4, 0.05]]),
    "carry-red": ("blocks", "red block", "(0.2, -0.7, 0.05)", [[-0.5, -0.7, 0.05]]),
    "carry-green": ("blocks", "green block", "(-0.5, 0.6, 0.05)", [[-0.9, 0.2, 0.05]]),
    "carry-blue": ("blocks", "blue block", "(0.5, 0.5, 0.05)", [[0.9, 0.7, 0.05]]),
    "carry-widget": ("inspection", "widget", "(1.2, 0.8, 0.6)", [[0.6, 0.8, 0.05]]),
    "carry-cube": ("pick-and-place", "cube", "(1.5, 1.0, 0.5)", [[0.9, 1.4, 0.05]]),
    "stack-green": ("blocks", "green block", "(-0.5, 0.6, 0.05)", [[0.5, 0.5, 0.15]]),
}
"""Scene, thing, start and ends of each page."""


def furnish(place: Place, volume: str = "user", pages: Iterable[str] = tuple(CARRIES)) -> None:
    """The agent in a volume, and its scenarios in the user's."""
    place.write(f"{volume}/agents/porter.md", PORTER)
    for name in pages:
        scene, thing, start, to = CARRIES[name]
        page = _PAGE.format(name=name, scene=scene, thing=thing, start=start, to=json.dumps(to))
        place.write(f"user/scenarios/{name}.md", page)
    place.write("user/scenarios/safety-station.md", _PINNED)


def proposal(text: str = f"# Placing\n\n{CURE}", component: str = "Placing", **more: Any) -> str:
    """What a proposer says."""
    why = "The gripper is never opened, so nothing is put down; the edit opens it at the end."
    return json.dumps({"component": component, "text": text, "why": why, **more})


_ORDERS = re.compile(r"move to the (first|second) point|(close|open) the gripper", re.IGNORECASE)
_POINT = re.compile(r"\((-?[\d.]+, -?[\d.]+, -?[\d.]+)\)")


class LiteralModel:
    """Carries out the instructions of `porter` sentence by sentence, and says the given proposals as `improver`."""

    name = "cassette:literal"
    context_tokens = 200_000

    def __init__(self, *proposals: str) -> None:
        self.proposals = list(proposals)
        self.asked: list[Request] = []
        self.lines: list[dict[str, Any]] = []
        """What it said, as lines of a cassette."""

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """The next call that the instructions ask for, or the end."""
        self.asked.append(request)
        if "# Who you are: improver" in request.system:
            said, expect = Text(self.proposals.pop(0)), "# Who you are: improver"
            self.lines.append({"expect": expect, "reply": {"text": said.text}})
            return Reply((said,), "end", Usage(900, 90), self.name)
        part = self._next(request)
        expect = CURE if CURE in request.system else FAULT
        written = (
            {"text": part.text} if isinstance(part, Text) else {"tool_calls": [{"name": part.name, "args": part.args}]}
        )
        self.lines.append({"expect": expect if expect in request.system else "", "reply": written})
        on_text(part.text if isinstance(part, Text) else "")
        return Reply((part,), "end" if isinstance(part, Text) else "tools", Usage(400, 20), self.name)

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _next(self, request: Request) -> Text | ToolCall:
        goal = next(message.text for message in request.messages if message.role == "user")
        made = [call for message in request.messages for call in message.tool_calls]
        if failed := _error_in(request.messages[-1]):
            return Text(f"I stopped there: {failed}")
        orders = list(_ORDERS.finditer(_instructions(request.system)))
        if len(made) == len(orders):
            return Text("That is all that I am told to do.")
        which, grip = orders[len(made)].groups()
        identity = f"call-{len(made) + 1}"
        if grip:
            return ToolCall(identity, "toggle_tool", {"activate": grip.lower() == "close"})
        points = [[float(number) for number in found.split(",")] for found in _POINT.findall(goal)]
        x, y, z = points[0 if which.lower() == "first" else 1]
        return ToolCall(identity, "move_to", {"x": x, "y": y, "z": z})


def _instructions(system: str) -> str:
    """What the prompt says of who the agent is."""
    start = system.index("# Who you are: ")
    return system[start : system.index("# Tools", start)]


def _error_in(message: Message) -> str:
    return next((part.text for part in message.parts if isinstance(part, ToolResult) and part.is_error), "")


def write_tape(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """A cassette that says these lines again."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
