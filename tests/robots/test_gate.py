"""The gate: what it lets pass moves within the limits, what it refuses moves nothing, and a stop always stops."""

import json
import math
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.clock import SimulatedClock
from llmos.documents.scene import Point
from llmos.errors import StorageError
from llmos.robots.base import RobotError
from llmos.robots.gate import Gate
from llmos.robots.latch import Rearm, Stop, StopLatch
from llmos.robots.moving.motion import stopping
from llmos.robots.pace import SharedPace
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.robots.verdict import Result, Verdict
from tests.support.robots import (
    OPERATOR,
    Rig,
    WatchedRobot,
    arm_profile,
    braking_distance_m,
    rig,
    shipped_scene,
    unsafe,
)

pytestmark = pytest.mark.anyio
KNOWN_VERBS = "emergency_stop, go_home, move_relative, move_to, toggle_tool"
BRAKING_S, BRAKING_M = stopping(arm_profile())
"""What the worst stop of the shipped arm takes."""


def refused(result: Result) -> str:
    """The rule that forbade a command; nothing else may have happened."""
    assert not result.ok
    assert result.motion is None
    assert result.refusal is not None
    return result.refusal.rule


async def test_demo_object_ends_where_it_was_placed_by_measurement(tmp_path: Path) -> None:
    """Pick at (1.5, 1.0, 0.5), place at (-1.0, -1.0, 0.7): the cube is measured there, and every setpoint was safe."""
    arm = rig(tmp_path)
    for result in (
        await arm.pilot.move_to(1.5, 1.0, 0.5),
        await arm.pilot.toggle_tool(True),
        await arm.pilot.move_to(-1.0, -1.0, 0.7),
        await arm.pilot.toggle_tool(False),
        await arm.pilot.go_home(),
    ):
        assert result.ok
    assert arm.pilot.measure().objects["cube"] == pytest.approx(Point(-1.0, -1.0, 0.7))
    assert arm.pilot.measure().pose.point == pytest.approx((0.0, 0.0, 1.0))
    assert unsafe(arm.robot.sent) == []
    assert [verdict.number for verdict in arm.verdicts] == [1, 2, 3, 4, 5]
    assert [motion.verdict for motion in arm.motions] == arm.verdicts
    assert not arm.latch.path.exists()


async def test_longest_move_takes_its_time(tmp_path: Path) -> None:
    """A move of any length inside the workspace is executed, at 0.5 m/s and no faster."""
    arm = rig(tmp_path, "empty", zones={})
    assert (await arm.pilot.move_to(-2, -2, 0)).ok
    result = await arm.pilot.move_to(2, 2, 3)
    assert result.ok
    assert result.motion is not None
    assert result.motion.duration_s == pytest.approx(math.sqrt(41) / 0.5 + 0.5 + 0.2, abs=0.1)
    assert unsafe(arm.robot.sent) == []


async def test_relative_moves_start_where_the_tool_is_measured(tmp_path: Path) -> None:
    """Four relative moves draw a square and end where they began."""
    arm = rig(tmp_path, "empty")
    for step in ({"dx": 0.2}, {"dy": 0.2}, {"dx": -0.2}, {"dy": -0.2}, {"dtheta_deg": -90.0}):
        assert (await arm.pilot.move_relative(**step)).ok
    assert arm.pilot.measure().pose.point == pytest.approx((0.0, 0.0, 1.0))
    assert arm.pilot.measure().pose.theta_deg == pytest.approx(270)


async def test_heading_stays_unless_it_is_given(tmp_path: Path) -> None:
    """A move without a heading turns nothing, one with a heading ends in it, a relative one turns in full."""
    arm = rig(tmp_path, "empty")
    assert (await arm.pilot.move_to(0, 0, 1, 90)).ok
    assert (await arm.pilot.move_to(1, 0, 1)).measured.pose.theta_deg == pytest.approx(90)
    full_turn = await arm.pilot.move_relative(dtheta_deg=360)
    assert full_turn.ok
    assert full_turn.motion is not None
    assert full_turn.motion.duration_s > 360 / 45
    assert unsafe(arm.robot.sent) == []


