"""A robot host that fails leaves a stop behind, whatever else fails with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from llmos.boot import host
from llmos.boot.drivers import Driver
from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.robots.base import RobotError
from llmos.robots.host.stopping import latch_of
from llmos.robots.latch import StopLatch
from llmos.robots.safety_log import newest
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import WatchedRobot, arm_profile, shipped_scene

FAILED = "the robot host failed"


class BreakingRobot(WatchedRobot):
    """Its wire can be cut, and then it cannot be closed either."""

    def close(self) -> None:
        super().close()
        if self.broken:
            raise RobotError("its port is gone")


def run_until_it_breaks(home: Path, monkeypatch: pytest.MonkeyPatch, robot: WatchedRobot) -> None:
    """Own an idle robot whose wire is cut once the host is ready."""

    def cut() -> None:
        robot.broken = RobotError("it does not answer")

    monkeypatch.setattr(host, "_say_ready", cut)
    drivers = {"kinematic": Driver(lambda _profile, _scene, _faults: robot)}
    profile = replace(arm_profile(), driver=("kinematic",))
    host._own(home, profile, shipped_scene("empty"), drivers, host._Owner())


@pytest.fixture
def robot() -> BreakingRobot:
    """An arm at rest."""
    return BreakingRobot(KinematicArm(arm_profile(), shipped_scene("empty")), SimulatedClock())


def booked(home: Path) -> list[str]:
    """The reasons of the stops in the safety log."""
    return [line["detail"]["reason"] for line in newest(home / "safety.jsonl", 100) if line["kind"] == "stop"]


def test_a_robot_that_cannot_be_closed_is_left_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, robot: BreakingRobot
) -> None:
    """Its driver fails, and fails again when it is to come to rest: the next host comes up with the stop latched."""
    with pytest.raises(RobotError, match="its port is gone"):
        run_until_it_breaks(tmp_path, monkeypatch, robot)
    stop = latch_of("arm", tmp_path).stop
    assert robot.closed == 1
    assert stop is not None
    assert (stop.by, stop.reason) == ("the robot host", FAILED)
    assert booked(tmp_path) == [FAILED]


def test_a_robot_that_fails_at_rest_is_told_in_its_own_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as a group of errors with a traceback; it is closed, and left stopped."""
    robot = WatchedRobot(KinematicArm(arm_profile(), shipped_scene("empty")), SimulatedClock())
    with pytest.raises(RobotError, match="it does not answer"):
        run_until_it_breaks(tmp_path, monkeypatch, robot)
    assert robot.closed == 1
    assert latch_of("arm", tmp_path).stop is not None
    assert booked(tmp_path) == [FAILED]


def test_a_stop_that_the_latch_does_not_keep_is_written_down_by_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, robot: BreakingRobot
) -> None:
    """The disk takes no latch: the robot is closed all the same, and the log says why it failed."""

    def refuse(_latch: StopLatch) -> bool:
        raise StorageError("the disk takes no latch")

    monkeypatch.setattr(StopLatch, "save", refuse)
    with pytest.raises(StorageError, match="the disk takes no latch"):
        run_until_it_breaks(tmp_path, monkeypatch, robot)
    assert robot.closed == 1
    assert booked(tmp_path) == [FAILED]
