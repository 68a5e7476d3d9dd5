"""Carries out one approved order: a motion and its end, watched at every tick, at rest whatever happens.

Knows no approval and gives no verdict; only the gate has one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Commanded, ForceLimited, Measured, Pose
from llmos.robots.caution import Caution
from llmos.robots.judgement import rules
from llmos.robots.judgement.judging import Case, check_ahead
from llmos.robots.judgement.separation import share_at
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.moving.drive import Drive, Watch
from llmos.robots.moving.giving_way import check_leap, is_explained
from llmos.robots.moving.motion import PathMotion
from llmos.robots.moving.postcondition import grip_holds
from llmos.robots.pace import Pace
from llmos.robots.profile.in_force import InForce
from llmos.robots.verdict import Motion, Refusal, Verdict


@dataclass(frozen=True, slots=True)
class Task:
    """An order that was approved: its verdict, how it was judged, its way, and the limits that it was planned under."""

    verdict: Verdict
    case: Case
    path: tuple[Pose, ...]
    closed: bool
    profile: RobotProfile

    @property
    def grips(self) -> bool:
        """Whether it has no way and works the gripper alone."""
        return len(self.path) == 1

    @property
    def speed_factor(self) -> float:
        """The share of the speed limits that it may use."""
        return self.case.speed_factor(self.profile)


@dataclass(slots=True)
class Execution:
    """The gate's arm: it has what the gate has, and does one task at a time. `ended` is the newest motion.

    `own_stops` are those that nobody asked for, until the gate takes them out to write them down.
    """

    drive: Drive
    pace: Pace
    latch: StopLatch
    limits: InForce
    caution: Callable[[], Caution]
    force: ForceLimited | None
    ended: Motion | None = field(default=None, init=False)
    own_stops: deque[Stop] = field(default_factory=deque, init=False)

    async def carry_out(self, task: Task) -> Motion:
        """Move and come to rest: within the limits when cancelled, and for good when this loop itself fails.

        What was cancelled before it begins does not begin.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        before, drive, profile = self.drive.measured, self.drive, task.profile
        if refusal := self._check_start(task):
            self.ended = Motion(task.verdict, drive.sent, before, before, reached=False, halted=refusal)
            return self.ended
        motion = PathMotion(task.path, profile, task.speed_factor)
        watch = self._watch(task, motion)
        cancelled: BaseException | None = None
        try:
            if self.force is not None and task.grips and task.closed:  # what moves on holds as it was allowed to grip
                self.force.limit_force(task.case.grant.max_force_n if task.case.grant else None)
            drive.begin(Commanded(task.path[0], task.closed))
            try:
                halted = await drive.follow(motion, profile, watch)
                halted = await drive.settle(profile, watch, motion.target, halted, grips=task.grips)
            except anyio.get_cancelled_exc_class() as error:
                cancelled = error
                with anyio.CancelScope(shield=True):
                    halted = await drive.follow(motion, profile, watch, rules.CANCELLED)
                    halted = await drive.settle(profile, watch, motion.target, halted, grips=task.grips)
            gripped = grip_holds(task.verdict.args, before, drive.measured, profile)
            reached = halted is None and gripped and drive.is_at(motion.target, profile)
            self.ended = Motion(task.verdict, drive.sent, before, drive.measured, reached, halted)
            self._give_way()
        except Exception as error:
            self._trip_itself(f"the control loop failed: {error}")
            raise
        if cancelled is not None:
            raise cancelled
        return self.ended

    def trip(self, by: str, reason: str) -> None:
        """Stop from this moment on."""
        self.latch.trip(Stop(self.pace.now().isoformat(), by, reason))

    def _trip_itself(self, reason: str) -> None:
        """The same where nobody asked for it; one of its own stops, unless the robot is stopped already."""
        stop = Stop(self.pace.now().isoformat(), "the gate", reason)
        if self.latch.stop is None:
            self.own_stops.append(stop)
        self.latch.trip(stop)

    def _check_start(self, task: Task) -> Refusal | None:
        """The stop, and rules for a first setpoint that nobody judged, or that is not where the robot was sent."""
        judged = not task.grips and not self.drive.off_track(self.limits.profile)
        return rules.check_stop(self.latch.stop) or (None if judged else self._check_leap(task.path[0]))

    def _give_way(self) -> None:
        """Tell a robot that rests beside its setpoint to stay, if it may be sent there; while stopped, not far."""
        drive, profile = self.drive, self.limits.profile
        if not drive.rests_beside(profile) or self._check_leap(drive.measured.pose):
            return
        if self.latch.stop is None or is_explained(drive.sent.pose, drive.measured.pose, profile):
            drive.give_way()

    def _check_leap(self, to: Pose) -> Refusal | None:
        """Rules for a setpoint that no way led up to."""
        return check_leap(self.drive.sent.pose, to, self.limits.profile, self.limits.fence, loaded=self.drive.loaded)

    def _watch(self, task: Task, motion: PathMotion) -> Watch:
        """What this task must be asked at every tick."""
        version = self.limits.version
        began_inside = self.limits.fence.is_inside(task.path[0].point, loaded=self.drive.loaded)
        extra_m = task.case.caution.extra_margin_m

        def end() -> Refusal | None:
            nonlocal version
            self.limits.poll()
            refusal = self._reason_to_end(self.drive.measured)
            if refusal is None and began_inside is None:
                refusal = self.limits.fence.check_measured(self.drive.measured.pose, loaded=self.drive.loaded)
            if refusal is None and version != self.limits.version:
                version = self.limits.version
                refusal = check_ahead(
                    motion.ahead, self.limits.profile, self.limits.fence, loaded=self.drive.loaded, extra_m=extra_m
                )
            return refusal

        def halt() -> Refusal | None:
            return end() or rules.check_clearance(self.drive.measured, self.limits.profile)

        def wrong(last: Pose, setpoint: Pose, period_s: float) -> Refusal | None:
            return rules.check_setpoint(
                last, setpoint, task.profile, task.speed_factor, period_s
            ) or self.limits.fence.check_setpoint(last, setpoint, loaded=self.drive.loaded, extra_m=extra_m)

        return Watch(halt, end, lambda: self._share(task), wrong)

    def _share(self, task: Task) -> float:
        """The share of the task's own speed that the moment allows: obstacles, people, mood and newer limits."""
        now, planned, measured = self.limits.profile, task.profile, self.drive.measured
        places = (measured.pose.point, self.drive.sent.pose.point)
        human_m = min(self.limits.fence.human_m(place, loaded=self.drive.loaded) for place in places)
        faster = now.max_tcp_speed_mps / planned.max_tcp_speed_mps
        return min(
            1.0,
            rules.throttle_at(measured, now),
            share_at(human_m, now) * faster / task.speed_factor,
            faster,
            now.max_rotation_dps / planned.max_rotation_dps,
            self.caution().speed_factor / task.case.caution.speed_factor,
        )

    def _reason_to_end(self, measured: Measured) -> Refusal | None:
        """What must end anything; an obstacle within the hard stop distance also latches."""
        profile = self.limits.profile
        clearance_m, hard_stop_m = measured.clearance_m, profile.distances.hard_stop_m
        if clearance_m is not None and not clearance_m > hard_stop_m:
            self._trip_itself(f"an obstacle came within the hard stop distance of {hard_stop_m:g}m")
        return (
            rules.check_stop(self.latch.stop)
            or rules.check_fresh(measured, self.pace.now_s(), profile)
            or self.drive.off_track(profile)
            or self.limits.undecided
        )
