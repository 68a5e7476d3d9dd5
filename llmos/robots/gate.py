"""The one way to a robot: every command gets a verdict here, and every setpoint is checked again before it is sent.

Knows no model and no tool. It is the only holder of the driver; there is no method that sets a limit or clears a stop.
"""

import math
from collections.abc import Callable, Mapping

import anyio
import anyio.to_thread

from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots import rules
from llmos.robots.base import Commanded, Measured, Pose, Robot, turn_between
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.motion import StraightMotion
from llmos.robots.pace import Pace
from llmos.robots.verdict import Motion, Refusal, Result, Verdict


class Gate:
    """Carries out the commands of any number of callers, one motion at a time.

    `on_verdict` is called before anything moves, `on_motion` after it stands still again; an exception of either passes
    to the caller, and when it comes from `on_verdict` nothing moves (but a stop stops all the same).
    """

    def __init__(
        self,
        profile: RobotProfile,
        driver: Robot,
        pace: Pace,
        latch: StopLatch,
        on_verdict: Callable[[Verdict], None] = lambda _: None,
        on_motion: Callable[[Motion], None] = lambda _: None,
    ) -> None:
        self.profile = profile
        self._driver = driver
        self._pace = pace
        self._latch = latch
        self._on_verdict = on_verdict
        self._on_motion = on_motion
        self._verdicts = 0
        self._moving: str | None = None
        self._ended = anyio.Event()
        self._measured = driver.tick(pace.now_s())
        self._sent = Commanded(self._measured.pose, self._measured.gripper_closed)

    @property
    def robot_name(self) -> str:
        """What moves, and whether it is simulated."""
        return self._driver.name

    @property
    def stop(self) -> Stop | None:
        """The emergency stop that is latched, if one is."""
        return self._latch.stop

    def measure(self) -> Measured:
        """The state as it is now; also while stopped, and while a motion runs."""
        if self._moving is None:
            self._measured = self._driver.tick(self._pace.now_s())
        return self._measured

    def close(self) -> None:
        """Let the driver come to rest and give its hardware back."""
        self._driver.close()

    async def move_to(self, x: float, y: float, z: float, theta_deg: float | None = None) -> Result:
        """Go to a position in the workspace, straight; without `theta_deg` the heading stays."""
        turn = {} if theta_deg is None else {"theta_deg": theta_deg}
        return await self.perform("move_to", {"x": x, "y": y, "z": z, **turn})

    async def move_relative(self, dx: float = 0.0, dy: float = 0.0, dz: float = 0.0, dtheta_deg: float = 0.0) -> Result:
        """Go by so much from where the tool is measured to be."""
        return await self.perform("move_relative", {"dx": dx, "dy": dy, "dz": dz, "dtheta_deg": dtheta_deg})

    async def toggle_tool(self, activate: bool) -> Result:  # noqa: FBT001 - the document's own signature
        """Close the gripper (true) or open it (false); `ok` after closing only if it holds something."""
        return await self.perform("toggle_tool", {"activate": activate})

    async def go_home(self) -> Result:
        """Go to the home of the profile."""
        return await self.perform("go_home", {})

    async def emergency_stop(self, by: str = "an agent", reason: str = "stopped on request") -> Result:
        """Decelerate whatever moves, hold, and let nothing move until a person rearms; never refused.

        Raises StorageError when the stop could not be put on disk; it holds in this process all the same.
        """
        self._trip(by, reason)
        before = self._measured
        with anyio.CancelScope(shield=True):
            try:
                await self._save_stop()
            finally:
                verdict = self._verdict("emergency_stop", {})
                while self._moving is not None:
                    await self._ended.wait()
                self.measure()
                motion = self._report(Motion(verdict, self._sent, before, self._measured, self._stands_still()))
        return Result(verdict, motion.after, motion)

    async def perform(self, verb: str, args: Mapping[str, JSON]) -> Result:
        """Give a verdict on any command, and carry it out if it is allowed; refused commands move nothing."""
        if verb == "emergency_stop":  # whatever stands beside it
            return await self.emergency_stop()
        self.measure()
        verdict = self._verdict(verb, args, self._objection_to(verb, args))
        if not verdict.allowed:
            return Result(verdict, self._measured)
        self._moving = verb
        try:
            motion = await self._carry_out(verdict)
        finally:
            self._moving = None
            self._ended.set()
            self._ended = anyio.Event()
            await self._save_stop()
        return Result(verdict, motion.after, motion)

    def _objection_to(self, verb: str, args: Mapping[str, JSON]) -> Refusal | None:
        """The first rule that forbids this command."""
        return (
            rules.check_stop(self._latch.stop)
            or rules.check_finite(args)
            or rules.check_verb(verb)
            or rules.check_arguments(verb, args)
            or rules.check_idle(self._moving)
            or rules.check_fresh(self._measured, self._pace.now_s(), self.profile)
            or rules.check_motion(verb, args, self._measured, self.profile)
        )

    def _verdict(self, verb: str, args: Mapping[str, JSON], refusal: Refusal | None = None) -> Verdict:
        self._verdicts += 1
        verdict = Verdict(self._verdicts, str(verb)[:40], rules.plain(args), refusal)
        self._on_verdict(verdict)
        return verdict

    def _report(self, motion: Motion) -> Motion:
        self._on_motion(motion)
        return motion

    async def _carry_out(self, verdict: Verdict) -> Motion:
        """Move and come to rest: within the limits when cancelled, and for good when this loop itself fails."""
        before = self._measured
        target = rules.target_of(verdict.verb, verdict.args, before.pose, self.profile)
        closed = bool(verdict.args.get("activate", self._sent.gripper_closed))
        path = StraightMotion(before.pose, target, self.profile)
        cancelled: BaseException | None = None
        try:
            self._send(Commanded(before.pose, closed))
            try:
                halted = await self._follow(path)
                await self._settle(target if halted is None else None)
            except anyio.get_cancelled_exc_class() as error:
                cancelled = error
                with anyio.CancelScope(shield=True):
                    halted = await self._follow(path, rules.CANCELLED)
                    await self._settle(None)
        except Exception as error:
            self._trip("the gate", f"the control loop failed: {error}")
            raise
        gripped = rules.grip_holds(verdict.args, before, self._measured, self.profile)
        reached = halted is None and gripped and self._is_at(target)
        motion = self._report(Motion(verdict, self._sent, before, self._measured, reached, halted))
        if cancelled is not None:
            raise cancelled
        return motion

    async def _follow(self, path: StraightMotion, halted: Refusal | None = None) -> Refusal | None:
        """Send setpoint after setpoint until the path ends, or until it is at rest because something halted it."""
        period_s = self.profile.control_period_s
        while not path.arrived and not (halted and path.at_rest):
            await self._pace.wait(period_s)
            halted = halted or self._reason_to_halt()
            throttle = 0.0 if halted else rules.throttle_at(self._measured, self.profile)
            setpoint = path.step(period_s, throttle)
            if wrong := rules.check_setpoint(self._sent.pose, setpoint, self.profile):
                return wrong
            self._send(Commanded(setpoint, self._sent.gripper_closed))
        return halted

    async def _settle(self, target: Pose | None) -> None:
        """Hold the last setpoint until the robot rests, at the target if there is one; no longer than it may take."""
        until_s = self._pace.now_s() + self.profile.settle_time_s
        settled = False
        while not settled and self._pace.now_s() < until_s:
            await self._pace.wait(self.profile.control_period_s)
            self._send(self._sent)
            settled = self._is_at(target) if target else self._stands_still()

    def _reason_to_halt(self) -> Refusal | None:
        """What must end a motion under way; an obstacle within the hard stop distance also latches."""
        clearance_m, hard_stop_m = self._measured.clearance_m, self.profile.distances.hard_stop_m
        if clearance_m is not None and not clearance_m > hard_stop_m:
            self._trip("the gate", f"an obstacle came within the hard stop distance of {hard_stop_m:g}m")
        return (
            rules.check_stop(self._latch.stop)
            or rules.check_fresh(self._measured, self._pace.now_s(), self.profile)
            or rules.check_clearance(self._measured, self.profile)
        )

    def _send(self, setpoint: Commanded) -> None:
        self._sent = setpoint
        self._driver.command(setpoint)
        self._measured = self._driver.tick(self._pace.now_s())

    def _is_at(self, target: Pose) -> bool:
        """Whether the measured state is the commanded one, within the profile's tolerances, and stays so."""
        pose, profile = self._measured.pose, self.profile
        return (
            self._stands_still()
            and self._measured.gripper_closed == self._sent.gripper_closed
            and math.dist(pose.point, target.point) <= profile.position_tolerance_m
            and abs(turn_between(pose.theta_rad, target.theta_rad)) <= math.radians(profile.angle_tolerance_deg)
        )

    def _stands_still(self) -> bool:
        """Whether the robot, going on like this, would not leave its tolerances within the settling time."""
        velocity, profile = self._measured.velocity, self.profile
        way_m = velocity.speed_mps * profile.settle_time_s
        turn_deg = abs(math.degrees(velocity.theta_radps)) * profile.settle_time_s
        return way_m <= profile.position_tolerance_m and turn_deg <= profile.angle_tolerance_deg

    def _trip(self, by: str, reason: str) -> None:
        self._latch.trip(Stop(self._pace.now().isoformat(), by, reason))

    async def _save_stop(self) -> None:
        """Put a stop on disk in a thread of its own, however busy the others are."""
        if self._latch.is_unsaved:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._latch.save, limiter=anyio.CapacityLimiter(1))
