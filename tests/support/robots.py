"""Rigs for robot tests: a gate on a watched simulated arm, faults on demand, and a judge of setpoints."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene import Point, Scene, read_scene
from llmos.robots.base import Commanded, Measured, Robot
from llmos.robots.controls import Principal
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.verdict import Motion, Verdict
from llmos.settings import system_root

OPERATOR = Principal("agent", "operator", f"sha256:{'0' * 64}")

SYSTEM = system_root() / "volumes" / "system"


def arm_profile() -> RobotProfile:
    """The shipped arm."""
    return read_robot_profile(SYSTEM / "robots" / "arm.md")


def shipped_scene(name: str) -> Scene:
    """A shipped scene."""
    return read_scene(SYSTEM / "scenes" / f"{name}.md")


class WatchedRobot:
    """Passes everything on to a robot, remembers each setpoint with its time, and fails on demand."""

    def __init__(self, robot: Robot, clock: SimulatedClock) -> None:
        self._robot = robot
        self._clock = clock
        self.sent: list[tuple[float, Commanded]] = []
        self.seen: list[Measured] = []
        self.frozen = False
        self.broken: Exception | None = None
        self.distort: Callable[[Measured], Measured] = lambda measured: measured
        self.on_command: Callable[[int], None] = lambda _: None
        self.closed = 0

    @property
    def name(self) -> str:
        return self._robot.name

    def command(self, setpoint: Commanded) -> None:
        if self.broken:
            raise self.broken
        self.sent.append((self._clock.monotonic_s(), setpoint))
        self._robot.command(setpoint)
        self.on_command(len(self.sent))

    def tick(self, now_s: float) -> Measured:
        if self.broken:
            raise self.broken
        measured = self.seen[-1] if self.frozen else self.distort(self._robot.tick(now_s))
        self.seen.append(measured)
        return measured

    def close(self) -> None:
        self.closed += 1
        self._robot.close()


@dataclass
class Rig:
    """A gate, what stands behind it, and what it said."""

    gate: Gate
    pilot: Pilot
    robot: WatchedRobot
    latch: StopLatch
    clock: SimulatedClock
    profile: RobotProfile
    scene: Scene
    verdicts: list[Verdict] = field(default_factory=list)
    motions: list[Motion] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Whether any setpoint differs from the home pose or grips."""
        home = self.robot.seen[0]
        return any(each.pose != home.pose or each.gripper_closed for _, each in self.robot.sent)


def rig(
    folder: Path,
    scene: str = "pick-and-place",
    range_sensor: Callable[[Point], float] | None = None,
    **limits: Any,
) -> Rig:
    """A gate on the shipped arm, at home in a scene; `limits` replace keys of its profile."""
    profile, where, clock = replace(arm_profile(), **limits), shipped_scene(scene), SimulatedClock()
    robot = WatchedRobot(KinematicArm(profile, where, range_sensor), clock)
    latch = StopLatch(folder / "robots" / "arm.json")
    verdicts: list[Verdict] = []
    motions: list[Motion] = []
    gate = Gate(profile, robot, SimulatedPace(clock), latch)
    pilot = Pilot(gate, OPERATOR, verdicts.append, motions.append)
    return Rig(gate, pilot, robot, latch, clock, profile, where, verdicts, motions)


def unsafe(sent: Iterable[tuple[float, Commanded]], *, rounding: float = 1e-7) -> list[str]:
    """What a judge that shares no code with the gate has against these setpoints; it has the arm's limits by heart."""
    faults = []
    last: tuple[float, tuple[float, ...]] | None = None
    rate: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    for at_s, setpoint in sent:
        p = setpoint.pose
        here = (p.x, p.y, p.z, p.theta_rad)
        if not all(map(math.isfinite, here)):
            faults.append(f"{here} is not finite")
        if not (-2 - rounding <= p.x <= 2 + rounding and -2 - rounding <= p.y <= 2 + rounding):
            faults.append(f"{here} is outside")
        if not -rounding <= p.z <= 3 + rounding:
            faults.append(f"{here} is below the ground or above the arm")
        if last is not None:
            elapsed_s = at_s - last[0]
            step = [b - a for a, b in zip(last[1], here, strict=True)]
            step[3] = math.remainder(step[3], math.tau)
            if elapsed_s <= 0:
                if max(map(abs, step)) > rounding:
                    faults.append(f"{step} in no time")
                continue
            now = tuple(each / elapsed_s for each in step)
            faults += _too_fast(now, rate, elapsed_s)
            rate = now
        last = (at_s, here)
    return faults


def _too_fast(rate: tuple[float, ...], before: tuple[float, ...], elapsed_s: float) -> list[str]:
    faults = []
    if (speed := math.hypot(*rate[:3])) > 0.5 * 1.0001:
        faults.append(f"{speed} m/s")
    if (turn := math.degrees(abs(rate[3]))) > 45 * 1.0001:
        faults.append(f"{turn} deg/s")
    if (hard := math.dist(rate[:3], before[:3]) / elapsed_s) > 1.0 * 1.001:
        faults.append(f"{hard} m/s^2")
    if (hard := math.degrees(abs(rate[3] - before[3])) / elapsed_s) > 90 * 1.001:
        faults.append(f"{hard} deg/s^2")
    return faults


def braking_distance_m(sent: list[tuple[float, Commanded]], since_s: float) -> float:
    """How far the setpoints still travel after a moment."""
    points = [setpoint.pose.point for at_s, setpoint in sent if at_s >= since_s]
    return sum(math.dist(a, b) for a, b in pairwise(points))