@pytest.mark.parametrize(
    ("verb", "args", "rule", "sentence"),
    [
        ("move_to", {"x": 5, "y": 0, "z": 1}, "workspace",
         "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."),
        ("move_to", {"x": 0, "y": 0, "z": -0.1}, "workspace",
         "Z position -0.10m outside workspace [0, 3]; choose z between 0 and 3."),
        ("move_relative", {"dy": 2.5}, "workspace",
         "Y position 2.50m outside workspace [-2, 2]; choose y between -2 and 2."),
        ("move_to", {"x": math.nan, "y": 0, "z": 1}, "well-formed",
         "x is not a finite number; give a finite number in metres or degrees."),
        ("move_relative", {"dx": math.inf}, "well-formed",
         "dx is not a finite number; give a finite number in metres or degrees."),
        ("move_to", {"x": "1", "y": 0, "z": 1}, "well-formed",
         "x is '1'; give a finite number in metres or degrees."),
        ("move_to", {"x": True, "y": 0, "z": 1}, "arguments", "x is true; move_to needs a number there."),
        ("toggle_tool", {"activate": None}, "well-formed",
         "activate is missing; give a finite number in metres or degrees."),
        ("toggle_tool", {"activate": 1}, "arguments", "activate is 1; toggle_tool needs true or false there."),
        ("moveto", {"x": 0}, "known-verb", "'moveto' is no command of this robot; did you mean 'move_to'?"),
        ("rearm", {}, "known-verb",
         f"'rearm' is no command of this robot; known are: {KNOWN_VERBS}."),
    ],
)  # fmt: skip
async def test_refused_command_moves_nothing(
    tmp_path: Path, verb: str, args: dict[str, Any], rule: str, sentence: str
) -> None:
    """The verdict has rule, reason and suggestion, reaches the witness, and no setpoint is sent."""
    arm = rig(tmp_path)
    result = await arm.pilot.perform(verb, args)
    assert refused(result) == rule
    assert str(result.refusal) == sentence
    assert arm.verdicts == [result.verdict]
    assert (arm.robot.sent, arm.motions) == ([], [])
    assert arm.clock.monotonic_s() == 0.0


async def test_rules_are_asked_in_their_order(tmp_path: Path) -> None:
    """A command that breaks every rule is refused for the first; each repair brings up the next."""
    arm = rig(tmp_path, max_step_m=0.1)
    arm.latch.trip(Stop("", "", "a drill"))
    arm.clock.advance(5.0)
    arm.robot.frozen = True
    bad: dict[str, Any] = {"x": 9, "speed": math.nan}
    assert refused(await arm.pilot.perform("fly_to", bad)) == "emergency-stop"
    arm.latch.save()
    Rearm(arm.latch, arm.clock.now)("Ada")
    assert refused(await arm.pilot.perform("fly_to", bad)) == "well-formed"
    bad["speed"] = 1
    assert refused(await arm.pilot.perform("fly_to", bad)) == "known-verb"
    assert refused(await arm.pilot.perform("move_to", bad)) == "arguments"
    bad = {"x": 9, "y": 0, "z": 1}
    assert refused(await arm.pilot.perform("move_to", bad)) == "fresh-observation"
    arm.robot.frozen = False
    assert refused(await arm.pilot.perform("move_to", bad)) == "workspace"
    assert refused(await arm.pilot.move_to(1, 0, 1)) == "step"
    assert not arm.moved


async def test_second_caller_is_refused_and_nothing_interleaves(tmp_path: Path) -> None:
    """While one motion runs, another is refused by name; the first one ends where it was meant to."""
    arm = rig(tmp_path)
    second: list[Result] = []

    async def interrupt() -> None:
        await anyio.lowlevel.checkpoint()
        second.append(await arm.pilot.go_home())
        second.append(await arm.pilot.toggle_tool(True))

    async with anyio.create_task_group() as group:
        group.start_soon(interrupt)
        first = await arm.pilot.move_to(1, 0, 1)
    assert first.ok
    assert [refused(each) for each in second] == ["one-motion", "one-motion"]
    assert second[0].refusal is not None
    assert second[0].refusal.reason == "move_to is still under way, and the robot makes one motion at a time"
    assert arm.pilot.measure().pose.x == pytest.approx(1.0)
    assert (await arm.pilot.go_home()).ok


async def test_state_can_be_read_while_moving_and_while_stopped(tmp_path: Path) -> None:
    """Reading is no command: it needs no verdict and disturbs nothing."""
    arm = rig(tmp_path)
    seen: list[float] = []

    async def watch() -> None:
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
            seen.append(arm.pilot.measure().pose.x)

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        assert (await arm.pilot.move_to(1, 0, 1)).ok
    assert 0 < max(seen) < 1
    assert unsafe(arm.robot.sent) == []
    await arm.pilot.emergency_stop()
    assert arm.pilot.measure().pose.x == pytest.approx(1.0)
    assert arm.gate.snapshot().stop is not None
    assert arm.pilot.robot_name == "kinematic arm (simulated)"
    assert len(arm.verdicts) == 2


