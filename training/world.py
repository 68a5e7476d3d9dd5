"""The small world of the training data: an arm's state, what a call does to it, and how tools report that.

Knows no goal. Lengths are int millimetres and angles int thousandths of a degree, so that nothing is rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from llmos.messages import JSON
from training import numbers
from training.grammar import Grammar

Point = tuple[int, int, int]
HOME: Point = (0, 0, 1000)
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
    """The arm and what is around it.

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

    def state(self) -> dict[str, JSON]:
        """The state as the host renders it."""
        x, y, z = (value / 1000 for value in self.at)
        return {
            "x": x,
            "y": y,
            "z": z,
            "theta_deg": self.theta / 1000,
            "gripper": "open" if self.is_open else "closed",
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
        return Result(self._say(results, call.name, random))

    def _move(self, call: Call, results: Grammar, random: Random, refusals: float) -> Result:
        target, theta = self._target(call)
        for axis, value, (low, high) in zip("XYZ", target, WORKSPACE, strict=True):
            if not low <= value <= high:
                said = {"axis": axis, "value": f"{value / 1000:.2f}"}
                return Result(self._say(results, "workspace_refusals", random, target, **said), is_error=True)
        if self.is_stopped or random.random() < refusals:
            kind = "motion_refusals" if random.random() < 0.7 else "any_errors"
            return Result(self._say(results, kind, random, tool=call.name), is_error=True)
        self.at, self.theta = self.measured(target, random), (theta + random.randint(-10, 10) * self.slack) % 360_000
        if self.holding in self.objects:
            self.objects[self.holding] = _sum(self.at, self.hangs)
        return Result(self._say(results, "go_home" if call.name == "go_home" else "move_to", random))

    def _target(self, call: Call) -> tuple[Point, int]:
        if call.name == "go_home":
            return HOME, 0
        arguments = {key: round(value * 1000) for key, value in call.arguments.items()}
        if call.name == "move_to":
            return (arguments["x"], arguments["y"], arguments["z"]), arguments.get("theta_deg", self.theta)
        x, y, z = self.at
        moved = (x + arguments.get("dx", 0), y + arguments.get("dy", 0), z + arguments.get("dz", 0))
        return moved, (self.theta + arguments.get("dtheta_deg", 0)) % 360_000

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
        """Where something is found that should be at `point`."""
        x, y, z = (value + random.randint(-self.slack, self.slack) for value in point)
        return x, y, z

    def _say(self, results: Grammar, kind: str, random: Random, at: Point | None = None, **values: str) -> str:
        x, y, z = (numbers.written(value) for value in at or self.at)
        known = {
            "x": x,
            "y": y,
            "z": z,
            "theta": numbers.written(self.theta),
            "held": self.holding or "nothing",
            "gripper": "open" if self.is_open else "closed",
            "count": str(len(self.objects)),
        }
        return results.phrase(kind, random).format(**known, **values)


def _sum(one: Point, other: Point) -> Point:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def are_near(one: Point, other: Point) -> bool:
    """Whether a gripper at the one point closes on what is at the other."""
    return all(abs(a - b) <= REACH for a, b in zip(one, other, strict=True))
