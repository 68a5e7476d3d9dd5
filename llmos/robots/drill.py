"""Practises the emergency stop: moves a robot, stops it by each way there is, and measures it by its own states.

Knows no terminal and no file. It holds Controls like anybody else, so what it finds is what others would get.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import anyio

from llmos.documents.scene import Point
from llmos.errors import RefusedError, ungrouped
from llmos.messages import JSON
from llmos.robots.base import Pose
from llmos.robots.controls import Controls, Order, Principal, Ruling
from llmos.robots.moving.motion import stopping

_WAY_M: Final = 1.6
_UNDER_WAY: Final = 0.3
_LATEST: Final = 0.7
_STEADY_STATES: Final = 5
_STILL_MPS: Final = 1e-4
_LOOKS: Final = 20
_WHILE_LATCHED: Final[tuple[tuple[str, Mapping[str, JSON]], ...]] = (
    ("move_relative", {"dz": 0.01}),
    ("go_home", {}),
    ("toggle_tool", {"activate": True}),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One stop: by what, at which speed, when the setpoints became slower and when they rested; `faults` in words."""

    way: str
    speed_mps: float
    braking_after_s: float
    still_after_s: float
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All trials, and what they are held against: when the setpoints must become slower, and when they must rest."""

    robot: str
    brake_within_s: float
    still_within_s: float
    trials: tuple[Trial, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every stop was as it must be."""
        return not any(trial.faults for trial in self.trials)