async def test_gripping_nothing_is_not_ok(tmp_path: Path) -> None:
    """Closing on air is carried out, measured, and no success."""
    arm = rig(tmp_path)
    result = await arm.pilot.toggle_tool(True)
    assert result.verdict.allowed
    assert not result.ok
    assert result.measured.gripper_closed
    assert (await arm.pilot.toggle_tool(False)).ok


async def test_letting_go_where_nothing_supports_is_not_ok(tmp_path: Path) -> None:
    """An object that falls was not placed."""
    arm = rig(tmp_path)
    await arm.pilot.move_to(1.5, 1.0, 0.5)
    await arm.pilot.toggle_tool(True)
    await arm.pilot.move_to(0, 0, 1)
    result = await arm.pilot.toggle_tool(False)
    assert not result.ok
    assert result.measured.objects["cube"] == pytest.approx((0, 0, 0.05))


async def after_setpoints(arm: Rig, count: int, action: Callable[[], Awaitable[Any]]) -> Result:
    """A long move during which another task acts once `count` setpoints were sent."""
    due = anyio.Event()
    arm.robot.on_command = lambda sent: due.set() if sent == count else None

    async def act() -> None:
        await due.wait()
        await action()

    async with anyio.create_task_group() as group:
        group.start_soon(act)
        return await arm.pilot.move_to(2, 0, 1)
    raise AssertionError


@pytest.mark.parametrize("count", [1, 2, 10, 60, 200])
async def test_emergency_stop_decelerates_a_running_motion_and_latches(tmp_path: Path, count: int) -> None:
    """From any moment: one tick to react, then at rest within speed over acceleration, held, latched, on disk."""
    arm = rig(tmp_path)
    stopped: list[tuple[float, Result]] = []

    async def stop() -> None:
        at_s = arm.clock.monotonic_s()
        stopped.append((at_s, await arm.gate.stop("Ada", "smoke")))

    result = await after_setpoints(arm, count, stop)
    at_s, stop_result = stopped[0]
    assert not result.ok
    assert result.motion is not None
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert result.motion.commanded.pose.x < 2
    assert stop_result.ok
    assert stop_result.measured.velocity.speed_mps == 0.0
    assert arm.clock.monotonic_s() - at_s <= BRAKING_S + 0.05
    assert braking_distance_m(arm.robot.sent, at_s) <= BRAKING_M + 0.5 * 0.02
    assert unsafe(arm.robot.sent) == []
    assert json.loads(arm.latch.path.read_text())["reason"] == "smoke"
    assert refused(await arm.pilot.go_home()) == "emergency-stop"


async def test_stop_outlasts_the_process_until_a_person_rearms(tmp_path: Path) -> None:
    """A new gate on the same home comes up stopped; after a rearm the robot is where it was and moves on command."""
    await rig(tmp_path).pilot.emergency_stop()
    arm = rig(tmp_path)
    assert refused(await arm.pilot.move_to(1, 0, 1)) == "emergency-stop"
    assert Rearm(arm.latch, arm.clock.now)("Ada") is not None
    assert not arm.moved
    assert (await arm.pilot.move_to(1, 0, 1)).ok


async def test_stop_of_another_process_ends_a_motion(tmp_path: Path) -> None:
    """The latch file itself is looked at in every tick."""
    arm = rig(tmp_path)

    async def stop_elsewhere() -> None:
        other = StopLatch(arm.latch.path)
        other.trip(Stop("", "another terminal", "stopped by hand"))
        other.save()

    result = await after_setpoints(arm, 50, stop_elsewhere)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    assert unsafe(arm.robot.sent) == []


async def test_rearm_during_the_braking_lets_nothing_go_on(tmp_path: Path) -> None:
    """A motion that was halted stays halted; a rearm permits the next one."""
    arm = rig(tmp_path)

    async def stop_and_rearm() -> None:
        arm.latch.trip(Stop("", "", "a mistake"))
        await anyio.lowlevel.checkpoint()
        Rearm(arm.latch, arm.clock.now)("Ada")

    result = await after_setpoints(arm, 100, stop_and_rearm)
    assert not result.ok
    assert result.measured.pose.x < 1
    assert (await arm.pilot.move_to(2, 0, 1)).ok


