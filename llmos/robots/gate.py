"""The one way to a robot: every order gets a verdict here, and every setpoint is checked again before it is sent.

Knows no model and no tool. It is the only holder of the driver; nothing here loosens a limit but a person's rearm.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import anyio
import anyio.lowlevel
import anyio.to_thread

from llmos.documents.grants import Grant
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.zone import Zone
from llmos.errors import LLMosError, StorageError
from llmos.messages import JSON
from llmos.robots.base import ForceLimited, Measured, Pose, Robot
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order, Principal, Ruling, Snapshot
from llmos.robots.judgement.approvals import Approval, Approvals
from llmos.robots.judgement.asked import fingerprint, is_stop, plain
from llmos.robots.judgement.judging import Case, Sight, assess
from llmos.robots.judgement.permission import WINDOW_S, CommandRate
from llmos.robots.judgement.zones import Fence
from llmos.robots.latch import UNSURE, Rearm, Stop, StopLatch
from llmos.robots.moving.drive import Drive
from llmos.robots.moving.execution import Execution, Task
from llmos.robots.moving.motion import PathMotion
from llmos.robots.moving.postcondition import is_near, stands_still
from llmos.robots.pace import Pace
from llmos.robots.profile.accepted import AcceptedLimits
from llmos.robots.profile.in_force import InForce, News, nothing_new
from llmos.robots.safety_log import SafetyLog
from llmos.robots.safety_record import motion_detail, verdict_detail
from llmos.robots.verdict import Motion, Refusal, Result, Verdict

_BY_REQUEST = "stopped on request"


class Gate:
    """Implements Controls for a driver in this process, for any number of callers, one motion at a time.

    `zones` are added to those of the profile, `caution` is asked before every order and at every tick and can only
    tighten. `fence` makes the judge of ways from a profile's zones; `newest` tells of a profile that changed, and
    `accepted` keeps what a person accepted. What cannot be written to `log` does not happen, but a stop does.
    Whoever is to stop this gate also where the disk takes nothing needs `latch`, this very object.
    """

    def __init__(
        self,
        profile: RobotProfile,
        driver: Robot,
        pace: Pace,
        latch: StopLatch,
        *,
        zones: Mapping[str, Zone] | None = None,
        caution: Callable[[], Caution] = lambda: CALM,
        fence: Callable[[RobotProfile], Fence] = Fence,
        log: SafetyLog | None = None,
        accepted: AcceptedLimits | None = None,
        newest: News = nothing_new,
    ) -> None:
        self._pace = pace
        self.latch = latch
        self._caution = caution
        self._log = log
        self._limits = InForce(profile, zones or {}, fence, accepted, newest)
        self._force = driver if isinstance(driver, ForceLimited) else None
        self._drive = Drive(driver, pace)
        self._execution = Execution(self._drive, pace, latch, self._limits, caution, self._force)
        self._approvals = Approvals()
        self._rate = CommandRate()
        self._verdicts = 0
        self._commands = 0
        self._moving: str | None = None
        self._ended = anyio.Event()

    @property
    def profile(self) -> RobotProfile:
        """The limits in force."""
        return self._limits.profile

    def tick(self) -> Measured:
        """The state as it is now; also while stopped. A motion under way ticks by itself."""
        if self._moving:
            return self._drive.measured
        self._limits.poll()
        return self._drive.tick()

    def close(self) -> None:
        """Let the driver come to rest and give its hardware back."""
        self._drive.close()

    def snapshot(self) -> Snapshot:
        """The newest known state, without waiting."""
        return Snapshot(
            measured=self.tick(),
            commanded=self._drive.sent,
            stop=self.latch.stop,
            moving=self._moving,
            version=self._version,
            robot_name=self._drive.name,
            profile=self.profile,
            period_s=tuple(self._drive.period_s),
            pending=self._limits.pending,
            ended=self._execution.ended,
            notes=self._limits.notes,
            rearms=self.latch.rearms,
        )

    async def judge(self, order: Order, *, preview: bool = False) -> Ruling:
        """The verdict on an order, by its turn if it is patient; a preview gives no approval and counts for nothing."""
        if is_stop(order.verb):
            return Ruling(order, self._verdict(order.verb, order.args, preview=preview))
        self.tick()
        await self._save_limits()
        case = self._assess(order)
        if order.patient and not preview:
            case = await self._in_turn(order, case)
        version = self._version
        verdict = self._verdict(order.verb, order.args, case.refusal, preview=preview)
        if not preview:
            await self._write("verdict", verdict_detail(order, verdict, case.path))
        if case.refusal or preview:
            await self._slow_down(case.refusal)
            return Ruling(order, verdict, case.path, 0.0 if case.refusal else self._duration_s(case))
        now_s = self._pace.now_s()
        expires_s = now_s + self.profile.approval_expiry_s
        approval = Approval(_fingerprint(order), version, expires_s, case.path, verdict)
        token = self._approvals.give(approval, now_s)
        return Ruling(order, verdict, case.path, self._duration_s(case), token, expires_s)

    async def dispatch(self, ruling: Ruling) -> Result:
        """Carry out what was approved, once; everything is checked again, and what has changed since refuses it."""
        order = ruling.order
        if is_stop(order.verb):
            return await self.stop(str(order.principal), _BY_REQUEST)
        now_s = self._pace.now_s()
        self.tick()
        approval = self._approvals.take(ruling.approval, _fingerprint(order), self._version, now_s)
        if isinstance(approval, Refusal):
            return await self._refuse(order, self._assess(order).refusal or approval)
        case = self._assess(order, approval.path)
        if changed := case.refusal or self._moved_away(approval):
            return await self._refuse(order, changed)
        self._moving = order.verb
        self._commands += 1
        self._rate.count(order.principal, now_s)
        closed = bool(order.args.get("activate", self._drive.sent.gripper_closed))
        path = approval.path or (self._drive.start(self.profile),)
        before = self._execution.ended
        try:
            motion = await self._execution.carry_out(Task(approval.verdict, case, path, closed, self.profile))
        finally:
            ended = self._execution.ended
            self._moving = None
            self._ended.set()
            self._ended = anyio.Event()
            warning = await self._save_stop()
            noted = await self._note_end(None if ended is before else ended)
        return Result(approval.verdict, motion.after, motion, warning or noted)

    async def stop(self, by: str, reason: str) -> Result:
        """Decelerate whatever moves, hold, and let nothing move until a person rearms; never refused.

        It holds in this process even where it cannot be put on disk; then the result says so in `warning`.
        """
        self._execution.trip(by, reason)
        before, said = self._drive.measured, {"by": str(by)[:200], "reason": str(reason)[:200]}
        with anyio.CancelScope(shield=True):
            unsaved = await self._save_stop()
            unlogged = await self._note("stop", said)
            verdict = replace(self._verdict("emergency_stop", {}), args=said)
            while self._moving is not None:
                await self._ended.wait()
            after = self.tick()
        motion = Motion(verdict, self._drive.sent, before, after, stands_still(after, self.profile))
        return Result(verdict, after, motion, unsaved or unlogged)

    async def book(self, stop: Stop) -> None:
        """Write down a stop that the latch has taken already; it trips nothing, for a person may have rearmed since."""
        await self._note_stop(stop)

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again: the stop that was lifted, if there was one; nothing moves by it.

        Raises RefusedError for the hash of another profile than the newest, and for a stop that comes once this was
        asked for, StorageError where the disk refuses; then nothing is lifted, but limits that were accepted count.
        It is written down first and then not cancelled; a second line tells of what was refused.
        """
        mark = self.latch.mark  # before anything is waited for
        said, lifted = {"by": str(by)[:200], "profile": profile_hash[:200]}, None
        with anyio.CancelScope(shield=True):
            await self._write("rearm", said)
            self._commands += 1
            try:
                await self._limits.accept(profile_hash)
                lifted = await anyio.to_thread.run_sync(Rearm(self.latch, self._pace.now), by, mark)
            except LLMosError as error:
                await self._note("rearm", {**said, "refused": str(error)[:1000]})
                raise
        return lifted

    @property
    def _version(self) -> int:
        return self._commands + self._limits.version + self.latch.rearms

    def _assess(self, order: Order, approved: tuple[Pose, ...] | None = None) -> Case:
        drive = self._drive
        sight = Sight(
            profile=self.profile,
            fence=self._limits.fence,
            measured=drive.measured,
            start=drive.start(self.profile),
            loaded=drive.loaded,
            now_s=self._pace.now_s(),
            stop=self.latch.stop,
            moving=self._moving,
            rate=self._rate,
            limits_force=self._force is not None,
            undecided=self._limits.undecided,
        )
        return assess(order, sight, order.caution.tighter(self._caution()), approved)

    async def _refuse(self, order: Order, refusal: Refusal) -> Result:
        """The answer to what was approved once and may not begin now."""
        verdict = self._verdict(order.verb, order.args, refusal)
        warning = await self._note("verdict", verdict_detail(order, verdict, ()))
        return Result(verdict, self._drive.measured, warning=warning)

    def _moved_away(self, approval: Approval) -> Refusal | None:
        """Rule `approval`: the robot is where it was when its way was judged."""
        if not approval.path or is_near(self._drive.start(self.profile), approval.path[0], self.profile):
            return None
        return Refusal("approval", "The robot is not where it was when this was approved", "ask the gate again")

    def _verdict(
        self, verb: str, args: Mapping[str, JSON], refusal: Refusal | None = None, *, preview: bool = False
    ) -> Verdict:
        self._verdicts += not preview
        return Verdict(0 if preview else self._verdicts, str(verb)[:40], plain(args), refusal)

    def _duration_s(self, case: Case) -> float:
        if not case.path:
            return self.profile.grip_time_s
        return PathMotion(case.path, self.profile, case.speed_factor(self.profile)).duration_s

    async def _in_turn(self, order: Order, case: Case) -> Case:
        """The order as it stands once the rate allows it, or when it has waited for as long as commands are counted."""
        until_s = self._pace.now_s() + WINDOW_S
        while case.grant and case.refusal and case.refusal.rule == "rate":
            while self._is_too_soon(order.principal, case.grant) and self._pace.now_s() <= until_s:
                await self._slow_down(case.refusal)
            self.tick()
            case = self._assess(order)
            if self._moving is not None or self._pace.now_s() > until_s:
                break
        return case

    def _is_too_soon(self, principal: Principal, grant: Grant) -> bool:
        """Whether time alone is what this one needs: nothing moves or is stopped, and the rate is used up."""
        if self._moving is not None or self.latch.stop is not None:
            return False
        return self._rate.check(principal, grant, self.profile, self._pace.now_s()) is not None

    async def _slow_down(self, refusal: Refusal | None) -> None:
        """Whoever asks too often waits for a control period with each refusal, and leaves no tick half used."""
        if refusal and refusal.rule == "rate" and self._moving is None:
            with anyio.CancelScope(shield=True):
                await self._pace.wait(self.profile.control_period_s)
            await anyio.lowlevel.checkpoint_if_cancelled()

    async def _write(self, kind: str, detail: Mapping[str, JSON]) -> None:
        """Add a line to the safety log; StorageError, and what it tells of must not happen."""
        if self._log is not None:
            await anyio.to_thread.run_sync(self._log.append, kind, self.profile.name, detail)

    async def _note(self, kind: str, detail: Mapping[str, JSON]) -> str:
        """Add a line on what has happened already, however busy other threads are; what kept it from there, if so."""
        with anyio.CancelScope(shield=True):
            try:
                if self._log is not None:
                    append, alone = self._log.append, anyio.CapacityLimiter(1)
                    await anyio.to_thread.run_sync(append, kind, self.profile.name, detail, limiter=alone)
            except StorageError as error:
                return str(error)
        return ""

    async def _note_stop(self, stop: Stop) -> str:
        return await self._note("stop", {"by": stop.by[:200], "reason": stop.reason[:200], "since": stop.since})

    async def _note_end(self, motion: Motion | None) -> str:
        """Add lines on the stops that nobody asked for and on how a motion ended; what kept the first from there."""
        said = []
        while self._execution.own_stops:
            said.append(await self._note_stop(self._execution.own_stops.popleft()))
        if motion is not None:
            said.append(await self._note("motion", motion_detail(motion)))
        return next(filter(None, said), "")

    async def _save_limits(self) -> None:
        if self._limits.unsaved:
            await self._limits.save()
            waiting = self._limits.waiting
            profile = self.profile.document.content_hash
            await self._write("limits", {"profile": profile, "looser_keys_waiting": list(waiting)})

    async def _save_stop(self) -> str:
        """Put a stop on disk in a thread of its own, however busy the others are; what kept it from there, if so."""
        if not self.latch.is_unsaved:
            return ""
        with anyio.CancelScope(shield=True):
            try:
                sure = await anyio.to_thread.run_sync(self.latch.save, limiter=anyio.CapacityLimiter(1))
            except StorageError as error:
                return str(error)
        return "" if sure else UNSURE


def _fingerprint(order: Order) -> str:
    principal, caution = order.principal, order.caution
    return fingerprint(
        order.verb,
        plain(order.args),
        (principal.kind, principal.name, principal.content_hash),
        [(each.x, each.y, each.z, each.theta_rad) for each in order.via],
        (caution.speed_factor, caution.extra_margin_m, caution.max_step_m),
    )
