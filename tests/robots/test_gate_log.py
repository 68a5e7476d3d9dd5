"""The gate and its safety log: everything is in it, and what cannot be written does not happen, but for a stop."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from llmos.disk import make_folder
from llmos.errors import RefusedError, StorageError
from llmos.messages import JSON
from llmos.robots import latch as latch_module
from llmos.robots import safety_log as safety_log_module
from llmos.robots.base import Measured, RobotError
from llmos.robots.gate import Gate
from llmos.robots.latch import UNSURE, Stop, StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.safety_log import SafetyLog, verify
from llmos.volumes.locks import sole_owner
from tests.support.robots import OPERATOR, Rig, rig

pytestmark = pytest.mark.anyio

STOPPED_AGAIN = (
    "The robot arm was stopped again after this rearm was asked for, so it stays stopped; "
    "look at it, then rearm it once more."
)


def logged(folder: Path, **limits: Any) -> tuple[Rig, SafetyLog]:
    """A rig whose gate keeps a log."""
    made = rig(folder, "empty", **limits)
    log = SafetyLog(folder / "safety.jsonl", folder / "safety.lock", made.clock.now)
    gate = Gate(made.profile, made.robot, SimulatedPace(made.clock), made.latch, log=log)
    return replace(made, gate=gate, pilot=Pilot(gate, OPERATOR, made.verdicts.append, made.motions.append)), log


def lines(log: SafetyLog) -> Iterator[dict[str, Any]]:
    """What stands in it."""
    yield from map(json.loads, log.path.read_bytes().splitlines())


async def test_verdicts_motions_stops_and_rearms_are_logged(tmp_path: Path) -> None:
    """In their order, with who asked, what was said and where the robot went; previews are not."""
    arm, log = logged(tmp_path)
    await arm.pilot.preview("go_home", {})
    await arm.pilot.move_to(0.1, 0, 1)
    await arm.pilot.move_to(9, 0, 1)
    await arm.gate.stop("Ada", "smoke")
    await arm.gate.rearm("Bob")
    kept = list(lines(log))
    assert [each["kind"] for each in kept] == ["verdict", "motion", "verdict", "stop", "rearm"]
    assert {each["robot"] for each in kept} == {"arm"}
    first, motion, refused, stop, rearm = (each["detail"] for each in kept)
    assert (first["by"], first["verb"], first["allowed"]) == ("agent:operator", "move_to", True)
    assert first["path"] == [[0.0, 0.0, 1.0, 0.0], [0.1, 0.0, 1.0, 0.0]]
    assert (motion["number"], motion["reached"], motion["to"]) == (first["number"], True, [0.1, 0.0, 1.0, 0.0])
    assert (refused["allowed"], refused["rule"]) == (False, "workspace")
    assert refused["reason"] == "X position 9.00m outside workspace [-2, 2]"
    assert stop == {"by": "Ada", "reason": "smoke"}
    assert rearm == {"by": "Bob", "profile": ""}
    assert verify(log.path).fault == ""


async def test_what_is_refused_at_dispatch_is_logged_too(tmp_path: Path) -> None:
    """An approval that was used twice leaves a line."""
    arm, log = logged(tmp_path)
    ruling = await arm.gate.judge(arm.pilot._order("move_to", {"x": 0.1, "y": 0, "z": 1}))
    await arm.gate.dispatch(ruling)
    await arm.gate.dispatch(ruling)
    assert [each["detail"].get("rule") for each in lines(log)] == [None, None, "approval"]


async def test_verdict_that_cannot_be_logged_moves_nothing(tmp_path: Path) -> None:
    """With a log that takes no line the caller hears of the disk, and the arm stays where it is."""
    arm, log = logged(tmp_path)
    log.path.mkdir()
    with pytest.raises(StorageError, match="cannot write the safety log to"):
        await arm.pilot.move_to(0.1, 0, 1)
    assert not arm.robot.sent
    assert arm.verdicts == []


async def test_stop_works_without_a_log_and_says_so(tmp_path: Path) -> None:
    """A full disk keeps nobody from stopping a robot; rearming waits until it can be written down."""
    arm, log = logged(tmp_path)
    log.path.mkdir()
    result = await arm.pilot.emergency_stop()
    assert result.ok
    assert result.warning.startswith("cannot write the safety log to")
    assert arm.gate.snapshot().stop is not None
    with pytest.raises(StorageError):
        await arm.gate.rearm("Ada")
    assert arm.gate.snapshot().stop is not None


async def test_a_stop_that_a_rearm_elsewhere_may_undo_says_so(tmp_path: Path) -> None:
    """Whoever has the latch's lock may be about to replace its file; in this process the stop holds all the same."""
    arm = rig(tmp_path, "empty")
    latch = StopLatch(arm.latch.path, lambda: None)
    gate = Gate(arm.profile, arm.robot, SimulatedPace(arm.clock), latch)
    make_folder(latch.path.parent)
    with sole_owner(latch.path.with_suffix(".lock")):
        assert (await gate.stop("Ada", "smoke")).warning == UNSURE
        assert gate.snapshot().stop is not None
    assert (await gate.stop("Ada", "smoke")).warning == ""