async def test_stop_is_never_refused(tmp_path: Path) -> None:
    """Latched already, with arguments nobody asked for, with a frozen robot: a stop is a stop."""
    arm = rig(tmp_path)
    arm.clock.advance(5)
    arm.robot.frozen = True
    for args in ({}, {"x": math.nan}, {"reason": "fire"}):
        result = await arm.pilot.perform("emergency_stop", args)
        assert result.verdict.allowed
        assert arm.gate.snapshot().stop is not None


async def test_stop_that_cannot_be_saved_stops_and_says_so(tmp_path: Path) -> None:
    """With a disk that refuses, this process is stopped all the same, and the caller learns of the disk."""
    (tmp_path / "robots").write_text("")
    arm = rig(tmp_path)
    result = await arm.pilot.emergency_stop()
    assert result.ok
    assert result.warning.startswith("cannot write the emergency stop to")
    assert [motion.verdict.verb for motion in arm.motions] == ["emergency_stop"]
    assert refused(await arm.pilot.go_home()) == "emergency-stop"
    assert not arm.moved


async def test_cancelled_motion_decelerates_and_is_reported(tmp_path: Path) -> None:
    """A budget stop or Ctrl-C cancels the caller; the arm brakes within its limits, and the journal hears of it."""
    arm = rig(tmp_path)
    with anyio.CancelScope() as scope:
        arm.robot.on_command = lambda sent: scope.cancel() if sent == 100 else None
        await arm.pilot.move_to(2, 0, 1)
    assert scope.cancelled_caught
    assert unsafe(arm.robot.sent) == []
    assert arm.pilot.measure().velocity.speed_mps == 0.0
    (motion,) = arm.motions
    assert (motion.reached, motion.halted and motion.halted.rule) == (False, "cancelled")
    assert arm.gate.snapshot().stop is None
    assert (await arm.pilot.go_home()).ok


async def test_robot_that_fails_while_a_cancelled_motion_brakes_latches_the_stop(tmp_path: Path) -> None:
    """Cancelling hides no failure: a robot that could not be brought to rest is an emergency."""
    arm = rig(tmp_path)

    def cancel_and_break(sent: int) -> None:
        if sent == 100:
            scope.cancel()
        elif sent == 110:
            arm.robot.broken = RobotError("the cable is out")

    arm.robot.on_command = cancel_and_break
    with anyio.CancelScope() as scope, pytest.raises(RobotError):
        await arm.pilot.move_to(2, 0, 1)
    assert StopLatch(arm.latch.path).stop is not None


async def test_cancelled_stop_still_waits_for_rest(tmp_path: Path) -> None:
    """Cancelling whoever pressed stop does not undo the stop."""
    arm = rig(tmp_path)

    async def stop_and_go() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await arm.pilot.emergency_stop()

    result = await after_setpoints(arm, 50, stop_and_go)
    assert not result.ok
    assert StopLatch(arm.latch.path).stop is not None


async def test_observation_that_freezes_in_motion_halts_it(tmp_path: Path) -> None:
    """A robot that no longer says where it is decelerates half a second later."""
    arm = rig(tmp_path)

    async def freeze() -> None:
        arm.robot.frozen = True

    result = await after_setpoints(arm, 100, freeze)
    assert result.refusal is not None
    assert result.refusal.rule == "fresh-observation"
    assert unsafe(arm.robot.sent) == []
    frozen_s = arm.robot.sent[99][0]
    assert max(at_s for at_s, _ in arm.robot.sent) <= frozen_s + 0.5 + BRAKING_S + arm.profile.settle_time_s + 0.05


@pytest.mark.parametrize("error", [RobotError("the cable is out"), ZeroDivisionError("a bug")])
async def test_control_loop_that_fails_latches_the_stop(tmp_path: Path, error: Exception) -> None:
    """A driver that raises in motion, or a bug of ours, leaves a stopped robot and is not swallowed."""
    arm = rig(tmp_path)

    def breakdown(sent: int) -> None:
        if sent == 50:
            arm.robot.broken = error

    arm.robot.on_command = breakdown
    with pytest.raises(type(error)):
        await arm.pilot.move_to(2, 0, 1)
    latched = StopLatch(arm.latch.path).stop
    assert latched is not None
    assert (latched.by, latched.reason) == ("the gate", f"the control loop failed: {error}")


async def test_verdict_that_cannot_be_witnessed_moves_nothing(tmp_path: Path) -> None:
    """What is not in the journal does not happen; only a stop happens all the same."""

    def full(_: Verdict) -> None:
        raise StorageError("the disk is full")

    arm = rig(tmp_path)
    pilot = Pilot(arm.gate, OPERATOR, on_verdict=full)
    with pytest.raises(StorageError):
        await pilot.move_to(1, 0, 1)
    assert arm.robot.sent == []
    with pytest.raises(StorageError):
        await pilot.emergency_stop()
    assert StopLatch(arm.latch.path).stop is not None


