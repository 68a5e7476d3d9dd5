"""What ends a motion reaches the gripper too: a stop, a cancellation, an obstacle that is too near."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.from_thread
import pytest

from llmos.clock import SimulatedClock
from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Measured, RobotError
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order
from llmos.robots.gate import Gate
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.robot_host import RobotHost
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.pace import SharedPace, SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import OPERATOR, WatchedRobot, arm_profile, rig, shipped_scene

pytestmark = pytest.mark.anyio
SMOKE = Stop("", "Ada", "smoke")
CLOSE = Order("toggle_tool", {"activate": True}, OPERATOR)


async def test_stop_ends_the_commands_to_the_gripper(tmp_path: Path) -> None:
    """From the moment of a stop nothing more is sent, and the motion says that it was halted."""
    arm = rig(tmp_path)
    arm.robot.on_command = lambda sent: arm.latch.trip(SMOKE) if sent == 3 else None
    result = await arm.pilot.toggle_tool(True)
    assert result.verdict.allowed
    assert not result.ok
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert len(arm.robot.sent) == 3


async def test_cancelling_ends_the_commands_to_the_gripper(tmp_path: Path) -> None:
    """From the moment of a cancellation nothing more is sent."""
    arm = rig(tmp_path)
    with anyio.CancelScope() as scope:
        arm.robot.on_command = lambda sent: scope.cancel() if sent == 3 else None
        await arm.pilot.toggle_tool(True)
    ended = arm.gate.snapshot().ended
    assert ended is not None
    assert ended.halted is not None
    assert ended.halted.rule == "cancelled"
    assert len(arm.robot.sent) == 3


async def test_stop_lets_nothing_go(tmp_path: Path) -> None:
    """What was gripped stays gripped, in a halted move and in a halted closing."""
    arm = rig(tmp_path)
    await arm.pilot.move_to(1.5, 1.0, 0.5)
    assert (await arm.pilot.toggle_tool(True)).ok
    first = len(arm.robot.sent)
    arm.robot.on_command = lambda sent: arm.latch.trip(SMOKE) if sent in (first + 50, first + 1) else None
    assert not (await arm.pilot.toggle_tool(True)).ok
    await arm.gate.rearm("Ada")
    assert not (await arm.pilot.move_to(1.5, 1.0, 1.5)).ok
    assert len(arm.robot.sent) > first + 50
    assert all(each.gripper_closed for _, each in arm.robot.sent[first:])
    assert arm.pilot.measure().holding == "cube"


async def test_stop_while_a_move_settles_ends_it(tmp_path: Path) -> None:
    """The robot has all setpoints by then, and is not where they lead."""
    arm = rig(tmp_path, "empty", zones={})
    short = 0.01

    def stuck(seen: Measured) -> Measured:
        return replace(seen, pose=replace(seen.pose, x=min(seen.pose.x, 1.0 - short)))

    def stop(_: int) -> None:
        if len(arm.robot.sent) > 1 and arm.robot.sent[-1][1] == arm.robot.sent[-2][1]:
            arm.latch.trip(SMOKE)

    arm.robot.distort, arm.robot.on_command = stuck, stop
    result = await arm.pilot.move_to(1.0, 0.0, 1.0)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"


async def test_driver_that_breaks_when_it_is_told_to_stay_latches_the_stop(tmp_path: Path) -> None:
    """Something holds the arm back; it comes to rest beside its setpoint, and is sent there."""
    arm = rig(tmp_path, "empty", zones={})

    def held_back(seen: Measured) -> Measured:
        return replace(seen, pose=replace(seen.pose, x=min(seen.pose.x, 0.5)))

    def break_down(_: int) -> None:
        if arm.robot.sent[-1][1].pose.x == 0.5:
            raise RobotError("the wire broke")

    arm.robot.distort, arm.robot.on_command = held_back, break_down
    with pytest.raises(RobotError, match="the wire broke"):
        await arm.pilot.move_to(1.0, 0.0, 1.0)
    assert arm.latch.stop is not None
    assert (arm.latch.stop.by, arm.latch.stop.reason) == ("the gate", "the control loop failed: the wire broke")


async def test_gripper_works_within_the_soft_stop_distance_and_not_within_the_hard_one(tmp_path: Path) -> None:
    """The soft one ends what moves the robot; the hard one ends everything and latches."""
    clearance_m = 0.12
    arm = rig(tmp_path, range_sensor=lambda _: clearance_m)
    result = await arm.pilot.toggle_tool(True)
    assert result.measured.gripper_closed
    assert result.refusal is None
    await arm.pilot.toggle_tool(False)
    count = len(arm.robot.sent)

    def come_near(sent: int) -> None:
        nonlocal clearance_m
        if sent == count + 2:
            clearance_m = 0.05

    arm.robot.on_command = come_near
    result = await arm.pilot.toggle_tool(True)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert arm.gate.snapshot().stop is not None
    assert len(arm.robot.sent) == count + 2


async def test_order_that_was_cancelled_before_it_began_commands_nothing(tmp_path: Path) -> None:
    """A gripper that began to close would go on to the end by itself."""
    arm = rig(tmp_path)
    ruling = await arm.gate.judge(CLOSE)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await arm.gate.dispatch(ruling)
    assert scope.cancelled_caught
    assert arm.robot.sent == []
    assert arm.gate.snapshot().ended is None


@dataclass(frozen=True)
class CancellingFiles(HostFiles):
    """Files of a host that do something in the moment in which a motion is noted down."""

    due: list[Callable[[], None]]

    @property
    def moving(self) -> Path:
        if self.due:
            anyio.from_thread.run_sync(self.due.pop())
        return HostFiles(self.home, self.robot).moving


async def test_order_that_is_cancelled_while_the_host_notes_it_commands_nothing(tmp_path: Path) -> None:
    """Writing the note takes its time, and nobody may wait for the motion any more by then."""
    arm = rig(tmp_path)
    files = CancellingFiles(tmp_path, "arm", [])
    (tmp_path / "run").mkdir()
    host = RobotHost(arm.gate, arm.scene, files, SharedPace(arm.clock))
    ruling = await arm.gate.judge(CLOSE)
    with anyio.CancelScope() as scope:
        files.due.append(scope.cancel)
        await host.drive(ruling)
    assert scope.cancelled_caught
    assert arm.robot.sent == []
    assert not files.moving.exists()


async def test_stop_that_comes_after_the_last_judgement_keeps_the_gripper_still(tmp_path: Path) -> None:
    """The latch is looked at once more directly before the first command."""
    arm, due = rig(tmp_path), False

    def caution() -> Caution:
        if due:
            arm.latch.trip(SMOKE)
        return CALM

    gate = Gate(arm.profile, arm.robot, SimulatedPace(arm.clock), arm.latch, caution=caution)
    ruling = await gate.judge(CLOSE)
    due = True
    result = await gate.dispatch(ruling)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert arm.robot.sent == []


async def test_a_limit_that_leaves_hardly_any_speed_beside_people_still_lets_a_motion_end(tmp_path: Path) -> None:
    """A crawl beside a person is a twentieth of the speed; a twentieth of a tenth is less than a hundredth."""
    slow = replace(arm_profile(), max_tcp_speed_mps=0.05)
    slow = replace(slow, document=replace(slow.document, content_hash="sha256:" + "1" * 64))
    given: list[RobotProfile] = []
    clock = SimulatedClock()
    robot = WatchedRobot(KinematicArm(arm_profile(), shipped_scene("empty")), clock)

    def newest() -> RobotProfile | None:
        if given or not robot.sent or robot.sent[-1][1].pose.x < 0.22:
            return None
        given.append(slow)
        return slow

    latch = StopLatch(tmp_path / "robots" / "arm.json")
    pilot = Pilot(Gate(arm_profile(), robot, SimulatedPace(clock), latch, newest=newest), OPERATOR)
    assert (await pilot.move_to(-0.3, -1.0, 1.0)).ok
    with anyio.CancelScope() as scope:

        def give_up(measured: Measured) -> Measured:
            if measured.timestamp_s > 600.0:
                scope.cancel()
            return measured

        robot.distort = give_up
        result = await pilot.move_to(0.29, -1.0, 1.0)
    assert not scope.cancelled_caught, "it stands there for ever"
    assert given
    assert result.ok
