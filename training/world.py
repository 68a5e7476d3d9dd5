"""The small world of the training data: a robot's state, what a call does to it, and how tools report that.

Knows no goal. An arm moves along the axes of its workspace, a rover on the floor and along its own axes. Lengths are
int millimetres and angles int thousandths of a degree, so that nothing is rounded.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias

from llmos.messages import JSON
from training import numbers
from training.grammar import Grammar

Point = tuple[int, int, int]
Kind: TypeAlias = Literal["arm", "rover"]
HOME: Point = (0, 0, 1000)
FLOOR = 50
"""The height of a rover, which never changes."""
REACH = 30
"""How far from the tool an object may be for the gripper to close on it."""
WORKSPACE = ((-2000, 2000), (-2000, 2000), (0, 3000))


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `arguments` are plain JSON values."""

    name: str
    arguments: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What the tool answered."""

    text: str
    is_error: bool = False


@dataclass(slots=True)
class World:
    """The robot and what is around it; `extras` are tools that only this robot has, by name with their arguments.

    What is measured after a motion is up to `slack` beside what was asked for, on each axis, as on a real arm; what it
    holds `hangs` that far from the tool.
    """

    at: Point = HOME
    theta: int = 0
    is_open: bool = True
    holding: str | None = None
    objects: dict[str, Point] = field(default_factory=dict)
    places: dict[str, Point] = field(default_factory=dict)
    is_stopped: bool = False
    slack: int = 0
    hangs: Point = (0, 0, 0)
    kind: Kind = "arm"
    extras: dict[str, str] = field(default_factory=dict)

    def state(self) -> dict[str, JSON]:
        """The state as the host renders it."""
        x, y, z = (value / 1000 for value in self.at)
        return {
            "x": x,
            "y": y,
            "z": z,
            "theta_deg": self.theta / 1000,
            "gripper": "none" if self.kind == "rover" else "open" if self.is_open else "closed",
            "holding": self.holding or "nothing",
            "objects": {name: [value / 1000 for value in point] for name, point in self.objects.items()},
            "places": {name: [value / 1000 for value in point] for name, point in self.places.items()},
            "stopped": self.is_stopped,
        }

    def call(self, call: Call, results: Grammar, random: Random, refusals: float) -> Result:
        """Do what the call says, or refuse it: outside the workspace always, otherwise with chance `refusals`.

        Some tools report a gripper that closed on nothing as an error, some do not.
        """
        if call.name in ("move_to", "move_relative", "go_home"):
            return self._move(call, results, random, refusals)
        if random.random() < refusals and call.name != "emergency_stop":
            return Result(self._say(results, "any_errors", random, tool=call.name), is_error=True)
        if call.name == "toggle_tool":
            kind = self._toggle(random, activate=bool(call.arguments["activate"]))
            missed = kind == "toggle_nothing" and random.random() < 0.5
            return Result(self._say(results, kind, random), is_error=missed)
        if call.name == "emergency_stop":
            self.is_stopped = True
        kind = call.name if call.name in results.phrases else "other_tools"
        return Result(self._say(results, kind, random, tool=call.name))

    def _move(self, call: Call, results: Grammar, random: Random, refusals: float) -> Result:
        target, theta = self._target(call)
        for axis, value, (low, high) in zip("XYZ", target, WORKSPACE, strict=True):
            if not low <= value <= high:
                said = {"axis": axis, "small": axis.lower(), "value": f"{value / 1000:.2f}"}
                said |= {"low": f"{low / 1000:g}", "high": f"{high / 1000:g}"}
                return Result(self._say(results, "workspace_refusals", random, target, **said), is_error=True)
        if self.is_stopped or random.random() < refusals:
            kind = f"{self.kind}_refusals" if random.random() < 0.7 else "any_errors"
            return Result(self._say(results, kind, random, tool=call.name), is_error=True)
        if self.kind == "rover" and call.name != "go_home" and not {"theta_deg", "dtheta_deg"} & set(call.arguments):
            theta = self._heading(target, call)
        self.at, self.theta = self.measured(target, random), (theta + random.randint(-10, 10) * self.slack) % 360_000
        if self.holding in self.objects:
            self.objects[self.holding] = _sum(self.at, self.hangs)
        moved = "go_home" if call.name == "go_home" else "move_to" if self.kind == "arm" else "drive"
        return Result(self._say(results, moved, random))

    def _target(self, call: Call) -> tuple[Point, int]:
        if call.name == "go_home":
            return (HOME if self.kind == "arm" else (0, 0, FLOOR)), 0
        arguments = {key: round(value * 1000) for key, value in call.arguments.items()}
        if call.name == "move_to":
            z = arguments.get("z", self.at[2])
            return (arguments["x"], arguments["y"], z), arguments.get("theta_deg", self.theta)
        x, y, z = self.at
        dx, dy, dz = (arguments.get(name, 0) for name in ("dx", "dy", "dz"))
        if self.kind == "rover":
            dx, dy = _turned(dx, dy, math.radians(self.theta / 1000))
        return (x + dx, y + dy, z + dz), (self.theta + arguments.get("dtheta_deg", 0)) % 360_000

    def _heading(self, target: Point, call: Call) -> int:
        """How a rover arrives: as it drove, and straight back without a turn."""
        (x, y, _), (to_x, to_y, _) = self.at, target
        is_back = call.arguments.get("dx", 0) < 0 and "dy" not in call.arguments
        return self.theta if is_back else round(math.degrees(math.atan2(to_y - y, to_x - x))) % 360 * 1000

    def _toggle(self, random: Random, *, activate: bool) -> str:
        self.is_open = not activate
        if not activate:
            self.holding = None
            return "toggle_false"
        self.holding = next((name for name, point in self.objects.items() if are_near(point, self.at)), None)
        if self.holding is None:
            return "toggle_nothing"
        self.hangs = (0, 0, -random.randint(0, 2) * self.slack)
        self.objects[self.holding] = _sum(self.at, self.hangs)
        return "toggle_true"

    def measured(self, point: Point, random: Random) -> Point:
        """Where something is found that should be at `point`; the height of a rover is always the same."""
        x, y, z = (value + random.randint(-self.slack, self.slack) for value in point)
        return x, y, (point[2] if self.kind == "rover" else z)

    def _say(self, results: Grammar, kind: str, random: Random, at: Point | None = None, **values: str) -> str:
        x, y, z = (numbers.written(value) for value in at or self.at)
        known = {
            "x": x,
            "y": y,
            "z": z,
            "theta": numbers.written(self.theta),
            "x2": f"{(at or self.at)[0] / 1000:.2f}",
            "y2": f"{(at or self.at)[1] / 1000:.2f}",
            "z2": f"{(at or self.at)[2] / 1000:.2f}",
            "turned": f"{self.theta / 1000:.0f}",
            "held": self.holding or "nothing",
            "gripper": "open" if self.is_open else "closed",
            "count": str(len(self.objects)),
        }
        return results.phrase(kind, random).format(**known, **values)


def _turned(dx: int, dy: int, angle_rad: float) -> tuple[int, int]:
    """What is ahead and to the left of a rover, along the axes of its arena."""
    ahead, left = math.cos(angle_rad), math.sin(angle_rad)
    return round(dx * ahead - dy * left), round(dx * left + dy * ahead)


def _sum(one: Point, other: Point) -> Point:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def are_near(one: Point, other: Point) -> bool:
    """Whether a gripper at the one point closes on what is at the other."""
    return all(abs(a - b) <= REACH for a, b in zip(one, other, strict=True))
