"""The control loop: sends setpoint after setpoint to the driver, checks each, and knows what was measured last.

Knows no order and no grant; whoever drives says what halts a motion and how fast it may be. Only the gate makes one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Commanded, Measured, Pose, Robot, Velocity
from llmos.robots.judgement import rules
from llmos.robots.judgement.tracking import Tracking
from llmos.robots.moving.motion import PathMotion
from llmos.robots.moving.postcondition import is_near, rests, stands_still
from llmos.robots.pace import Pace
from llmos.robots.verdict import Refusal

NEWEST_TICKS: Final = 200
_ON_TIME = 0.01
_MOST_LATE = 3
_SHARES = 100
"""Speeds are scaled in hundredths, so that a motion is not planned anew at every tick."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is asked at every tick: why to halt, what share of the speed is allowed, what is wrong with a setpoint.

    `end` says why a robot that has no way left does nothing more, neither settle nor grip.
    """

    halt: Callable[[], Refusal | None]
    end: Callable[[], Refusal | None]
    share: Callable[[], float]
    wrong: Callable[[Pose, Pose, float], Refusal | None]


class Drive:
    """One driver, its newest measurement and the newest setpoint that was sent to it."""

    def __init__(self, driver: Robot, pace: Pace) -> None:
        self._driver = driver
        self._pace = pace
        self.measured: Measured = driver.tick(pace.now_s())
        self.sent = Commanded(self.measured.pose, self.measured.gripper_closed)
        self._rate, self._step_s = Velocity(), 0.0
        self._ticked_s = pace.now_s()
        self._tracking = Tracking(self._ticked_s, self.measured.pose)
        self.period_s: deque[float] = deque(maxlen=NEWEST_TICKS)

    @property
    def name(self) -> str:
        """What moves, and whether it is simulated."""
        return self._driver.name

    @property
    def loaded(self) -> bool:
        """Whether the payload counts: something is held, or may be between jaws that are closed."""
        return self.measured.holding is not None or self.measured.gripper_closed

    def tick(self) -> Measured:
        """Let the robot go on until now, without a new setpoint."""
        self.measured = self._driver.tick(self._pace.now_s())
        return self.measured

    def close(self) -> None:
        """Let the driver come to rest and give its hardware back."""
        self._driver.close()

    def begin(self, setpoint: Commanded) -> None:
        """Send the first setpoint of a motion, which begins at rest, whatever became of the one before."""
        self._rate, self._step_s = Velocity(), 0.0
        self.send(setpoint)

    def send(self, setpoint: Commanded) -> None:
        """Command it and measure."""
        self.sent = setpoint
        self._driver.command(setpoint)
        now_s = self._pace.now_s()
        if now_s > self._ticked_s:
            self.period_s.append(now_s - self._ticked_s)
        self._ticked_s = now_s
        self._tracking.sent(now_s, setpoint.pose)
        self.measured = self._driver.tick(now_s)

    def off_track(self, profile: RobotProfile) -> Refusal | None:
        """Rule `tracking`: the robot is measured where its setpoints are, as nearly as the profile demands."""
        return self._tracking.check(self.measured, profile)

    def rests_beside(self, profile: RobotProfile) -> bool:
        """Whether the robot is known to rest, and that not where its setpoints are."""
        fresh = rules.check_fresh(self.measured, self._pace.now_s(), profile) is None
        return fresh and rests(self.measured, profile) and self.off_track(profile) is not None

    def give_way(self) -> None:
        """A robot that rests beside its setpoint stays where it is; it must not go on pressing, nor jump when freed."""
        self.send(Commanded(self.measured.pose, self.sent.gripper_closed))

    async def follow(
        self, motion: PathMotion, profile: RobotProfile, watch: Watch, halted: Refusal | None = None
    ) -> Refusal | None:
        """Send setpoints until the motion ends, or until it is at rest because something halted it; then why.

        A setpoint that is wrong is never sent: the robot holds the last one that was right. After a late tick the next
        setpoint is as much farther along, but never by more than three further control periods.
        """
        while not motion.arrived and not (halted and motion.at_rest):
            await self._pace.wait(profile.control_period_s)
            period_s = self._since_last(profile.control_period_s)
            reason = watch.halt()  # also while it brakes: an obstacle within the hard stop distance latches then too
            halted = halted or reason
            share = 0.0 if halted else _in_hundredths(watch.share())
            setpoint = motion.step(period_s, share)
            rate = rules.velocity_of(self.sent.pose, setpoint, period_s)
            between_s = ((self._step_s or profile.control_period_s) + period_s) / 2
            wrong = rules.check_acceleration(self._rate, rate, profile, between_s) or (
                rules.check_setpoint(self.sent.pose, setpoint, profile, period_s=period_s)
                if halted  # it brakes on the way that was approved, whatever has become of that since
                else watch.wrong(self.sent.pose, setpoint, period_s)
            )
            if wrong:
                self._rate, self._step_s = Velocity(), 0.0
                return wrong
            self._rate, self._step_s = rate, period_s  # a motion that is cancelled goes on from here, braking
            self.send(Commanded(setpoint, self.sent.gripper_closed))
        self._rate, self._step_s = Velocity(), 0.0
        return halted

    def _since_last(self, period_s: float) -> float:
        """The time from the last setpoint to now, as far as a setpoint may make up for it."""
        late_s = self._pace.now_s() - self._ticked_s - period_s
        return period_s if late_s < period_s * _ON_TIME else period_s + min(late_s, _MOST_LATE * period_s)

    async def settle(
        self, profile: RobotProfile, watch: Watch, target: Pose, halted: Refusal | None = None, *, grips: bool
    ) -> Refusal | None:
        """Hold the last setpoint until the robot rests at the target, no longer than it may take; why not, if halted.

        Once halted it rests wherever that is, and where the setpoint `grips`, it is not sent again.
        """
        until_s = self._pace.now_s() + profile.settle_time_s
        settled = False
        while not settled and self._pace.now_s() < until_s:
            await self._pace.wait(profile.control_period_s)
            reason = watch.end()
            halted = halted or reason
            if halted and grips:
                self.tick()
            else:
                self.send(self.sent)
            settled = stands_still(self.measured, profile) if halted else self.is_at(target, profile)
        reason = watch.end()  # of what was measured last
        return halted or reason

    def is_at(self, target: Pose, profile: RobotProfile) -> bool:
        """Whether the measured state is the commanded one, within the profile's tolerances, and stays so."""
        return (
            stands_still(self.measured, profile)
            and self.measured.gripper_closed == self.sent.gripper_closed
            and is_near(self.measured.pose, target, profile)
        )

    def start(self, profile: RobotProfile) -> Pose:
        """Where a motion begins: the last setpoint while the robot is measured to be there, else where it is.

        A robot that sags a little below its setpoints would otherwise sag a little more with every command.
        """
        return self.sent.pose if is_near(self.measured.pose, self.sent.pose, profile) else self.measured.pose


def _in_hundredths(share: float) -> float:
    """Rounded down, but never to a standstill, which would last as long as the reason to go slowly."""
    return int(share * _SHARES) / _SHARES if share * _SHARES >= 1.0 else share
