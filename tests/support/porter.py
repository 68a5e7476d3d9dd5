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
from llmos.settings import system_root
from tests.support.homes import Place

FAULT = "Move to the second point and stay there."
CURE = "Move to the second point, then open the gripper."

EXAMPLE = Path(__file__).parents[2] / "examples" / "learning"
PORTER = (EXAMPLE / "porter" / "agents" / "porter.md").read_text("utf-8")
CASSETTE = EXAMPLE / "cassettes" / "repair.jsonl"
"""What a model says that proposes the cure and then follows each version to the letter; made by `LiteralModel`."""

GOAL = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
"""What people ask for, word for word the goal of the scene `pick-and-place`, whose check shows what is wrong."""


_QUICK = {
    "driver: [mujoco-arm, kinematic]": "driver: [kinematic]",
    "max_tcp_speed_mps: 0.5": "max_tcp_speed_mps: 1.5",
    "max_tcp_acceleration_mps2: 1.0": "max_tcp_acceleration_mps2: 3.0",
    "max_tcp_jerk_mps3: 5.0": "max_tcp_jerk_mps3: 15.0",
    "control_period_s: 0.008": "control_period_s: 0.04",
}
"""What makes the arm of these tests three times as fast, without physics, at a fifth of the control ticks."""


def quick_arm() -> str:
    """The profile of an arm that takes little time to simulate."""
    arm = (system_root() / "volumes/system/robots/arm.md").read_text("utf-8")
    for shipped, quick in _QUICK.items():
        assert shipped in arm
        arm = arm.replace(shipped, quick)
    return arm


def furnish(place: Place, volume: str = "user") -> None:
    """The agent in a volume, and its scenarios in the user's."""
    place.write(f"{volume}/agents/porter.md", PORTER)
    for page in (EXAMPLE / "porter" / "scenarios").glob("*.md"):
        place.write(f"user/scenarios/{page.name}", page.read_text("utf-8"))


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