@dataclass(slots=True)
class Drill:
    """`ways` are all the ways to stop the robot, `rearm` is a person's hand, `breathe` lets a moment pass.

    `now_s` is the robot's clock. A real one is seen from outside: `noise` is the share by which a steady speed seems to
    change from state to state, and `slack_s` what it may take until a stop shows in spite of that.
    """

    controls: Controls
    person: Principal
    ways: Mapping[str, Callable[[], Awaitable[object]]]
    rearm: Callable[[], Awaitable[object]]
    breathe: Callable[[], Awaitable[None]]
    now_s: Callable[[], float]
    slack_s: float
    noise: float
    _seen: list[tuple[float, Pose]] = field(default_factory=list)

    async def run(self, tell: Callable[[str], None] = lambda _: None) -> Report:
        """Every way once; RefusedError when the robot is stopped, may not move, or is not rearmed by the person."""
        known = self.controls.snapshot()
        if known.stop:
            raise RefusedError(f"The robot is stopped already: {known.stop.reason}; rearm it before the drill.")
        brake_s = 3 * known.profile.control_period_s + self.slack_s
        report = Report(known.profile.name, brake_s, stopping(known.profile).time_s + brake_s)
        for way in self.ways:
            tell(f"Moving, then stopping by {way}.")
            trial = await self._try(way, report)
            tell(f"Slower after {trial.braking_after_s * 1000:.0f} ms, at rest after {trial.still_after_s:.2f} s.")
            trial = replace(trial, faults=(*trial.faults, *await self._faults_while_latched()))
            await self.rearm()
            trial = replace(trial, faults=(*trial.faults, *await self._faults_after_rearm()))
            report = replace(report, trials=(*report.trials, trial))
        return report

    async def _try(self, way: str, limits: Report) -> Trial:
        ruling = await self._way_to_go()
        start, end = ruling.path[0].point, ruling.path[-1].point
        self._seen = []

        def is_under_way() -> bool:
            gone = math.dist(start, self._seen[-1][1].point) / math.dist(start, end)
            return gone >= _LATEST or (gone >= _UNDER_WAY and _is_steady(self._seen[-_STEADY_STATES:], self.noise))

        with ungrouped():
            async with anyio.create_task_group() as group:
                group.start_soon(self.controls.dispatch, ruling)
                await self._look_until(is_under_way)
                speed_mps, asked_s = _speeds(self._seen)[-1][1], self.now_s()
                group.start_soon(self._stop, way)
                await self._look_until(lambda: self.controls.snapshot().moving is None)
        braking_s, still_s = self._times_after(asked_s)
        faults = [
            *_late("The first slower setpoint came", braking_s, limits.brake_within_s),
            *_late("The setpoints stood still", still_s, limits.still_within_s),
        ]
        return Trial(way, speed_mps, braking_s, still_s, tuple(faults))

    async def _stop(self, way: str) -> None:
        await self.ways[way]()

    async def _way_to_go(self) -> Ruling:
        """The straight way that ends farthest from people, of those that are allowed from here; approved."""
        found = []
        for step in range(8):
            angle = step * math.tau / 8
            args = {"dx": round(_WAY_M * math.cos(angle), 3), "dy": round(_WAY_M * math.sin(angle), 3)}
            ruling = await self.controls.judge(Order("move_relative", args, self.person), preview=True)
            if ruling.verdict.allowed:
                found.append(ruling)
        if not found:
            raise RefusedError(f"There is no room to practise a stop from here: no straight way of {_WAY_M:g} m.")
        best = max(found, key=self._room)  # near people it is slow, and easy to stop
        ruling = await self.controls.judge(best.order)
        if ruling.verdict.refusal:
            raise RefusedError(str(ruling.verdict.refusal))
        return ruling

    def _room(self, ruling: Ruling) -> float:
        """How far from the zones of people a way ends; where there are none, there is all the room."""
        zones = [each for each in self.controls.snapshot().profile.zones.values() if each.kind == "human"]
        end = ruling.path[-1]
        return min((zone.distance_m(end.x, end.y, end.z, end.z) for zone in zones), default=math.inf)

    async def _look_until(self, holds: Callable[[], bool]) -> None:
        """Keep every state that is seen until something holds."""
        while True:
            seen = self.controls.snapshot()
            if not self._seen or seen.measured.timestamp_s > self._seen[-1][0]:
                self._seen.append((seen.measured.timestamp_s, seen.commanded.pose))
            if holds():
                return
            await self.breathe()

    def _times_after(self, asked_s: float) -> tuple[float, float]:
        """When the setpoints became slower, and when they rested, both after a moment."""
        speeds = _speeds(self._seen)
        slower = (
            at for (_, before), (at, now) in pairwise(speeds) if at > asked_s and now < before * (1.0 - self.noise)
        )
        moving = [at for at, speed in speeds if speed > _STILL_MPS]
        return next(slower, math.inf) - asked_s, max(0.0, (moving[-1] if moving else asked_s) - asked_s)

    async def _faults_while_latched(self) -> list[str]:
        """Nothing may move, and looking must still work."""
        known = self.controls.snapshot()
        faults = [] if known.stop else ["The stop did not latch."]
        for verb, args in _WHILE_LATCHED:
            refusal = (await self.controls.judge(Order(verb, args, self.person))).verdict.refusal
            if refusal is None or refusal.rule != "emergency-stop":
                faults.append(f"While latched, {verb} was not refused by the stop.")
        return [*faults, *await self._faults_if_moving(known.measured.pose.point)]

    async def _faults_after_rearm(self) -> list[str]:
        """A rearm permits motion and starts none."""
        known = self.controls.snapshot()
        if known.stop:
            raise RefusedError(f"The robot was not rearmed, so the drill ends here: {known.stop.reason}.")
        return await self._faults_if_moving(known.measured.pose.point)

    async def _faults_if_moving(self, where: Point) -> list[str]:
        for _ in range(_LOOKS):
            await self.breathe()
        seen = self.controls.snapshot()
        moved_m = math.dist(where, seen.measured.pose.point)
        return [] if moved_m <= seen.profile.position_tolerance_m else [f"The robot moved {moved_m:.3f} m by itself."]


def _speeds(seen: list[tuple[float, Pose]]) -> list[tuple[float, float]]:
    """How fast the setpoints went on, and when."""
    return [(at, math.dist(a.point, b.point) / (at - before)) for (before, a), (at, b) in pairwise(seen)]


def _is_steady(seen: list[tuple[float, Pose]], noise: float) -> bool:
    """Whether the setpoints cruise: while they still gather speed, a stop has to end that first, within the jerk."""
    speeds = [speed for _, speed in _speeds(seen)]
    return len(speeds) == _STEADY_STATES - 1 and min(speeds) >= max(speeds) * (1.0 - noise)


def _late(what: str, found_s: float, within_s: float) -> list[str]:
    if found_s <= within_s:
        return []
    when = f"after {found_s * 1000:.0f} ms" if math.isfinite(found_s) else "never"
    return [f"{what} {when}, not within {within_s * 1000:.0f} ms."]