async def test_pose_that_does_not_follow_is_not_reached(tmp_path: Path) -> None:
    """Success is measured: an arm stuck a centimetre short has not arrived, whatever was commanded."""
    arm = rig(tmp_path, "empty", zones={})

    def stuck(measured: Any) -> Any:
        pose = measured.pose
        return type(measured)(
            measured.timestamp_s,
            type(pose)(min(pose.x, 0.99), pose.y, pose.z, pose.theta_rad),
            measured.velocity,
            measured.gripper_closed,
            measured.holding,
            measured.objects,
        )

    arm.robot.distort = stuck
    result = await arm.pilot.move_to(1, 0, 1)
    assert not result.ok
    assert result.refusal is None
    assert result.motion is not None
    assert (result.motion.commanded.pose.x, result.motion.after.pose.x) == (1.0, 0.99)
    assert result.motion.duration_s == pytest.approx(2.5 + 0.2 + arm.profile.settle_time_s, abs=0.1)


async def test_obstacle_slows_then_halts_and_needs_no_latch(tmp_path: Path) -> None:
    """With a range sensor: slower within 0.30 m, halted from 0.15 m on, before 0.08 m, and not latched."""
    wall_x = 1.0
    arm = rig(tmp_path, "empty", range_sensor=lambda point: wall_x - point.x)
    result = await arm.pilot.move_to(2, 0, 1)
    assert result.refusal is not None
    assert result.refusal.rule == "clearance"
    assert 0.08 < wall_x - result.measured.pose.x < 0.15
    assert arm.gate.snapshot().stop is None
    near = [each for each in arm.robot.seen if each.clearance_m is not None and each.clearance_m < 0.2]
    assert max(each.velocity.speed_mps for each in near) < 0.4
    assert unsafe(arm.robot.sent) == []
    assert refused(await arm.pilot.go_home()) == "clearance"


async def test_obstacle_within_the_hard_stop_distance_latches(tmp_path: Path) -> None:
    """Something that steps in closer than 0.08 m is an emergency, and lasts."""
    arm = rig(tmp_path, "empty", range_sensor=lambda point: 1.0 if point.x < 0.5 else 0.05)
    result = await arm.pilot.move_to(2, 0, 1)
    assert result.refusal is not None
    assert result.refusal.rule == "emergency-stop"
    latched = StopLatch(arm.latch.path).stop
    assert latched is not None
    assert latched.reason == "an obstacle came within the hard stop distance of 0.08m"


async def test_closing_the_gate_closes_the_driver(tmp_path: Path) -> None:
    """Teardown reaches the hardware."""
    arm = rig(tmp_path)
    arm.gate.close()
    assert arm.robot.closed == 1


async def test_pilot_has_no_way_to_rearm_or_to_the_gate(tmp_path: Path) -> None:
    """Whoever holds a pilot can move and stop the robot, and nothing else."""
    public = {name for name in dir(rig(tmp_path).pilot) if not name.startswith("_")}
    assert public == {
        "emergency_stop", "go_home", "measure", "move_relative", "move_to", "perform", "preview", "principal",
        "profile", "robot_name", "snapshot", "toggle_tool",
    }  # fmt: skip


async def test_real_clock_that_stutters_makes_motion_slower_and_never_faster(tmp_path: Path) -> None:
    """On a real clock late ticks cost time; the setpoints keep their limits in real seconds all the same."""
    clock, profile = SimulatedClock(), arm_profile()
    naps = 0

    async def sleep(seconds: float) -> None:
        nonlocal naps
        naps += 1
        clock.advance(seconds + (0.2 if naps % 50 == 0 else 0.0003))
        await anyio.lowlevel.checkpoint()

    robot = WatchedRobot(KinematicArm(profile, shipped_scene("empty")), clock)
    gate = Gate(profile, robot, SharedPace(clock, sleep), StopLatch(tmp_path / "arm.json"))
    clock.advance(100.0)
    result = await Pilot(gate, OPERATOR).move_to(1, 0, 1)
    assert result.ok
    assert result.motion is not None
    assert result.motion.duration_s > 2.5
    speeds = [math.dist(a[1].pose.point, b[1].pose.point) / (b[0] - a[0]) for a, b in pairwise(robot.sent)]
    assert max(speeds) <= 0.5 * 1.0001
