"""Robot tools under a Sentience Layer, over a gate that only remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmos.boot.sentience import named
from llmos.documents.robot_profile import RobotProfile
from llmos.errors import RefusedError
from llmos.messages import JSON, Effect, Text
from llmos.robots.controls import Order, Principal, Ruling
from llmos.robots.verdict import Refusal, Verdict
from llmos.tools.base import Tool, ToolOutcome, tool
from llmos.tools.careful import Careful
from tests.support.robots import arm_profile
from tests.support.valence import Layer

PROFILE = arm_profile()
GOAL = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"


@dataclass
class Bench:
    """A layer, tools over it, and what was previewed, carried out and asked."""

    layer: Layer = field(default_factory=Layer)
    goal: str = GOAL
    profile: RobotProfile = PROFILE
    person: bool | None = None
    """What a person answers; None: nobody is there."""
    holding: str = "nothing"
    previewed: list[tuple[str, Mapping[str, JSON]]] = field(default_factory=list)
    done: list[tuple[str, Mapping[str, JSON]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)

    def state(self) -> dict[str, JSON]:
        """Where the arm is and what it sees."""
        there = {"objects": {"cube": [0.4, 0.6, 0.05]}, "places": {"B7": [-0.8, 0.6, 0.1]}}
        return {"x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 90.0, "holding": self.holding, **there}

    async def preview(self, verb: str, args: Mapping[str, JSON]) -> Ruling:
        """The gate allows what lies within two metres."""
        self.previewed.append((verb, args))
        verdict = Verdict(0, verb, args, self._refusal(args))
        return Ruling(Order(verb, args, Principal("agent", "x")), verdict, duration_s=3.2)

    def _refusal(self, args: Mapping[str, JSON]) -> Refusal | None:
        if abs(args.get("x", -args.get("dy", 0.0))) <= 2.0:
            return None
        return Refusal("workspace", "X position outside workspace [-2, 2]", "choose x between -2 and 2")

    async def confirm(self, name: str, what: str) -> None:
        """Ask the person, if there is one."""
        self.asked.append(f"{name} wants to {what}")
        if self.person is None:
            raise RefusedError(f"{name} may not {what}: this needs a person's yes, and nobody can be asked here")
        if not self.person:
            raise RefusedError(f"{name} may not {what}: the person said no")

    def tools(self) -> dict[str, Tool]:
        """The careful tools, by name."""

        def outcome(verb: str, args: Mapping[str, JSON]) -> ToolOutcome:
            refusal = self._refusal(args)
            if refusal:
                return ToolOutcome((Text(str(refusal)),), is_error=True)
            self.done.append((verb, args))
            return ToolOutcome((Text("At the goal."),))

        @tool(effect=Effect.IDEMPOTENT)
        async def move_to(x: float, y: float, z: float) -> ToolOutcome:
            """Move."""
            return outcome("move_to", {"x": x, "y": y, "z": z})

        @tool(effect=Effect.REVERSIBLE)
        async def move_relative(dx: float = 0.0) -> ToolOutcome:
            """Move by."""
            return outcome("move_relative", {"x": dx})

        @tool(effect=Effect.IDEMPOTENT, name="move_to")
        async def drive_to(x: float, y: float) -> ToolOutcome:
            """Drive."""
            return outcome("move_to", {"x": x, "y": y})

        @tool(effect=Effect.REVERSIBLE, name="move_relative")
        async def drive_by(dx: float = 0.0, dy: float = 0.0) -> ToolOutcome:
            """Drive by."""
            return outcome("move_relative", {"x": -dy, "y": dx})

        @tool(effect=Effect.REVERSIBLE)
        async def toggle_tool(activate: bool) -> ToolOutcome:
            """Close or open."""
            return outcome("toggle_tool", {"activate": activate})

        @tool(effect=Effect.PURE)
        async def get_status() -> str:
            """Look."""
            return "At home."

        care = Careful(
            self.layer.valence,
            self.profile,
            named(self.goal, self.profile),
            self.state,
            self.preview,
            self.confirm,
            lambda verb, _: self.held_back.append(verb),
        )
        arms = [move_to, move_relative, toggle_tool, get_status]
        rovers = [drive_to, drive_by, get_status]
        return {each.spec.name: each for each in care.over(rovers if self.profile.kind == "rover" else arms)}

    async def call(self, name: str, **args: Any) -> ToolOutcome:
        """What a careful tool answers."""
        output = await self.tools()[name].call(args)
        return output if isinstance(output, ToolOutcome) else ToolOutcome((Text(str(output)),))


def text_of(outcome: ToolOutcome) -> str:
    """What a model reads of it."""
    return " ".join(part.text for part in outcome.content if isinstance(part, Text))