async def test_a_stop_that_the_latch_does_not_keep_is_logged_all_the_same(tmp_path: Path) -> None:
    """Latch and log are two files: what keeps one from the disk keeps no line from the other."""
    arm, log = logged(tmp_path)
    latch = StopLatch(arm.latch.path, lambda: None)
    gate = Gate(arm.profile, arm.robot, SimulatedPace(arm.clock), latch, log=log)
    make_folder(latch.path.parent)
    with sole_owner(latch.path.with_suffix(".lock")):
        assert (await gate.stop("Ada", "smoke")).warning == UNSURE
    assert [each["detail"] for each in lines(log)] == [{"by": "Ada", "reason": "smoke"}]


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped before", "free before"])
@pytest.mark.parametrize("elsewhere", [True, False], ids=["another process", "this process"])
async def test_a_rearm_lifts_no_stop_that_came_after_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool, stopped: bool
) -> None:
    """Somebody presses while it is being written down; it is refused, the log says so, and asking again lifts it."""
    arm, log = logged(tmp_path)
    pressed, append = StopLatch(arm.latch.path) if elsewhere else arm.latch, log.append
    if stopped:
        await arm.gate.stop("Ada", "smoke")

    def interrupted(kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
        append(kind, robot, detail)
        monkeypatch.setattr(log, "append", append)
        pressed.trip(Stop("2026-01-01T00:00:00+00:00", "Eve", "fire"))
        pressed.save()

    monkeypatch.setattr(log, "append", interrupted)
    with pytest.raises(RefusedError) as caught:
        await arm.gate.rearm("Bob")
    assert str(caught.value) == STOPPED_AGAIN
    stop = arm.gate.snapshot().stop
    assert stop is not None
    assert stop.by == ("Ada" if stopped else "Eve")
    assert [each["detail"] for each in lines(log)][-2:] == [
        {"by": "Bob", "profile": ""},
        {"by": "Bob", "profile": "", "refused": STOPPED_AGAIN},
    ]
    assert await arm.gate.rearm("Bob") == stop
    assert arm.gate.snapshot().stop is None


async def test_a_rearm_that_the_latch_does_not_take_is_logged_as_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process keeps the latch's lock: the robot stays stopped, and no line claims that it may move."""
    monkeypatch.setattr(latch_module, "_LOOKS", 1)  # nobody waits here
    arm, log = logged(tmp_path)
    await arm.gate.stop("Ada", "smoke")
    with sole_owner(arm.latch.path.with_suffix(".lock")), pytest.raises(StorageError) as caught:
        await arm.gate.rearm("Bob")
    assert arm.gate.snapshot().stop is not None
    assert [each["detail"] for each in lines(log)][-2:] == [
        {"by": "Bob", "profile": ""},
        {"by": "Bob", "profile": "", "refused": str(caught.value)},
    ]


async def test_a_rearm_for_another_profile_is_logged_as_refused(tmp_path: Path) -> None:
    """Whoever names what is not the newest profile has tried to let limits count, and the log knows it."""
    arm, log = logged(tmp_path)
    with pytest.raises(RefusedError) as caught:
        await arm.gate.rearm("Bob", "sha256:old")
    assert [each["detail"] for each in lines(log)] == [
        {"by": "Bob", "profile": "sha256:old"},
        {"by": "Bob", "profile": "sha256:old", "refused": str(caught.value)},
    ]


async def test_a_rearm_that_is_written_down_is_carried_out_although_it_was_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked hangs up while the line is written: what it says holds all the same."""
    arm, log = logged(tmp_path)
    append = log.append
    await arm.gate.stop("Ada", "smoke")
    with anyio.CancelScope() as asking:

        def interrupted(kind: str, robot: str, detail: Mapping[str, JSON]) -> None:
            append(kind, robot, detail)
            anyio.from_thread.run_sync(asking.cancel)

        monkeypatch.setattr(log, "append", interrupted)
        await arm.gate.rearm("Bob")
    assert arm.gate.snapshot().stop is None
    assert [each["kind"] for each in lines(log)] == ["stop", "rearm"]


async def test_a_motion_that_was_cancelled_is_logged(tmp_path: Path) -> None:
    """Whoever lets go or hangs up leaves a line on where the robot came to rest."""
    arm, log = logged(tmp_path)
    with anyio.CancelScope() as scope:
        arm.robot.on_command = lambda sent: scope.cancel() if sent == 5 else None
        await arm.pilot.move_to(1, 0, 1)
    assert scope.cancelled_caught
    verdict, motion = lines(log)
    assert (verdict["kind"], motion["kind"]) == ("verdict", "motion")
    assert (motion["detail"]["number"], motion["detail"]["halted"]) == (verdict["detail"]["number"], "cancelled")
    assert motion["detail"]["to"][0] == round(arm.pilot.measure().pose.x, 4)


async def test_an_order_that_was_cancelled_before_it_began_leaves_no_motion_of_another(tmp_path: Path) -> None:
    """The newest motion is that of the order before, and has its line already."""
    arm, log = logged(tmp_path)
    assert (await arm.pilot.move_to(0.1, 0, 1)).ok
    ruling = await arm.gate.judge(arm.pilot._order("go_home", {}))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await arm.gate.dispatch(ruling)
    assert [each["kind"] for each in lines(log)] == ["verdict", "motion", "verdict"]


async def test_a_robot_that_breaks_under_way_leaves_a_stop(tmp_path: Path) -> None:
    """What the gate latches by itself stands in the log as any stop does, before the rearm that lifts it."""
    arm, log = logged(tmp_path)

    def fail(sent: int) -> None:
        if sent == 5:
            raise RobotError("the cable is out")

    arm.robot.on_command = fail
    with pytest.raises(RobotError, match="the cable is out"):
        await arm.pilot.move_to(1, 0, 1)
    stop = await arm.gate.rearm("Ada")
    assert stop is not None
    kept = list(lines(log))
    assert [each["kind"] for each in kept] == ["verdict", "stop", "rearm"]
    assert stop.reason == "the control loop failed: the cable is out"
    assert kept[1]["detail"] == {"by": "the gate", "reason": stop.reason, "since": stop.since}


async def test_an_obstacle_that_is_too_near_leaves_one_stop(tmp_path: Path) -> None:
    """It is there at every tick of the braking; the second motion finds the latch and leaves no other stop."""
    arm, log = logged(tmp_path, range_sensor=lambda at: 1.0 if at.x < 0.1 else 0.05)
    ruling = await arm.gate.judge(arm.pilot._order("move_to", {"x": 1, "y": 0, "z": 1}))
    result = await arm.gate.dispatch(ruling)
    assert result.refusal is not None
    assert not (await arm.pilot.go_home()).ok
    kept = list(lines(log))
    assert [each["kind"] for each in kept] == ["verdict", "stop", "motion", "verdict"]
    assert kept[1]["detail"]["reason"] == "an obstacle came within the hard stop distance of 0.08m"
    assert kept[2]["detail"]["halted"] == "emergency-stop"


@pytest.mark.parametrize("obstacle", [False, True], ids=["free", "with an obstacle after it"])
async def test_a_persons_stop_under_way_leaves_one_stop(tmp_path: Path, obstacle: bool) -> None:
    """Whatever the gate finds while the robot brakes for it is not another one."""
    clearance_m = 1.0
    arm, log = logged(tmp_path, range_sensor=lambda _: clearance_m)
    async with anyio.create_task_group() as group:

        def press(sent: int) -> None:
            nonlocal clearance_m
            if sent == 20:
                group.start_soon(arm.gate.stop, "Ada", "smoke")
            if arm.latch.stop is not None and obstacle:
                clearance_m = 0.05

        arm.robot.on_command = press
        assert not (await arm.pilot.move_to(1, 0, 1)).ok
    kept = list(lines(log))
    assert sorted(each["kind"] for each in kept) == ["motion", "stop", "verdict"]
    assert [each["detail"] for each in kept if each["kind"] == "stop"] == [{"by": "Ada", "reason": "smoke"}]


async def test_motion_that_cannot_be_logged_any_more_is_still_reported(tmp_path: Path) -> None:
    """What has happened has happened; the result warns."""
    arm, log = logged(tmp_path)

    def fill(sent: int) -> None:
        if sent == 5:
            log.path.unlink()
            log.path.mkdir()

    arm.robot.on_command = fill
    result = await arm.pilot.move_to(0.1, 0, 1)
    assert result.ok
    assert result.warning.startswith("cannot write the safety log to")


async def test_stop_does_not_wait_for_a_process_that_holds_the_log(tmp_path: Path) -> None:
    """Another process hangs with the lock in its hand: the robot stops, and a second later whoever pressed is told."""
    arm, log = logged(tmp_path)
    with sole_owner(tmp_path / "safety.lock"):
        result = await arm.gate.stop("Ada", "smoke")
        assert arm.gate.snapshot().stop is not None
        held = f"another process holds {tmp_path / 'safety.lock'}; end it or try again"
        assert result.warning == f"cannot write the safety log to {log.path}: {held}"


async def test_no_order_waits_for_a_process_that_holds_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written down does not happen, and whoever ordered it hears which file is held."""
    monkeypatch.setattr(safety_log_module, "_LOOKS", 1)  # nobody waits here
    arm, _ = logged(tmp_path)
    await arm.gate.stop("Ada", "smoke")
    with sole_owner(tmp_path / "safety.lock"):
        for order in (arm.gate.rearm("Bob"), arm.pilot.move_to(0.1, 0, 1)):
            with pytest.raises(StorageError, match=r"another process holds .*safety\.lock; end it or try again"):
                await order
    assert arm.gate.snapshot().stop is not None
    assert not arm.robot.sent


@pytest.mark.parametrize("axis", ["x", "theta_rad"])
@pytest.mark.parametrize("measured", [math.nan, math.inf, -math.inf])
async def test_a_sensor_that_breaks_under_way_leaves_a_motion_and_a_refusal(
    tmp_path: Path, axis: str, measured: float
) -> None:
    """What no JSON can say is null in the log; the next order is refused in a sentence, and nothing raises."""
    arm, log = logged(tmp_path)

    def distort(seen: Measured) -> Measured:
        return replace(seen, pose=replace(seen.pose, **{axis: measured})) if len(arm.robot.sent) > 5 else seen

    arm.robot.distort = distort
    result = await arm.pilot.move_to(0.5, 0.5, 1.2)
    assert not result.ok
    assert result.refusal is not None
    *_, motion = lines(log)
    assert motion["kind"] == "motion"
    assert None in motion["detail"]["to"]
    assert (await arm.pilot.go_home()).refusal is not None
