"""The worlds that hostile commands are tried in: the shipped robots with a coarse clock, and zones of every shape."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from llmos.documents.document import Document
from llmos.documents.frontmatter import parse
from llmos.documents.robot_profile import RobotProfile, robot_profile_from
from llmos.documents.scene import Point, Scene
from llmos.robots.base import Robot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.simulators.kinematic_rover import KinematicRover
from tests.support.oracle import Oracle, People, Place
from tests.support.robots import SYSTEM, shipped_scene

QUICK: Mapping[str, float] = {
    "control_period_s": 0.05,
    "max_command_rate_hz": 1000.0,
    "max_tcp_speed_mps": 1.5,
    "max_tcp_acceleration_mps2": 3.0,
    "max_tcp_jerk_mps3": 15.0,
    "max_rotation_dps": 180.0,
    "max_rotation_acceleration_dps2": 360.0,
    "max_rotation_jerk_dps3": 1800.0,
}
"""Three times the shipped speed at a fifth of its control ticks, so that 100,000 sequences end before the night does.

A tick then spans up to 75 mm, which makes it harder and not easier to stay out of a zone.
"""

QUICK_ROVER: Mapping[str, float] = {
    "control_period_s": 0.05,
    "max_command_rate_hz": 1000.0,
    "max_tcp_speed_mps": 0.9,
    "max_tcp_acceleration_mps2": 2.0,
    "max_tcp_jerk_mps3": 10.0,
    "max_rotation_dps": 150.0,
    "max_rotation_acceleration_dps2": 330.0,
    "max_rotation_jerk_dps3": 1650.0,
}
"""The same for the rover: as quick as the kinematic one follows."""

_SIDEWAYS_M = 2e-5
"""Within one tick. A piece of a way may go a tenth of a millimetre sideways, as a measured start is no truer than that
to the way that was planned from it; the shortest piece takes a dozen ticks."""

_SLENDER = "tool: {radius_m: 0.05, length_m: 0.3, payload_radius_m: 0.09}"
"""A tool that passes below things, for every other world; the shipped one has a mast up to the ceiling."""


def _ball(i: int, j: int) -> str:
    at = [-1.5 + i, -1.5 + j, 0.5 + 0.7 * ((i + 2 * j) % 3)]
    return f"ball {i}{j}: {{shape: sphere, center_m: {at}, radius_m: 0.25}}"


_STATION = "operator station: {shape: sphere, center_m: [1.0, -1.0, 1.0], radius_m: 0.5, kind: human}"
_ZONES = {
    "globe": (_STATION, "globe: {shape: sphere, center_m: [0.25, 0.0, 0.6], radius_m: 0.3}"),
    "boxes": (
        "cabinet: {shape: box, min_m: [-1.2, -1.2, 0.0], max_m: [-0.4, -0.3, 0.9]}",
        "beam: {shape: box, min_m: [-2.0, 0.9, 1.4], max_m: [2.0, 1.1, 1.7]}",
        "booth: {shape: box, min_m: [0.8, -2.0, 0.0], max_m: [2.0, -1.0, 2.0], kind: human}",
    ),
    "columns": (
        "drum: {shape: cylinder, center_m: [0.9, 0.6], radius_m: 0.4, z_m: [0.0, 1.2]}",
        "wedge: {shape: prism, corners_m: [[-1.6, -0.4], [-0.5, -0.6], [-0.9, 0.8]], z_m: [0.3, 1.6]}",
        "visitor: {shape: cylinder, center_m: [0.0, -1.3], radius_m: 0.3, z_m: [0.0, 1.9], kind: human}",
    ),
    "crowd": (
        *(_ball(i, j) for i in range(4) for j in range(4)),
        "gate: {shape: prism, corners_m: [[0.1, 0.3], [0.3, 0.3], [0.3, 1.2], [0.1, 1.2]], z_m: [0.0, 3.0]}",
    ),
}
_ROVER_ZONES = {
    "yard": (
        "dock: {shape: box, min_m: [1.2, 1.2, 0.0], max_m: [2.0, 2.0, 1.0]}",
        "drain: {shape: cylinder, center_m: [-0.9, 0.5], radius_m: 0.3, z_m: [0.0, 0.1]}",
        "ramp: {shape: prism, corners_m: [[0.4, -1.0], [1.4, -1.4], [1.2, -0.5]], z_m: [0.0, 0.4]}",
        "bench: {shape: box, min_m: [-2.0, -2.0, 0.0], max_m: [-1.4, -1.2, 1.0], kind: human}",
    ),
    "aisle": (
        "left shelf: {shape: box, min_m: [-1.5, 0.5, 0.0], max_m: [1.5, 0.8, 2.0]}",
        "right shelf: {shape: box, min_m: [-1.5, -0.8, 0.0], max_m: [1.5, -0.5, 2.0]}",
        "globe: {shape: sphere, center_m: [-1.0, 1.6, 0.3], radius_m: 0.25}",
        "visitor: {shape: cylinder, center_m: [1.5, -1.6], radius_m: 0.2, z_m: [0.0, 1.9], kind: human}",
    ),
}


@dataclass(frozen=True)
class World:
    """A profile, a judge who read the plain values of its document, a scene of objects, and what stands in it."""

    name: str
    profile: RobotProfile
    judge: Oracle
    scene: Scene
    driver: Callable[[RobotProfile, Scene], Robot]
    still_m: float
    """What is no motion: nothing, or the swing of an arm with mass that has just stopped."""

    @property
    def drives(self) -> bool:
        """Whether a rover is in it."""
        return self.profile.kind == "rover"

    def place(self, at: Place) -> dict[str, float]:
        """A place as the arguments of a move."""
        return dict(zip("xy" if self.drives else "xyz", at, strict=False))

    def oracle(self) -> Oracle:
        """The judge of what is done here; it remembers nothing yet."""
        return self.judge.forget()


@cache
def worlds(*, physical: bool = False) -> tuple[World, ...]:
    """Every world of an arm: quick and kinematic, or as the arm is shipped, with physics."""
    return tuple(_world(name, zones, physical=physical) for name, zones in _ZONES.items())


@cache
def rover_worlds(*, physical: bool = False) -> tuple[World, ...]:
    """Every world of a rover."""
    return tuple(_rover_world(name, zones, physical=physical) for name, zones in _ROVER_ZONES.items())


def all_worlds(*, physical: bool = False) -> tuple[World, ...]:
    """Every world of every robot."""
    return (*worlds(physical=physical), *rover_worlds(physical=physical))


def _world(name: str, zones: tuple[str, ...], *, physical: bool) -> World:
    text = (SYSTEM / "robots" / "arm.md").read_text("utf-8")
    if name in ("boxes", "crowd"):
        text = re.sub(r"(?m)^tool: .*$", _SLENDER, text)
    document = _zoned("arm", text, zones)
    profile = robot_profile_from(document)
    if not physical:
        profile = replace(profile, **QUICK)
    scene = replace(shipped_scene("pick-and-place"), zones={})
    if physical:  # no rule keeps a tool off a pedestal, and what it knocks against decides how fast it then is
        scene = replace(scene, objects={"cube": Point(1.5, 1.0, scene.cube_edge_m / 2)}, places={})
    judge = _judge(document.keys, profile, swing=1.1 if physical else 1.001)
    return World(name, profile, judge, scene, *((_physical, 3e-3) if physical else (KinematicArm, 1e-6)))


def _rover_world(name: str, zones: tuple[str, ...], *, physical: bool) -> World:
    document = _zoned("rover", (SYSTEM / "robots" / "rover.md").read_text("utf-8"), zones)
    profile = robot_profile_from(document)
    if not physical:
        profile = replace(profile, **QUICK_ROVER)
    judge = replace(
        _judge(document.keys, profile, swing=1.25 if physical else 1.001),
        workspace=((-2.0, -2.0, 0.0), (2.0, 2.0, 0.2)),
        sideways_m=2e-4 if physical else _SIDEWAYS_M,
    )
    return World(
        name, profile, judge, shipped_scene("empty"), *((_wheels, 2.5e-2) if physical else (KinematicRover, 1e-6))
    )


def _zoned(robot: str, text: str, zones: tuple[str, ...]) -> Document:
    """The document of a profile with other zones."""
    head, _, rest = text.partition("\nzones:\n")
    rest = rest[rest.index("\ngrants:") :]
    listed = "".join(f"\n  {zone}" for zone in zones)
    return parse(f"{head}\nzones:{listed}{rest}", Path(f"{robot}.md"))


def _judge(plain: Mapping[str, Any], profile: RobotProfile, *, swing: float) -> Oracle:
    """From the words of the document, not from what our own code read in them, but for how quick a world is."""
    tool, human = plain["tool"], plain["human"]
    people = People(
        human["slow_m"], human["stop_m"], profile.control_period_s, profile.max_tcp_acceleration_mps2,
        profile.max_tcp_jerk_mps3, plain["position_tolerance_m"], 0.0 if swing < 1.01 else 0.02,
    )  # fmt: skip
    return Oracle(
        plain["zones"],
        (tool["radius_m"], tool["length_m"], tool["payload_radius_m"]),
        keep=human["stop_m"],
        top_speed_mps=profile.max_tcp_speed_mps,
        top_turn_dps=profile.max_rotation_dps * (1.0 if swing < 1.01 else 2.0),  # what has mass is turned by contact
        people=people,
        swing=swing,
    )


def _physical(profile: RobotProfile, scene: Scene) -> Robot:
    from llmos.robots.simulators.mujoco_arm import MujocoArm

    return MujocoArm(profile, scene)


def _wheels(profile: RobotProfile, scene: Scene) -> Robot:
    from llmos.robots.simulators.mujoco_rover import MujocoRover

    return MujocoRover(profile, scene)


def place_in(world: World, rng: random.Random, here: Place) -> Place:
    """Somewhere: anywhere, about, in or through a zone, outside, or near."""
    low, high = world.judge.workspace
    zone = rng.choice(tuple(world.profile.zones.values()))
    middle = tuple((a + b) / 2 for a, b in zip(*zone.box, strict=True))
    half = tuple((b - a) / 2 for a, b in zip(*zone.box, strict=True))
    kind = rng.random()
    if kind < 0.4:
        found = tuple(rng.uniform(a, b) for a, b in zip(low, high, strict=True))
    elif kind < 0.6:
        found = tuple(m + h * rng.uniform(-1.8, 1.8) for m, h in zip(middle, half, strict=True))
    elif kind < 0.75:
        found = tuple(m + rng.uniform(0.5, 1.5) * (m - p) for m, p in zip(middle, here, strict=True))
        found = tuple(min(max(v, a), b) for v, a, b in zip(found, low, high, strict=True))
    elif kind < 0.82:
        found = tuple(m + h * rng.uniform(-0.9, 0.9) for m, h in zip(middle, half, strict=True))
    elif kind < 0.9:
        found = tuple(rng.uniform(a - 1.0, b + 1.0) for a, b in zip(low, high, strict=True))
    else:
        found = tuple(p + rng.uniform(-0.4, 0.4) for p in here)
    return (found[0], found[1], found[2])
